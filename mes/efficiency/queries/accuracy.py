"""M4 and M5: sealed packages, deliveries, and the wrong scans that were refused."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, literal, select
from sqlalchemy.orm import Session

from core.auth.model import Person
from erp.sales.model import Order
from mes.efficiency import rules
from mes.efficiency.queries.window import Window, count, scan_rows
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
    """Return the wrong scans that were refused at some kinds of scans."""
    return scan_rows(window, kinds).where(Scan.block_code.in_(errors))


def intercept(
    session: Session, window: Window, kinds: Collection[ScanKind], errors: Collection[Block]
) -> Intercept:
    """Return how many wrong scans were refused at some kinds of scans, and of how many."""
    scans = count(session, scan_rows(window, kinds))
    return Intercept(count(session, wrong_rows(window, kinds, errors)), scans)


def sealed_rows(window: Window) -> Select[Any]:
    """Return the packages sealed within the window."""
    columns: tuple[Any, ...] = (Package.sealed_at.label("at"), Package.code.label("what"))
    return (
        select(*columns, Order.number.label("number"), Person.name.label("person"))
        .join(Order, Order.id == Package.order_id)
        .outerjoin(Person, Person.id == Package.sealed_by_id)
        .where(window.holds(Package.sealed_at))
    )


def _claimed_packages(window: Window) -> ColumnElement[bool]:
    """Return the condition that a package was rightly claimed, within 30 days of its leaving, for its contents."""
    return select(Claim.id).where(Claim.package_id == Package.id, *_counted_claims(window)).exists()


def _counted_claims(window: Window) -> tuple[ColumnElement[bool], ...]:
    return (
        Claim.is_late.is_(False),
        Claim.state == ClaimState.ACCEPTED,
        Claim.block_code.in_(CONTENT),
        window.holds(Claim.claimed_at),
    )


def _looked_into(window: Window, *, is_wrong: bool = False) -> ColumnElement[bool]:
    """Return the condition that a package was looked into again within the window, and found wrong."""
    looks = select(Recheck.id).where(
        Recheck.package_id == Package.id, Recheck.state == RecheckState.DONE, window.holds(Recheck.ended_at)
    )
    return (looks.where(Recheck.is_right.is_(False)) if is_wrong else looks).exists()


def _package_rows(condition: ColumnElement[bool]) -> Select[Any]:
    columns: tuple[Any, ...] = (Package.opened_at.label("at"), Package.code.label("what"))
    return (
        select(*columns, Order.number.label("number"), Person.name.label("person"))
        .join(Order, Order.id == Package.order_id)
        .outerjoin(Person, Person.id == Package.sealed_by_id)
        .where(condition)
    )


def looked_rows(window: Window) -> Select[Any]:
    """Return the packages that had an independent look within the window: looked into again, or rightly claimed.

    A package counts once; one that its dealer merely confirmed does not, as nobody looked inside.
    """
    return _package_rows(_looked_into(window) | _claimed_packages(window))


def bad_package_rows(window: Window) -> Select[Any]:
    """Return those of `looked_rows` that had an error of contents."""
    return _package_rows(_looked_into(window, is_wrong=True) | _claimed_packages(window))


@dataclass(frozen=True, slots=True)
class Check:
    """One independent look at a package or one confirmed delivery: when, at what, and whether it was right."""

    at: datetime
    what: str
    is_right: bool


def looks(session: Session, window: Window) -> list[Check]:
    """Return the packages of `looked_rows`, each once, by their first look or claim within the window."""
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
    found: dict[str, Check] = {}
    for code, at, is_right in (*session.execute(rechecked), *session.execute(claimed)):
        before = found.get(code)
        first = at if before is None else min(at, before.at)
        found[code] = Check(first, code, bool(is_right) and (before is None or before.is_right))
    return [found[code] for code in sorted(found)]


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
