"""The figures of a stretch of time, as pages and files read them."""

from mes.efficiency import queries
from mes.efficiency.queries.days import days as days_of
from mes.efficiency.rules.sums import Name, minutes_of, total


def report(session, window, *, at):
    """Return the five figures of a window."""
    return queries.report(session, queries.daily(session, queries.calendar_within(window), at=at))


def days(session, metric, calendar, *, at):
    """Return the days behind one figure."""
    return days_of(queries.daily(session, calendar, at=at), metric)


def work_minutes(session, window, *, at):
    """Return the exact minutes of work on orders."""
    found = queries.daily(session, queries.calendar_within(window), at=at)
    return minutes_of(total(found.total(), Name.WORK)[1])
