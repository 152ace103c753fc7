"""Commands of counting: a round is begun, things are entered, the round is finished, a difference is approved.

Nothing here commits. Lock order: the count, then what its approval moves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.errors import NotFound
from core.numbers.service import next_number
from erp.stock import service as stock
from erp.stock.model import Lot, Place
from erp.stock.rules import VIRTUAL, MoveKind, PlaceKind, StockShort
from mes.counting import queries
from mes.counting.model import Count, Entry, Line
from mes.counting.queries.counts import LineRow, thing_of
from mes.counting.rules import (
    OPEN,
    CountCause,
    CountState,
    Held,
    MovedMeanwhile,
    Thing,
    check_open,
    check_reason,
    check_second,
    compare,
    is_right,
    next_state,
)
from mes.cutting.queries import offcuts
from mes.cutting.rules.offcuts import OffcutEnd
from mes.cutting.service import offcuts as cutting
from mes.packing import service as packing
from mes.packing.rules import LOADABLE, PackageState
from mes.warehouse import queries as warehouse
from mes.warehouse.rules import state_at

COUNT = "mes.counting.count"
ZERO = Decimal(0)


def plan(
    session: Session, place_ids: Sequence[int], *, on: date, by: int | None, at: datetime
) -> list[Count]:
    """Have places counted, each with a count of its own; a place that has an open one keeps it. Raises NotFound."""
    return [_open(session, place_id, on=on, by=by, at=at) for place_id in sorted(set(place_ids))]


def _open(session: Session, place_id: int, *, on: date, by: int | None, at: datetime) -> Count:
    """Return the open count of a place, made when there is none. Locks it."""
    here = (
        select(Count)
        .where(Count.place_id == place_id, Count.state.in_(OPEN))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = session.scalar(here)
    if found is not None:
        return found
    place = session.get(Place, place_id)
    if place is None or place.kind in VIRTUAL:
        raise NotFound
    number = next_number(session, "CT", on=on)
    count = Count(
        number=number,
        place_id=place_id,
        state=CountState.PLANNED,
        pass_count=0,
        created_at=at,
        created_by_id=by,
    )
    try:
        with session.begin_nested():
            session.add(count)
    except IntegrityError:  # somebody began one a moment ago
        return session.scalars(here).one()
    return count


def begin(session: Session, place_id: int, *, on: date, by: int, at: datetime) -> Count:
    """Return the count of a place with a round under way, begun by `by` when none is. Locks it.

    Raises NotFound, CountClosed when it waits for approval.
    """
    count = _open(session, place_id, on=on, by=by, at=at)
    if count.state in (CountState.PLANNED, CountState.RECOUNT):
        count.state, count.counter_id = CountState.COUNTING, by
        count.pass_count += 1
        session.flush()  # its entries and the next reader see the round
    check_open(count.number, count.state, (CountState.COUNTING,))
    return count


def enter(session: Session, count: Count, thing: Thing, qty: Decimal, *, by: int, at: datetime) -> Decimal:
    """Write down a quantity of a thing in the round under way; return how much of it is counted by now."""
    session.add(
        Entry(
            count_id=count.id,
            pass_number=count.pass_count,
            lot_id=thing.id if thing.kind == "lot" else None,
            package_id=thing.id if thing.kind == "package" else None,
            counted_qty=qty,
            book_qty=queries.booked(session, count.place_id).get(thing, ZERO),
            entered_at=at,
            entered_by_id=by,
        )
    )
    session.flush()  # the sum below sees it
    return queries.entered(session, count.id, count.pass_count)[thing].counted_qty


def strike(session: Session, count_id: int, thing: Thing, *, by: int, at: datetime) -> None:
    """Take back what was entered of a thing in the round under way, to count it anew. Raises NotFound, CountClosed."""
    count = _locked(session, count_id)
    check_open(count.number, count.state, (CountState.COUNTING,))
    column = Entry.lot_id if thing.kind == "lot" else Entry.package_id
    session.execute(
        update(Entry)
        .where(
            Entry.count_id == count_id,
            Entry.pass_number == count.pass_count,
            column == thing.id,
            Entry.struck_at.is_(None),
        )
        .values(struck_at=at)
        .execution_options(synchronize_session=False)
    )
    changes = {thing.kind: [thing.id, None]}
    audit.record(session, subject=COUNT, subject_id=count_id, verb="strike", by=by, at=at, changes=changes)


def finish(session: Session, count: Count, *, by: int, at: datetime) -> CountState:
    """Close the round under way and compare it with the book; return what the count is now.

    All as booked: closed. A difference is counted again until two rounds agree; then it waits for approval.
    """
    found = _found(session, count)
    units = {thing: facts.unit for thing, facts in queries.facts_of(session, found).items()}
    before = {thing_of(line): line for line in session.scalars(select(Line).where(Line.count_id == count.id))}
    is_confirmed = count.pass_count > 1
    for thing, held in found.items():
        line = before.get(thing) or _new_line(count, thing, held)
        right = is_right(held, units[thing])
        is_confirmed &= right or (thing in before and line.counted_qty == held.counted_qty)
        line.counted_qty, line.book_qty, line.is_right = held.counted_qty, held.book_qty, right
        session.add(line)
    session.flush()  # what differs is read below
    state = next_state(not queries.to_do(session, count.id), is_confirmed)
    if state is CountState.DONE:
        _close(session, count, state, "", is_accurate=True, by=by, at=at)
    count.state, count.counter_id = state, by
    session.flush()  # a later scan reads it
    return state


def _found(session: Session, count: Count) -> dict[Thing, Held]:
    scope = None if count.pass_count == 1 else queries.to_do(session, count.id)
    entered = queries.entered(session, count.id, count.pass_count)
    return compare(entered, queries.booked(session, count.place_id), scope)


def _new_line(count: Count, thing: Thing, held: Held) -> Line:
    return Line(
        count_id=count.id,
        lot_id=thing.id if thing.kind == "lot" else None,
        package_id=thing.id if thing.kind == "package" else None,
        first_qty=held.counted_qty,
    )


def again(session: Session, count_id: int, *, by: int, at: datetime) -> Count:
    """Have a difference counted once more instead of approving it. Raises NotFound, CountClosed."""
    count = _locked(session, count_id)
    check_open(count.number, count.state, (CountState.APPROVAL,))
    count.state = CountState.RECOUNT
    audit.record(session, subject=COUNT, subject_id=count_id, verb="again", by=by, at=at)
    return count


def cancel(session: Session, count_id: int, reason: str, *, by: int, at: datetime) -> Count:
    """Give an open count up. Raises NotFound, CountClosed, ReasonMissing."""
    count = _locked(session, count_id)
    check_open(count.number, count.state, OPEN)
    _close(session, count, CountState.CANCELLED, check_reason(reason), by=by, at=at)
    return count


def approve(
    session: Session,
    count_id: int,
    causes: Mapping[int, CountCause],
    reason: str,
    *,
    by: int,
    at: datetime,
) -> Count:
    """Post the differences of a count to the ledger, as a second person and with a reason; return it closed.

    `causes` says of each line why the book was wrong; one that it does not name was a missed scan (E16).
    Locks the count, then the balances. Raises NotFound, CountClosed, SamePerson, ReasonMissing, MovedMeanwhile,
    OffcutBusy, PeriodClosed.
    """
    count = _locked(session, count_id)
    check_open(count.number, count.state, (CountState.APPROVAL,))
    check_second(count.number, queries.counters(session, count_id), by)
    why = check_reason(reason)
    place = session.get_one(Place, count.place_id)
    for row in queries.lines(session, count_id):
        if row.line.is_right:
            continue
        row.line.cause = causes.get(row.line.id, CountCause.MISSED_SCAN)
        if row.line.cause is not CountCause.KEEP:
            _post(session, count, place, row, why, by=by, at=at)
    _close(session, count, CountState.DONE, why, is_accurate=False, by=by, at=at)
    return count


def _post(
    session: Session, count: Count, place: Place, row: LineRow, reason: str, *, by: int, at: datetime
) -> None:
    thing = thing_of(row.line)
    if thing.kind == "package":
        _place_package(session, place, row)
    elif session.get_one(Lot, thing.id).is_offcut:
        row.line.move_id = _post_offcut(session, count, row, reason, by=by, at=at)
    else:
        lost = stock.virtual_place(session, PlaceKind.LOSS)
        start, end = (lost.id, place.id) if row.difference_qty > 0 else (place.id, lost.id)
        row.line.move_id = _move(session, count, row, start, end, by=by, at=at)


def _move(
    session: Session, count: Count, row: LineRow, start_id: int, end_id: int, *, by: int, at: datetime
) -> int:
    """Post one difference. Raises MovedMeanwhile."""
    try:
        move = stock.move(
            session,
            thing_of(row.line).id,
            start_id,
            end_id,
            abs(row.difference_qty),
            MoveKind.COUNT,
            subject=COUNT,
            subject_id=count.id,
            by=by,
            at=at,
        )
    except StockShort as short:
        raise MovedMeanwhile(thing=row.facts.code, place=short.facts["place"]) from short
    return move.id


def _post_offcut(
    session: Session, count: Count, row: LineRow, reason: str, *, by: int, at: datetime
) -> int | None:
    """Take a missing offcut out as cutting does; one that was found elsewhere than booked is carried here."""
    lot_id = thing_of(row.line).id
    if row.difference_qty < 0:
        offcut = offcuts.of_code(session, row.facts.code)
        if offcut is None:
            raise NotFound
        cutting.end(session, offcut.id, OffcutEnd.TAKEN, reason, by=by, at=at)
        return None
    lies_at = next(iter(queries.places_of_lot(session, lot_id)), None)
    if lies_at is None:
        raise MovedMeanwhile(thing=row.facts.code, place="—")
    return _move(session, count, row, lies_at, count.place_id, by=by, at=at)


def _place_package(session: Session, place: Place, row: LineRow) -> None:
    """Bring a package's place to what was found: here, or nowhere known. Raises MovedMeanwhile."""
    is_here = row.difference_qty > 0
    if not is_here and warehouse.place_of(session, thing_of(row.line).id) != place.id:
        return  # another place's count has found it meanwhile
    state, place_id = (state_at(place.kind), place.id) if is_here else (PackageState.SEALED, None)
    if packing.move_on(session, [thing_of(row.line).id], LOADABLE, state, place_id=place_id) != 1:
        raise MovedMeanwhile(thing=row.facts.code, place=place.name)


def _locked(session: Session, count_id: int) -> Count:
    count = session.get(Count, count_id, with_for_update=True, populate_existing=True)
    if count is None:
        raise NotFound
    return count


def _close(
    session: Session,
    count: Count,
    state: CountState,
    reason: str,
    *,
    is_accurate: bool | None = None,
    by: int,
    at: datetime,
) -> None:
    changes: dict[str, list[Any]] = {"state": [count.state.value, state.value], "reason": [None, reason]}
    audit.record(session, subject=COUNT, subject_id=count.id, verb="close", by=by, at=at, changes=changes)
    count.state, count.is_accurate, count.reason = state, is_accurate, reason
    count.closed_at, count.closed_by_id = at, by
