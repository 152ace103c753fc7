"""Reads of counting: what the book says of a place, what was counted, what waits, how right the book is."""

from mes.counting.queries.booked import booked, facts_of, names, places_of_lot, unit_of
from mes.counting.queries.counts import (
    CountRow,
    LineRow,
    accuracy,
    by_number,
    counters,
    entered,
    faults,
    lines,
    listed,
    lots_at,
    open_count,
    row,
    thing_of,
    to_do,
)
from mes.counting.queries.jobs import CountedPlace, jobs
from mes.counting.queries.proposals import Proposed, proposed

__all__ = [
    "CountRow",
    "CountedPlace",
    "LineRow",
    "Proposed",
    "accuracy",
    "booked",
    "by_number",
    "counters",
    "entered",
    "facts_of",
    "faults",
    "jobs",
    "lines",
    "listed",
    "lots_at",
    "names",
    "open_count",
    "places_of_lot",
    "proposed",
    "row",
    "thing_of",
    "to_do",
    "unit_of",
]
