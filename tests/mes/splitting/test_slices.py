"""A large release is written in slices: seen as a whole or not at all, also when it is killed half-way."""

import signal
import subprocess
import sys
import threading
from decimal import ROUND_HALF_UP, Decimal
from itertools import islice
from pathlib import Path

import pytest
from sqlalchemy import func, select

from core.codes import Letter
from core.errors import AppError, NotFound
from core.numbers.service import next_codes
from core.web.invariants import verify
from core.work import read, run, run_in_turn
from erp.catalogue.rules.by_hand import Wanted
from erp.sales import service as sales
from erp.sales.model import Order
from erp.sales.queries import hand_edits
from erp.sales.rules.amending import Edit
from erp.sales.rules.states import OrderState
from erp.stock.model import Demand
from mes.changes import service as changes
from mes.changes.queries import changing
from mes.packing import panels as packing_panels
from mes.packing import queries as packing
from mes.packing.model import Content, Package
from mes.packing.rules import PackageState
from mes.planning.queries.load import plant
from mes.production.queries.lead import waiting
from mes.production.queries.station import piece_at
from mes.shipping.queries.cargo import cargo_of_code
from mes.splitting import panels, queries, service
from mes.splitting.model import DoorSet, Piece, Release, Requirement
from mes.splitting.rules import ChangedMeanwhile, PieceState
from tests.conftest import NOON, logged_in
from tests.factories.factory import FRIDAY, MORNING, make_line, make_order
from tests.factories.people import make_person
from tests.mes.changes.desk import asking, entry, lines

SETS = 2 * service.SLICE + 20  # three slices
ROOT = Path(__file__).resolve().parents[3]
JAMB = Wanted("MB22-WHITE", Decimal(2080), Decimal(240), Decimal(22))  # by the rules 2090
BROKEN_OFF = """
import os, signal, sys
from itertools import islice
from core.work import run
from mes.splitting import queries, service
from tests.conftest import build
from tests.factories.factory import MORNING
app = build(sys.argv[1])
with app.app_context():
    with app.extensions["sessions"].reading() as session:
        frozen = queries.prepare(session, int(sys.argv[2]))
    for command in islice(service.release_in_slices(frozen, by=None, at=MORNING), int(sys.argv[3])):
        run(command)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def large(database):
    """A confirmed order of three slices, committed; the id."""
    with database.app.app_context():
        yield run(_confirm)


def _confirm(session):
    order = make_order(session, make_line(set_count=SETS - 1), make_line(room="次卧"))
    sales.confirm(session, order.id, on=FRIDAY, by=None, at=MORNING)
    return order.id


def prepared(database, order_id):
    with database.app.extensions["sessions"].reading() as session:
        return queries.prepare(session, order_id)


def slices(database, order_id):
    return service.release_in_slices(prepared(database, order_id), by=None, at=MORNING)


def release_whole(database, order_id):
    run_in_turn(slices(database, order_id))


def begin(database, order_id, steps):
    """Do the first steps of a release and let it be."""
    for command in islice(slices(database, order_id), steps):
        run(command)


def kill_after(database, order_id, steps):
    """Release in a process of its own that is killed after some steps."""
    url = database.app.extensions["sessions"].engine.url.render_as_string(hide_password=False)
    killed = subprocess.run(  # noqa: S603
        [sys.executable, "-c", BROKEN_OFF, url, str(order_id), str(steps)], cwd=ROOT, check=False
    )
    assert killed.returncode == -signal.SIGKILL


def assert_unseen(session, order_id):
    """Nothing of the order is in a list, a search, an answer to a scanned code, a requirement, a proof."""
    order = session.get(Order, order_id, populate_existing=True)
    assert (order.state, order.released_at) == (OrderState.CONFIRMED, None)
    assert waiting(session) == []
    assert session.scalars(select(Demand)).all() == []
    assert session.scalars(select(Release)).all() == []
    assert (queries.sets(session, order_id), queries.pieces(session, order_id)) == ([], [])
    assert (queries.requirements(session, order_id), queries.need(session, order_id)) == ([], {})
    assert packing.packages(session, order_id=order_id) == []
    assert packing_panels.order_panel(session, order_id) is None
    assert queries.sets_found(session, order.number) == []
    for row in session.scalars(select(DoorSet)):
        assert row.voided_at is not None
        assert queries.set_by_code(session, row.code) is None
        with pytest.raises(NotFound):
            queries.set_page(session, row.id)
    for piece in session.scalars(select(Piece).where(Piece.code.is_not(None)).limit(10)):
        assert piece_at(session, piece.code, None) is packing.piece(session, piece.code) is None
        assert panels.resolve_piece(session, piece.code) is None
    for package in session.scalars(select(Package).limit(10)):
        assert packing.package_id(session, package.code) is packing.box_shared(session, package.code) is None
        assert cargo_of_code(session, package.code) is None
        assert packing.packages(session, package_id=package.id) == []
    assert set(session.scalars(select(Piece.state))) <= {PieceState.VOID}
    assert set(session.scalars(select(Package.state))) <= {PackageState.VOID}
    assert [fault for faults in verify(session).values() for fault in faults] == []


def assert_released(session, order_id):
    order = session.get(Order, order_id, populate_existing=True)
    count = {
        kind: session.scalar(select(func.count()).select_from(kind)) for kind in (DoorSet, Piece, Package)
    }
    rows = queries.sets(session, order_id)
    a_set = queries.set_page(session, rows[0].id)
    tracked = sum(piece.is_tracked for piece, _ in a_set.pieces)
    assert (order.state, order.set_count, len(rows)) == (OrderState.RELEASED, SETS, SETS)
    assert {row.voided_at for row in rows} == {None}
    assert (count[DoorSet], count[Piece]) == (SETS, SETS * len(a_set.pieces))
    assert order.package_count == count[Package] == SETS * len(a_set.row.packages)
    assert order.piece_count == SETS * tracked
    assert session.scalar(select(func.count()).select_from(Content)) == SETS * tracked
    assert session.scalar(select(func.count()).select_from(Requirement)) == SETS * len(a_set.requirements)
    assert set(session.scalars(select(Piece.state))) == {PieceState.PLANNED}
    assert set(session.scalars(select(Package.state))) == {PackageState.PLANNED}
    positions = session.scalars(select(Package.position).order_by(Package.id)).all()
    assert positions == list(range(1, order.package_count + 1))
    assert set(session.scalars(select(Package.total_count))) == {order.package_count}
    assert len(queries.releases(session, order_id)) == 1
    demand = session.execute(select(Demand.material_id, Demand.needed_qty)).all()
    need = {
        material: qty.quantize(Decimal("0.001"), ROUND_HALF_UP)
        for material, qty in queries.need(session, order_id).items()
    }
    assert dict(map(tuple, demand)) == need
    assert [fault for faults in verify(session).values() for fault in faults] == []


def test_a_large_release_is_what_a_release_in_one_transaction_is(database, large):
    assert len(list(islice(slices(database, large), 1))) == 1
    release_whole(database, large)
    with database.session as session:
        assert_released(session, large)


def test_a_small_order_is_one_transaction(database):
    with database.app.app_context():
        with database.session as session:
            order_id = make_order(session, make_line(set_count=service.SLICE)).id
            sales.confirm(session, order_id, on=FRIDAY, by=None, at=MORNING)
            session.commit()
        (only,) = slices(database, order_id)
        run(only)
        with database.session as session:
            assert session.get(Order, order_id).state is OrderState.RELEASED


@pytest.mark.parametrize(
    "steps", [0, 1, 2, 4]
)  # nothing; taken; one slice; all slices, but not the last word
def test_a_release_killed_between_two_slices_is_not_seen_and_can_be_done_again(database, large, steps):
    kill_after(database, large, steps)
    with database.session as session:
        written = session.scalar(select(func.count()).select_from(DoorSet))
        assert written == min(max(0, steps - 1) * service.SLICE, SETS)
        assert_unseen(session, large)
    release_whole(database, large)
    with database.session as session:
        assert_released(session, large)


def test_a_page_and_an_api_know_nothing_of_a_release_that_broke_off(database, large):
    kill_after(database, large, 3)
    client = everybody(database)
    number, status, told, shown = looked_at(database, client, large)
    assert (status, told) == ([404, 404, 404], "E21")  # no such code
    assert number not in shown
    assert "/release" in shown  # the button is there again
    release_whole(database, large)
    number, status, told, shown = looked_at(database, client, large)
    assert (status, told) == ([200, 200, 200], "E13")  # not sealed yet
    assert number in shown
    assert "/release" not in shown


def everybody(database):
    with database.session as session:
        person = make_person(session, roles=("owner", "clerk", "splitter", "packer", "keeper", "leader"))
        session.commit()
        return logged_in(database.app, person.id)


def looked_at(database, client, order_id):
    """A set's number; how the pages of it and its package answer; the verdict on a label; the order's page."""
    with database.session as session:
        set_id, number = session.execute(select(DoorSet.id, DoorSet.number).order_by(DoorSet.id)).first()
        package = session.scalars(select(Package).where(Package.set_id == set_id)).first()
    pages = (
        f"/mes/splitting/sets/{set_id}/",
        f"/mes/packing/packages/{package.id}/",
        f"/mes/packing/packages/{package.id}/label.pdf",
    )
    told = client.get(f"/api/v1/warehouse/packages?code={package.code}").json["block_code"]
    order = client.get(f"/erp/sales/orders/{order_id}/").text
    return number, [client.get(page).status_code for page in pages], told, order


def test_a_release_that_broke_off_takes_no_day_s_capacity_twice(database, large):
    begin(database, large, 3)
    with database.session as session:
        session.get(Order, large).due_on = FRIDAY
        session.flush()
        assert sum(plant(session, FRIDAY).booked.values()) == SETS


def test_an_order_that_changes_between_two_slices_is_not_released(database, large):
    commands = slices(database, large)
    run(next(commands))
    run(next(commands))
    run(sales.reopen, large, by=None, at=MORNING)
    with pytest.raises(ChangedMeanwhile):
        run(next(commands))
    with database.session as session:
        assert session.get(Order, large).state is OrderState.DRAFT
        assert waiting(session) == []


def test_an_order_cancelled_between_two_slices_is_not_released(database, large):
    commands = slices(database, large)
    run(next(commands))
    run(next(commands))
    run(sales.cancel, large, "不要了", by=None, at=MORNING)
    with pytest.raises(ChangedMeanwhile):
        run(next(commands))
    with database.session as session:
        assert session.get(Order, large).state is OrderState.CANCELLED
        assert queries.sets(session, large) == []
        assert panels.order_panel(session, large) is None
        assert [fault for faults in verify(session).values() for fault in faults] == []


def test_of_two_releases_the_later_takes_over(database, large):
    first = slices(database, large)
    run(next(first))
    run(next(first))
    release_whole(database, large)
    with pytest.raises(ChangedMeanwhile):
        run(next(first))
    with database.session as session:
        assert_released(session, large)


def test_of_two_people_who_release_at_once_exactly_one_does(database, large):
    start, ends = threading.Barrier(2), []

    def work():
        with database.app.app_context():
            frozen = queries.prepare(read(), large)
            start.wait()
            try:
                run_in_turn(service.release_in_slices(frozen, by=None, at=MORNING))
                ends.append("won")
            except AppError:
                ends.append("lost")

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends) == ["lost", "won"]
    with database.session as session:
        assert_released(session, large)


def test_a_line_can_be_taken_off_an_order_whose_release_broke_off(database, large):
    with database.session as session:
        _edit_by_hand(session, large)
        session.commit()
    begin(database, large, 2)
    run(sales.reopen, large, by=None, at=MORNING)
    with database.session as session:
        line_id = session.scalars(select(DoorSet.line_id)).first()
    run(sales.remove_line, large, line_id, by=None, at=MORNING)
    run(sales.confirm, large, on=FRIDAY, by=None, at=MORNING)
    release_whole(database, large)
    with database.session as session:
        assert session.scalar(select(func.count()).select_from(DoorSet)) == 1
        assert session.get(Order, large).package_count == len(queries.sets(session, large)[0].packages)


def _edit_by_hand(session, order_id):
    """Have the left jamb of the second set of the first line cut shorter."""
    line = lines(session, session.get(Order, order_id))[0]
    seen = hand_edits.set_page(session, line.id, 2).seen_sha256
    where = sales.Place(line.id, 2, session.get(Order, order_id).version, seen)
    hand = make_person(session, roles=("splitter",)).id
    sales.change_piece(session, where, "JAMB_L", JAMB, "墙歪", by=hand, at=MORNING)


def test_a_set_edited_by_hand_keeps_its_edit_through_a_release_that_broke_off(database, large):
    with database.session as session:
        _edit_by_hand(session, large)
        session.commit()
    begin(database, large, 3)
    release_whole(database, large)
    with database.session as session:
        assert_released(session, large)
        jambs = session.execute(
            select(Piece.length_mm, Piece.hand_edit_id.is_not(None), func.count())
            .where(Piece.rule_code == "JAMB_L")
            .group_by(Piece.length_mm, Piece.hand_edit_id.is_not(None))
            .order_by(Piece.length_mm)
        ).all()
        assert jambs == [(Decimal("2080.0"), True, 1), (Decimal("2090.0"), False, SETS - 1)]


def test_an_edit_by_hand_between_two_slices_stops_the_release_and_is_in_the_next(database, large):
    commands = slices(database, large)
    run(next(commands))
    run(next(commands))
    with database.session as session:
        _edit_by_hand(session, large)
        session.commit()
    with pytest.raises(ChangedMeanwhile):
        run(next(commands))
    release_whole(database, large)
    with database.session as session:
        assert_released(session, large)
        assert session.scalar(select(func.count()).where(Piece.hand_edit_id.is_not(None))) == 1


def test_an_order_released_in_slices_can_be_changed_afterwards(database, large):
    """Two sets more and all others higher: version 2, with every set, piece and package in force."""
    release_whole(database, large)
    with database.session as session:
        order = session.get(Order, large)
        by = make_person(session, roles=("clerk",)).id
        for number, over in ((0, {"set_count": SETS + 1}), (1, {"height_mm": Decimal("2080.0")})):
            line = lines(session, order)[number]
            typed = Edit(entry(session, line, **over))
            sales.edit_line(session, order.id, str(line.id), typed, by=by, at=NOON)
        session.flush()
        plan = changing.plan(session, large, by, FRIDAY)
        changes.change(session, plan, asking(plan), by=by, at=NOON, on=FRIDAY)
        session.commit()
    with database.session as session:
        order = session.get(Order, large)
        rows = queries.sets(session, large)
        assert (len(rows), order.set_count) == (SETS + 2, SETS + 2)
        assert {row.voided_at for row in rows} == {None}
        assert [one.version for one in queries.releases(session, large)] == [1, 2]
        assert [fault for faults in verify(session).values() for fault in faults] == []


def test_labels_of_a_release_that_broke_off_are_not_given_again(database, large):
    begin(database, large, 2)
    with database.session as session:
        given = set(session.scalars(select(Piece.code).where(Piece.code.is_not(None))))
        assert next_codes(session, Letter.PIECE, 1)[0] not in given
