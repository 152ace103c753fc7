"""A clerk who cancels door sets as the page showed them."""

from mes.changes import queries, service
from mes.changes.rules import Cancelling
from mes.splitting.model import Piece
from tests.conftest import NOON


def seen(session, order):
    """Where the page shows every piece of an order."""
    page = queries.page(session, order.id)
    return {one.piece.id: one.piece.state for shown in page.sets for one in shown.pieces}


def asking(session, order, sets, reason="客户退单"):
    return Cancelling(tuple(one.id for one in sets), reason, seen(session, order))


def cancel(session, order, *sets):
    """Cancel some sets, or all of them."""
    sets = sets or sets_of(session, order)
    done = service.cancel(session, order.id, asking(session, order, sets), by=None, at=NOON)
    session.expire_all()
    return done


def sets_of(session, order):
    return [shown.row for shown in queries.page(session, order.id).sets]


def states(session, door_set):
    return {one.state for one in session.query(Piece).filter(Piece.set_id == door_set.id)}
