import pytest

from core.i18n import Named
from erp.parties.rules import PartDelivery
from mes.packing.rules import PackageState
from mes.scanning.rules import Block
from mes.shipping.rules import (
    Cargo,
    LoadHead,
    LoadState,
    Manifest,
    joined,
    judge_close,
    judge_load,
    judge_unload,
)


def make_cargo(number=1, **over):
    given = {
        "package_id": number,
        "code": f"K{number}",
        "name": Named("套包", "frame package"),
        "position": number,
        "total_count": 9,
        "state": PackageState.IN_STORE,
        "order_id": 1,
        "order_number": "SO2611-0042",
        "room": "主卧",
        "dealer_id": 7,
        "dealer": Named("衢州 柯城店"),
        "load_id": 1,
        "load_number": "LD2611-0001",
        "delivery_id": 1,
    }
    return Cargo(**(given | over))


def make_manifest(*cargo, state=LoadState.LOADING):
    return Manifest(1, "LD2611-0001", state, cargo)


def make_head(cargo=None, *first, state=LoadState.LOADING):
    """The load as the judge of a package sees it: it serves dealer 7."""
    served = cargo is None or cargo.dealer_id == 7
    return LoadHead(1, "LD2611-0001", state, is_dealer_served=served, first=first)


def block(refusal):
    return None if refusal is None else refusal.block


def test_what_is_said_first_when_several_things_are_wrong():
    # one fault less from line to line, in the order of the contracts
    other = {"load_id": 2, "load_number": "LD2611-0002"}
    faults = [
        (LoadState.CLOSED, {**other, "is_loaded": True, "dealer_id": 8}, Block.E24),
        (LoadState.LOADING, {**other, "is_loaded": True, "dealer_id": 8}, Block.E12),
        (LoadState.LOADING, {"is_loaded": True, "dealer_id": 8}, Block.E28),
        (LoadState.LOADING, {**other, "dealer_id": 8, "state": PackageState.OPEN}, Block.E11),
        (LoadState.LOADING, {**other, "state": PackageState.STAGED}, Block.E12),
        (LoadState.LOADING, {"state": PackageState.OPEN}, Block.E13),
        (LoadState.LOADING, {}, None),
    ]
    for state, over, wanted in faults:
        cargo = make_cargo(**over)
        assert block(judge_load(make_head(cargo, state=state), cargo)) is wanted


def test_a_sealed_a_stored_and_a_staged_package_may_be_loaded_and_no_other():
    may = {state for state in PackageState if judge_load(make_head(), make_cargo(state=state)) is None}
    assert may == {PackageState.SEALED, PackageState.IN_STORE, PackageState.STAGED}


def test_only_what_is_on_this_vehicle_comes_off_it():
    assert judge_unload(make_head(), make_cargo(is_loaded=True)) is None
    assert block(judge_unload(make_head(), make_cargo())) is Block.E12
    assert block(judge_unload(make_head(), make_cargo(is_loaded=True, load_id=2))) is Block.E12


def test_a_load_is_closed_when_list_vehicle_and_scans_agree():
    on, off = make_cargo(1, is_loaded=True), make_cargo(2)
    assert judge_close(make_manifest(on), {1}, is_signed=False) is None
    assert block(judge_close(make_manifest(on, off), {1}, is_signed=False)) is Block.E10
    assert judge_close(make_manifest(on, off), {1}, is_signed=True) is None
    assert block(judge_close(make_manifest(off), set(), is_signed=True)) is Block.E10
    assert block(judge_close(make_manifest(), set(), is_signed=True)) is Block.E10
    # a signature lets nothing pass that the scans do not show
    assert block(judge_close(make_manifest(on, off), {1, 2}, is_signed=True)) is Block.E15
    assert block(judge_close(make_manifest(on), set(), is_signed=True)) is Block.E15


def test_four_packages_are_named_and_more_are_counted():
    named = joined([make_cargo(number) for number in range(1, 5)])
    assert named.zh.count("套包") == 4
    assert "more" not in named.en
    many = joined([make_cargo(number) for number in range(1, 8)])
    assert many.zh.endswith("等 7 包")
    assert many.en.endswith("SO2611-0042 frame package 4/9 and 3 more")


def test_what_is_not_paid_stays_here_when_nothing_else_is_wrong():
    held = judge_load(make_head(), make_cargo(), is_held=True)
    assert (held.block, held.got.msgid) == (Block.E13, "%(package)s: not paid in full")
    unsealed = judge_load(make_head(), make_cargo(state=PackageState.OPEN), is_held=True)
    assert unsealed.got.msgid == "%(package)s: %(state)s"
    assert block(judge_load(make_head(), make_cargo(load_id=2), is_held=True)) is Block.E12
    assert block(judge_load(make_head(), make_cargo(is_loaded=True), is_held=True)) is Block.E28


def test_what_is_unloaded_later_goes_on_first():
    near, far = make_cargo(1, stop=1), make_cargo(2, stop=3)
    refusal = judge_load(make_head(near, far), near)
    assert (refusal.block, refusal.expected.facts["stop"], refusal.got.facts["stop"]) == (Block.E29, 3, 1)
    assert "2/9" in refusal.todo.facts["packages"].zh
    assert judge_load(make_head(far), far) is None


@pytest.mark.parametrize(
    ("part_delivery", "is_signed", "wanted"),
    [
        (PartDelivery.NEVER, True, Block.E10),
        (PartDelivery.NEVER, False, Block.E10),
        (PartDelivery.SIGNED, True, None),
        (PartDelivery.SIGNED, False, Block.E10),
        (PartDelivery.FREE, False, None),
    ],
)
def test_a_load_goes_short_only_as_its_dealer_takes_it(part_delivery, is_signed, wanted):
    on, off = make_cargo(1, is_loaded=True), make_cargo(2, part_delivery=part_delivery)
    assert block(judge_close(make_manifest(on, off), {1}, is_signed=is_signed)) is wanted
    absent = [make_cargo(3, part_delivery=part_delivery, load_id=None)]  # of the order, on no list
    assert block(judge_close(make_manifest(on), {1}, absent, is_signed=is_signed)) is wanted


def test_a_dealer_of_whom_nothing_goes_may_be_left_out_altogether():
    on = make_cargo(1, is_loaded=True)
    other = make_cargo(2, dealer_id=8, part_delivery=PartDelivery.NEVER)
    assert judge_close(make_manifest(on, other), {1}, is_signed=True) is None
    refusal = judge_close(make_manifest(on, other), {1}, is_signed=False)
    assert refusal.block is Block.E10


def test_no_dealer_takes_an_empty_vehicle():
    off = make_cargo(1, part_delivery=PartDelivery.FREE)
    assert block(judge_close(make_manifest(off), set(), is_signed=True)) is Block.E10
