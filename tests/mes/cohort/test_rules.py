import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import RuleViolation
from mes.cohort.rules import (
    NotAnExport,
    Row,
    Tampered,
    export_text,
    latest,
    new_key,
    read_export,
    together,
)
from mes.efficiency.rules import Metric

FIRST, LAST = date(2026, 10, 26), date(2026, 11, 22)
ROWS = (
    Row(
        Metric.M1,
        Decimal("12.50"),
        210,
        "done",
        Decimal("5.00"),
        Decimal("150.0"),
        Decimal("141.2"),
        Decimal("158.0"),
        "B",
    ),
    Row(Metric.M4, Decimal("99.67"), 301, "attn"),
)
KEY = new_key()
TEXT = export_text(KEY, 1, FIRST, LAST, ROWS)


def export(change, last=LAST, key=None):
    row = Row(Metric.M1, Decimal(10), 100, "attn", Decimal(5), Decimal(change))
    return read_export(export_text(key or new_key(), 1, FIRST, last, [row]).encode(), "a.json")


def test_what_was_exported_is_read_again():
    found = read_export(TEXT.encode(), "a.json")
    assert found.rows == ROWS
    assert (found.first, found.last, found.definition, len(found.factory)) == (FIRST, LAST, 1, 12)
    assert "factory" in json.loads(TEXT)


def test_a_reformatted_file_still_holds():
    assert read_export(json.dumps(json.loads(TEXT)).encode("utf-8-sig"), "a.json").rows == ROWS


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"12.50"', '"13.50"'),
        ('"sample": 210', '"sample": 2100'),
        ("2026-11-22", "2026-11-21"),
        ('"B"', '"A"'),
    ],
)
def test_a_changed_file_is_refused(old, new):
    assert old in TEXT
    with pytest.raises(Tampered):
        read_export(TEXT.replace(old, new, 1).encode(), "a.json")


def test_another_key_does_not_sign_for_a_factory():
    body, other = json.loads(TEXT), json.loads(export_text(new_key(), 1, FIRST, LAST, ROWS))
    with pytest.raises(Tampered):
        read_export(json.dumps(body | {"key": other["key"]}).encode(), "a.json")
    with pytest.raises(Tampered):  # the other's own signature, under this factory's number
        read_export(json.dumps(other | {"factory": body["factory"]}).encode(), "a.json")


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", b"\xff\xfe", b"[" * 50_000, b"x" * 200_000, b'{"format": "mortise-cohort-1"}'],
)
def test_what_is_no_export_is_refused_by_name(content):
    with pytest.raises(NotAnExport) as refused:
        read_export(content, "b.json")
    assert refused.value.facts["name"] == "b.json"


@given(st.integers(0, len(TEXT) - 1), st.characters(min_codepoint=32, max_codepoint=126))
def test_no_single_character_can_be_changed(at, character):
    changed = TEXT[:at] + character + TEXT[at + 1 :]
    try:
        same = json.loads(changed) == json.loads(TEXT)
    except json.JSONDecodeError:
        same = False
    if same:
        return
    with pytest.raises(RuleViolation):
        read_export(changed.encode(), "a.json")


def test_of_each_factory_the_latest_file_counts():
    key = new_key()
    older, newer = export(50, date(2026, 11, 1), key), export(150, LAST, key)
    kept, passed_over = latest([newer, export(100), older])
    assert passed_over == 1
    assert sorted(one.rows[0].change for one in kept) == [Decimal(100), Decimal(150)]


def test_averages_and_spread_over_factories():
    first, *others = together([export(change) for change in (100, 150, 160, 210)])
    assert first.sample == 400
    changes = first.changes
    assert (changes.mean, changes.median) == (
        Decimal("155.00"),
        Decimal("155.00"),
    )  # 620 / 4; (150 + 160) / 2
    assert (changes.least, changes.most, changes.count) == (Decimal(100), Decimal(210), 4)
    assert [one.values for one in others] == [None] * 4
