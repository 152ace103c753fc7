"""Door sets of all kinds and both makers' styles against a sheet that was worked out without the program."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from erp.catalogue.rules.document import DimBasis, DoorKind, Handing
from erp.catalogue.rules.explode import explode
from erp.catalogue.rules.line import LineSpec
from tests.factories.catalogue import demo_model

LINES = yaml.safe_load((Path(__file__).parent / "lines.yaml").read_text(encoding="utf-8"))
WORKING = re.compile(r"[\d.+\-*/() ]+")


def spec_of(line):
    return LineSpec(
        width_mm=Decimal(str(line["width"])),
        height_mm=Decimal(str(line["height"])),
        wall_mm=Decimal(str(line.get("wall", 0))),
        dim_basis=DimBasis(line.get("basis", "OPENING")),
        handing=line.get("handing", Handing.IN_L),  # nothing where the sheet says null
        colour="WHITE",
        mother_width_mm=Decimal(line["mother"]) if "mother" in line else None,
        options=line.get("options", {}),
        measures={code: Decimal(str(size)) for code, size in line.get("measures", {}).items()},
    )


def expected(text):
    """Return count, finished sizes and sizes as cut of one piece of the sheet."""
    count, *parts = text.split(" | ")
    cut = [part.removeprefix("cut ").split(" x ") for part in parts if part.startswith("cut ")]
    sizes = [part.split(" = ")[0] for part in parts if not part.startswith("cut ")]
    return int(count), [Decimal(size) for size in sizes], [Decimal(size) for size in (cut[0] if cut else [])]


def given(piece):
    """Return the same of a piece of the program."""
    sizes = [size for size in (piece.length_mm, piece.width_mm) if size is not None]
    cut = [size for size in (piece.cut_length_mm, piece.cut_width_mm) if size is not None]
    return piece.count, sizes, cut


@pytest.mark.parametrize("case", LINES, ids=lambda case: f"{case['line']['model']} {case['title']}")
def test_every_piece_comes_out_as_worked_by_hand(case):
    made = explode(demo_model(case["line"]["model"]), spec_of(case["line"]))
    assert {piece.code: given(piece) for piece in made.pieces} == {
        code: expected(text) for code, text in case["pieces"].items()
    }


def test_the_sheet_covers_every_kind_and_both_styles():
    models = {case["line"]["model"] for case in LINES}
    assert {demo_model(code).kind for code in models} == set(DoorKind)
    assert {demo_model(code).profile for code in models} == {"P70/45", "ROCO"}
    assert len(LINES) >= 60


@pytest.mark.parametrize("case", LINES, ids=lambda case: case["title"])
def test_the_workings_of_the_sheet_add_up(case):
    for text in case["pieces"].values():
        for part in text.split(" | "):
            size, _, working = part.partition(" = ")
            if working and WORKING.fullmatch(working):
                worked = eval(re.sub(r"[\d.]+", lambda number: f"Decimal('{number[0]}')", working))  # noqa: S307
                assert abs(worked - Decimal(size)) <= Decimal("0.05"), part
