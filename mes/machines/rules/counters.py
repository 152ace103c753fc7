"""Counters that only grow until they are reset: what was made is the difference of two readings."""

from __future__ import annotations

from datetime import timedelta

from core.choices import Choice
from core.i18n import N_


class CounterName(Choice):
    """What a counter of a machine counts."""

    GOOD = "GOOD", N_("good pieces")
    REJECT = "REJECT", N_("rejected pieces")


class MachineClock(Choice):
    """What a machine's own clock counts the time of, in milliseconds: the absolute times of OPC 40550-1."""

    PRODUCTION = "PRODUCTION", N_("Production")
    WORKING = "WORKING", N_("Working")
    READY = "READY", N_("Ready to run")
    STANDBY = "STANDBY", N_("Standby")
    ERROR = "ERROR", N_("Machine fault")
    ON = "ON", N_("Switched on")
    OFF = "OFF", N_("Off")


CLOCK_OF = {  # by the name of the value, in small letters
    "absoluteproductiontime": MachineClock.PRODUCTION,
    "absoluteworkingtime": MachineClock.WORKING,
    "absolutereadytime": MachineClock.READY,
    "absolutestandbytime": MachineClock.STANDBY,
    "absoluteerrortime": MachineClock.ERROR,
    "absolutemachineontime": MachineClock.ON,
    "absolutemachineofftime": MachineClock.OFF,
}


def counted(before: int, now: int, passed: timedelta) -> int:
    """Return how many milliseconds a clock counted between two readings, through a reset; never more than passed."""
    return min(increment(before, now), passed // timedelta(milliseconds=1))


def increment(before: int | None, now: int) -> int:
    """Return how many came since the reading before; a smaller reading is one after a reset to nought.

    The first reading says nothing of when its pieces were made: it is a beginning and counts none.
    """
    if before is None:
        return 0
    return now - before if now >= before else now
