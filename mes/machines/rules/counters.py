"""Counters that only grow until they are reset: what was made is the difference of two readings."""

from __future__ import annotations

from core.choices import Choice
from core.i18n import N_


class CounterName(Choice):
    """What a counter of a machine counts."""

    GOOD = "GOOD", N_("good pieces")
    REJECT = "REJECT", N_("rejected pieces")


def increment(before: int | None, now: int) -> int:
    """Return how many came since the reading before; a smaller reading is one after a reset to nought.

    The first reading says nothing of when its pieces were made: it is a beginning and counts none.
    """
    if before is None:
        return 0
    return now - before if now >= before else now
