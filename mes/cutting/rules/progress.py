"""How far the computing of a batch's plans is: one bar over all materials, weighted by the parts to cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from core.jobs.rules import OPEN, JobState

RUNNING_MOST = Fraction(99, 100)  # a plan that is computed but not kept yet
KNOWN_FROM = Fraction(1, 10)  # before so much is done, nobody knows how long the rest takes
KNOWN_AFTER = timedelta(seconds=3)


@dataclass(frozen=True, slots=True)
class PlanWork:
    """One plan on its way: how many parts it has, and how far its job is."""

    part_count: int
    state: JobState
    done: int
    total: int  # 0: not known yet

    @property
    def share(self) -> Fraction:
        """How much of it is done, 0 to 1; what failed or was stopped is done with."""
        if self.state not in OPEN:
            return Fraction(1)
        return min(RUNNING_MOST, Fraction(self.done, self.total)) if self.total else Fraction(0)


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """How far a batch is: parts done of parts in all, and the plans at work, waiting, ended."""

    done: int
    total: int
    running_count: int
    waiting_count: int
    ended_count: int
    left: timedelta | None  # nothing while nobody can know

    @property
    def plan_count(self) -> int:
        """How many plans it is of."""
        return self.running_count + self.waiting_count + self.ended_count

    @property
    def is_open(self) -> bool:
        """Whether any plan is still on its way."""
        return self.ended_count < self.plan_count


def progress(works: Sequence[PlanWork], began_at: datetime | None, at: datetime) -> BatchProgress:
    """Return how far plans are that were asked for together; `began_at` is when the first was taken up.

    The time left is what the rest takes when it goes on as it went: elapsed × (1 - share) / share, in whole
    seconds. It is told from a tenth and three seconds on.
    """
    total = sum(one.part_count for one in works)
    exact = sum((one.part_count * one.share for one in works), Fraction(0))
    share = exact / total if total else Fraction(1)
    states = [one.state for one in works]
    running, waiting = states.count(JobState.RUNNING), states.count(JobState.QUEUED)
    left = None
    if began_at is not None and KNOWN_FROM <= share < 1 and at - began_at >= KNOWN_AFTER:
        elapsed = Fraction((at - began_at) // timedelta(milliseconds=1), 1000)
        left = timedelta(seconds=-(-elapsed * (1 - share) // share))
    return BatchProgress(int(exact), total, running, waiting, len(works) - running - waiting, left)
