"""Reads of changes of released orders: what was typed, beside what is in force, with what each costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import AppError, NotFound
from erp.catalogue.model import Door
from erp.pricing.rules.prices import ZERO, LinePrice
from erp.sales.model import Amendment, Line, Order
from erp.sales.queries.offer import Offer
from erp.sales.queries.orders import entry
from erp.sales.queries.prices import Pricing, pricing_of
from erp.sales.rules.amending import (
    Asked,
    DraftLine,
    Edit,
    NotAmendable,
    added_keys,
    is_idle,
    live,
    read_edits,
    rebased,
)
from erp.sales.rules.issues import Field as Said
from erp.sales.rules.issues import Issue, IssueCode, Severity
from erp.sales.rules.orders import DoorUnknown, LineEntry, making_issues
from erp.sales.rules.pricing import agreed, read_terms
from erp.sales.rules.states import WITHDRAWABLE


@dataclass(frozen=True, slots=True)
class OrderDraft:
    """A released order with one person's change of it, line by line; nothing typed: as it is in force."""

    order: Order
    amendment: Amendment | None
    lines: tuple[DraftLine, ...]
    is_priced: bool  # whether prices were agreed when it was confirmed
    before_total: Decimal | None  # what was agreed so far
    due_on: date | None  # as promised so far

    @property
    def changed(self) -> tuple[DraftLine, ...]:
        """The lines that differ from what is in force."""
        return tuple(line for line in self.lines if line.is_changed)

    @property
    def after_total(self) -> Decimal | None:
        """What it comes to; nothing without prices, or while a line has none."""
        if not self.is_priced or self.unpriced:
            return None
        return sum((line.after.amount for line in self.lines if line.after), ZERO)

    @property
    def unpriced(self) -> list[int]:
        """The positions of the lines that have no price where one is needed."""
        if not self.is_priced:
            return []
        return [one.position for one in self.lines if one.after is not None and one.after.price is None]

    @property
    def unready(self) -> list[int]:
        """The positions of the lines that cannot be made as they are typed."""
        return [line.position for line in self.lines if line.issues]

    def line(self, key: str) -> DraftLine | None:
        """Return one line."""
        return next((line for line in self.lines if line.key == key), None)


def amendment(session: Session, order_id: int, person_id: int | None) -> Amendment | None:
    """Return what a person typed of a change of an order, if anything."""
    return session.scalar(
        select(Amendment).where(Amendment.order_id == order_id, Amendment.person_id == person_id)
    )


def draft(session: Session, order_id: int, person_id: int | None, offered: Offer, on: date) -> OrderDraft:
    """Return a released order with a person's change of it. Raises NotFound, NotAmendable."""
    order = session.get(Order, order_id, populate_existing=True)
    if order is None:
        raise NotFound
    if order.state not in WITHDRAWABLE:
        raise NotAmendable(number=order.number, state=order.state)
    typed = amendment(session, order_id, person_id)
    edits = read_edits(typed.edits) if typed else {}
    made = _Drafting(order.total_amount is not None, pricing_of(session, order, offered, on), offered)
    rows = session.execute(
        select(Line, Door.code)
        .join(Door, Door.id == Line.door_id)
        .where(Line.order_id == order_id)
        .order_by(Line.position)
        .execution_options(populate_existing=True)
    ).all()
    kept = [made.line(line, code, edits.get(str(line.id))) for line, code in rows if line.live_count]
    last = max((line.position for line, _code in rows), default=0)
    lines = (*kept, *made.added(edits, last))
    return OrderDraft(order, typed, lines, made.is_priced, order.total_amount, order.due_on)


@dataclass(frozen=True, slots=True)
class _Drafting:
    """Sets what is typed beside what is in force.

    A choice that one of them leaves to the model and the other makes is the same choice: both are compared with
    all choices made. A form always makes them all.
    """

    is_priced: bool
    pricing: Pricing
    offered: Offer

    def line(self, line: Line, code: str, edit: Edit | None) -> DraftLine:
        price = None
        if line.unit_amount is not None:
            price = LinePrice(read_terms(line.price_terms), line.unit_amount)
        usual = self.offered.with_usual
        before = Asked(usual(live(entry(line, code), line.live_count)), price)
        if edit is not None and edit.entry is not None and edit.base is not None:
            typed = rebased(usual(edit.entry), usual(edit.base), before.entry)
            edit = replace(edit, entry=typed)
        if edit is None or is_idle(edit, before.entry):
            return DraftLine(str(line.id), line.id, line.position, before, before)
        if edit.entry is None:
            return DraftLine(str(line.id), line.id, line.position, before, None, edit)
        return self._typed(str(line.id), line.id, line.position, before, edit, edit.entry)

    def added(self, edits: Mapping[str, Edit], last: int) -> list[DraftLine]:
        keys = sorted(added_keys(edits), key=lambda key: (len(key), key))
        new = [
            (key, edits[key], self.offered.with_usual(asked))
            for key in keys
            if (asked := edits[key].entry) is not None
        ]
        return [
            self._typed(key, None, last + place, None, edit, asked)
            for place, (key, edit, asked) in enumerate(new, start=1)
        ]

    def _typed(
        self, key: str, line_id: int | None, position: int, before: Asked | None, edit: Edit, asked: LineEntry
    ) -> DraftLine:
        is_same = before is not None and before.is_same_door(Asked(asked))
        price, refusal = self._price(before if is_same else None, edit, asked)
        issues = () if is_same else self._issues(asked)
        return DraftLine(key, line_id, position, before, Asked(asked, price), edit, issues, refusal)

    def _price(
        self, same: Asked | None, edit: Edit, asked: LineEntry
    ) -> tuple[LinePrice | None, AppError | None]:
        """Return what one set costs: as agreed by hand, as before where it is the same door, else by the book."""
        if not self.is_priced:
            return None, None
        if edit.agreed_amount is not None:
            return agreed(edit.agreed_amount), None
        if same is not None:
            return same.price, None
        try:
            return self.pricing.of(asked), None
        except AppError as refusal:
            return None, refusal

    def _issues(self, asked: LineEntry) -> tuple[Issue, ...]:
        model = self.offered.doors.get(asked.door_code)
        if model is None:
            message = DoorUnknown.message
            facts = (("code", asked.door_code),)
            return (Issue(IssueCode.CANNOT_BE_MADE, Severity.STOP, Said.MODEL, facts=facts, message=message),)
        return making_issues(asked, model.document, self.offered.stock)
