import pytest
from werkzeug.datastructures import MultiDict

from mes.changes.forms import cancelling
from mes.changes.rules import Cancelling, NothingChosen, ReasonMissing, check_asked, stage
from mes.packing.rules import PackageState
from mes.splitting.rules import PieceState


def test_a_packed_piece_is_where_its_box_is():
    assert stage(PieceState.PACKED, PackageState.IN_STORE) is PackageState.IN_STORE
    assert stage(PieceState.PACKED, PackageState.LOADED) is PackageState.LOADED


def test_a_piece_in_an_open_box_is_as_far_as_it_is_itself():
    assert stage(PieceState.PACKED, PackageState.OPEN) is PieceState.PACKED
    assert stage(PieceState.MADE, PackageState.IN_STORE) is PieceState.MADE
    assert stage(PieceState.CUT, None) is PieceState.CUT


def test_somebody_has_to_choose_and_to_say_why():
    with pytest.raises(NothingChosen):
        check_asked(Cancelling((), "退单", {}))
    with pytest.raises(ReasonMissing):
        check_asked(Cancelling((1,), "  ", {}))


def test_what_cannot_be_read_of_a_form_counts_as_not_seen():
    typed = MultiDict([("set", "7"), ("set", "x"), ("set", "7"), ("seen", "1:CUT 2:GOLD y:CUT 3:MADE")])
    asked = cancelling(typed)
    assert asked.set_ids == (7,)
    assert asked.seen == {1: PieceState.CUT, 3: PieceState.MADE}
