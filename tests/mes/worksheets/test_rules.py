from decimal import Decimal

import pytest

from erp.catalogue.rules.formula import FormulaFault
from mes.worksheets.rules import (
    CharacterRefused,
    CodeTooLong,
    NotInTable,
    NotWhole,
    TableMissing,
    TemplateUnreadable,
    TooWide,
    read_tables,
    read_template,
    tables_text,
)

HAND = {"HAND": {"IN_L": "1", "IN_R": "2"}}
LEAF = {"LW": Decimal("830.0"), "LH": Decimal("2055.5"), "handing": "IN_R", "lock": "A7"}


def built(text, names=LEAF, tables=HAND, alphabet="", length_max=40):
    return read_template(text, tables, alphabet, length_max).build(names)


def test_a_composite_code_has_every_value_in_its_places():
    # the hand is 2; 830.0 mm are 08300 tenths, 2055.5 + 3 mm of allowance are 20585; the lock is filled to four
    assert built("D{handing|HAND:1s}{LW*10:05d}{(LH+3)*10:05d}-{lock:4s}#") == "D20830020585-A7  #"


def test_a_number_without_a_width_is_as_long_as_it_is():
    assert built("{LW:d}/{LW:6d}") == "830/   830"


@pytest.mark.parametrize(
    ("text", "refusal", "facts"),
    [
        ("{LH:05d}", NotWhole, {"hole": "{LH:05d}", "value": "2055.5"}),
        ("{0-LW:05d}", NotWhole, {"hole": "{0-LW:05d}", "value": "-830"}),
        ("{LW*1000:05d}", TooWide, {"hole": "{LW*1000:05d}", "value": "830000", "width": 5}),
        ("{lock:1s}", TooWide, {"hole": "{lock:1s}", "value": "A7", "width": 1}),
        ("{lock|HAND:1s}", NotInTable, {"table": "HAND", "value": "A7"}),
        ("门{LW:d}", CharacterRefused, {"text": "门830", "character": "门"}),
        ("{LW:041d}", CodeTooLong, {"text": "0" * 38 + "830", "length": 41, "most": 40}),
    ],
)
def test_a_value_that_the_machine_would_misread_is_refused(text, refusal, facts):
    with pytest.raises(refusal) as refused:
        built(text)
    assert refused.value.facts == facts


def test_a_character_outside_the_machines_own_is_refused():
    assert built("{LW:05d}", alphabet="0123456789") == "00830"
    with pytest.raises(CharacterRefused):
        built("D{LW:05d}", alphabet="0123456789")


def test_a_star_stands_for_every_value_without_a_row():
    assert built("{lock|ANY:1s}", tables={"ANY": {"*": "0"}}) == "0"


@pytest.mark.parametrize("text", ["", "{", "}{", "{LW:5x}", "{lock:05s}", "{LW|:2s}", "x" * 601])
def test_a_template_that_cannot_be_read_is_refused(text):
    with pytest.raises(TemplateUnreadable):
        read_template(text, HAND, "", 40)


def test_a_table_that_is_not_there_is_refused_before_any_piece():
    with pytest.raises(TableMissing) as refused:
        read_template("{handing|HINGE:1s}", HAND, "", 40)
    assert refused.value.facts == {"hole": "{handing|HINGE:1s}", "table": "HINGE"}


@pytest.mark.parametrize("text", ["{__import__('os'):4s}", "{handing.__class__:1s}", "{nothing:1s}"])
def test_a_hole_calculates_and_does_nothing_else(text):
    with pytest.raises(FormulaFault):
        built(text)


def test_tables_are_read_as_they_are_typed_and_written_back():
    text = "HAND: IN_L=1, IN_R=2\nLOCK: *=0"
    assert read_tables(text) == {"HAND": {"IN_L": "1", "IN_R": "2"}, "LOCK": {"*": "0"}}
    assert tables_text(read_tables(text)) == text


@pytest.mark.parametrize("text", ["HAND", "HAND: IN_L", ": IN_L=1", "HAND: =1"])
def test_a_table_that_cannot_be_read_is_refused(text):
    with pytest.raises(TemplateUnreadable):
        read_tables(text)
