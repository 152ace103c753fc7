from mes.nesting.rules.cuts import Cut, cuts_of, sliced
from mes.nesting.rules.instance import read_instance
from mes.nesting.rules.plan import Layout, Placement

INSTANCE = read_instance(
    {
        "kind": "sheet",
        "kerf_mm": 4,
        "trim_mm": {"left": 10, "right": 10, "bottom": 10, "top": 10},
        "stock": [{"id": "S", "length_mm": 1000, "width_mm": 500, "quantity": None, "cost": 1}],
        "parts": [
            {"id": "a", "length_mm": 980, "width_mm": 200, "quantity": 1},
            {"id": "b", "length_mm": 400, "width_mm": 150, "quantity": 2},
        ],
    }
)
A = Placement("a", 100, 100, 9800, 2000, is_turned=False)
B1 = Placement("b", 100, 2140, 4000, 1500, is_turned=False)
B2 = Placement("b", 4140, 2140, 4000, 1500, is_turned=False)


def test_cuts_come_in_the_order_of_sawing_with_their_stage():
    cuts = cuts_of(INSTANCE, INSTANCE.stock[0], Layout("S", 1, (A, B1, B2), ()))
    assert cuts == (
        Cut(1, 1, 2000, 100, 2120, 9900, 2120),  # frees a: through the whole board, 2 mm above it
        Cut(2, 1, 1500, 100, 3660, 9900, 3660),  # frees the strip of the b's
        Cut(3, 2, 4000, 4120, 2140, 4120, 3640),
        Cut(4, 2, 4000, 8160, 2140, 8160, 3640),
    )


def test_what_is_left_over_is_the_waste_of_the_slicing():
    slicing = sliced(INSTANCE, INSTANCE.stock[0], (A, B1, B2))
    assert slicing is not None
    assert set(slicing.waste) == {(8180, 2140, 9900, 3640), (100, 3680, 9900, 4900)}


def test_parts_that_stand_too_close_have_no_cuts():
    crowded = Placement("b", 4100, 2140, 4000, 1500, is_turned=False)
    assert cuts_of(INSTANCE, INSTANCE.stock[0], Layout("S", 1, (A, B1, crowded), ())) == ()
