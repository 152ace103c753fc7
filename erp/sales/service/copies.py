"""An older order as the beginning of a new one: its lines, judged anew by what is offered today."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit.service import record
from erp.catalogue.model import Door
from erp.sales.model import Order
from erp.sales.queries import orders as queries
from erp.sales.queries.offer import offer
from erp.sales.rules.orders import NothingToCopy, OrderHead
from erp.sales.rules.states import Verb
from erp.sales.service.lines import add_lines
from erp.sales.service.orders import create_order


@dataclass(frozen=True, slots=True)
class Copied:
    """The new draft; positions of the old lines whose model is gone, of the new ones that cannot be made."""

    order: Order
    left_out: tuple[int, ...] = ()
    unready: tuple[int, ...] = ()


def copy_order(
    session: Session,
    order_id: int,
    line_ids: Collection[int],
    *,
    form_key: str,
    by: int | None,
    at: datetime,
    on: date,
) -> Copied:
    """Write a new draft for the same dealer with the chosen lines; a form sent twice gives the first one back.

    Prices and due day are not copied. Raises NotFound, NothingToCopy, DealerUnknown.
    """
    old = queries.order(session, order_id)
    offering = offer(session)
    codes: dict[int, str] = {door.id: door.code for door in session.scalars(select(Door))}
    chosen = [line for line in queries.order_lines(session, order_id) if line.id in line_ids]
    kept = [line for line in chosen if codes[line.door_id] in offering.doors]
    if not kept:
        raise NothingToCopy
    head = OrderHead(old.dealer_id, customer=old.customer, site=old.site, note=old.note)
    order = create_order(session, head, by=by, at=at, on=on, form_key=form_key)
    if queries.order_lines(
        session, order.id
    ):  # the same form, a moment earlier, perhaps on another connection
        return Copied(order)
    add_lines(session, order, [(queries.entry(line, codes[line.door_id]), {}, 0) for line in kept])
    record(
        session,
        subject=queries.SUBJECT,
        subject_id=order.id,
        verb=Verb.COPY.value,
        by=by,
        at=at,
        changes={"number": [None, old.number]},
    )
    left_out = tuple(line.position for line in chosen if line not in kept)
    return Copied(order, left_out, tuple(queries.unready_lines(session, order.id, offering)))
