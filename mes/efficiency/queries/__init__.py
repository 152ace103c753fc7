"""Reads of efficiency, by figure: numerators and denominators out of real rows, and the very events behind them."""

from mes.efficiency.queries.accuracy import Intercept
from mes.efficiency.queries.figures import EVENTS, UNITS, Events, Report, counts, report
from mes.efficiency.queries.orders import Splitting, split_line, split_lines, splitting
from mes.efficiency.queries.rollups import Daily, daily, faults
from mes.efficiency.queries.window import Calendar, Window, calendar_of, calendar_within

__all__ = [
    "Calendar",
    "Daily",
    "EVENTS",
    "Events",
    "Intercept",
    "Report",
    "Splitting",
    "UNITS",
    "Window",
    "calendar_of",
    "calendar_within",
    "counts",
    "daily",
    "faults",
    "report",
    "split_line",
    "split_lines",
    "splitting",
]
