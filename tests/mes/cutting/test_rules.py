from dataclasses import replace
from decimal import Decimal

import pytest

from core.i18n import Named
from erp.materials.rules import Grain
from mes.cutting.rules import (
    CutSetting,
    MaterialFacts,
    NoStockSize,
    OffcutFacts,
    PieceFacts,
    StockFacts,
    cut_job,
    deal,
    end_allowance,
    mitred_ends,
)
from mes.cutting.rules.saw import Step, boards_per_book, books, kept_together, steps_of
from mes.nesting.rules.checker import check
from mes.nesting.rules.cuts import Cut
from mes.nesting.rules.instance import FirstCut, Kind, read_instance
from mes.nesting.rules.solve import solve

D = Decimal
BOARD = MaterialFacts(
    name=Named("板", "board"),
    kind=Kind.SHEET,
    grain=Grain.LENGTH,
    kerf_mm=D("3.2"),
    trim_mm=D(10),
    stock=(StockFacts("B-2440", D(2440), D(1220), D("88.50")),),
)
BAR = MaterialFacts(
    name=Named("线", "bar"),
    kind=Kind.BAR,
    grain=Grain.LENGTH,
    kerf_mm=D("3.5"),
    trim_mm=D(0),
    stock=(StockFacts("L-2440", D(2440), None, None),),
)


def piece(key, length, width=None, grain=Grain.LENGTH, part_count=1):
    return PieceFacts(key, D(length), None if width is None else D(width), grain, part_count)


def test_pieces_of_one_size_are_one_part_and_a_bundle_counts_its_parts():
    job = cut_job(
        BOARD, [piece(1, "2090.0", "240.0"), piece(2, "2090.0", "240.0"), piece(3, "836", "45", part_count=3)]
    )
    assert job.instance["parts"] == [
        {"id": "2090x240xlength", "length_mm": 2090, "quantity": 2, "width_mm": 240, "grain": "length"},
        {"id": "836x45xlength", "length_mm": 836, "quantity": 3, "width_mm": 45, "grain": "length"},
    ]
    assert job.pieces == {"2090x240xlength": [1, 2], "836x45xlength": [3, 3, 3]}


def test_the_instance_of_a_board_is_read_by_the_engine():
    instance = read_instance(cut_job(BOARD, [piece(1, "2090.5", "240")]).instance)
    assert (instance.kerf_dmm, instance.trim.top_dmm, instance.stages) == (32, 100, 3)
    assert (instance.offcut_length_dmm, instance.offcut_width_dmm) == (6000, 3000)
    assert (instance.stock[0].cost, instance.parts[0].length_dmm) == (88_500_000, 20905)


def test_the_instance_of_a_bar_has_no_widths():
    instance = read_instance(cut_job(BAR, [piece(1, "2160"), piece(2, "2160")]).instance)
    assert (instance.kind, instance.kerf_dmm, instance.offcut_length_dmm) == (Kind.BAR, 35, 8000)
    assert [(part.id, part.quantity) for part in instance.parts] == [("2160xlength", 2)]


def test_prices_count_only_where_every_size_has_one():
    mixed = replace(BOARD, stock=(*BOARD.stock, StockFacts("B-2800", D(2800), D(1220), None)))
    stock = cut_job(mixed, [piece(1, "2090", "240")]).instance["stock"]
    assert ["cost" in row for row in stock] == [False, False]


def test_a_material_without_a_size_is_refused():
    with pytest.raises(NoStockSize) as refusal:
        cut_job(replace(BOARD, stock=()), [piece(1, "2090", "240")])
    assert refusal.value.facts["material"].zh == "板"


def test_pieces_are_dealt_out_in_their_order_over_repeated_sheets():
    job = cut_job(BOARD, [piece(n, "2000", "1100") for n in (7, 3, 5)])
    sheets = list(deal(solve(read_instance(job.instance)), job.pieces))
    assert [(sheet.pattern, sheet.article, [at.piece_id for at in sheet.places]) for sheet in sheets] == [
        (0, "B-2440", [7]),
        (0, "B-2440", [3]),
        (0, "B-2440", [5]),
    ]
    place = sheets[0].places[0]
    assert (place.x_mm, place.y_mm, place.length_mm, place.width_mm) == (10, 10, 2000, 1100)


def test_equal_cuts_that_follow_each_other_are_one_step():
    cuts = [
        Cut(n, stage, size, 0, 0, 0, 0)
        for n, (stage, size) in enumerate([(1, 2400), (1, 2400), (2, 8360)], 1)
    ]
    assert steps_of(cuts) == [Step(1, 2, 1, D(240)), Step(3, 3, 2, D(836))]


def test_cuts_with_one_setting_of_the_fence_say_which_parts_they_free():
    cuts = [Cut(n, 2, 4000, 0, 0, 0, 0) for n in (1, 2, 3)]
    assert steps_of(cuts, (0, None, 1)) == [Step(1, 3, 2, D(400), (1, 2))]


@pytest.mark.parametrize(
    ("height", "thickness", "count"),
    [("72", "18", 4), ("71.9", "18", 3), ("10", "18", 1), (None, "18", 1), ("72", None, 1)],
)
def test_a_book_is_as_high_as_the_saw_cuts(height, thickness, count):
    assert boards_per_book(height and D(height), thickness and D(thickness)) == count


@pytest.mark.parametrize(
    ("repeat", "most", "stacks"),
    [(6, 4, [3, 3]), (7, 4, [4, 3]), (8, 4, [4, 4]), (3, 4, [3]), (2, 1, [1, 1])],
)
def test_equal_boards_are_stacked_as_evenly_as_can_be(repeat, most, stacks):
    assert books(repeat, most) == stacks


@pytest.mark.parametrize(("mitre", "ends"), [("45/45", 2), ("45/90", 1), ("90/90", 0), ("", 0)])
def test_mitred_ends_are_counted(mitre, ends):
    assert mitred_ends(mitre) == ends


def test_a_mitred_end_costs_its_allowance_and_other_ends_are_another_part():
    told = replace(BAR, setting=CutSetting(mitre_mm=D("80.5")))
    pieces = [
        PieceFacts(1, D(2158), None, Grain.LENGTH, 1, "45/90"),
        PieceFacts(2, D(2158), None, Grain.LENGTH, 1, "45/45"),
        PieceFacts(3, D(2158), None, Grain.LENGTH, 1, "90/90"),
    ]
    parts = cut_job(told, pieces).instance["parts"]
    assert [(row["id"], row.get("mitre_mm")) for row in parts] == [
        ("2158xlengthxM1", 80.5),
        ("2158xlengthxM2", 161),
        ("2158xlength", None),
    ]
    # where mitres are cut at the bench they are all one part
    assert [row["id"] for row in cut_job(BAR, pieces).instance["parts"]] == ["2158xlength"]


@pytest.mark.parametrize(
    ("setting", "profile", "allowance"),
    [
        (CutSetting(), D(80), 0),  # mitres are cut at the bench
        (CutSetting(saw_mitre_mm=D("1.7")), D(80), D("1.7")),  # a kerf of 4 at 45 degrees is 5.7 long
        (
            CutSetting(is_wedge_lost=True),
            D(80),
            80,
        ),  # at 45 degrees the wedge is as long as the profile is wide
        (CutSetting(saw_mitre_mm=D("1.7"), is_wedge_lost=True), D(60), D("61.7")),
        (CutSetting(saw_mitre_mm=D("1.7"), is_wedge_lost=True), None, D("1.7")),
        (CutSetting(mitre_mm=D(30), saw_mitre_mm=D("1.7"), is_wedge_lost=True), D(80), 30),  # its own word
    ],
)
def test_what_a_mitred_end_takes_is_the_materials_word_else_what_its_saw_does(setting, profile, allowance):
    assert end_allowance(setting, profile) == allowance


@pytest.mark.parametrize(("is_wedge_lost", "bars"), [(True, 4), (False, 2)])
def test_lost_wedges_make_more_bars(is_wedge_lost, bars):
    # 2440 mm, kerf 4, no trim, four pieces of 1055 with two mitred ends on a profile of 80.
    # turned over: 1055 + 4 + 1055 = 2114, two a bar. Not turned over: 1055 + 160 + 4 + 1055 + 160 = 2434, two
    # a bar as well; of 1060 each 2444: one a bar
    bar = replace(BAR, trim_mm=D(0), kerf_mm=D(4), setting=CutSetting(is_wedge_lost=is_wedge_lost))
    bar = replace(bar, stock=(replace(BAR.stock[0], length_mm=D(2440)),))
    pieces = [PieceFacts(n, D(1060), None, Grain.LENGTH, 1, "45/45", D(80)) for n in range(4)]
    instance = read_instance(cut_job(bar, pieces).instance)
    plan = solve(instance)
    assert check(instance, plan) == []
    assert sum(plan.stock_used.values()) == bars
    closer = [replace(one, length_mm=D(1055)) for one in pieces]
    assert sum(solve(read_instance(cut_job(bar, closer).instance)).stock_used.values()) == 2


def test_profiles_of_two_widths_are_two_parts_where_their_wedges_are_lost():
    pieces = [
        PieceFacts(n, D(900), None, Grain.LENGTH, 1, "45/90", D(wide)) for n, wide in ((1, 60), (2, 80))
    ]
    lost = replace(BAR, setting=CutSetting(is_wedge_lost=True))
    parts = cut_job(lost, pieces).instance["parts"]
    assert [(row["id"], row["mitre_mm"]) for row in parts] == [
        ("900xlengthxM1x60", 60),
        ("900xlengthxM1x80", 80),
    ]


def test_pieces_of_the_first_orders_are_dealt_first_and_remakes_before_all():
    pieces = [replace(piece(n, "2090", "240"), rank=rank) for n, rank in ((1, 2), (2, 1), (3, 0))]
    job = cut_job(BOARD, pieces)
    assert (job.pieces, job.ranks) == ({"2090x240xlength": [3, 2, 1]}, {"2090x240xlength": [0, 1, 2]})


def test_an_offcut_counts_half_its_share_of_a_sheet_and_nothing_when_it_is_wanted():
    # 1220 × 610 of 2440 × 1220 is a quarter: 88.50 / 4 = 22.125, half of it 11.0625
    rest = OffcutFacts("O0000001X", D(1220), D(610), D("88.50"), D("2.9768"))
    wanted = replace(rest, code="O0000002X", is_wanted=True)
    stock = cut_job(replace(BOARD, offcuts=(rest, wanted)), [piece(1, "600", "240")]).instance["stock"]
    assert [(row["id"], row["quantity"], row["cost"], row["offcut"]) for row in stock] == [
        ("B-2440", None, 88.5, False),
        ("O0000001X", 1, 11.0625, True),
        ("O0000002X", 1, 0, True),
    ]


def test_where_prices_are_missing_an_offcut_counts_by_what_it_measures():
    plain = replace(BOARD, stock=(replace(BOARD.stock[0], cost_price=None),))
    rest = OffcutFacts("O0000001X", D(1220), D(610), None, D("2.9768"))
    row = cut_job(replace(plain, offcuts=(rest,)), [piece(1, "600", "240")]).instance["stock"][1]
    assert row["cost"] == 0.3721  # 1.220 m × 0.610 m = 0.7442 m2
    instance = read_instance(cut_job(replace(plain, offcuts=(rest,)), [piece(1, "600", "240")]).instance)
    assert instance.stock[0].cost == 2_976_800  # the sheet counts its m2


def test_the_smallest_offcut_is_the_materials_own():
    told = replace(BOARD, setting=CutSetting(offcut_length_mm=D(400), offcut_width_mm=D(200)))
    assert cut_job(told, [piece(1, "600", "240")]).instance["min_offcut_mm"] == {"length": 400, "width": 200}


# --- pairs of leaves, and saws that begin one way -------------------------------------------

VENEER = replace(BOARD, setting=CutSetting(is_matched=True))


def face(key, width, pair, place, length=2000, part_count=2):
    return PieceFacts(key, D(length), D(width), Grain.LENGTH, part_count, pair=pair, pair_place=place)


def test_the_faces_of_a_pair_of_leaves_are_one_group_in_order_from_the_left():
    # of set A the right leaf came first; set B is of the same sizes, set C of others
    pieces = [face(2, 400, "A", 2), face(1, 300, "A", 1), face(3, 300, "B", 1), face(4, 400, "B", 2)]
    job = cut_job(VENEER, [*pieces, face(5, 350, "C", 1), face(6, 350, "C", 2)])
    assert [(row["match"], row["width_mm"], row["quantity"]) for row in job.instance["parts"]] == [
        ("P1", 300, 4),
        ("P1", 400, 4),
        ("P2", 350, 2),
        ("P2", 350, 2),
    ]
    assert list(job.pieces.values()) == [[1, 1, 3, 3], [2, 2, 4, 4], [5, 5], [6, 6]]


@pytest.mark.parametrize(
    "pieces",
    [
        [face(1, 300, "A", 1)],  # the other is cut already
        [face(1, 300, "A", 1), face(2, 300, "A", 2, length=1990)],  # of other length
        [face(1, 300, "A", 1), face(2, 300, "A", 2, part_count=1)],
        [face(1, 300, "A", 1), face(2, 300, "B", 2)],  # of different sets
        [replace(face(n, 300, "A", n), grain=Grain.NONE) for n in (1, 2)],
    ],
)
def test_what_is_no_pair_is_planned_as_any_part(pieces):
    assert not any("match" in row for row in cut_job(VENEER, pieces).instance["parts"])


def test_a_material_that_is_not_matched_has_no_pairs():
    job = cut_job(BOARD, [face(1, 300, "A", 1), face(2, 300, "A", 2)])
    assert [(row["quantity"], row.get("match")) for row in job.instance["parts"]] == [(4, None)]


def test_every_pair_lies_side_by_side_on_one_sheet_each_with_its_own():
    sets = [face(10 * n + place, 300 + 60 * place, str(n), place) for n in range(5) for place in (1, 2)]
    job = cut_job(VENEER, [*sets, *(piece(100 + n, 700, 250) for n in range(9))])
    instance = read_instance(job.instance)
    plan = solve(instance, seconds=5)
    plan = replace(plan, layouts=tuple(kept_together(instance, layout) for layout in plan.layouts))
    assert check(instance, plan) == []
    seen = 0
    for sheet in deal(plan, job.pieces):
        mine = [place for place in sheet.places if place.piece_id < 100]
        for left, right in zip(mine[::2], mine[1::2], strict=True):
            seen += 1
            assert (left.piece_id % 10, right.piece_id) == (
                1,
                left.piece_id + 1,
            )  # the same set, left before right
            assert (right.x_mm, right.y_mm) == (left.x_mm, left.y_mm + left.width_mm + D("3.2"))
    assert seen == 10  # five sets, two faces a leaf


def test_members_of_a_group_stay_together_where_one_comes_free_before_the_others():
    pieces = [face(1, 300, "A", 1), face(2, 340, "A", 2), *(piece(10 + n, 400, 250) for n in range(8))]
    instance = read_instance(cut_job(VENEER, pieces).instance)
    for layout in solve(instance, seconds=5).layouts:
        kept = kept_together(instance, layout)
        assert sorted(map(str, kept.placements)) == sorted(map(str, layout.placements))
        parts = [at.part for at in kept.placements]
        firsts = [at for at, part in enumerate(parts) if part.endswith("xP1.1")]
        assert [parts[at + 1][-5:] for at in firsts] == ["xP1.2"] * len(firsts)


@pytest.mark.parametrize(("way", "axis"), [(FirstCut.LENGTH, 1), (FirstCut.WIDTH, 0)])
def test_a_saw_that_begins_only_one_way_is_told_so(way, axis):
    instance = read_instance(
        cut_job(replace(BOARD, setting=CutSetting(first_cut=way)), [piece(1, 600, 400)]).instance
    )
    assert instance.axes == (axis,)
    assert (
        "first_cut" not in cut_job(replace(BAR, setting=CutSetting(first_cut=way)), [piece(1, 600)]).instance
    )
