"""A clerk who changes an order, and a packer or another clerk who is there at the same time, on two connections."""

import threading
from decimal import Decimal

import pytest
from sqlalchemy import select

from core.errors import AppError
from core.work import read, run
from erp.sales import service as sales
from erp.sales.model import Amendment, Order
from erp.sales.rules.amending import AmendedMeanwhile, Edit
from erp.stock import queries as stock
from mes.changes import service
from mes.changes.queries import changing
from mes.changes.rules.changing import Changing
from mes.packing import queries as packing
from mes.packing import service as packing_service
from mes.scanning.rules import Blocked
from mes.shipping import queries as shipping
from mes.splitting import queries as splitting
from mes.splitting.model import Piece, Release
from mes.splitting.rules import LIVE, PieceMoved, ReleaseReason
from tests.conftest import NOON
from tests.factories.factory import FRIDAY, make_line, release_order
from tests.factories.people import make_person
from tests.mes.changes.desk import clerk, edit
from tests.mes.packing.bench import make_all, packages, pieces_of

ROUNDS = 4
HIGHER = Decimal("2080.0")


def proofs(session):
    return [
        fault
        for prove in (packing.faults, shipping.faults, splitting.prove, stock.verify)
        for fault in prove(session)
    ]


def at_once(app, *commands):
    """Run edges at once, each on its own connection; return what became of each: nothing, or its refusal."""
    start, ends = threading.Barrier(len(commands)), [None] * len(commands)

    def work(place, command):
        with app.app_context():
            start.wait()
            try:
                command()
            except AppError as refused:
                ends[place] = refused

    threads = [threading.Thread(target=work, args=one) for one in enumerate(commands)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ends


def looking(order_id, by):
    """What the page showed: the version of the order, and where its pieces stood."""
    plan = changing.plan(read(), order_id, by, FRIDAY)
    return plan.draft.order.version, plan.where


def changes(order_id, by, version, where):
    """Press the button, as the page does."""

    def command():
        plan = changing.plan(read(), order_id, by, FRIDAY)
        asked = Changing(version, ReleaseReason.DEALER_CHANGE, "", None, where)
        run(service.change, plan, asked, by=by, at=NOON, on=FRIDAY)

    return command


@pytest.mark.parametrize(("rule", "is_recut"), [("JAMB_L", True), ("HEAD", False)])
def test_of_a_change_and_a_packing_of_the_same_piece_one_wins_and_of_another_piece_both(
    database, rule, is_recut
):
    rounds = []
    with database.session as session:
        packer, by = make_person(session, roles=("packer",)).id, clerk(session)
        for _ in range(ROUNDS):
            order = release_order(session)
            make_all(session, order)
            order.made_count = order.piece_count
            box = packages(session, order, "FRAME")[0]
            packing_service.open_package(session, box.id, by=packer, at=NOON)
            edit(session, order, by, height_mm=HIGHER)
            label = next(one.code for one in pieces_of(session, box) if one.rule_code == rule)
            rounds.append((order.id, box.code, label))
        session.commit()
    for order_id, box, label in rounds:
        with database.app.app_context():
            seen = looking(order_id, by)

        def packs(box=box, label=label):
            def command(session):
                held = packing_service.hold(session, box)
                packing_service.add_piece(session, held, packing.piece(session, label), by=packer, at=NOON)

            run(command)

        change_end, pack_end = at_once(database.app, changes(order_id, by, *seen), packs)
        if is_recut:
            assert (change_end is None) != (pack_end is None), (change_end, pack_end)
            assert isinstance(change_end or pack_end, PieceMoved | Blocked)
        else:
            assert (change_end, pack_end) == (None, None)
        with database.session as session:
            assert proofs(session) == []
            order = session.get(Order, order_id)
            inside = session.scalars(
                select(Piece.id).where(Piece.order_id == order_id, Piece.state == "PACKED")
            ).all()
            assert order.packed_count == len(inside) == (1 if pack_end is None else 0)
            live = select(Piece.id).where(Piece.order_id == order_id, Piece.state.in_(LIVE), Piece.is_tracked)
            assert order.piece_count == len(session.scalars(live).all())


def test_of_two_clerks_who_change_different_lines_at_once_the_second_is_told_and_loses_nothing(database):
    rounds = []
    with database.session as session:
        clerks = [clerk(session), clerk(session)]
        for _ in range(ROUNDS):
            order = release_order(session, make_line(), make_line(width_mm=Decimal("800.0")))
            for number, by in enumerate(clerks):
                edit(session, order, by, number, height_mm=HIGHER)
            rounds.append(order.id)
        session.commit()
    for order_id in rounds:
        with database.app.app_context():
            seen = [looking(order_id, by) for by in clerks]
        ends = at_once(
            database.app,
            *(changes(order_id, by, *saw) for by, saw in zip(clerks, seen, strict=True)),
        )
        assert sorted(one is None for one in ends) == [False, True]
        late = next(by for by, end in zip(clerks, ends, strict=True) if end is not None)
        assert isinstance(ends[clerks.index(late)], AmendedMeanwhile)
        with database.session as session:
            assert session.scalars(
                select(Amendment.person_id).where(Amendment.order_id == order_id)
            ).all() == [late]
            assert proofs(session) == []
        with database.app.app_context():
            changes(order_id, late, *looking(order_id, late))()
        with database.session as session:
            versions = select(Release.version).where(Release.order_id == order_id).order_by(Release.version)
            assert session.scalars(versions).all() == [1, 2, 3]
            assert proofs(session) == []


def test_two_windows_of_one_clerk_who_types_into_both_keep_both_lines(database):
    with database.session as session:
        by = clerk(session)
        order = release_order(session, make_line(), make_line(width_mm=Decimal("800.0")))
        session.commit()
        order_id = order.id

    def adds(width):
        typed = Edit(make_line(width_mm=Decimal(width)))
        return lambda: run(sales.edit_line, order_id, None, typed, by=by, at=NOON)

    assert at_once(database.app, adds("700.0"), adds("710.0")) == [None, None]
    with database.session as session:
        assert sorted(session.scalars(select(Amendment.edits)).one()) == ["n1", "n2"]
