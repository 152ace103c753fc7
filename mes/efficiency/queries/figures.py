"""The five figures together, and the lists of the very events behind each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import Session

from core.activity.model import Interval
from core.i18n import N_
from erp.sales.model import HandEdit, Order
from erp.stock.model import Move
from mes.efficiency import rules
from mes.efficiency.queries.accuracy import (
    BENCH,
    BENCH_ERRORS,
    DOCK,
    DOCK_ERRORS,
    Intercept,
    bad_delivery_rows,
    bad_package_rows,
    confirmed_rows,
    delivery_count,
    delivery_rows,
    each_once,
    looked_rows,
    sealed_count,
    sealed_rows,
    wrong_rows,
)
from mes.efficiency.queries.guards import with_guards
from mes.efficiency.queries.machines import equipment, state_rows
from mes.efficiency.queries.orders import (
    by_hand_rows,
    line_rows,
    override_rows,
    release_rows,
    remake_rows,
    split_error_rows,
    touched_rows,
    untouched_rows,
    work_rows,
    young_count,
)
from mes.efficiency.queries.rollups import Daily
from mes.efficiency.queries.warehouse import BY_MOVE, BY_SCAN, transaction_rows
from mes.efficiency.queries.window import Window, count
from mes.efficiency.rules import Figure, Metric, Work
from mes.efficiency.rules.sums import DaySums, Name, middle, minutes_of, split_sums, total, works
from mes.machines.model import StateChange
from mes.packing.model import Package
from mes.production.model import Scrap
from mes.scanning.model import FormerLabel, Scan
from mes.shipping.model import Load
from mes.splitting.model import Release

UNITS = {  # msgids
    Metric.M1: N_("single doors per hour"),
    Metric.M2: N_("standard minutes per paid minute"),
    Metric.M3: "%",
    Metric.M4: "%",
    Metric.M5: "%",
}


@dataclass(frozen=True, slots=True)
class Report:
    """The five figures of a window, and what stands beside them."""

    figures: tuple[Figure, ...]
    bench: Intercept
    dock: Intercept
    lead_hours: Any  # median from order entry to release; nothing without an order


def report(session: Session, found: Daily) -> Report:
    """Return the five figures of the days of a window."""
    window, all_days = found.calendar.window, found.total()
    young = young_count(session, window, at=found.at)
    return Report(
        figures=(
            rules.splitting(split_sums(all_days, young), minutes_of(total(all_days, Name.WORK)[1])),
            with_guards(session, window, _warehouse(found, all_days), at=found.at),
            equipment(found.times(all_days)),
            rules.packing(*_looked(found, window), sealed_count(session, window)),
            rules.shipping(*total(all_days, Name.CONFIRMED), delivery_count(session, window)),
        ),
        bench=_intercept(all_days, Name.BENCH),
        dock=_intercept(all_days, Name.DOCK),
        lead_hours=rules.median_hours([minutes_of(one) for one in middle(all_days.leads)]),
    )


def _warehouse(found: Daily, all_days: DaySums) -> Figure:
    """Return the second figure; days on which the warehouse worked without paid minutes are named."""
    paid_min = minutes_of(total(all_days, Name.PAID)[1])
    return rules.warehouse(
        works(all_days.cells), paid_min, len(found.calendar.days), unpaid_count(found) if paid_min else 0
    )


def unpaid_count(found: Daily, days: Iterable[date] | None = None) -> int:
    """Return on how many of some days the warehouse confirmed something and nobody was paid."""
    some = found.calendar.days if days is None else days
    cells = (found.cells(day) for day in some)
    return sum(1 for of_day in cells if works(of_day) and (Name.PAID, "") not in of_day)


def _looked(found: Daily, window: Window) -> tuple[int, int]:
    """Return how many packages were looked into within a window, and how many of them were bad."""
    looked = each_once(found.looks, window)
    return len(looked), sum(1 for one in looked if not one.is_right)


def _intercept(found: DaySums, name: Name) -> Intercept:
    scans, wrong = total(found, name)
    return Intercept(wrong, scans)


@dataclass(frozen=True, slots=True)
class Events:
    """One list of events behind a figure: how it is asked for, what it is called, where its rows come from."""

    code: str
    name: str  # msgid
    shape: str  # which table shows it: line, override, remake, release, state, work or event
    rows: Callable[[Window], Select[Any]]
    moment: Any  # the column by which it is sorted


def _of_work(work: Work) -> Events:
    if work in BY_MOVE:
        moment: Any = Move.moved_at
    else:
        moment = Scan.received_at if work in BY_SCAN else FormerLabel.replaced_at
    return Events(work.value, work.label, "event", lambda window: transaction_rows(window, work), moment)


EVENTS: dict[Metric, tuple[Events, ...]] = {
    Metric.M1: (
        Events("lines", N_("Released lines"), "line", line_rows, Release.released_at),
        Events(
            "untouched", N_("Lines released without a touch"), "line", untouched_rows, Release.released_at
        ),
        Events("touches", N_("Lines with recorded touches"), "line", touched_rows, Release.released_at),
        Events(
            "errors",
            N_("Lines with a split error"),
            "line",
            split_error_rows,
            Order.released_at,
        ),
        Events("by_hand", N_("Lines changed by hand"), "line", by_hand_rows, Release.released_at),
        Events("overrides", N_("Manual overrides"), "override", override_rows, HandEdit.made_at),
        Events("remakes", N_("Made again for a split error"), "remake", remake_rows, Scrap.scrapped_at),
        Events("releases", N_("Releases"), "release", release_rows, Release.released_at),
        Events("work", N_("Work on orders"), "work", work_rows, Interval.started_at),
    ),
    Metric.M2: tuple(_of_work(work) for work in Work),
    Metric.M3: (Events("states", N_("Changes of state"), "state", state_rows, StateChange.began_at),),
    Metric.M4: (
        Events("sealed", N_("Packages sealed"), "event", sealed_rows, Package.sealed_at),
        Events("looked", N_("Packages looked into or claimed"), "event", looked_rows, Package.opened_at),
        Events("bad", N_("Packages with an error of contents"), "event", bad_package_rows, Package.opened_at),
        Events(
            "wrong",
            N_("Wrong scans refused at the bench"),
            "event",
            lambda window: wrong_rows(window, BENCH, BENCH_ERRORS),
            Scan.received_at,
        ),
    ),
    Metric.M5: (
        Events("deliveries", N_("Deliveries shipped"), "event", delivery_rows, Load.shipped_at),
        Events("confirmed", N_("Deliveries confirmed"), "event", confirmed_rows, Load.shipped_at),
        Events("bad", N_("Deliveries with an error"), "event", bad_delivery_rows, Load.shipped_at),
        Events(
            "wrong",
            N_("Wrong scans refused at store and dock"),
            "event",
            lambda window: wrong_rows(window, DOCK, DOCK_ERRORS),
            Scan.received_at,
        ),
    ),
}


def counts(session: Session, metric: Metric, window: Window, at_most: int | None = None) -> dict[str, int]:
    """Return how many events each list of a figure holds, counted no further than `at_most`."""
    return {events.code: count(session, events.rows(window).limit(at_most)) for events in EVENTS[metric]}
