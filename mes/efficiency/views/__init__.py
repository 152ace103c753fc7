"""Pages of efficiency: the owner's five figures, the week, baselines, work timed the old way, paid minutes."""

from mes.efficiency.views import baselines, report, timed, week
from mes.efficiency.views.blueprint import APPROVE, BASELINES, PAY, READ, RECORD, TIME, bp

__all__ = [
    "APPROVE",
    "BASELINES",
    "PAY",
    "READ",
    "RECORD",
    "TIME",
    "baselines",
    "bp",
    "report",
    "timed",
    "week",
]
