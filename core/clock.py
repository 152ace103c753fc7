"""The only place that reads the clock."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def now() -> datetime:
    """Return the current moment, aware, in UTC."""
    return datetime.now(UTC)


def day_of(moment: datetime, zone: str) -> date:
    """Return the factory's calendar day of a moment; `zone` is the factory's time zone."""
    return moment.astimezone(ZoneInfo(zone)).date()
