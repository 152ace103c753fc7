"""The project's own errands, as far as they can be tried without doing them."""

import os
import re
import sys
from collections import Counter
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

import dev
from tests import catalogue

LOCKS = (dev.UV_LOCK, dev.RUN_LOCK, dev.TEST_LOCK)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_host_and_every_package_has_a_hash(lock):
    text = (dev.ROOT / lock).read_text(encoding="utf-8")
    packages = re.split(r"\n(?=[a-z0-9])", text)

    assert "://" not in text
    assert all("==" in package and "--hash=sha256:" in package for package in packages)


def test_what_runs_is_what_is_tested():
    pinned = re.compile(r"^[a-z0-9][^\\\n]*", re.MULTILINE)
    run, test = (
        set(pinned.findall((dev.ROOT / lock).read_text(encoding="utf-8")))
        for lock in (dev.RUN_LOCK, dev.TEST_LOCK)
    )

    assert run < test


@pytest.mark.parametrize(
    ("summary", "found"),
    [
        ("120 passed in 5.21s", {"passed": 120}),
        ("3 failed, 120 passed, 2 skipped, 1 error in 0:01:05", {"failed": 4, "passed": 120, "skipped": 2}),
        ("2 errors in 0.10s", {"failed": 2}),
        ("no tests ran in 0.01s", {}),
        ("1 passed, 7 deselected in 0.58s", {"passed": 1}),
    ],
)
def test_pytests_last_line_is_counted(summary, found):
    assert dev.counts(summary) == Counter(found)


def test_no_test_meets_the_settings_of_this_installation(monkeypatch):
    monkeypatch.setenv("MORTISE_DATABASE_URL", "postgresql://the.factory")
    monkeypatch.setenv("MORTISE_TEST_DATABASE", "sqlite")

    with dev.clean_settings() as env:
        assert "MORTISE_DATABASE_URL" not in env
        assert env["MORTISE_TEST_DATABASE"] == "sqlite"
        assert Path(env["MORTISE_VAR_DIR"]).is_dir()
        assert env["PATH"] == os.environ["PATH"]


def test_a_name_and_value_means_what_it_means_to_make(monkeypatch):
    told = []
    monkeypatch.setenv("EMPTY", "")
    monkeypatch.setitem(dev.ERRANDS, "test", lambda rest: told.append((os.environ["EMPTY"], rest)) or 0)

    assert dev.main(["test", "EMPTY=1", "--", "-k", "x"]) == 0

    assert told == [("1", ["-k", "x"])]


def test_an_unknown_errand_is_wrong_use(capsys):
    with pytest.raises(SystemExit) as ended:
        dev.main(["polish"])

    assert ended.value.code == 2
    assert "bench" in capsys.readouterr().err


@pytest.mark.parametrize("errand", ["run", "check", "lock"])
def test_an_errand_refuses_what_it_would_pass_over(errand):
    with pytest.raises(dev.Stop, match="--help"):
        dev.main([errand, "--help"])


def test_an_older_python_is_told_what_is_needed(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 10, 0))

    with pytest.raises(dev.Stop, match=r"Python 3\.11"):
        dev.main(["check"])


TEXTS = {"Sealed %(count)s of %(total)s.": "a.py:1", "Open": "a.py:2"}


def chinese(**over):
    """A catalogue that is complete, but for what is given: English -> Chinese, None for none."""
    given = {"Sealed %(count)s of %(total)s.": "共 %(total)s 件，已封 %(count)s 件。", "Open": "打开"} | over
    made = Catalog(locale="zh_Hans_CN")
    for text, translated in given.items():
        if translated is not None:
            made.add(text, translated)
    return made


@pytest.mark.parametrize(
    ("over", "fault"),
    [
        ({}, None),
        ({"Open": None}, "a.py:2: not in the catalogue: 'Open'"),
        ({"Open": ""}, "no Chinese: 'Open'"),
        ({"Closed": "关闭"}, "in the catalogue, but no longer in the code: 'Closed'"),
        ({"Sealed %(count)s of %(total)s.": "已封 %(count)s 件。"}, "other holes than the English"),
    ],
)
def test_the_catalogue_gate_finds_what_is_wrong(over, fault):
    found = catalogue.faults(TEXTS, chinese(**over))

    assert [fault in line for line in found] == ([True] if fault else [])


def test_the_catalogue_gate_refuses_a_guess():
    made = chinese()
    made["Open"].flags.add("fuzzy")

    assert catalogue.faults(TEXTS, made) == ["fuzzy: 'Open'"]
