"""Commands of purchasing: each changes one thing and never commits.

Lock order: the purchase order, then its line, then what erp.stock locks for a receipt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.errors import Conflict, NotFound
from core.i18n import Named
from core.numbers.service import next_number
from core.states import check_step
from erp.materials.model import Article, Material
from erp.parties import queries as parties
from erp.purchasing.model import Policy, PurchaseLine, PurchaseOrder, Receipt, SupplierArticle
from erp.purchasing.rules.orders import (
    RECEIVABLE,
    STEPS,
    LineTwice,
    NothingPicked,
    NotOffered,
    NotOrdered,
    OrderFixed,
    OrderWithoutLines,
    ProposalTaken,
    PurchaseState,
    check_receipt,
    state_after,
)
from erp.stock import service as stock
from erp.stock.model import Lot
from erp.stock.rules import check_whole, counted_in

SUBJECT = "erp.purchasing.order"
OFFER = "erp.purchasing.supplier_article"
POLICY = "erp.purchasing.policy"
PREFIX = "PO"
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class OfferEntry:
    """One article as a supplier delivers it, as it is typed."""

    supplier_id: int
    article_id: int
    supplier_code: str
    price: Decimal
    lead_days: int
    least_qty: Decimal
    multiple_qty: Decimal


@dataclass(frozen=True, slots=True)
class Pick:
    """One ticked line of the proposal: how much of which article, and which proposal was seen."""

    supplier_id: int
    article_id: int
    qty: Decimal
    seen: int


@dataclass(frozen=True, slots=True)
class LineEdit:
    """What a line of a draft is changed to; a quantity of 0 takes it off."""

    qty: Decimal
    price: Decimal


def put_offer(session: Session, typed: OfferEntry, *, by: int | None, at: datetime) -> SupplierArticle:
    """Say how a supplier delivers an article, or bring it up to date. Raises NotFound, NotWhole."""
    parties.party(session, typed.supplier_id)
    _check_countable(session, typed.article_id, typed.least_qty)
    _check_countable(session, typed.article_id, typed.multiple_qty)
    wanted = select(SupplierArticle).where(
        SupplierArticle.supplier_id == typed.supplier_id, SupplierArticle.article_id == typed.article_id
    )
    row = session.scalar(wanted.with_for_update())
    if row is None:
        row = SupplierArticle(supplier_id=typed.supplier_id, article_id=typed.article_id)
    changes = {}
    for name in ("supplier_code", "price", "lead_days", "least_qty", "multiple_qty"):
        old, new = getattr(row, name), getattr(typed, name)
        if old != new:
            changes[name] = [old, new]
            setattr(row, name, new)
    row.is_active = True
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as wrong:  # entered by somebody else at the same moment
        raise Conflict from wrong
    audit.record(session, subject=OFFER, subject_id=row.id, verb="put", by=by, at=at, changes=changes)
    return row


def drop_offer(session: Session, offer_id: int, *, by: int | None, at: datetime) -> None:
    """Say that a supplier no longer delivers an article. Raises NotFound."""
    row = session.get(SupplierArticle, offer_id, with_for_update=True)
    if row is None:
        raise NotFound
    row.is_active = False
    audit.record(session, subject=OFFER, subject_id=offer_id, verb="drop", by=by, at=at)


def put_policy(
    session: Session,
    material_id: int,
    safety_qty: Decimal,
    waste_rate: Decimal,
    *,
    by: int | None,
    at: datetime,
) -> None:
    """Say how a material is planned: its safety stock, and its waste until plans tell it. Raises NotFound."""
    row = _policy(session, material_id)
    changes: dict[str, list[object]] = {
        "safety_qty": [row.safety_qty, safety_qty],
        "waste_rate": [row.waste_rate, waste_rate],
    }
    row.safety_qty, row.waste_rate = safety_qty, waste_rate
    audit.record(session, subject=POLICY, subject_id=row.id, verb="put", by=by, at=at, changes=changes)


def _policy(session: Session, material_id: int) -> Policy:
    """Return a material's row, made on first use. Raises NotFound."""
    found = select(Policy).where(Policy.material_id == material_id)
    row = session.scalar(found)
    if row is not None:
        return row
    if session.get(Material, material_id) is None:
        raise NotFound
    made = {"material_id": material_id, "safety_qty": ZERO, "waste_rate": ZERO, "taken_count": 0}
    try:
        with session.begin_nested():
            session.execute(insert(Policy).values(**made))
    except IntegrityError:  # another writer made it a moment ago
        pass
    return session.scalars(found).one()


def _check_countable(session: Session, article_id: int, qty: Decimal) -> Article:
    """Return the article. Raises NotFound, NotWhole."""
    article = session.get(Article, article_id)
    if article is None:
        raise NotFound
    material = session.get_one(Material, article.material_id)
    check_whole(article.code, counted_in(material.kind, material.unit_code), qty)
    return article


# --- orders -----------------------------------------------------------------


def order_proposed(
    session: Session, picks: Sequence[Pick], *, by: int | None, at: datetime, on: date
) -> list[PurchaseOrder]:
    """Turn ticked lines of the proposal into drafts, one for each supplier.

    Each material's proposal is used up once: who saw an older one is refused. Locks the policies by material.
    Raises NothingPicked, ProposalTaken, NotOffered, NotFound, NotWhole.
    """
    if not picks:
        raise NothingPicked
    articles = {one.article_id: _check_countable(session, one.article_id, one.qty) for one in picks}
    seen = {articles[one.article_id].material_id: one.seen for one in picks}
    for material_id in sorted(seen):
        _use_up(session, material_id, seen[material_id])
    made: dict[int, PurchaseOrder] = {}
    for pick in picks:
        offer = _offer(session, pick.supplier_id, articles[pick.article_id])
        order = made.get(pick.supplier_id)
        if order is None:
            order = made[pick.supplier_id] = create(session, pick.supplier_id, by=by, at=at, on=on)
        expected = on + timedelta(days=offer.lead_days)
        order.expected_on = max(order.expected_on or expected, expected)
        _add(session, order, articles[pick.article_id], pick.qty, offer.price)
    return list(made.values())


def _use_up(session: Session, material_id: int, seen: int) -> None:
    """Use a material's proposal up, if it is still the one that was seen. Raises ProposalTaken."""
    _policy(session, material_id)
    done = session.execute(
        update(Policy)
        .where(Policy.material_id == material_id, Policy.taken_count == seen)
        .values(taken_count=seen + 1)
        .execution_options(synchronize_session=False)
    )
    if not done.rowcount:  # type: ignore[attr-defined]
        material = session.get_one(Material, material_id)
        raise ProposalTaken(material=Named(material.name, material.name_en))


def _offer(session: Session, supplier_id: int, article: Article) -> SupplierArticle:
    """Return how a supplier delivers an article. Raises NotOffered, NotFound."""
    row = session.scalar(
        select(SupplierArticle).where(
            SupplierArticle.supplier_id == supplier_id,
            SupplierArticle.article_id == article.id,
            SupplierArticle.is_active,
        )
    )
    if row is None:
        supplier = parties.party(session, supplier_id)
        raise NotOffered(supplier=Named(supplier.name, supplier.name_en), article=article.code)
    return row


def create(session: Session, supplier_id: int, *, by: int | None, at: datetime, on: date) -> PurchaseOrder:
    """Write an empty draft to a supplier; `on` is the factory's day, for the number. Raises NotFound."""
    parties.party(session, supplier_id)
    order = PurchaseOrder(
        number=next_number(session, PREFIX, on=on),
        supplier_id=supplier_id,
        state=PurchaseState.DRAFT,
        note="",
        created_at=at,
        created_by_id=by,
    )
    session.add(order)
    session.flush()  # for its id
    audit.record(session, subject=SUBJECT, subject_id=order.id, verb="create", by=by, at=at)
    return order


def _add(session: Session, order: PurchaseOrder, article: Article, qty: Decimal, price: Decimal) -> None:
    line = PurchaseLine(
        order_id=order.id, article_id=article.id, ordered_qty=qty, received_qty=ZERO, price=price
    )
    try:
        with session.begin_nested():
            session.add(line)
    except IntegrityError as wrong:
        raise LineTwice(article=article.code, number=order.number) from wrong


def _lock(session: Session, order_id: int) -> PurchaseOrder:
    order = session.get(PurchaseOrder, order_id, with_for_update=True, populate_existing=True)
    if order is None:
        raise NotFound
    return order


def _lock_draft(session: Session, order_id: int) -> PurchaseOrder:
    order = _lock(session, order_id)
    if order.state is not PurchaseState.DRAFT:
        raise OrderFixed(number=order.number, state=order.state)
    return order


def add_line(
    session: Session, order_id: int, article_id: int, qty: Decimal, *, by: int | None, at: datetime
) -> None:
    """Put an article that the supplier delivers onto a draft, at the supplier's price. Locks the order.

    Raises NotFound, OrderFixed, NotWhole, NotOffered, LineTwice.
    """
    order = _lock_draft(session, order_id)
    article = _check_countable(session, article_id, qty)
    _add(session, order, article, qty, _offer(session, order.supplier_id, article).price)
    changes: dict[str, list[object]] = {"article": [None, article.code], "qty": [None, qty]}
    audit.record(
        session, subject=SUBJECT, subject_id=order_id, verb="add line", by=by, at=at, changes=changes
    )


def amend(
    session: Session,
    order_id: int,
    edits: Mapping[int, LineEdit],
    expected_on: date | None,
    note: str,
    *,
    version: int,
    by: int | None,
    at: datetime,
) -> None:
    """Change a draft: its lines by id, the day on which it is expected, the note. Locks the order.

    Raises NotFound, OrderFixed, Conflict, NotWhole.
    """
    order = _lock_draft(session, order_id)
    if order.version != version:
        raise Conflict
    changes: dict[str, list[object]] = {}
    for line in session.scalars(select(PurchaseLine).where(PurchaseLine.order_id == order_id)).all():
        edit = edits.get(line.id)
        if edit is None or (edit.qty, edit.price) == (line.ordered_qty, line.price):
            continue
        article = _check_countable(session, line.article_id, edit.qty)
        changes[article.code] = [f"{line.ordered_qty} × {line.price}", f"{edit.qty} × {edit.price}"]
        if edit.qty:
            line.ordered_qty, line.price = edit.qty, edit.price
        else:
            session.delete(line)
    if (order.expected_on, order.note) != (expected_on, note):
        changes["head"] = [f"{order.expected_on} {order.note}", f"{expected_on} {note}"]
        order.expected_on, order.note = expected_on, note
    if changes:
        audit.record(
            session, subject=SUBJECT, subject_id=order_id, verb="amend", by=by, at=at, changes=changes
        )


def place(session: Session, order_id: int, *, by: int | None, at: datetime) -> PurchaseOrder:
    """Say that a draft was sent to its supplier. Locks the order. Raises NotFound, StepRefused, OrderWithoutLines."""
    order = _lock(session, order_id)
    check_step(STEPS, order.number, order.state, PurchaseState.ORDERED)
    if session.scalar(select(PurchaseLine.id).where(PurchaseLine.order_id == order_id).limit(1)) is None:
        raise OrderWithoutLines(number=order.number)
    _step(session, order, PurchaseState.ORDERED, "order", by=by, at=at)
    order.ordered_at = at
    return order


def cancel(session: Session, order_id: int, *, by: int | None, at: datetime) -> PurchaseOrder:
    """Cancel an order of which nothing has come. Locks the order. Raises NotFound, StepRefused."""
    order = _lock(session, order_id)
    _step(session, order, PurchaseState.CANCELLED, "cancel", by=by, at=at)
    return order


def close_short(session: Session, order_id: int, *, by: int | None, at: datetime) -> PurchaseOrder:
    """Give up the rest of an order of which something has come. Locks the order. Raises NotFound, NotOrdered."""
    order = _lock(session, order_id)
    if order.state is not PurchaseState.PARTLY_RECEIVED:
        raise NotOrdered(number=order.number, state=order.state)
    _step(session, order, PurchaseState.RECEIVED, "close short", by=by, at=at)
    return order


def _step(
    session: Session, order: PurchaseOrder, to: PurchaseState, verb: str, *, by: int | None, at: datetime
) -> None:
    check_step(STEPS, order.number, order.state, to)
    changes: dict[str, list[object]] = {"state": [order.state.value, to.value]}
    order.state = to
    audit.record(session, subject=SUBJECT, subject_id=order.id, verb=verb, by=by, at=at, changes=changes)


def receive(
    session: Session,
    line_id: int,
    qty: Decimal,
    place_id: int,
    *,
    reference: str,
    reason: str,
    form_key: str,
    by: int | None,
    at: datetime,
) -> Lot:
    """Take a delivery in against one line, as a lot of its own; the same form again receives nothing.

    `reason` is needed where more comes than the tolerance allows. Locks the order, so that two deliveries are
    counted one after the other. Raises NotFound, NotOrdered, OverReceipt, and what stock.receive refuses.
    """
    line = session.get(PurchaseLine, line_id)
    if line is None:
        raise NotFound
    order = _lock(session, line.order_id)
    known = session.scalar(
        select(Lot).join(Receipt, Receipt.lot_id == Lot.id).where(Lot.form_key == form_key)
    )
    if known is not None:
        return known
    session.refresh(line)  # as it stands now that the order is ours
    if order.state not in RECEIVABLE:
        raise NotOrdered(number=order.number, state=order.state)
    article = session.get_one(Article, line.article_id)
    check_receipt(article.code, line.ordered_qty, line.received_qty, qty, reason)
    lot = stock.receive(
        session,
        line.article_id,
        qty,
        place_id,
        supplier_id=order.supplier_id,
        reference=reference,
        by=by,
        at=at,
        form_key=form_key,
    )
    session.add(Receipt(line_id=line.id, lot_id=lot.id, taken_qty=qty, reason=reason))
    line.received_qty += qty
    session.flush()  # the sums below see it
    _tell_state(session, order, "receive", by=by, at=at)
    return lot


def take_back(session: Session, lot_id: int, qty: Decimal, *, by: int | None, at: datetime) -> None:
    """Expect again what a reversed receipt had counted; lots that came without an order change nothing.

    Locks the order.
    """
    line = session.scalar(
        select(PurchaseLine).join(Receipt, Receipt.line_id == PurchaseLine.id).where(Receipt.lot_id == lot_id)
    )
    if line is None:
        return
    order = _lock(session, line.order_id)
    session.refresh(line)  # as it stands now that the order is ours
    line.received_qty -= qty
    session.flush()  # the sums below see it
    _tell_state(session, order, "take back", by=by, at=at)


def _tell_state(session: Session, order: PurchaseOrder, verb: str, *, by: int | None, at: datetime) -> None:
    """Bring an order to where its lines say it stands."""
    rows = session.execute(
        select(PurchaseLine.ordered_qty, PurchaseLine.received_qty).where(PurchaseLine.order_id == order.id)
    )
    after = state_after([(ordered, received) for ordered, received in rows])
    if after is not order.state:
        _step(session, order, after, verb, by=by, at=at)
