"""Reads of counting: the counts, their rounds and lines, and the record accuracy that follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from core.auth.model import Person
from erp.materials.model import Article
from erp.stock.model import Balance, Lot, Move, Place
from erp.stock.rules import MoveKind
from mes.counting.model import Count, Entry, Line
from mes.counting.queries.booked import ThingFacts, facts_of
from mes.counting.rules import OPEN, Accuracy, CountCause, CountState, Held, Thing

ZERO = Decimal(0)


def thing_of(row: Entry | Line) -> Thing:
    """Return what an entry or a line is about."""
    if row.lot_id is not None:
        return Thing("lot", row.lot_id)
    return Thing("package", row.package_id or 0)


def open_count(session: Session, place_id: int) -> Count | None:
    """Return the open count of a place."""
    return session.scalar(select(Count).where(Count.place_id == place_id, Count.state.in_(OPEN)))


def by_number(session: Session, number: str) -> Count | None:
    """Return the count with this number."""
    return session.scalar(select(Count).where(Count.number == number.strip().upper()))


def entered(session: Session, count_id: int, pass_number: int) -> dict[Thing, Held]:
    """Return what was counted in one round: entries of a thing add up, the book is that of the last of them."""
    found: dict[Thing, Held] = {}
    rows = session.scalars(
        select(Entry)
        .where(Entry.count_id == count_id, Entry.pass_number == pass_number, Entry.struck_at.is_(None))
        .order_by(Entry.id)
    )
    for entry in rows:
        thing = thing_of(entry)
        before = found[thing].counted_qty if thing in found else ZERO
        found[thing] = Held(before + entry.counted_qty, entry.book_qty)
    return found


def counters(session: Session, count_id: int) -> set[int]:
    """Return who has counted anything in any round, and who began the last one."""
    people = set(session.scalars(select(Entry.entered_by_id).where(Entry.count_id == count_id)))
    begun_by = session.scalar(select(Count.counter_id).where(Count.id == count_id))
    return people if begun_by is None else people | {begun_by}


def to_do(session: Session, count_id: int) -> list[Thing]:
    """Return what the last round found otherwise than booked."""
    wrong = select(Line).where(Line.count_id == count_id, Line.is_right.is_(False)).order_by(Line.id)
    return [thing_of(line) for line in session.scalars(wrong)]


@dataclass(frozen=True, slots=True)
class LineRow:
    """One line of a count, as its page shows it."""

    line: Line
    facts: ThingFacts

    @property
    def difference_qty(self) -> Decimal:
        """What there is more than booked."""
        return self.line.counted_qty - self.line.book_qty


def lines(session: Session, count_id: int) -> list[LineRow]:
    """Return the lines of a count, those that differ first."""
    rows = session.scalars(
        select(Line).where(Line.count_id == count_id).order_by(Line.is_right, Line.id)
    ).all()
    facts = facts_of(session, [thing_of(row) for row in rows])
    return [LineRow(row, facts[thing_of(row)]) for row in rows]


@dataclass(frozen=True, slots=True)
class CountRow:
    """One count of the list."""

    count: Count
    place: Place
    counter: str  # empty: nobody yet


def listed(view: str) -> Select[Any]:
    """Return the counts of a view: open ones, those that wait for approval, or closed ones; fields of CountRow."""
    states = {
        "": OPEN,
        "APPROVAL": (CountState.APPROVAL,),
        "CLOSED": (CountState.DONE, CountState.CANCELLED),
    }
    rows: Select[Any] = _rows().where(Count.state.in_(states.get(view, OPEN)))
    return rows


def _rows() -> Any:
    return (
        select(Count, Place, func.coalesce(Person.name, ""))
        .join(Place, Place.id == Count.place_id)
        .outerjoin(Person, Person.id == Count.counter_id)
    )


def row(session: Session, count_id: int) -> CountRow | None:
    """Return one count."""
    found = session.execute(_rows().where(Count.id == count_id)).one_or_none()
    return None if found is None else CountRow(*found)


def accuracy(session: Session, start_at: datetime, end_at: datetime) -> Accuracy:
    """Return the record accuracy of the counts that were closed from `start_at` to before `end_at`.

    domain: IRA = places counted with every |difference| within tolerance / places counted; cancelled ones do not count.
    """
    rows = session.execute(
        select(Count.is_accurate, func.count())
        .where(Count.state == CountState.DONE, Count.closed_at >= start_at, Count.closed_at < end_at)
        .group_by(Count.is_accurate)
    )
    by_result: dict[bool | None, int] = dict(rows.all())
    return Accuracy(sum(by_result.values()), by_result.get(True, 0))


def lots_at(session: Session, place_id: int, article_code: str) -> Sequence[Lot]:
    """Return the lots of an article that lie at a place."""
    return session.scalars(
        select(Lot)
        .join(Article, Article.id == Lot.article_id)
        .join(Balance, Balance.lot_id == Lot.id)
        .where(
            func.upper(Article.code) == article_code.upper(),
            Balance.place_id == place_id,
            Balance.on_hand_qty > ZERO,
        )
        .order_by(Lot.id)
    ).all()


def faults(session: Session) -> list[str]:
    """Prove that every difference that was approved is in the ledger, as it was approved and by nobody else.

    A difference that was left as it is, a package and an offcut that is gone have no move of their own.
    """
    wrong = session.execute(
        select(Count.number, Line.id)
        .join(Count, Count.id == Line.count_id)
        .outerjoin(Move, Move.id == Line.move_id)
        .where(
            Count.state == CountState.DONE,
            Line.lot_id.is_not(None),
            Line.move_id.is_not(None),
            (Move.kind != MoveKind.COUNT) | (Move.subject_id != Count.id) | (Move.lot_id != Line.lot_id),
        )
    )
    faults = [
        f"count {number}: line {line_id} was posted by a move of something else" for number, line_id in wrong
    ]
    undecided = session.execute(
        select(Count.number)
        .join(Line, Line.count_id == Count.id)
        .where(Count.state == CountState.DONE, Line.is_right.is_(False), Line.cause.is_(None))
        .distinct()
    )
    faults += [f"count {number}: closed with a difference that nobody decided" for (number,) in undecided]
    second = session.execute(
        select(Count.number)
        .join(Entry, Entry.count_id == Count.id)
        .join(Line, Line.count_id == Count.id)
        .where(
            Line.cause.is_not(None), Line.cause != CountCause.KEEP, Entry.entered_by_id == Count.closed_by_id
        )
        .distinct()
    )
    return faults + [f"count {number}: approved by somebody who counted" for (number,) in second]
