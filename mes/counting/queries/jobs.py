"""What a handheld holds to count without the network: places, rounds under way and names, nothing that is booked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.i18n import Named
from erp.materials.model import Article, Material
from erp.materials.rules import Unit
from erp.sales.model import Order
from erp.stock import queries as stock
from erp.stock.model import Balance, Lot
from erp.stock.rules import FOR_MATERIAL, FOR_PACKAGES, PlaceKind, counted_in
from mes.counting.model import Count, Entry, Line
from mes.counting.queries.booked import facts_of
from mes.counting.queries.counts import CountRow, listed, thing_of
from mes.counting.rules import CountState, Thing
from mes.packing.model import Package
from mes.packing.rules import LOADABLE

HELD_AT_MOST = 2000  # lots, and as many packages, whose names a handheld holds
IN_ROUNDS = (CountState.COUNTING, CountState.RECOUNT)


@dataclass(slots=True)
class Round:
    """One open count as a handheld holds it: how far it is, and what was found; things by their codes."""

    count: Count
    counter: str
    again: list[tuple[Named, str]] = field(default_factory=list)  # what a further round looks for
    settled: list[str] = field(default_factory=list)  # as booked at the round before
    entered: list[tuple[str, int]] = field(default_factory=list)  # counted in this round by who asks


@dataclass(frozen=True, slots=True)
class CountedPlace:
    """One place that may be counted, and its open count, if any."""

    code: str
    name: str
    kind: PlaceKind
    round: Round | None


@dataclass(frozen=True, slots=True)
class LotName:
    """How a lot that lies somewhere is called."""

    code: str
    name: Named
    unit: Unit
    is_offcut: bool


@dataclass(frozen=True, slots=True)
class PackageName:
    """How a package that lies somewhere is called."""

    code: str
    name: Named
    order: str


@dataclass(frozen=True, slots=True)
class CountJobs:
    """All that a handheld holds to count."""

    places: list[CountedPlace]
    lots: list[LotName]
    packages: list[PackageName]


def jobs(session: Session, by: int) -> CountJobs:
    """Return what the handheld of a person holds."""
    rounds = _rounds(session, by)
    places = [
        CountedPlace(one.code, one.name, one.kind, rounds.get(one.id))
        for one in stock.places(session, (*FOR_MATERIAL, *FOR_PACKAGES))
    ]
    return CountJobs(places, _lots(session), _packages(session))


def _rounds(session: Session, by: int) -> dict[int, Round]:
    rows = [CountRow(*row) for row in session.execute(listed(""))]
    found = {row.count.id: Round(row.count, row.counter) for row in rows}
    begun = [row.count.id for row in rows if row.count.state in IN_ROUNDS]
    lines = session.scalars(select(Line).where(Line.count_id.in_(begun)).order_by(Line.id)).all()
    entries = session.scalars(
        select(Entry)
        .join(Count, Count.id == Entry.count_id)
        .where(Entry.count_id.in_(begun), Count.counter_id == by, Count.state == CountState.COUNTING)
        .where(Entry.pass_number == Count.pass_count, Entry.struck_at.is_(None))
        .order_by(Entry.id)
    ).all()
    _tell(session, found, lines, entries)
    return {one.count.place_id: one for one in found.values()}


def _tell(
    session: Session, rounds: dict[int, Round], lines: Sequence[Line], entries: Sequence[Entry]
) -> None:
    """Write down in each round what is to be counted again, what is settled, and what is entered."""
    rows: list[Line | Entry] = [*lines, *entries]
    facts = facts_of(session, {thing_of(row) for row in rows})
    for line in lines:
        known = facts[thing_of(line)]
        if line.is_right:
            rounds[line.count_id].settled.append(known.code)
        else:
            rounds[line.count_id].again.append((known.name, known.code))
    sums: dict[tuple[int, Thing], int] = {}
    for entry in entries:
        key = (entry.count_id, thing_of(entry))
        sums[key] = sums.get(key, 0) + int(entry.counted_qty)
    for (count_id, thing), qty in sums.items():
        rounds[count_id].entered.append((facts[thing].code, qty))


def _lots(session: Session) -> list[LotName]:
    """Return the lots that lie somewhere, the newest first: which label is what, not where it lies or how much."""
    lying = select(Balance.lot_id).where(Balance.on_hand_qty > 0)
    material = (Material.name, Material.name_en, Material.kind, Material.unit_code)
    rows = session.execute(
        select(Lot.code, Lot.length_mm.is_not(None), *material)
        .join(Article, Article.id == Lot.article_id)
        .join(Material, Material.id == Article.material_id)
        .where(Lot.id.in_(lying))
        .order_by(Lot.id.desc())
        .limit(HELD_AT_MOST)
    )
    return [
        LotName(code, Named(name, name_en), counted_in(kind, unit), is_offcut)
        for code, is_offcut, name, name_en, kind, unit in rows
    ]


def _packages(session: Session) -> list[PackageName]:
    columns = (Package.code, Package.name, Package.name_en, Package.position, Package.total_count)
    rows = session.execute(
        select(*columns, Order.number)
        .join(Order, Order.id == Package.order_id)
        .where(Package.state.in_(LOADABLE))
        .order_by(Package.id.desc())
        .limit(HELD_AT_MOST)
    )
    return [
        PackageName(
            code,
            Named(f"{name} {position}/{total}", f"{name_en} {position}/{total}" if name_en else ""),
            order,
        )
        for code, name, name_en, position, total, order in rows
    ]
