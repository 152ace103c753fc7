"""Bounds against numbers worked by hand, and never above a plan (the checker's sums say that too)."""

from mes.nesting.rules.bounds import HALVES, lower_bound
from mes.nesting.rules.instance import read_instance


def never() -> bool:
    return False


def sheets(parts, stock, kerf=0):
    return read_instance(
        {
            "kind": "sheet",
            "kerf_mm": kerf,
            "stock": [
                {
                    "id": f"S{i}",
                    "length_mm": a,
                    "width_mm": b,
                    "quantity": None,
                    "cost": cost,
                    "grain": "length",
                }
                for i, (a, b, cost) in enumerate(stock)
            ],
            "parts": [
                {"id": f"p{i}", "length_mm": a, "width_mm": b, "quantity": n, "grain": "length"}
                for i, (a, b, n) in enumerate(parts)
            ],
        }
    )


def bound(instance):
    found = lower_bound(instance, instance.parts, never)
    return found.cost / 1_000_000, found.method


def test_the_area_with_its_kerf_is_rounded_up_to_whole_sheets():
    # with kerf 100 × 50 on 204 × 104 = 21,216: four are 20,000, five 25,000
    assert bound(sheets([(96, 46, 4)], [(200, 100, 1)], kerf=4))[0] == 1
    assert bound(sheets([(96, 46, 5)], [(200, 100, 1)], kerf=4))[0] == 2


def test_two_parts_longer_than_half_never_share_a_sheet():
    # 110 × 60 on 200 × 100: area says 5 × 6600 / 20000 -> 2 sheets; each needs a sheet of its own
    assert bound(sheets([(110, 60, 5)], [(200, 100, 1)])) == (5, HALVES)


def test_the_bound_is_rounded_up_to_what_the_costs_can_add_up_to():
    # a tenth of the sheet that costs 3 is worth 0.3 at least, but nothing is cheaper than 2
    cost, method = bound(sheets([(20, 100, 1)], [(200, 100, 3), (120, 100, 2)]))
    assert cost == 2
    assert "rounded up" in method


def test_bars_longer_than_half_never_share_a_bar():
    instance = read_instance(
        {
            "kind": "bar",
            "kerf_mm": 0,
            "stock": [{"id": "S", "length_mm": 100, "quantity": None, "cost": 1}],
            "parts": [{"id": "p", "length_mm": 51, "quantity": 4}],
        }
    )
    assert bound(instance) == (4, HALVES)
