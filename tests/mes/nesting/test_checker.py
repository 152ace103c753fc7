"""Each kind of planted fault is found, and a sound plan has none. Lengths in the plans are 0.1 mm."""

from dataclasses import replace
from decimal import Decimal

import pytest

from mes.nesting.rules.checker import FaultKind, check
from mes.nesting.rules.instance import Kind, read_instance
from mes.nesting.rules.plan import Bound, Layout, Offcut, Placement, Plan

DATA = {
    "kind": "sheet",
    "kerf_mm": 4,
    "trim_mm": {"left": 10, "right": 10, "bottom": 10, "top": 10},
    "stages": 3,
    "min_offcut_mm": {"length": 600, "width": 300},
    "stock": [
        {"id": "S", "length_mm": 1000, "width_mm": 500, "quantity": 1, "cost": 2, "grain": "length"},
    ],
    "parts": [
        {"id": "a", "length_mm": 300, "width_mm": 200, "quantity": 1, "grain": "length"},
        {"id": "b", "length_mm": 200, "width_mm": 150, "quantity": 1, "grain": "none"},
    ],
}
INSTANCE = read_instance(DATA)
A = Placement("a", 100, 100, 3000, 2000, is_turned=False)
B = Placement("b", 100, 2140, 2000, 1500, is_turned=False)
REST = Offcut(3140, 100, 6760, 4800)
# yield: (300 × 200 + 200 × 150) / (1000 × 500) = 90,000 / 500,000; gap: 2 / 1 - 1
SOUND = Plan(
    kind=Kind.SHEET,
    layouts=(Layout("S", 1, (A, B), (REST,)),),
    unplaced=(),
    yield_rate=Decimal("0.18"),
    stock_used={"S": 1},
    bound=Bound(Decimal(1), "by hand"),
    gap_rate=Decimal(1),
    seconds=Decimal(0),
)


def planted(*placements: Placement, **over: object) -> Plan:
    layout = replace(SOUND.layouts[0], **({"placements": placements} if placements else {}))
    return replace(SOUND, layouts=(replace(layout, **over),))


def kinds(plan: Plan) -> set[FaultKind]:
    return {fault.kind for fault in check(INSTANCE, plan)}


def test_a_sound_plan_has_no_fault():
    assert check(INSTANCE, SOUND) == []


@pytest.mark.parametrize(
    ("plan", "kind"),
    [
        (planted(replace(A, part="z"), B), FaultKind.UNKNOWN),
        (planted(stock="Z"), FaultKind.UNKNOWN),
        (planted(replace(A, length_dmm=2990), B), FaultKind.SIZE),
        (planted(replace(A, is_turned=True), B), FaultKind.SIZE),
        (planted(replace(A, length_dmm=2000, width_dmm=3000, is_turned=True)), FaultKind.GRAIN),
        (planted(A, replace(B, x_dmm=99)), FaultKind.OUTSIDE),
        (planted(A, replace(B, y_dmm=3401)), FaultKind.OUTSIDE),
        (planted(A, replace(B, y_dmm=2000)), FaultKind.OVERLAP),
        (planted(A, replace(B, y_dmm=2139)), FaultKind.KERF),
        (planted(A), FaultKind.COUNT),
        (planted(A, B, repeat=2), FaultKind.COPIES),
        (planted(A, B, repeat=0), FaultKind.REPEAT),
        (planted(offcuts=(replace(REST, x_dmm=3139),)), FaultKind.OFFCUT),
        (planted(offcuts=(REST, replace(REST, x_dmm=3500))), FaultKind.OFFCUT),
        (planted(offcuts=(replace(REST, length_dmm=5900, width_dmm=2990),)), FaultKind.OFFCUT),
        (replace(SOUND, yield_rate=Decimal("0.19")), FaultKind.SUM),
        (replace(SOUND, gap_rate=Decimal("0.9")), FaultKind.SUM),
        (replace(SOUND, bound=Bound(Decimal(3), "too high")), FaultKind.SUM),
        (replace(SOUND, stock_used={"S": 2}), FaultKind.SUM),
    ],
)
def test_a_planted_fault_is_found(plan, kind):
    assert kind in kinds(plan)


def pinwheel(stages: int, kerf: int = 0):
    """Four parts of 20 × 10 round a middle of 10 × 10 on 30 × 30: no straight cut goes through."""
    data = {
        "kind": "sheet",
        "kerf_mm": kerf,
        "stages": stages,
        "stock": [{"id": "S", "length_mm": 30, "width_mm": 30, "quantity": None, "cost": 1}],
        "parts": [{"id": "p", "length_mm": 20, "width_mm": 10, "quantity": 4, "grain": "none"}],
    }
    placements = (
        Placement("p", 0, 0, 200, 100, is_turned=False),
        Placement("p", 200, 0, 100, 200, is_turned=True),
        Placement("p", 100, 200, 200, 100, is_turned=False),
        Placement("p", 0, 100, 100, 200, is_turned=True),
    )
    return data, placements


@pytest.mark.parametrize("stages", [1, 3, 9])
def test_a_pinwheel_is_not_reached_by_any_number_of_stages(stages):
    data, placements = pinwheel(stages)
    plan = replace(
        SOUND,
        layouts=(Layout("S", 1, placements, ()),),
        yield_rate=Decimal("0.8889"),  # 800 of 900
        gap_rate=Decimal(0),
    )
    faults = check(read_instance(data), plan)
    assert [fault.kind for fault in faults] == [FaultKind.GUILLOTINE]


@pytest.mark.parametrize(("stages", "faults"), [(1, 1), (2, 0), (3, 0)])
def test_a_grid_of_four_needs_two_stages(stages, faults):
    data = {
        "kind": "sheet",
        "kerf_mm": 0,
        "stages": stages,
        "stock": [{"id": "S", "length_mm": 40, "width_mm": 20, "quantity": None, "cost": 1}],
        "parts": [{"id": "p", "length_mm": 20, "width_mm": 10, "quantity": 4, "grain": "length"}],
    }
    placements = tuple(Placement("p", x, y, 200, 100, is_turned=False) for x in (0, 200) for y in (0, 100))
    plan = replace(
        SOUND,
        layouts=(Layout("S", 1, placements, ()),),
        yield_rate=Decimal(1),
        gap_rate=Decimal(0),
    )
    assert len(check(read_instance(data), plan)) == faults


def test_a_single_part_may_be_trimmed_once_after_the_last_stage():
    data = {
        "kind": "sheet",
        "kerf_mm": 0,
        "stages": 1,
        "stock": [{"id": "S", "length_mm": 40, "width_mm": 20, "quantity": None, "cost": 1}],
        "parts": [{"id": "p", "length_mm": 20, "width_mm": 10, "quantity": 1, "grain": "length"}],
    }
    plan = replace(
        SOUND,
        layouts=(Layout("S", 1, (Placement("p", 0, 0, 200, 100, is_turned=False),), ()),),
        yield_rate=Decimal("0.25"),
        gap_rate=Decimal(0),
    )
    assert check(read_instance(data), plan) == []


def test_the_mitre_of_a_bar_part_keeps_the_next_part_away():
    data = {
        "kind": "bar",
        "kerf_mm": 4,
        "stock": [{"id": "S", "length_mm": 1000, "quantity": None, "cost": 1}],
        "parts": [{"id": "p", "length_mm": 400, "quantity": 2, "mitre_mm": 70}],
    }
    first = Placement("p", 0, 0, 4000, 0, is_turned=False)

    def plan(x_dmm):
        return replace(
            SOUND,
            kind=Kind.BAR,
            layouts=(Layout("S", 1, (first, replace(first, x_dmm=x_dmm)), ()),),
            yield_rate=Decimal("0.8"),
            gap_rate=Decimal(0),
        )

    # 400 + 70 of mitre + 4 of kerf = 474
    assert check(read_instance(data), plan(4740)) == []
    assert [fault.kind for fault in check(read_instance(data), plan(4739))] == [FaultKind.KERF]


PAIR = read_instance(
    DATA | {"parts": [DATA["parts"][0] | {"match": "M"}, DATA["parts"][0] | {"id": "b", "match": "M"}]}
)
BESIDE = replace(A, part="b", y_dmm=A.y_dmm + 2000 + 40)
# yield: 2 × 300 × 200 / (1000 × 500)
PAIRED = replace(SOUND, layouts=(Layout("S", 1, (A, BESIDE), ()),), yield_rate=Decimal("0.24"))


def test_a_group_lies_side_by_side_in_order():
    assert check(PAIR, PAIRED) == []
    for first, second in (
        (A, replace(BESIDE, y_dmm=BESIDE.y_dmm + 1)),
        (A, replace(BESIDE, x_dmm=BESIDE.x_dmm + 1)),
        (A, replace(BESIDE, x_dmm=A.x_dmm + 3040, y_dmm=A.y_dmm)),
        (replace(A, part="b"), replace(BESIDE, part="a")),
    ):
        plan = replace(PAIRED, layouts=(Layout("S", 1, (first, second), ()),))
        assert [fault.kind for fault in check(PAIR, plan)] == [FaultKind.MATCH]


def test_a_plan_for_a_saw_that_cuts_one_way_first_is_judged_by_that():
    # two sections along the length, each of two parts: 2 stages, whose first cuts run along the width
    rows = [{"id": "p", "length_mm": 300, "width_mm": 200, "quantity": 3, "grain": "length"}]
    data = DATA | {"parts": rows, "stages": 1, "min_offcut_mm": {}}
    row = tuple(Placement("p", 100 + 3040 * i, 100, 3000, 2000, is_turned=False) for i in range(3))
    # yield: 3 × 300 × 200 / (1000 × 500)
    plan = replace(SOUND, layouts=(Layout("S", 1, row, ()),), yield_rate=Decimal("0.36"))
    assert check(read_instance(data | {"first_cut": "width"}), plan) == []
    assert [fault.kind for fault in check(read_instance(data | {"first_cut": "length"}), plan)] == [
        FaultKind.GUILLOTINE
    ]
