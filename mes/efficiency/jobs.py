"""Keeping the sums of each day up: a companion of the first worker."""

from __future__ import annotations

import time
from collections.abc import Callable
from zoneinfo import ZoneInfo

from flask import Flask

from core.clock import now
from core.work import close_session, read, run
from mes.efficiency import service
from mes.efficiency.queries.rollups import days_to_keep, due_days

EVERY_S = 60.0
ASK_S = 0.5  # how soon it hears that it is to stop


def keep_days(app: Flask, until: Callable[[], bool]) -> None:
    """Fold the days that are due, every minute, until `until()` is true."""
    while not until():
        fold_due(app, until)
        waited = 0.0
        while waited < EVERY_S and not until():
            time.sleep(ASK_S)
            waited += ASK_S


def fold_due(app: Flask, until: Callable[[], bool]) -> int:
    """Fold the days that are due, each in a transaction of its own; return how many."""
    folded = 0
    with app.app_context():
        zone = ZoneInfo(app.config["TIMEZONE"])
        kept = days_to_keep(read(), zone, at=now())
        due = [] if kept is None else due_days(read(), kept, at=now())
        close_session()
        for day, _ in due:
            if until():
                break
            folded += run(service.fold_day, day, zone, at=now())
    return folded
