"""The blueprint of efficiency, its permissions, and the days that an address asks for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint, request

from core.errors import InvalidInput
from core.web.forms import parse
from core.web.templating import today, zone
from mes.efficiency.forms import DaysForm
from mes.efficiency.queries import Window
from mes.efficiency.queries.window import Calendar, calendar_of

bp = Blueprint("mes_efficiency", __name__)
READ, RECORD, APPROVE = "mes.efficiency.read", "mes.efficiency.record", "mes.efficiency.approve"
BASELINES, TIME, PAY = "mes.efficiency.baselines", "mes.efficiency.time", "mes.efficiency.pay"
USUAL_DAYS = 28  # four weeks: the shortest window that a baseline may be compared with


@dataclass(frozen=True, slots=True)
class Asked:
    """The days that the address asks for."""

    since: date
    until: date
    errors: dict[str, str]

    @property
    def window(self) -> Window:
        """The same in moments of the factory's time."""
        return self.calendar.window

    @property
    def calendar(self) -> Calendar:
        """The same day by day."""
        return calendar_of(self.since, self.until, zone())

    @property
    def arguments(self) -> dict[str, str]:
        """The same as an address carries it."""
        return {"from": self.since.isoformat(), "to": self.until.isoformat()}


def asked_days() -> Asked:
    """Return the days that the address asks for; the last four weeks where it asks for none."""
    last, errors = today(), {}
    first = last - timedelta(days=USUAL_DAYS - 1)
    try:
        form = parse(DaysForm, request.args.to_dict())
        first, last = sorted((form.since or first, form.until or last))
    except InvalidInput as wrong:
        errors = wrong.fields
    return Asked(first, last, errors)
