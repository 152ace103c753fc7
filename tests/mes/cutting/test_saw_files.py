"""Files for saws and for other programs: read again by readers of their own, refused where the format has no words."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest

from mes.cutting.rules import dxf, ptx
from mes.nesting.rules.cuts import arranged
from mes.nesting.rules.instance import read_instance
from mes.nesting.rules.solve import solve
from tests.factories.nesting import sheet
from tests.mes.cutting.ptx_reader import replayed, rows

D = Decimal
HEAD = ptx.PtxHead("1.08", "BA2611-0007-1", "MDF18-W", D(18), 4)


def part(key, length, width, quantity, grain="length"):
    return {"id": key, "length_mm": length, "width_mm": width, "quantity": quantity, "grain": grain}


INSTANCES = {
    "grain": sheet(parts=[part("a", 2065, 840, 5), part("b", 2090, 240, 9), part("c", 836, 240, 6)]),
    "half mm": sheet(parts=[part("a", 900.5, 380.5, 7, "none"), part("b", 600, 299.5, 11, "none")]),
    "across": sheet(parts=[part("a", 800, 2000, 2, "width"), part("b", 400, 350, 20)]),
    "kerf 4, no trim": sheet(kerf_mm=4, trim_mm={}, parts=[part("a", 1218, 606, 8), part("b", 700, 300, 5)]),
}


def solved(name):
    instance = read_instance(INSTANCES[name])
    return instance, arranged(instance, solve(instance, seconds=5))


@pytest.mark.parametrize("name", INSTANCES)
def test_patterns_sawn_anew_give_every_part_board_and_offcut_of_the_plan(name):
    instance, plan = solved(name)
    made, used, kept = replayed(ptx.patterns(instance, plan, HEAD))
    assert made == Counter({ptx.part_code(one): one.quantity for one in instance.parts})
    assert used == Counter(plan.stock_used)
    wanted = Counter()
    for layout in plan.layouts:
        for offcut in layout.offcuts:
            wanted[D(offcut.length_dmm) / 10, D(offcut.width_dmm) / 10] += layout.repeat
    assert kept == wanted


def test_one_pattern_by_hand():
    # one board 2440 × 1220, trims of 10, kerf 3.2: three strips of 240 lie lengthways, ripped first
    instance = read_instance(sheet(parts=[part("b", 2090, 240, 3)]))
    plan = arranged(instance, solve(instance, seconds=5))
    text = ptx.patterns(instance, plan, HEAD).decode("ascii").splitlines()
    assert text[0] == "HEADER,1.08,BA2611-0007-1,0,0,1"
    assert "PARTS_REQ,1,1,2090X240L,1,2090.0,240.0,3,0,0,1,3" in text
    assert "BOARDS,1,1,MDF18,1,2440.0,1220.0,,1,,0,,,1,0" in text
    # trims include the kerf
    assert text[2] == "MATERIALS,1,1,MDF18-W,,18.0,4,3.2,3.2,13.2,13.2,13.2,13.2,,,,3,,,,"
    made, _, _ = replayed(ptx.patterns(instance, plan, HEAD))
    assert made == {"2090X240L": 3}


@pytest.mark.parametrize("name", INSTANCES)
def test_parts_come_off_the_saw_in_the_order_of_their_labels(name):
    # labels are printed as a layout's placements follow each other; the saw goes by SEQUENCE
    instance, plan = solved(name)
    content = rows(ptx.patterns(instance, plan, HEAD))
    parts = {row[1]: row[2] for row in content["PARTS_REQ"]}
    codes = {one.id: ptx.part_code(one) for one in instance.parts}
    for number, layout in enumerate(plan.layouts, start=1):
        cuts = [row for row in content["CUTS"] if int(row[1]) == number and row[7] in parts]
        sawn = [parts[row[7]] for row in sorted(cuts, key=lambda row: int(row[3]))]
        assert sawn == [codes[at.part] for at in layout.placements]


def test_parts_alone_are_for_the_optimiser_of_the_saw():
    instance = read_instance(INSTANCES["grain"])
    found = rows(ptx.parts_only(instance, HEAD))
    assert set(found) == {"HEADER", "JOBS", "MATERIALS", "PARTS_REQ", "BOARDS"}
    assert [(row[2], row[6], row[9]) for row in found["PARTS_REQ"]] == [
        ("2065X840L", "5", "1"),
        ("2090X240L", "9", "1"),
        ("836X240L", "6", "1"),
    ]


@pytest.mark.parametrize(
    ("head", "field"),
    [
        (replace(HEAD, job="a title that is longer than 25"), "TITLE"),
        (replace(HEAD, job="批次"), "TITLE"),
        (replace(HEAD, job='"a",b'), "TITLE"),
        (replace(HEAD, material="MDF 18"), "MATERIALS"),
        (replace(HEAD, material="白板"), "MATERIALS"),
        (replace(HEAD, thickness_mm=D(10_000)), "THICK"),
    ],
)
def test_what_the_format_cannot_say_is_refused(head, field):
    with pytest.raises(ptx.PtxRefused) as refused:
        ptx.parts_only(read_instance(INSTANCES["grain"]), head)
    assert refused.value.facts["field"] == field


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"parts": [part("a", 10_500, 840, 1)]}, "LENGTH"),
        ({"parts": [part("a", 2065, 840, 100_000)]}, "QTY_REQ"),
        ({"parts": [part(f"p{n}", 100 + D(n) / 10, 100, 1) for n in range(10_000)]}, "PARTS_REQ"),
    ],
)
def test_numbers_beyond_the_limits_are_refused(change, field):
    with pytest.raises(ptx.PtxRefused) as refused:
        ptx.parts_only(read_instance(sheet(**change)), HEAD)
    assert refused.value.facts["field"] == field


def bar(*parts, **more):
    stock = [{"id": "L24", "length_mm": 2440}, {"id": "L28", "length_mm": 2800}]
    trim = {"start": 15, "end": 10}
    made = {"kind": "bar", "kerf_mm": 3.5, "trim_mm": trim, "min_offcut_mm": {"length": 300}, "stock": stock}
    return read_instance({**made, "parts": list(parts), **more})


def stick(key, length, quantity, mitre=0):
    return {"id": key, "length_mm": length, "quantity": quantity, "mitre_mm": mitre}


BAR_HEAD = replace(HEAD, material="AR80-WHITE", thickness_mm=D(12), boards_per_book=1, profile_mm=D(80))


@pytest.mark.parametrize(
    "instance",
    [
        bar(stick("a", 800, 7), stick("b", 1100.5, 5), stick("c", 611, 3)),
        bar(stick("a", 2200, 4, 160), stick("b", 980, 6, 160), stick("c", 980, 2), kerf_mm=3.2),
        bar(stick("a", 2415, 3), stick("b", 2775, 1)),  # the whole bar inside its trims
    ],
)
def test_bars_sawn_anew_give_every_part_bar_and_offcut_of_the_plan(instance):
    plan = arranged(instance, solve(instance, seconds=5))
    content = ptx.patterns(instance, plan, BAR_HEAD)
    made, used, kept = replayed(content)
    assert made == Counter({ptx.part_code(one): one.quantity for one in instance.parts})
    assert used == Counter(plan.stock_used)
    wanted = Counter()
    for layout in plan.layouts:
        for offcut in layout.offcuts:
            wanted[D(offcut.length_dmm) / 10, D(80)] += layout.repeat
    assert kept == wanted
    assert {row[3] for row in rows(content)["PATTERNS"]} == {"4"}  # crosscut only


def test_one_bar_by_hand():
    # a bar of 2440 less 25 of trims; two blanks of 980 + 160 = 1140 and a kerf of 3.5 leave 131.5 behind a kerf
    text = ptx.patterns(
        *(made := [bar(stick("b", 980, 2, 160))]), arranged(made[0], solve(made[0], seconds=5)), BAR_HEAD
    ).decode("ascii")
    lines = text.splitlines()
    assert lines[2] == "MATERIALS,1,1,AR80-WHITE,,12.0,1,3.5,3.5,0.0,0.0,18.5,13.5,,,,2,,,,"
    assert "PARTS_REQ,1,1,980M160,1,1140.0,80.0,2,0,0,0,2" in lines
    assert "PARTS_INF,1,1,,,980.0,80.0" + "," * 26 in lines
    assert "BOARDS,1,1,L24,1,2440.0,80.0,,1,,0,,,0,0" in lines
    assert [line for line in lines if line.startswith("CUTS")] == [
        "CUTS,1,1,1,1,2,1140.0,1,1,1,",
        "CUTS,1,1,2,2,2,1140.0,1,1,1,",
        "CUTS,1,1,3,3,92,128.0,1,0,0,",
    ]


@pytest.mark.parametrize(
    ("instance", "head", "field"),
    [
        (bar(stick("a", 800, 1)), replace(BAR_HEAD, profile_mm=None), "WIDTH"),
        (bar(stick("a", 800, 1)), replace(BAR_HEAD, profile_mm=D(10_000)), "WIDTH"),
        (bar(stick("a", 9_990, 1, 30)), BAR_HEAD, "LENGTH"),
    ],
)
def test_what_the_format_cannot_say_of_bars_is_refused(instance, head, field):
    for made in (
        lambda: ptx.parts_only(instance, head),
        lambda: ptx.patterns(instance, solve(instance), head),
    ):
        with pytest.raises(ptx.PtxRefused) as refused:
            made()
        assert refused.value.facts["field"] == field


def test_a_part_that_fills_its_board_is_in_the_file():
    instance = read_instance(sheet(parts=[part("a", 2420, 1200, 2)]))
    made, used, _ = replayed(ptx.patterns(instance, solve(instance, seconds=5), HEAD))
    assert (made, used) == ({"2420X1200L": 2}, {"MDF18": 2})


# --- DXF ----------------------------------------------------------------------------


def read_dxf(content):
    """The closed outlines by layer as (x, y, length, width), the lines and the texts of a DXF file."""
    lines = content.decode("ascii").split("\r\n")
    pairs = [(int(lines[at]), lines[at + 1]) for at in range(0, len(lines) - 1, 2)]
    assert pairs[-1] == (0, "EOF")
    begin = pairs.index((2, "ENTITIES"))
    outlines, cuts, texts, entity, layer, corners = [], [], [], {}, "", []

    def close():
        if entity.get(0) == "LINE":
            cuts.append(tuple(D(entity[code]) for code in (10, 20, 11, 21)))
        elif entity.get(0) == "TEXT":
            texts.append(entity[1])
        elif entity.get(0) == "VERTEX":
            corners.append((D(entity[10]), D(entity[20])))

    for code, value in pairs[begin + 1 : -1]:
        if code != 0:
            entity[code] = value
            continue
        close()
        if entity.get(0) == "POLYLINE":
            layer, corners = entity[8], []
            assert (entity[66], entity[70]) == ("1", "1")  # vertices follow, closed
        if value == "SEQEND":
            xs, ys = {x for x, _ in corners}, {y for _, y in corners}
            assert (len(corners), len(xs), len(ys)) == (4, 2, 2)
            outlines.append((layer, min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)))
        entity = {0: value}
    return outlines, cuts, texts


def test_a_layout_as_dxf_has_every_outline_where_the_plan_has_it():
    instance, plan = solved("half mm")
    layout = plan.layouts[0]
    outlines, cuts, texts = read_dxf(dxf.drawing(instance, instance.stock[0], layout))
    parts = [
        ("PART", *(D(value) / 10 for value in (at.x_dmm, at.y_dmm, at.length_dmm, at.width_dmm)))
        for at in layout.placements
    ]
    offcuts = [
        ("OFFCUT", *(D(value) / 10 for value in (at.x_dmm, at.y_dmm, at.length_dmm, at.width_dmm)))
        for at in layout.offcuts
    ]
    assert outlines == [("SHEET", 0, 0, 2440, 1220), *parts, *offcuts]
    assert len(texts) == len(layout.placements)
    assert texts[0].startswith("1 ")
    assert all(x1 == x2 or y1 == y2 for x1, y1, x2, y2 in cuts)
    assert cuts


def test_the_drawing_says_what_it_is():
    instance, plan = solved("grain")
    text = dxf.drawing(instance, instance.stock[0], plan.layouts[0]).decode("ascii")
    assert "$ACADVER\r\n1\r\nAC1009" in text
    assert "$EXTMAX\r\n10\r\n2440.0\r\n20\r\n1220.0" in text
