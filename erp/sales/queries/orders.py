"""Reads of orders: the list, one order's page, lines for the floors above."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import Session

from core.audit.queries import Happened, history
from core.choices import Choice
from core.codelists.model import Entry
from core.errors import NotFound
from core.files.model import File
from core.i18n import N_
from core.words import queries as words
from core.words.rules import asked as words_asked
from erp.catalogue.model import Door
from erp.catalogue.rules.explode import attempt
from erp.catalogue.rules.explosion import Explosion
from erp.parties.model import Party
from erp.parties.queries import SUBJECT as PARTY_SUBJECT
from erp.sales.model import Import, Line, Order, Question, QuestionLink
from erp.sales.queries.offer import Offer, Offered
from erp.sales.rules.issues import Issue
from erp.sales.rules.orders import LineEntry, as_issues, making_issues
from erp.sales.rules.questions import QuestionState
from erp.sales.rules.states import OPEN_STATES, OrderState

SUBJECT = "erp.sales.order"  # of its words
WEEK = timedelta(days=7)
COUNTED_MOST = 1001  # "1,000+": counting further costs more than it tells
DRAWN_LINES_MAX = 80  # more pictures on one page help nobody

SORTS = {  # words of the address
    "number": Order.number,
    "dealer": Party.code,
    "state": Order.state,
    "due": Order.due_on,
    "made": Order.made_count,
    "new": Order.id,
}


class View(Choice):
    """The usual questions that are asked of the list of orders."""

    OPEN = "open", N_("Open")
    DRAFT = "draft", N_("Drafts")
    QUERY = "query", N_("Waiting for the dealer")
    ANSWERED = "answered", N_("Answers to decide on")
    READY = "ready", N_("Ready to ship")
    LATE = "late", N_("Late")
    WEEK = "week", N_("Due within a week")
    ALL = "all", N_("All")


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """What the list of orders is narrowed to."""

    view: View = View.OPEN
    text: str = ""
    dealer_id: int | None = None
    state: OrderState | None = None
    due_from: date | None = None
    due_to: date | None = None


def _view(view: View, today: date) -> ColumnElement[bool] | None:
    is_open = Order.state.in_(OPEN_STATES)
    found: dict[View, ColumnElement[bool]] = {
        View.OPEN: is_open,
        View.DRAFT: Order.state == OrderState.DRAFT,
        View.QUERY: Order.state == OrderState.QUERY,
        View.ANSWERED: and_(is_open, Order.id.in_(_answered())),
        View.READY: Order.state == OrderState.READY,
        View.LATE: and_(is_open, Order.due_on < today),
        View.WEEK: and_(is_open, Order.due_on >= today, Order.due_on <= today + WEEK),
    }
    return found.get(view)


def _answered() -> Select[int | None]:
    """Return the orders with an answer that waits for a clerk."""
    links = select(QuestionLink.order_id).join(Question, Question.link_id == QuestionLink.id)
    return links.where(Question.state == QuestionState.ANSWERED, QuestionLink.order_id.is_not(None))


def _matches(session: Session, text: str) -> ColumnElement[bool]:
    """Every word of the text begins a word of the order (numbers, customer, site, rooms) or of its dealer."""
    asked = words_asked(text)
    return and_(*(_has(session, word) for word in asked)) if asked else false()


def _has(session: Session, word: str) -> ColumnElement[bool]:
    dealers = session.scalars(words.with_word(PARTY_SUBJECT, word)).all()
    found = words.has_word(session, SUBJECT, Order.id.expression, word)
    return or_(found, Order.dealer_id.in_(dealers)) if dealers else found


def _rows() -> Select[*tuple[Any, ...]]:
    return cast(Select[*tuple[Any, ...]], select(Order, Party).join(Party, Party.id == Order.dealer_id))


def order_rows(session: Session, asked: OrderFilter, today: date) -> Select[*tuple[Any, ...]]:
    """Return the select of (Order, Party) that a list asks for, unsorted.

    The session counts, no further than some thousands, how frequent the words of a search are.
    """
    rows = _rows()
    if (view := _view(asked.view, today)) is not None:
        rows = rows.where(view)
    if asked.text:
        rows = rows.where(_matches(session, asked.text))
    if asked.dealer_id is not None:
        rows = rows.where(Order.dealer_id == asked.dealer_id)
    if asked.state is not None:
        rows = rows.where(Order.state == asked.state)
    if asked.due_from is not None:
        rows = rows.where(Order.due_on >= asked.due_from)
    if asked.due_to is not None:
        rows = rows.where(Order.due_on <= asked.due_to)
    return rows


def view_counts(session: Session, today: date) -> dict[View, int]:
    """Return how many orders each view holds, in one reading; none is counted further than COUNTED_MOST."""
    columns = []
    for view in View:
        some = select(Order.id).limit(COUNTED_MOST)
        if (where := _view(view, today)) is not None:
            some = some.where(where)
        columns.append(select(func.count()).select_from(some.subquery()).scalar_subquery().label(view.value))
    row = session.execute(select(*columns)).one()
    return {view: getattr(row, view.value) for view in View}


def set_counts(session: Session, order_ids: Sequence[int]) -> dict[int, int]:
    """Return how many sets each order asks for, cancelled ones left out."""
    rows = session.execute(
        select(Line.order_id, func.sum(Line.set_count - Line.cancelled_count))
        .where(Line.order_id.in_(order_ids))
        .group_by(Line.order_id)
    )
    return {order_id: int(count) for order_id, count in rows}


# --- one order --------------------------------------------------------------


def order_lines(session: Session, order_id: int) -> Sequence[Line]:
    """Return an order's lines in their order."""
    return session.scalars(select(Line).where(Line.order_id == order_id).order_by(Line.position)).all()


def entry(line: Line, door_code: str) -> LineEntry:
    """Return the line as the rules want it."""
    return LineEntry(
        door_code=door_code,
        width_mm=line.width_mm,
        height_mm=line.height_mm,
        wall_mm=line.wall_mm,
        set_count=line.set_count,
        dim_basis=line.dim_basis,
        room=line.room,
        colour_code=line.colour_code,
        mother_width_mm=line.mother_width_mm,
        handing=line.handing,
        options=dict(line.options),
        measures={code: Decimal(size) for code, size in line.measures.items()},
        note=line.note,
    )


@dataclass(frozen=True, slots=True)
class LineShown:
    """One line with everything that its row and its drawing show."""

    line: Line
    door: Door
    colour: Entry | None
    explosion: Explosion | None  # None when it cannot be worked out, or is not drawn
    problems: tuple[Issue, ...]

    def of(self, *fields: str) -> list[Issue]:
        """Return the problems of some fields."""
        return [one for one in self.problems if one.field is not None and one.field.value in fields]


@dataclass(frozen=True, slots=True)
class OrderPage:
    """One order with all that its page shows."""

    order: Order
    dealer: Party
    lines: tuple[LineShown, ...]
    happened: Sequence[Happened]
    file: File | None
    set_count: int


def order(session: Session, order_id: int) -> Order:
    """Return one order. Raises NotFound."""
    found = session.get(Order, order_id)
    if found is None:
        raise NotFound
    return found


def order_page(session: Session, order_id: int, offered: Offer) -> OrderPage:
    """Return one order with its lines, exploded for their drawings. Raises NotFound."""
    found = order(session, order_id)
    dealer = session.get_one(Party, found.dealer_id)
    rows = session.execute(
        select(Line, Door)
        .join(Door, Door.id == Line.door_id)
        .where(Line.order_id == order_id)
        .order_by(Line.position)
    ).all()
    lines = tuple(
        _shown(line, door, offered, is_drawn=place < DRAWN_LINES_MAX)
        for place, (line, door) in enumerate(rows)
    )
    file = None
    if found.import_id is not None:
        file = session.scalar(
            select(File).join(Import, Import.file_id == File.id).where(Import.id == found.import_id)
        )
    happened = history(session, "erp.sales.order", order_id, limit=8)
    return OrderPage(found, dealer, lines, happened, file, sum(line.live_count for line, _ in rows))


def _shown(line: Line, door: Door, offered: Offer, *, is_drawn: bool) -> LineShown:
    colour = offered.colours.get(line.colour_code or "")
    model = offered.doors.get(door.code)
    if model is None:
        return LineShown(line, door, colour, None, ())
    explosion, refusals = attempt(model.document, entry(line, door.code).spec, offered.stock)
    problems = as_issues(refusals)
    return LineShown(line, door, colour, explosion if is_drawn else None, problems)


def unready_lines(session: Session, order_id: int, offered: Offer) -> list[int]:
    """Return the positions of the lines that cannot be made; a model no longer offered cannot."""
    rows = session.execute(
        select(Line, Door)
        .join(Door, Door.id == Line.door_id)
        .where(Line.order_id == order_id)
        .order_by(Line.position)
    )
    found = []
    for line, door in rows:
        model: Offered | None = offered.doors.get(door.code)
        if model is None or making_issues(entry(line, door.code), model.document, offered.stock):
            found.append(line.position)
    return found


def find_orders(session: Session, text: str, limit: int = 20) -> Sequence[Any]:
    """Return (Order, Party) whose number, dealer or customer the text names, newest first."""
    return session.execute(
        order_rows(session, OrderFilter(View.ALL, text), date.min).order_by(Order.id.desc()).limit(limit)
    ).all()


def id_of_number(session: Session, number: str) -> int | None:
    """Return the id of the order with this number."""
    return session.scalar(select(Order.id).where(Order.number == number))
