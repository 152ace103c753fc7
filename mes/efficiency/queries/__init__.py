"""Reads of efficiency, by figure: numerators and denominators out of real rows, and the very events behind them."""

from mes.efficiency.queries.accuracy import Intercept
from mes.efficiency.queries.figures import EVENTS, UNITS, Events, Report, counts, report
from mes.efficiency.queries.orders import active_minutes, split_line, split_lines, splitting
from mes.efficiency.queries.warehouse import transactions
from mes.efficiency.queries.window import Window

__all__ = [
    "EVENTS",
    "Events",
    "Intercept",
    "Report",
    "UNITS",
    "Window",
    "active_minutes",
    "counts",
    "report",
    "split_line",
    "split_lines",
    "splitting",
    "transactions",
]
