from dataclasses import replace
from decimal import Decimal

import pytest

from core.i18n import Named
from erp.materials.rules import Grain
from mes.cutting.rules import (
    MaterialFacts,
    NoStockSize,
    PieceFacts,
    Step,
    StockFacts,
    cut_job,
    deal,
    steps_of,
)
from mes.nesting.rules.cuts import Cut
from mes.nesting.rules.instance import Kind, read_instance
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
