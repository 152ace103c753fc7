"""M4 and M5: sealed packages, deliveries, and the wrong scans that were refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, literal_column, select, union
from sqlalchemy.orm import Session

from core.auth.model import Person
from erp.sales.model import Order
from mes.efficiency import rules
from mes.efficiency.queries.window import Window, scan_rows
from mes.packing.model import Package, Recheck
from mes.packing.rules import RecheckState
from mes.packing.rules.rechecks import CONTENT
from mes.scanning.model import Scan
from mes.scanning.rules import Block, ScanKind
from mes.shipping.model import Claim, Delivery, Load
from mes.shipping.rules import ClaimState

BENCH = (
    *(ScanKind.PACK_OPEN, ScanKind.PACK_ADD, ScanKind.PACK_REMOVE),
    *(ScanKind.PACK_SEAL, ScanKind.PACK_REOPEN),
)
DOCK = (ScanKind.STORE_IN, ScanKind.LOAD, ScanKind.UNLOAD, ScanKind.SHIP_CLOSE)
# errors that a scan can catch (domain: error classes); the rest of the numbers is about codes and rights
BENCH_ERRORS = (Block.E01, Block.E02, Block.E03, Block.E05, Block.E06, Block.E07, Block.E08)
DOCK_ERRORS = (Block.E09, Block.E10, Block.E11, Block.E12, Block.E13, Block.E15)


@dataclass(frozen=True, slots=True)
class Intercept:
    """Wrong scans that were refused at one kind of station; never mixed into an accuracy."""

    wrong: int
    scans: int

    @property
    def rate(self) -> Any:
        """Refused wrong scans per 1,000 scans; nothing without a scan."""
        return rules.per_thousand(self.wrong, self.scans)


def wrong_rows(window: Window, kinds: Collection[ScanKind], errors: Collection[Block]) -> Select[Any]:
    """Return the wrong scans that were refused at some kinds of scans.

    The few refused ones are found by when they came: with "" appended to it, no database looks the kind up instead.
    """
    kind = Scan.kind.concat(literal_column("''"))
    return scan_rows(kind.in_(kinds)).where(Scan.block_code.in_(errors), window.holds(Scan.received_at))


def sealed_rows(window: Window) -> Select[Any]:
    """Return the packages sealed within the window."""
    columns: tuple[Any, ...] = (Package.sealed_at.label("at"), Package.code.label("what"))
    return (
        select(*columns, Order.number.label("number"), Person.name.label("person"))
        .join(Order, Order.id == Package.order_id)
        .outerjoin(Person, Person.id == Package.sealed_by_id)
        .where(window.holds(Package.sealed_at))
    )


def _counted_claims(window: Window) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that a package was rightly claimed, within 30 days of its leaving, for its contents."""
    return (
        Claim.is_late.is_(False),
        Claim.state == ClaimState.ACCEPTED,
        Claim.block_code.in_(CONTENT),
        window.holds(Claim.claimed_at),
    )


def _looked_at(window: Window, *, is_wrong: bool = False) -> Any:
    """Return the ids of the packages that were looked into again within the window, or rightly claimed."""
    looks = select(Recheck.package_id).where(
        Recheck.state == RecheckState.DONE, window.holds(Recheck.ended_at)
    )
    claims = select(Claim.package_id).where(Claim.package_id.is_not(None), *_counted_claims(window))
    return union(looks.where(Recheck.is_right.is_(False)) if is_wrong else looks, claims)


def _package_rows(ids: Any) -> Select[Any]:
    columns: tuple[Any, ...] = (Package.opened_at.label("at"), Package.code.label("what"))
    return (
        select(*columns, Order.number.label("number"), Person.name.label("person"))
        .join(Order, Order.id == Package.order_id)
        .outerjoin(Person, Person.id == Package.sealed_by_id)
        .where(Package.id.in_(ids))
    )


def looked_rows(window: Window) -> Select[Any]:
    """Return the packages that had an independent look within the window: looked into again, or rightly claimed.

    A package counts once; one that its dealer merely confirmed does not, as nobody looked inside.
    """
    return _package_rows(_looked_at(window))


def bad_package_rows(window: Window) -> Select[Any]:
    """Return those of `looked_rows` that had an error of contents."""
    return _package_rows(_looked_at(window, is_wrong=True))


def found_errors(session: Session, window: Window) -> Counter[Block]:
    """Return how many errors of each class independent looks found within a window, and dealers rightly claimed."""
    found: Counter[Block] = Counter()
    looks = select(Recheck.errors).where(Recheck.state == RecheckState.DONE, window.holds(Recheck.ended_at))
    for errors in session.scalars(looks):
        found.update(Block(error["block"]) for error in errors)
    claims = (
        select(Claim.block_code, func.count())
        .where(Claim.state == ClaimState.ACCEPTED, window.holds(Claim.claimed_at))
        .group_by(Claim.block_code)
    )
    for block, count in session.execute(claims):
        if block is not None:
            found[block] += count
    return found


def sealed_count(session: Session, window: Window) -> int:
    """Return how many packages were sealed within the window, and are."""
    rows = select(func.count()).select_from(Package).where(window.holds(Package.sealed_at))
    return session.scalar(rows) or 0


def delivery_count(session: Session, window: Window) -> int:
    """Return how many deliveries left within the window."""
    rows = select(func.count()).select_from(Delivery).join(Load, Load.id == Delivery.load_id)
    return session.scalar(rows.where(window.holds(Load.shipped_at))) or 0


@dataclass(frozen=True, slots=True)
class Check:
    """One independent look at a package or one confirmed delivery: when, at what, and whether it was right."""

    at: datetime
    what: str
    is_right: bool


def looks(session: Session, window: Window) -> list[Check]:
    """Return every look into a package and every rightful claim of the window, the first first."""
    rechecked = (
        select(Package.code, Recheck.ended_at, Recheck.is_right)
        .join(Package, Package.id == Recheck.package_id)
        .where(Recheck.state == RecheckState.DONE, window.holds(Recheck.ended_at))
    )
    claimed = (
        select(Package.code, Claim.claimed_at, literal(False))
        .join(Package, Package.id == Claim.package_id)
        .where(*_counted_claims(window))
    )
    rows = (*session.execute(rechecked), *session.execute(claimed))
    return sorted((Check(at, code, bool(is_right)) for code, at, is_right in rows), key=lambda one: one.at)


def each_once(found: Iterable[Check], window: Window) -> list[Check]:
    """Return the packages looked into within a window, each once: by its first look, and right if all were."""
    kept: dict[str, Check] = {}
    for look in found:
        if window.since <= look.at < window.before:
            before = kept.get(look.what, look)
            kept[look.what] = Check(before.at, look.what, before.is_right and look.is_right)
    return [kept[code] for code in sorted(kept)]


def receipts(session: Session, window: Window) -> list[Check]:
    """Return the confirmed deliveries of the window, each right or not, by when their load left."""
    bad = {row.what for row in session.execute(bad_delivery_rows(window))}
    rows = session.execute(confirmed_rows(window).order_by(Load.shipped_at, Delivery.number))
    return [Check(row.at, row.what, row.what not in bad) for row in rows]


def confirmed_rows(window: Window) -> Select[Any]:
    """Return the deliveries that left within the window and of which every package was told by the dealer."""
    return delivery_rows(window).where(Delivery.received_at.is_not(None))


def bad_delivery_rows(window: Window) -> Select[Any]:
    """Return those of `confirmed_rows` with a claim that was not rejected: in doubt it was an error."""
    wrong = select(Claim.id).where(Claim.delivery_id == Delivery.id, Claim.state != ClaimState.REJECTED)
    return confirmed_rows(window).where(wrong.exists())


def delivery_rows(window: Window) -> Select[Any]:
    """Return the deliveries whose load left within the window."""
    columns: tuple[Any, ...] = (Load.shipped_at.label("at"), Delivery.number.label("what"))
    return (
        select(*columns, Load.number.label("number"), Person.name.label("person"))
        .join(Load, Load.id == Delivery.load_id)
        .outerjoin(Person, Person.id == Load.closed_by_id)
        .where(window.holds(Load.shipped_at))
    )
