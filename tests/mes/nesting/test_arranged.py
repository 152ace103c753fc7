"""A plan as it is sawn: slabs in one agreed order, fewer patterns, parts of one order together."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from mes.nesting.rules.checker import check
from mes.nesting.rules.cuts import arranged, dealt_in_turn, parts_in, sliced
from mes.nesting.rules.instance import read_instance
from mes.nesting.rules.plan import Bound, Layout, Placement, Plan
from mes.nesting.rules.solve import solve
from tests.factories.nesting import sheet

INSTANCE = read_instance(
    {
        "kind": "sheet",
        "kerf_mm": 4,
        "trim_mm": {"left": 10, "right": 10, "bottom": 10, "top": 10},
        "min_offcut_mm": {"length": 300, "width": 100},
        "stock": [{"id": "S", "length_mm": 1000, "width_mm": 500, "quantity": None, "cost": 1}],
        "parts": [
            {"id": "a", "length_mm": 900, "width_mm": 150, "quantity": 2},
            {"id": "b", "length_mm": 400, "width_mm": 200, "quantity": 2},
        ],
    }
)


def at(part, x, y):
    size = {"a": (9000, 1500), "b": (4000, 2000)}[part]
    return Placement(part, x, y, *size, is_turned=False)


def plan_of(*layouts):
    return Plan(
        INSTANCE.kind, layouts, (), 0, {"S": sum(one.repeat for one in layouts)}, Bound(0, ""), None, 0
    )


# the wide strip (200, the short parts) and the strip of the long part (150), once this way up, once the other
WIDE_FIRST = Layout("S", 1, (at("b", 100, 100), at("a", 100, 2140)), ())
LONG_FIRST = Layout("S", 1, (at("a", 100, 100), at("b", 100, 1640)), ())


def test_layouts_that_differ_in_the_order_of_their_strips_are_one_pattern():
    (one,) = arranged(INSTANCE, plan_of(WIDE_FIRST, LONG_FIRST)).layouts
    assert (one.repeat, one.placements) == (2, WIDE_FIRST.placements)
    # above both strips 500 - 2·10 - 200 - 4 - 150 - 4 = 122 are left, 980 long; beside b 980 - 400 - 4 = 576
    assert {(o.length_dmm, o.width_dmm) for o in one.offcuts} == {(9800, 1220), (5760, 2000)}


def test_a_saw_that_wants_it_gets_the_longest_parts_first():
    (one,) = arranged(INSTANCE, plan_of(WIDE_FIRST, LONG_FIRST), is_longest_first=True).layouts
    assert one.placements == LONG_FIRST.placements


def test_gaps_between_parts_are_pushed_to_the_end():
    loose = Layout("S", 1, (at("b", 500, 100), at("b", 5200, 100)), ())
    (one,) = arranged(INSTANCE, plan_of(loose)).layouts
    assert [(p.x_dmm, p.y_dmm) for p in one.placements] == [(100, 100), (4140, 100)]


def test_a_regions_own_cuts_come_before_those_inside_its_slabs():
    both = (at("b", 100, 100), at("b", 4140, 100), at("a", 100, 2140))
    slicing = sliced(INSTANCE, INSTANCE.stock[0], both)
    # two rips (200, 150), then inside the first strip 400 and 400, then the long part to length
    assert [(cut.n, cut.stage, cut.size_dmm) for cut in slicing.cuts] == [
        (1, 1, 2000),
        (2, 1, 1500),
        (3, 2, 4000),
        (4, 2, 4000),
        (5, 2, 9000),
    ]
    assert slicing.frees == (None, None, 0, 1, 2)
    assert slicing.freed == (0, 1, 2)
    assert parts_in(slicing.tree) == [0, 1, 2]


def test_the_layout_of_the_first_orders_is_sawn_first():
    layouts = (
        Layout("S", 1, (at("a", 100, 100),), ()),  # the part of order 5
        Layout("S", 2, (at("b", 100, 100),), ()),  # those of orders 1 and 2
    )
    ordered = dealt_in_turn(layouts, {"a": [5, 6], "b": [1, 2]})
    assert [one.placements[0].part for one in ordered] == ["b", "a"]
    longest = dealt_in_turn(layouts, {"a": [5, 6], "b": [1, 2]}, is_longest_first=True)
    assert [one.placements[0].part for one in longest] == ["a", "b"]


sizes = st.tuples(st.integers(200, 2000), st.integers(60, 700), st.integers(1, 9), st.booleans())


@settings(max_examples=25, deadline=None)
@example([(200, 60, 4, False), (201, 297, 4, False), (406, 266, 2, False)], 4, False)
@given(st.lists(sizes, min_size=1, max_size=8), st.sampled_from([0, 3.2, 4]), st.booleans())
def test_an_arranged_plan_still_holds_and_has_no_more_patterns(parts, kerf, is_longest_first):
    rows = [
        {
            "id": f"p{n}",
            "length_mm": length,
            "width_mm": width,
            "quantity": count,
            "grain": "none" if free else "length",
        }
        for n, (length, width, count, free) in enumerate(parts)
    ]
    instance = read_instance(sheet(parts=rows, kerf_mm=kerf))
    plan = solve(instance, seconds=1)
    again = arranged(instance, plan, is_longest_first=is_longest_first)
    assert check(instance, again) == []
    assert len(again.layouts) <= len(plan.layouts)
    assert arranged(instance, again, is_longest_first=is_longest_first).layouts == again.layouts
    for layout in again.layouts:
        slicing = sliced(instance, instance.stock[0], layout.placements)
        assert slicing.freed == tuple(range(len(layout.placements)))


def test_bars_are_arranged_likewise():
    instance = read_instance(
        {
            "kind": "bar",
            "kerf_mm": 3.5,
            "stock": [{"id": "L", "length_mm": 2440}],
            "parts": [
                {"id": "s", "length_mm": 500, "quantity": 2},
                {"id": "l", "length_mm": 1200, "quantity": 2, "mitre_mm": 1.5},
            ],
        }
    )
    plan = arranged(instance, solve(instance, seconds=2))
    assert check(instance, plan) == []
    for layout in plan.layouts:
        lengths = [p.length_dmm for p in layout.placements]
        assert lengths == sorted(lengths, reverse=True)
