"""The five figures together, and the lists of the very events behind each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
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
    delivery_rows,
    intercept,
    looked_rows,
    sealed_rows,
    wrong_rows,
)
from mes.efficiency.queries.guards import with_guards
from mes.efficiency.queries.machines import equipment, state_rows
from mes.efficiency.queries.orders import (
    active_minutes,
    by_hand_rows,
    lead_minutes,
    line_rows,
    override_rows,
    release_rows,
    remake_rows,
    split_error_rows,
    split_lines,
    touched_rows,
    untouched_rows,
    work_rows,
)
from mes.efficiency.queries.warehouse import BY_MOVE, BY_SCAN, transaction_rows, warehouse
from mes.efficiency.queries.window import Window, count
from mes.efficiency.rules import Figure, Metric, Work
from mes.machines.model import StateChange
from mes.packing.model import Package
from mes.production.model import Scrap
from mes.scanning.model import FormerLabel, Scan
from mes.shipping.model import Load
from mes.splitting.model import Release
from mes.splitting.rules import ORDER_WORK

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


def report(session: Session, window: Window, *, at: datetime) -> Report:
    """Return the five figures of a window, as known at `at`."""
    return Report(
        figures=(
            rules.splitting(split_lines(session, window, at=at), active_minutes(session, window, ORDER_WORK)),
            with_guards(session, window, warehouse(session, window), at=at),
            equipment(session, window, at=at),
            rules.packing(
                count(session, looked_rows(window)),
                count(session, bad_package_rows(window)),
                count(session, sealed_rows(window)),
            ),
            rules.shipping(
                count(session, confirmed_rows(window)),
                count(session, bad_delivery_rows(window)),
                count(session, delivery_rows(window)),
            ),
        ),
        bench=intercept(session, window, BENCH, BENCH_ERRORS),
        dock=intercept(session, window, DOCK, DOCK_ERRORS),
        lead_hours=rules.median_hours(lead_minutes(session, window)),
    )


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


def counts(session: Session, metric: Metric, window: Window) -> dict[str, int]:
    """Return how many events each list of a figure holds."""
    return {events.code: count(session, events.rows(window)) for events in EVENTS[metric]}
