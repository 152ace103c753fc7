from dataclasses import replace
from decimal import Decimal

import pytest

from erp.catalogue.rules.document import PackPer
from erp.catalogue.rules.explode import explode, weigh
from erp.catalogue.rules.sharing import Sharing, is_shared
from tests.factories.small import demo_model, make_spec

D = Decimal


def made(**rule):
    model = demo_model()
    rules = tuple(replace(one, **rule) if one.code == "TRIM" else one for one in model.packages)
    return explode(replace(model, packages=rules), make_spec())


def trims(explosion):
    return [(one.index, len(one.piece_codes)) for one in explosion.packages if one.kind == "TRIM"]


def test_sets_fill_one_package_after_the_other_in_their_order():
    one = made(per=PackPer.COLOUR, most_pieces=8)  # six architraves each
    sharing = Sharing()
    assert [trims(sharing.place(one, "WHITE")) for _ in range(3)] == [
        [(1001, 6)],
        [(1001, 2), (1002, 4)],
        [(1002, 4), (1003, 2)],
    ]
    assert is_shared(1001)
    assert not is_shared(1)


def test_a_colour_has_packages_of_its_own_unless_the_whole_order_shares():
    for per, wanted in ((PackPer.COLOUR, 1002), (PackPer.ORDER, 1001)):
        sharing, one = Sharing(), made(per=per, most_pieces=40)
        sharing.place(one, "WHITE")
        assert trims(sharing.place(one, "WALNUT")) == [(wanted, 6)]
        assert trims(sharing.place(one, "WHITE"))[0] == (1001, 6)


def test_pieces_know_their_package_and_what_their_set_weighs_in_it():
    one = made(per=PackPer.ORDER, most_pieces=4, kg_m3=D(750))
    placed = Sharing().place(one, "WHITE")
    for package in placed.packages:
        if package.kind == "TRIM":
            mine = [piece for piece in placed.pieces if piece.code in package.piece_codes]
            assert {piece.package_index for piece in mine} == {package.index}
            assert package.kg == weigh(package.shared, mine)


def test_numbers_go_on_after_those_that_were_given_and_what_stays_keeps_its_own():
    one = made(per=PackPer.ORDER)
    assert trims(Sharing({"TRIM": 1004}).place(one, "WHITE")) == [(1005, 6)]
    kept = {"ARCH_OPEN_L": 1002}
    assert sorted(trims(Sharing({"TRIM": 1004}).place(one, "WHITE", kept))) == [(1002, 1), (1005, 5)]


def test_what_is_too_long_has_a_shared_number_and_a_package_for_itself():
    one = made(per=PackPer.ORDER, longest_mm=D(2000))
    placed = trims(Sharing().place(one, "WHITE"))
    assert sorted(count for _, count in placed) == [1, 1, 1, 1, 2]


@pytest.mark.parametrize("per", [PackPer.SET, PackPer.LEAF])
def test_what_is_packed_set_by_set_stays_as_it_is(per):
    one = made(per=per)
    assert Sharing().place(one, "WHITE") is one


def test_equal_sets_in_equal_packages_are_one_object():
    sharing, one = Sharing(), made(per=PackPer.ORDER, most_pieces=40)
    assert sharing.place(one, "WHITE") is sharing.place(one, "WHITE")
