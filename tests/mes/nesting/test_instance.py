import json
from decimal import Decimal

import pytest

from mes.nesting.rules.instance import Grain, InstanceRefused, Kind, read_instance
from tests.factories.nesting import sheet


def places(data):
    with pytest.raises(InstanceRefused) as refusal:
        read_instance(data)
    return [fault.place for fault in refusal.value.faults]


def one(name, row):
    """The instance with one field of its first stock or part changed."""
    data = sheet()
    data[name][0].update(row)
    return data


def test_the_example_of_the_contract_is_read_to_the_tenth_of_a_millimetre():
    instance = read_instance(sheet())
    assert (instance.kind, instance.kerf_dmm, instance.stages) == (Kind.SHEET, 32, 3)
    assert instance.parts[0].extent(is_turned=True) == (8400, 20650)
    assert instance.room(instance.stock[0]) == (24200, 12000)


def test_json_floats_are_read_as_they_are_written():
    assert (
        read_instance(
            json.loads(
                '{"kind": "bar", "kerf_mm": 0.3, "stock": [{"id": "S", "length_mm": 2440.7, '
                '"quantity": 3, "cost": 0.1}], "parts": []}'
            )
        )
        .stock[0]
        .length_dmm
        == 24407
    )


def test_a_stock_piece_without_cost_costs_its_square_metres_or_metres():
    data = sheet()
    del data["stock"][0]["cost"]
    assert read_instance(data).stock[0].cost == 2_976_800  # 2.9768 m², in millionths
    bar = {
        "kind": "bar",
        "kerf_mm": 0,
        "stock": [{"id": "S", "length_mm": 2440, "quantity": None}],
        "parts": [],
    }
    assert read_instance(bar).stock[0].cost == 2_440_000  # 2.44 m


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ([], "instance"),
        (sheet(kind="round"), "kind"),
        (sheet(kerf_mm=-1), "kerf_mm"),
        (sheet(kerf_mm="3"), "kerf_mm"),
        (sheet(kerf_mm=True), "kerf_mm"),
        (sheet(kerf_mm=3.25), "kerf_mm"),
        (sheet(kerf_mm=float("nan")), "kerf_mm"),
        (sheet(kerf_mm=10**400), "kerf_mm"),
        (sheet(stages=0), "stages"),
        (sheet(trim_mm={"left": -1}), "trim_mm.left"),
        (sheet(trim_mm={"start": 1}), "trim_mm.start"),
        (sheet(stock=[]), "stock"),
        (sheet(stock=None), "stock"),
        (sheet(parts={}), "parts"),
        (sheet(parts=[7]), "parts[0]"),
        (sheet(kerf=3), "instance.kerf"),
        (one("parts", {"width_mm": 1e9}), "parts[0].width_mm"),
        (one("parts", {"width_mm": -1e9}), "parts[0].width_mm"),
        (one("parts", {"length_mm": float("inf")}), "parts[0].length_mm"),
        (one("parts", {"quantity": 0}), "parts[0].quantity"),
        (one("parts", {"quantity": 1.5}), "parts[0].quantity"),
        (one("parts", {"quantity": 200_001}), "parts"),
        (one("parts", {"grain": "up"}), "parts[0].grain"),
        (one("parts", {"mitre_mm": 70}), "parts[0].mitre_mm"),
        (one("parts", {"id": ""}), "parts[0].id"),
        (one("stock", {"cost": -1}), "stock[0].cost"),
        (one("stock", {"cost": Decimal("0.0000001")}), "stock[0].cost"),
        (one("stock", {"quantity": -1}), "stock[0].quantity"),
        (one("stock", {"offcut": "yes"}), "stock[0].offcut"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(data, place):
    assert place in places(data)


def test_every_fault_is_named_at_once():
    part = {"id": "a", "length_mm": None, "width_mm": "wide", "quantity": 1}
    assert places(sheet(parts=[part, part])) == [
        "parts[0].length_mm",
        "parts[0].width_mm",
        "parts[1].length_mm",
        "parts[1].width_mm",
        "parts",
    ]


def test_a_fault_says_what_was_expected_and_what_came():
    with pytest.raises(InstanceRefused) as refusal:
        read_instance(sheet(kerf_mm=3.25))
    assert refusal.value.faults[0].text == "kerf_mm: lengths are in steps of 0.1 mm, got 3.25"


@pytest.mark.parametrize(
    ("part", "stock", "turns"),
    [
        ("length", "length", (False,)),
        ("width", "length", (True,)),
        ("length", "width", (True,)),
        ("none", "length", (False, True)),
        ("length", "none", (False, True)),
    ],
)
def test_grains_decide_how_a_part_may_lie(part, stock, turns):
    data = sheet()
    data["parts"][0]["grain"], data["stock"][0]["grain"] = part, stock
    instance = read_instance(data)
    assert instance.parts[0].grain is Grain(part)
    assert instance.turns(instance.parts[0], instance.stock[0]) == turns
