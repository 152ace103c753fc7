"""Sets of a released order are cancelled, at every stage; whatever is printed of them is refused afterwards."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from core.audit.model import Entry
from core.errors import NotFound
from core.jobs.worker import run_waiting
from core.states import StepRefused
from erp.sales.model import Order
from erp.sales.rules.states import OrderState
from erp.stock import queries as stock
from erp.stock.model import Demand
from erp.stock.rules import PlaceKind
from mes.changes import queries, service
from mes.cutting import queries as cutting_queries
from mes.cutting import service as cutting
from mes.cutting.model import CutLayout, CutPlan, Placement
from mes.packing import queries as packing
from mes.packing.model import Content, Package
from mes.packing.rules import BoxGone, PackageState
from mes.planning.queries import load
from mes.planning.service import create_batch
from mes.scanning import queries as scanning_queries
from mes.scanning import service as scanning
from mes.scanning.rules import ScanKind
from mes.shipping import queries as shipping
from mes.shipping.model import LoadPackage
from mes.splitting import queries as splitting_queries
from mes.splitting import service as splitting
from mes.splitting.model import Piece
from mes.splitting.rules import PieceMoved, PieceState, SetGone
from mes.warehouse import queries as warehouse
from mes.worksheets import queries as worksheets
from mes.worksheets.rules import Scope
from tests.conftest import NOON
from tests.factories.factory import FRIDAY, make_line, place, release_order, station
from tests.factories.people import make_person
from tests.factories.scanner import Scanner
from tests.mes.changes.office import asking, cancel, sets_of, states
from tests.mes.packing.bench import make_all, make_bench, packages, piece, pieces_of
from tests.mes.shipping.dock import make_dock, make_load, sealed_order

EVERYTHING = frozenset(
    {
        *("mes.scanning.scan", "mes.production.report", "mes.production.scrap", "mes.packing.pack"),
        *("mes.warehouse.store", "mes.warehouse.issue", "mes.shipping.load"),
    }
)


def faults(session):
    proofs = (
        packing.faults,
        shipping.faults,
        warehouse.faults,
        splitting_queries.prove,
        cutting_queries.prove,
    )
    return [fault for prove in (*proofs, stock.verify) for fault in prove(session)]


def counts(session, order):
    now = session.get(Order, order.id, populate_existing=True)
    told = (now.set_count, now.piece_count, now.made_count, now.packed_count, now.package_count)
    return (*told, now.sealed_count)


def demand(session, subject, subject_id):
    rows = session.execute(
        select(Demand.material_id, Demand.needed_qty).where(
            Demand.subject == subject, Demand.subject_id == subject_id
        )
    )
    return dict(rows.all())


def somebody(session):
    return Scanner(session, make_person(session, roles=("leader",)), EVERYTHING)


# --- stages -------------------------------------------------------------------


def test_an_order_of_planned_pieces_is_cancelled_as_a_whole(session):
    order = release_order(session, make_line(set_count=2))
    done = cancel(session, order)
    assert (done.state, done.set_count) == (OrderState.CANCELLED, 2)
    assert session.get(Order, order.id).state is OrderState.CANCELLED
    assert set().union(*(states(session, one) for one in sets_of(session, order))) == {PieceState.VOID}
    assert {one.state for one in packages(session, order)} == {PackageState.VOID}
    assert counts(session, order) == (0, 0, 0, 0, 0, 0)
    assert demand(session, "erp.sales.order", order.id) == {}
    assert faults(session) == []


def test_of_two_sets_the_other_one_goes_on(session):
    order = release_order(session, make_line(set_count=2))
    one = release_order(session)  # the same door, once: what is left is what it is
    first, second = sets_of(session, order)
    done = cancel(session, order, first)
    assert done.state is OrderState.RELEASED
    assert done.package_numbers == ("1/8", "2/8", "3/8", "4/8")
    assert states(session, first) == {PieceState.VOID}
    assert states(session, second) == {PieceState.PLANNED}
    assert counts(session, order) == counts(session, one)
    assert demand(session, "erp.sales.order", order.id) == demand(session, "erp.sales.order", one.id)
    assert {package.total_count for package in packages(session, order)} == {8}  # as printed
    assert faults(session) == []


def test_the_need_of_the_frozen_sets_is_what_the_release_told(session):
    order = release_order(session, make_line(set_count=3), make_line(width_mm=Decimal("800.0")))
    told = demand(session, "erp.sales.order", order.id)
    splitting.put_need(session, order.id)
    assert demand(session, "erp.sales.order", order.id) == told


def test_made_and_packed_pieces_leave_the_counts_and_their_open_box_is_emptied(session):
    order = release_order(session, make_line(set_count=2))
    make_all(session, order)
    tracked = session.scalars(select(Piece).where(Piece.order_id == order.id, Piece.is_tracked)).all()
    order.made_count = len(tracked)  # as the stations would have told
    session.flush()
    bench = make_bench(session)
    box = bench.open(packages(session, order)[0])
    inside = pieces_of(session, box)
    for one in inside:
        assert bench.add(box, one) is None
    first, second = sets_of(session, order)
    mine = sum(one.set_id == first.id for one in tracked)
    cancel(session, order, first)
    assert session.get(Package, box.id).state is PackageState.VOID
    assert all(one.packed_at is None for one in session.query(Content).filter(Content.package_id == box.id))
    assert counts(session, order) == (1, len(tracked) - mine, len(tracked) - mine, 0, 4, 0)
    assert faults(session) == []


def test_with_the_last_open_boxes_cancelled_the_order_is_ready(session):
    order = release_order(session, make_line(set_count=2))
    make_all(session, order)
    bench = make_bench(session)
    first, second = sets_of(session, order)
    for box in [one for one in packages(session, order) if one.set_id == first.id]:
        bench.fill(box)
        assert bench.block(ScanKind.PACK_SEAL, box.code) is None
    order.made_count = order.piece_count
    session.flush()
    assert session.get(Order, order.id, populate_existing=True).state is OrderState.IN_PRODUCTION
    assert cancel(session, order, second).state is OrderState.READY
    assert faults(session) == []


def test_boxes_in_store_and_on_a_list_leave_both(session):
    order = sealed_order(session)
    order.made_count = order.piece_count
    session.flush()
    load = make_load(session, order)
    scanner = somebody(session)
    shelf = place(session, PlaceKind.FINISHED)
    box = packages(session, order)[0]
    witness = pieces_of(session, box)[0].code
    assert scanner.block(ScanKind.STORE_IN, box.code, shelf.code, witness) is None
    (shown,) = queries.page(session, order.id).sets
    assert shown.is_cancellable
    assert PackageState.IN_STORE in {one.stage for one in shown.pieces}
    assert cancel(session, order).state is OrderState.CANCELLED
    assert session.get(Package, box.id).place_id is None
    assert session.query(LoadPackage).filter(LoadPackage.load_id == load.id).count() == 0
    assert counts(session, order) == (0, 0, 0, 0, 0, 0)
    assert faults(session) == []


def test_a_loaded_set_is_refused_with_its_box_named_and_nothing_changes(session):
    order = sealed_order(session)
    load = make_load(session, order)
    box = packages(session, order)[0]
    assert make_dock(session).load(load, box) is None
    with pytest.raises(BoxGone) as refused, session.begin_nested():
        cancel(session, order)
    session.expire_all()
    assert box.name in str(refused.value.facts["package"])
    assert session.get(Package, box.id).state is PackageState.LOADED
    assert PieceState.VOID not in states(session, sets_of(session, order)[0])
    assert not queries.page(session, order.id).sets[0].is_cancellable


def test_with_a_piece_its_remake_in_progress_is_void_and_both_labels_say_so(session):
    order = release_order(session)
    old = piece(session, order, "JAMB_L")
    new = splitting.replace(session, old.id, "CHIP", by=None, at=NOON)
    cancel(session, order)
    assert session.get(Piece, new.id).state is PieceState.VOID
    assert session.get(Piece, old.id).state is PieceState.REMAKE
    for code in (old.code, new.code):
        former = scanning_queries.former_label(session, code)
        assert (former.new_code, former.reason) == (None, "cancelled")
    assert counts(session, order) == (0, 0, 0, 0, 0, 0)
    assert faults(session) == []


# --- refusals -------------------------------------------------------------------


def test_a_piece_that_moved_since_the_clerk_looked_is_named_and_nothing_is_cancelled(session):
    order = release_order(session)
    asked = asking(session, order, sets_of(session, order))
    jamb = piece(session, order, "JAMB_L")
    assert splitting.advance(session, jamb.id, 0, PieceState.CUT, at=NOON)
    with pytest.raises(PieceMoved) as refused, session.begin_nested():
        service.cancel(session, order.id, asked, by=None, at=NOON)
    session.expire_all()
    facts = refused.value.facts
    assert (facts["label"], facts["seen"], facts["state"]) == (jamb.code, PieceState.PLANNED, PieceState.CUT)
    assert {one.state for one in packages(session, order)} == {PackageState.PLANNED}


def test_nothing_is_cancelled_twice(session):
    order = release_order(session, make_line(set_count=2))
    first = sets_of(session, order)[0]
    asked = asking(session, order, [first])
    cancel(session, order, first)
    with pytest.raises(SetGone):
        service.cancel(session, order.id, asked, by=None, at=NOON)


def test_a_set_of_another_order_is_not_found(session):
    order, other = release_order(session), release_order(session)
    asked = asking(session, other, sets_of(session, other))
    with pytest.raises(NotFound):
        service.cancel(session, order.id, asked, by=None, at=NOON)


def test_the_sets_of_a_shipped_order_stay(session):
    order = release_order(session)
    asked = asking(session, order, sets_of(session, order))
    order.state = OrderState.SHIPPED
    session.flush()
    with pytest.raises(StepRefused), session.begin_nested():
        service.cancel(session, order.id, asked, by=None, at=NOON)


def test_the_history_says_which_sets_and_why(session):
    order = release_order(session, make_line(set_count=2))
    first = sets_of(session, order)[0]
    cancel(session, order, first)
    told = session.scalars(select(Entry).where(Entry.verb == "withdraw")).one()
    assert (told.subject_id, told.changes["note"], told.changes["sets"]) == (
        order.id,
        ["", "客户退单"],
        ["", first.number],
    )


# --- scans ------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [ScanKind.OP_DONE, ScanKind.SCRAP, ScanKind.PACK_ADD, ScanKind.PACK_REMOVE])
def test_the_label_of_a_cancelled_piece_is_refused(session, kind):
    order, other = release_order(session), release_order(session)
    jamb, box = piece(session, order, "JAMB_L"), packages(session, other)[0]
    cancel(session, order)
    scanner = somebody(session)
    device = scanning.enrol(session, station(session, operation="CUT").id, "平板", by=None, at=NOON)
    where = scanning_queries.where(session, device.key)
    said = scanner.scan(kind, jamb.code, box.code, "CHIP", where=where)
    assert said["block_code"] == "E26"
    assert "cancelled" in said["todo"]["msgid"]


PLACED = {
    ScanKind.STORE_IN: PlaceKind.FINISHED,
    ScanKind.MOVE: PlaceKind.FINISHED,
    ScanKind.STAGE: PlaceKind.STAGING,
}


@pytest.mark.parametrize(
    "kind",
    [
        *(ScanKind.PACK_OPEN, ScanKind.PACK_SEAL, ScanKind.PACK_REOPEN),
        *(ScanKind.STORE_IN, ScanKind.MOVE, ScanKind.STAGE, ScanKind.LOAD, ScanKind.UNLOAD),
    ],
)
def test_the_label_of_a_cancelled_package_is_refused(session, kind):
    order, other = sealed_order(session), sealed_order(session)
    load = make_load(session, other)
    box = packages(session, order)[0]
    order.made_count = order.piece_count
    session.flush()
    cancel(session, order)
    context = place(session, PLACED[kind]).code if kind in PLACED else load.code
    said = somebody(session).scan(kind, box.code, context)
    assert said["block_code"] == "E26"
    assert "cancelled" in said["todo"]["msgid"]


def test_nothing_goes_into_a_cancelled_package(session):
    order, other = release_order(session), release_order(session)
    box, good = packages(session, order)[0], piece(session, other, "JAMB_L")
    cancel(session, order)
    assert somebody(session).block(ScanKind.PACK_ADD, good.code, box.code) == "E26"


def test_an_old_label_at_the_dock_is_an_old_label_and_not_a_wrong_step(session):
    order = sealed_order(session)
    load = make_load(session, order)
    other = release_order(session)
    old = piece(session, other, "JAMB_L")
    new = splitting.replace(session, old.id, "CHIP", by=None, at=NOON)
    said = make_dock(session).scan(ScanKind.LOAD, old.code, load.code)
    assert (said["block_code"], said["todo"]["facts"]["code"]) == ("E26", new.code)


def test_a_sheet_with_cancelled_pieces_is_cut_and_the_plan_says_which_they_are(app, session):
    order = release_order(session, make_line(set_count=2))
    batch = create_batch(session, [order.id], by=None, at=NOON)
    cutting.plan_batch(session, batch.id, by=None, at=NOON)
    session.commit()
    run_waiting(app)
    session.expire_all()
    before = demand(session, "mes.planning.batch", batch.id)
    first, second = sets_of(session, order)
    cancel(session, order, first)
    after = demand(session, "mes.planning.batch", batch.id)
    assert all(after.get(key, 0) <= qty for key, qty in before.items())
    assert sum(after.values()) < sum(before.values())
    scanner = somebody(session)
    device = scanning.enrol(session, station(session, operation="CUT").id, "锯", by=None, at=NOON)
    where = scanning_queries.where(session, device.key)
    for code in session.scalars(select(CutLayout.code)):
        assert scanner.block(ScanKind.CUT_DONE, code, where=where) is None
    assert states(session, first) == {PieceState.VOID}
    placed = select(Placement.piece_id)
    cut = session.scalars(select(Piece.state).where(Piece.set_id == second.id, Piece.id.in_(placed))).all()
    assert set(cut) == {PieceState.CUT}
    assert faults(session) == []
    plan = cutting_queries.plan_page(session, session.scalars(select(CutPlan.id)).first())
    shown = cutting_queries.sheets(session, plan)
    void = {part.piece.set_id for sheet in shown for part in sheet.parts if part.is_void}
    assert void == {first.id}


# --- who else counts sets -----------------------------------------------------------


def test_a_cancelled_set_takes_no_capacity_and_is_on_no_work_paper(session):
    order = release_order(session, make_line(set_count=3), due_on=FRIDAY + timedelta(days=9))
    first = sets_of(session, order)[0]
    assert sum(load.plant(session, FRIDAY).booked.values()) == 3
    cancel(session, order, first)
    assert sum(load.plant(session, FRIDAY).booked.values()) == 2
    assert worksheets.set_count(session, Scope((order.id,))) == 2
    wanted = worksheets.all_requirements(session, Scope((order.id,)))
    assert first.id not in {door_set.id for _, _, door_set in wanted}
