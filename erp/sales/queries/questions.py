"""Reads of questions to dealers: what can be asked, what is open, what the dealer's page shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from core.audit.queries import history
from core.auth.model import Person
from core.errors import NotFound
from core.files.model import File
from erp.catalogue.model import Door
from erp.catalogue.rules.explode import attempt
from erp.parties.model import Party
from erp.sales.model import Import, ImportRow, Line, Order, Question, QuestionLink
from erp.sales.queries.offer import Offer, entry_for
from erp.sales.queries.orders import SUBJECT, entry
from erp.sales.rules.issues import FURTHER_CHOICES, FURTHER_SIZES, Field, Issue
from erp.sales.rules.judging import LineValues
from erp.sales.rules.kept import read_issue, read_issues, read_values
from erp.sales.rules.orders import as_issues, making_issues
from erp.sales.rules.questions import (
    About,
    LinkUnknown,
    QuestionState,
    corrections,
    seen_as,
    token_sha256,
    waiting,
)
from erp.sales.rules.states import EDITABLE, MOVES, ImportState

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
    """One question as a page shows it, with the row or line that it is about as it stands now."""

    question: Question
    issue: Issue | None  # None: asked freely
    asker: str
    decider: str = ""  # who accepted or rejected the last answer
    cell: str = ""
    cell_text: str = ""  # what the dealer's own sheet says there
    values: LineValues | None = None  # None: about the whole, or of a row or line that is gone

    @property
    def seen(self) -> str:
        """The fingerprint of the row or line, for a page to hand back."""
        return seen_as(self.values) if self.values is not None else ""

    @property
    def is_stale(self) -> bool:
        """Whether the row or line has changed since the dealer saw it and answered."""
        return self.question.state is QuestionState.ANSWERED and self.seen != self.question.seen_sha256

    @property
    def is_undecided(self) -> bool:
        """Whether the answer waits for a clerk."""
        return self.question.state is QuestionState.ANSWERED

    @property
    def changes(self) -> list[tuple[Field, str, str]]:
        """What accepting the answer would change: the field, its text now, its text then."""
        if self.values is None:
            return []
        told = corrections(self.question.answer)
        return [(one, self.values.text(one), text) for one, text in told.items()]


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
    decider = aliased(Person)
    rows = session.execute(
        select(Question, Person.name, decider.name, ImportRow, Line, Door.code)
        .outerjoin(Person, Person.id == Question.asked_by_id)
        .outerjoin(decider, decider.id == Question.decided_by_id)
        .outerjoin(ImportRow, ImportRow.id == Question.row_id)
        .outerjoin(Line, Line.id == Question.line_id)
        .outerjoin(Door, Door.id == Line.door_id)
        .where(Question.link_id == link.id)
        .order_by(Question.id)
    )
    return [
        _asked(one, (asker or "", decided or ""), row or line, _values(row, line, code))
        for one, asker, decided, row, line, code in rows
    ]


def _asked(
    one: Question, people: tuple[str, str], place: ImportRow | Line | None, values: LineValues | None
) -> Asked:
    source = place.source if place is not None else {}
    cell = source.get(one.field.value if one.field else "", {})
    issue = read_issue(one.issue) if one.issue else None
    return Asked(one, issue, *people, cell.get("cell", ""), cell.get("text", ""), values)


def _values(row: ImportRow | None, line: Line | None, door_code: str | None) -> LineValues | None:
    if row is not None:
        return read_values(row.values)
    return line_values(line, door_code or "") if line is not None else None


def values_at(session: Session, question: Question) -> LineValues | None:
    """Return what the row or line of a question says now; None for a question about the whole."""
    row = session.get(ImportRow, question.row_id) if question.row_id is not None else None
    line = session.get(Line, question.line_id) if question.line_id is not None else None
    return _values(row, line, session.get_one(Door, line.door_id).code if line is not None else None)


@dataclass(frozen=True, slots=True)
class PlaceShown:
    """One row or line that is asked about as the dealer sees it: what it says, its drawing, its questions."""

    name: str
    values: LineValues | None  # None: the order as a whole
    drawing: dict[str, Any] | None  # None while it cannot be drawn
    asked: list[Asked]


def by_place(asked: Sequence[Asked], offered: Offer) -> list[PlaceShown]:
    """Return questions by the row or line that they are about, each drawn once."""
    found: dict[tuple[int | None, int | None], PlaceShown] = {}
    for one in asked:
        where = (one.question.row_id, one.question.line_id)
        if where not in found:
            drawn = _drawing(one.values, offered) if one.values is not None else None
            found[where] = PlaceShown(one.question.place, one.values, drawn, [])
        found[where].asked.append(one)
    return list(found.values())


def _drawing(values: LineValues, offered: Offer) -> dict[str, Any] | None:
    """Return what a drawing shows; nothing while a size is missing, or how the door opens."""
    made, model = entry_for(values, offered), offered.doors.get(values.model or "")
    if made is None or model is None:
        return None
    explosion, refusals = attempt(model.document, made.spec, offered.stock)
    if explosion is None or any(one.field is Field.HANDING for one in as_issues(refusals)):
        return None
    return explosion.drawing.to_dict()


def undecided(session: Session, about: About) -> list[Asked]:
    """Return the answers that wait for a clerk, in the order of their lines."""
    link = link_of(session, about)
    asked = questions(session, link) if link is not None else []
    waiting = [one for one in asked if one.is_undecided]
    return sorted(waiting, key=lambda one: (one.question.line_id or 0, one.question.id))


def open_count(session: Session, about: About) -> int:
    """Return how many questions about a sheet or an order wait for their answer."""
    return _count(session, about, QuestionState.OPEN)


def undecided_count(session: Session, about: About) -> int:
    """Return how many answers about a sheet or an order wait for a clerk."""
    return _count(session, about, QuestionState.ANSWERED)


def _count(session: Session, about: About, state: QuestionState) -> int:
    link = link_of(session, about)
    if link is None:
        return 0
    asked = select(func.count()).where(Question.link_id == link.id, Question.state == state)
    return session.scalar(asked) or 0


@dataclass(frozen=True, slots=True)
class Counts:
    """How many questions of one order wait for the dealer, and how many answers for a clerk."""

    open: int = 0
    undecided: int = 0


def counts_of_orders(session: Session, order_ids: Sequence[int]) -> dict[int, Counts]:
    """Return the counts of those of the orders that have any."""
    return _counts(session, QuestionLink.order_id, order_ids)


def counts_of_imports(session: Session, import_ids: Sequence[int]) -> dict[int, Counts]:
    """Return the counts of those of the sheets that have any."""
    return _counts(session, QuestionLink.import_id, import_ids)


def _counts(
    session: Session, subject: InstrumentedAttribute[int | None], ids: Sequence[int]
) -> dict[int, Counts]:
    rows = session.execute(
        select(
            subject,
            func.count().filter(Question.state == QuestionState.OPEN),
            func.count().filter(Question.state == QuestionState.ANSWERED),
        )
        .join(Question, Question.link_id == QuestionLink.id)
        .where(subject.in_(ids), Question.state.in_((QuestionState.OPEN, QuestionState.ANSWERED)))
        .group_by(subject)
    )
    return {number: Counts(asked, answered) for number, asked, answered in rows if number is not None}


def _can_land() -> ColumnElement[bool]:
    return or_(Import.state == ImportState.OPEN, Order.state.in_(EDITABLE))


def listed_questions(session: Session, state: QuestionState) -> Sequence[Any]:
    """Return (Question, QuestionLink, Order, Import, Party, asker) in a state, the oldest first, at most 500."""
    dealer_id = func.coalesce(Order.dealer_id, Import.dealer_id)
    return session.execute(
        select(Question, QuestionLink, Order, Import, Party, Person.name)
        .join(QuestionLink, QuestionLink.id == Question.link_id)
        .outerjoin(Order, Order.id == QuestionLink.order_id)
        .outerjoin(Import, Import.id == QuestionLink.import_id)
        .join(Party, Party.id == dealer_id)
        .outerjoin(Person, Person.id == Question.asked_by_id)
        .where(Question.state == state, _can_land())
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
        select(Question).where(
            Question.link_id == link.id,
            Question.state.in_((QuestionState.OPEN, QuestionState.ANSWERED)),
        )
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
    values = LineValues(
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
        price=line.expected_amount,
    )
    further = {**line.options, **line.measures}
    for one in (*FURTHER_CHOICES, *FURTHER_SIZES):
        values = values.with_text(one, further.get(one.value, ""))
    return values


def waiting_spans(session: Session, order_id: int, until: datetime) -> list[tuple[datetime, datetime]]:
    """Return when an order waited for its dealer's answer (state QUERY), up to a moment."""
    steps = [
        (one.at, *one.changes["state"])
        for one in reversed(history(session, SUBJECT, order_id, limit=HISTORY_MAX, verbs=MOVES))
        if "state" in one.changes
    ]
    return waiting(steps, until)
