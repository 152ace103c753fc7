"""What splitting shows elsewhere: on an order's page, in the search, for a scanned code."""

from collections.abc import Iterator

from flask import url_for
from sqlalchemy.orm import Session

from core.codes import clean
from core.i18n import N_, Named
from core.web.registry import Hit, Panel
from erp.finance import queries as finance
from erp.sales import queries as sales
from erp.sales.model import Order
from erp.sales.queries import hand_edits
from erp.sales.rules.states import OrderState
from mes.scanning.service import Resolved
from mes.splitting import queries

UNSPLIT = (OrderState.DRAFT, OrderState.QUERY, OrderState.CONFIRMED)
SET_PAGE = "mes_splitting.set_show"


def order_panel(session: Session, order_id: int) -> Panel | None:
    """Return what stands against a release, or the sets that the order was split into."""
    order = session.get(Order, order_id)
    if order is None or not sales.order_lines(session, order_id):
        return None
    sets = [] if order.state in UNSPLIT else queries.sets(session, order_id)
    if order.state is OrderState.CANCELLED and not sets:  # before its release
        return None
    faults = queries.faults(session, order_id) if order.state in UNSPLIT else []
    is_waiting = order.state is OrderState.CONFIRMED
    context = {
        "order": order,
        "faults": faults,
        "sets": sets,
        "unpaid": finance.release_refusal(session, order_id) if is_waiting else None,
        "hand": hand_edits.marked(session, order_id),
        "positions": {line.id: line.position for line in sales.order_lines(session, order_id)},
    }
    return Panel(N_("Splitting"), "mes/splitting/_order_panel.html", context)


def release_act(session: Session, order_id: int) -> Panel | None:
    """Return the button that releases a confirmed order of which every line can be made and no money is missing."""
    order = session.get(Order, order_id)
    if order is None or order.state is not OrderState.CONFIRMED or queries.faults(session, order_id):
        return None
    if finance.release_refusal(session, order_id) is not None:  # the panel says why
        return None
    return Panel(N_("Splitting"), "mes/splitting/_release_act.html", {"order": order})


def resolve_piece(session: Session, code: str) -> Resolved | None:
    """Say what a piece's label stands for."""
    piece = queries.piece_by_code(session, code)
    if piece is None:
        return None
    name = Named(piece.name, piece.name_en)
    return Resolved("piece", piece.id, name, piece.state, SET_PAGE, {"set_id": piece.set_id})


def resolve_set(session: Session, code: str) -> Resolved | None:
    """Say what a door set's code stands for."""
    row = queries.set_by_code(session, code)
    return (
        None if row is None else Resolved("door_set", row.id, row.number, None, SET_PAGE, {"set_id": row.id})
    )


def hits(session: Session, text: str) -> Iterator[Hit]:
    """Find pieces and door sets by their code, and sets by their number."""
    code = clean(text)
    piece = queries.piece_by_code(session, code)
    if piece is not None:
        yield Hit(f"{piece.code} {piece.name}", N_("Piece"), url_for(SET_PAGE, set_id=piece.set_id))
    for row in queries.sets_found(session, code):
        yield Hit(row.number, N_("Door set"), url_for(SET_PAGE, set_id=row.id))
