"""Reads of questions to dealers: what can be asked, what is open, what the dealer's page shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from core.audit.queries import history
from core.auth.model import Person
from core.errors import NotFound
from core.files.model import File
from erp.catalogue.model import Door
from erp.parties.model import Party
from erp.sales.model import Import, ImportRow, Line, Order, Question, QuestionLink
from erp.sales.queries.offer import Offer
from erp.sales.queries.orders import SUBJECT, entry
from erp.sales.rules.issues import Field, Issue
from erp.sales.rules.judging import LineValues
from erp.sales.rules.kept import read_issue, read_issues
from erp.sales.rules.orders import making_issues
from erp.sales.rules.questions import About, LinkUnknown, QuestionState, token_sha256, waiting
from erp.sales.rules.states import EDITABLE, ImportState

HISTORY_MAX = 1000  # steps of one order that are looked through


@dataclass(frozen=True, slots=True)
class Subject:
    """What a link asks about, as a page names it."""

    about: About
    name: str  # the order's number, or the sheet's file name
    dealer: Party
    is_open: bool  # an answer could still land


@dataclass(frozen=True, slots=True)
class Place:
    """One row or line that can be asked about."""

    row_id: int | None
    line_id: int | None
    name: str  # "7 主卧"

    @property
    def key(self) -> str:
        """The word of a form that names this place."""
        return f"r{self.row_id}" if self.row_id is not None else f"l{self.line_id}"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One open issue that can be sent as a question."""

    key: str
    place: Place
    issue: Issue


@dataclass(frozen=True, slots=True)
class Asked:
    """One question as a page shows it."""

    question: Question
    issue: Issue | None  # None: asked freely
    asker: str
    cell: str = ""
    cell_text: str = ""  # what the dealer's own sheet says there


def subject(session: Session, about: About) -> Subject:
    """Return what is asked about. Raises NotFound."""
    if about.order_id is not None:
        ordered = session.execute(
            select(Order, Party).join(Party, Party.id == Order.dealer_id).where(Order.id == about.order_id)
        ).one_or_none()
        if ordered is None:
            raise NotFound
        order, dealer = ordered
        return Subject(about, order.number, dealer, order.state in EDITABLE)
    row = session.execute(
        select(Import, Party, File.name)
        .join(Party, Party.id == Import.dealer_id)
        .join(File, File.id == Import.file_id)
        .where(Import.id == about.import_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    found, dealer, name = row
    return Subject(about, name, dealer, found.state is ImportState.OPEN)


def link_of(session: Session, about: About) -> QuestionLink | None:
    """Return the link about a sheet or an order, if anything was ever asked."""
    if about.order_id is not None:
        return session.scalar(select(QuestionLink).where(QuestionLink.order_id == about.order_id))
    return session.scalar(select(QuestionLink).where(QuestionLink.import_id == about.import_id))


def link_by_token(session: Session, token: str) -> QuestionLink:
    """Return the link that a token opens, good or not. Raises LinkUnknown."""
    found = session.scalar(select(QuestionLink).where(QuestionLink.token_sha256 == token_sha256(token)))
    if found is None:
        raise LinkUnknown
    return found


def about_of(link: QuestionLink) -> About:
    """Return what a link asks about."""
    return About(link.import_id, link.order_id)


def questions(session: Session, link: QuestionLink) -> list[Asked]:
    """Return a link's questions as they were asked, with the cell of the dealer's sheet that each is about."""
    rows = session.execute(
        select(Question, Person.name, ImportRow.source, Line.source)
        .outerjoin(Person, Person.id == Question.asked_by_id)
        .outerjoin(ImportRow, ImportRow.id == Question.row_id)
        .outerjoin(Line, Line.id == Question.line_id)
        .where(Question.link_id == link.id)
        .order_by(Question.id)
    )
    return [_asked(one, asker, row_source or line_source) for one, asker, row_source, line_source in rows]


def _asked(one: Question, asker: str | None, source: dict[str, Any] | None) -> Asked:
    cell = (source or {}).get(one.field.value if one.field else "", {})
    issue = read_issue(one.issue) if one.issue else None
    return Asked(one, issue, asker or "", cell.get("cell", ""), cell.get("text", ""))


def open_count(session: Session, about: About) -> int:
    """Return how many questions about a sheet or an order wait for their answer."""
    link = link_of(session, about)
    if link is None:
        return 0
    asked = select(func.count()).where(Question.link_id == link.id, Question.state == QuestionState.OPEN)
    return session.scalar(asked) or 0


def _can_land() -> ColumnElement[bool]:
    return or_(Import.state == ImportState.OPEN, Order.state.in_(EDITABLE))


def open_questions(session: Session) -> Sequence[Any]:
    """Return (Question, QuestionLink, Order, Import, Party, asker) that wait for an answer, the oldest first."""
    dealer_id = func.coalesce(Order.dealer_id, Import.dealer_id)
    return session.execute(
        select(Question, QuestionLink, Order, Import, Party, Person.name)
        .join(QuestionLink, QuestionLink.id == Question.link_id)
        .outerjoin(Order, Order.id == QuestionLink.order_id)
        .outerjoin(Import, Import.id == QuestionLink.import_id)
        .join(Party, Party.id == dealer_id)
        .outerjoin(Person, Person.id == Question.asked_by_id)
        .where(Question.state == QuestionState.OPEN, _can_land())
        .order_by(Question.asked_at, Question.id)
        .limit(500)
    ).all()


# --- what can be asked ------------------------------------------------------


def places(session: Session, about: About) -> list[Place]:
    """Return the rows or lines that can be asked about."""
    if about.order_id is not None:
        lines = session.scalars(select(Line).where(Line.order_id == about.order_id).order_by(Line.position))
        return [Place(None, one.id, f"{one.position} {one.room}".strip()) for one in lines]
    rows = session.scalars(
        select(ImportRow).where(ImportRow.import_id == about.import_id).order_by(ImportRow.row_number)
    )
    return [Place(one.id, None, row_name(one)) for one in rows if not one.is_skipped]


def row_name(row: ImportRow) -> str:
    """Return how a question names a row: by its number and its room."""
    return f"{row.row_number} {row.values.get(Field.ROOM.value, '')}".strip()


def candidates(session: Session, about: About, offered: Offer) -> list[Candidate]:
    """Return every open issue of a sheet's rows or an order's lines that nobody asks yet."""
    asked = _asked_already(session, about)
    found = []
    for place in places(session, about):
        for one in _issues_at(session, place, offered):
            key = f"{place.key}:{one.code.value}:{one.field.value if one.field else ''}"
            if one.is_open and key not in asked:
                asked.add(key)
                found.append(Candidate(key, place, one))
    return found


def _asked_already(session: Session, about: About) -> set[str]:
    link = link_of(session, about)
    if link is None:
        return set()
    rows = session.scalars(
        select(Question).where(Question.link_id == link.id, Question.state == QuestionState.OPEN)
    )
    return {
        f"{Place(one.row_id, one.line_id, '').key}:{one.issue['code']}:{one.issue['field']}"
        for one in rows
        if one.issue
    }


def _issues_at(session: Session, place: Place, offered: Offer) -> tuple[Issue, ...]:
    if place.row_id is not None:
        return read_issues(session.get_one(ImportRow, place.row_id).issues)
    line = session.get_one(Line, place.line_id)
    door = session.get_one(Door, line.door_id)
    model = offered.doors.get(door.code)
    return making_issues(entry(line, door.code), model.document, offered.stock) if model else ()


def line_values(line: Line, door_code: str) -> LineValues:
    """Return an order line as the rules of reading want it."""
    return LineValues(
        room=line.room,
        model=door_code,
        colour=line.colour_code,
        dim_basis=line.dim_basis,
        width_mm=line.width_mm,
        height_mm=line.height_mm,
        wall_mm=line.wall_mm,
        mother_width_mm=line.mother_width_mm,
        handing=line.handing,
        lock=line.options.get("lock", ""),
        set_count=line.set_count,
        note=line.note,
    )


def waiting_spans(session: Session, order_id: int, until: datetime) -> list[tuple[datetime, datetime]]:
    """Return when an order waited for its dealer's answer (state QUERY), up to a moment."""
    steps = [
        (one.at, *one.changes["state"])
        for one in reversed(history(session, SUBJECT, order_id, limit=HISTORY_MAX))
        if "state" in one.changes
    ]
    return waiting(steps, until)
