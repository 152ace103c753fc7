"""A clerk who cancels and a packer who packs, on two connections."""

import threading

from sqlalchemy import select

from core.errors import AppError
from core.work import run
from erp.sales.model import Order
from mes.changes import service
from mes.packing import queries as packing
from mes.packing import service as packing_service
from mes.packing.model import Content
from mes.splitting.model import Piece
from mes.splitting.rules import PieceState
from tests.conftest import NOON
from tests.factories.factory import release_order
from tests.factories.people import make_person
from tests.mes.changes.office import asking, sets_of
from tests.mes.packing.bench import make_all, packages, pieces_of

ROUNDS = 4


def test_of_a_cancelling_and_a_packing_at_once_exactly_one_wins(database):
    rounds = []
    with database.session as session:
        packer = make_person(session, roles=("packer",)).id
        for _ in range(ROUNDS):
            order = release_order(session)
            make_all(session, order)
            order.made_count = order.piece_count
            box = packages(session, order)[0]
            packing_service.open_package(session, box.id, by=packer, at=NOON)
            asked = asking(session, order, sets_of(session, order))
            rounds.append((order.id, asked, box.code, pieces_of(session, box)[0].code))
        session.commit()
    for order_id, asked, box, label in rounds:
        assert sorted(_both(database.app, order_id, asked, box, label, packer)) == ["lost", "won"]
        with database.session as session:
            states = set(session.scalars(select(Piece.state).where(Piece.order_id == order_id)))
            inside = session.scalars(
                select(Content.id)
                .join(Piece)
                .where(Piece.order_id == order_id, Content.packed_at.is_not(None))
            ).all()
            is_cancelled = states == {PieceState.VOID}
            assert is_cancelled != bool(inside)
            assert session.get(Order, order_id).packed_count == len(inside)
            assert packing.faults(session) == []


def _both(app, order_id, asked, box, label, packer):
    start, ends = threading.Barrier(2), []

    def work(command):
        with app.app_context():
            start.wait()
            try:
                run(command)
                ends.append("won")
            except AppError:
                ends.append("lost")

    def cancels(session):
        service.cancel(session, order_id, asked, by=None, at=NOON)

    def packs(session):
        held = packing_service.hold(session, box)
        piece = packing.piece(session, label)
        packing_service.add_piece(session, held, piece, by=packer, at=NOON)

    threads = [threading.Thread(target=work, args=(one,)) for one in (cancels, packs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ends
