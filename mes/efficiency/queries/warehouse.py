"""M2: the confirmed transactions of the warehouse."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, select

from core.auth.model import Person
from erp.stock.model import Lot, Move
from erp.stock.rules import MoveKind
from mes.counting.model import Count, Line
from mes.counting.rules import CountState
from mes.efficiency.queries.window import Window, scan_rows
from mes.efficiency.rules import Work
from mes.packing.model import Package
from mes.scanning.model import FormerLabel, Scan
from mes.scanning.rules import Outcome, ScanKind

PASSED = (Outcome.ACCEPT, Outcome.OVERRIDE)
BY_MOVE = {
    Work.RECEIVE: MoveKind.RECEIPT,
    Work.ISSUE: MoveKind.ISSUE,
    Work.RETURN: MoveKind.RETURN,
}
BY_SCAN = {Work.PUT_AWAY: ScanKind.GOODS_IN, Work.STORE_IN: ScanKind.STORE_IN, Work.LOAD: ScanKind.LOAD}
TORN = "torn"  # why a former label was replaced by a reprint


def transaction_rows(window: Window, work: Work) -> Select[Any]:
    """Return the confirmed transactions of one kind."""
    if work in BY_MOVE:
        return _moves(window, BY_MOVE[work])
    if work in BY_SCAN:
        of_kind = scan_rows(Scan.kind == BY_SCAN[work])
        return of_kind.where(Scan.outcome.in_(PASSED), window.holds(Scan.received_at))
    if work is Work.COUNT:
        return _counted(window)
    columns: tuple[Any, ...] = (FormerLabel.replaced_at.label("at"), FormerLabel.code.label("what"))
    return (
        select(*columns, FormerLabel.new_code.label("number"), Person.name.label("person"))
        .outerjoin(Person, Person.id == FormerLabel.replaced_by_id)
        .where(FormerLabel.reason == TORN, window.holds(FormerLabel.replaced_at))
    )


COUNTED = (Line.count_id == Count.id) & (
    Count.state == CountState.DONE
)  # the book was right or not: it is work


def _counted(window: Window) -> Select[Any]:
    """Return what was counted of each thing at the places whose count was closed."""
    columns: tuple[Any, ...] = (
        Count.closed_at.label("at"),
        func.coalesce(Lot.code, Package.code).label("what"),
    )
    return (
        select(*columns, Line.counted_qty.label("number"), Person.name.label("person"))
        .join(Count, COUNTED)
        .outerjoin(Lot, Lot.id == Line.lot_id)
        .outerjoin(Package, Package.id == Line.package_id)
        .outerjoin(Person, Person.id == Count.counter_id)
        .where(window.holds(Count.closed_at))
    )


def _moves(window: Window, kind: MoveKind) -> Select[Any]:
    columns: tuple[Any, ...] = (Move.moved_at.label("at"), Lot.code.label("what"))
    return (
        select(*columns, Move.moved_qty.label("number"), Person.name.label("person"))
        .join(Lot, Lot.id == Move.lot_id)
        .outerjoin(Person, Person.id == Move.moved_by_id)
        .where(Move.kind == kind, window.holds(Move.moved_at))
    )
