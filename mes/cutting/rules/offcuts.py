"""Rules of offcuts: rests of a sheet or bar that are worth keeping, with a label, a place and a size of their own."""

from __future__ import annotations

from datetime import datetime, timedelta

from core.choices import Choice
from core.errors import Conflict, RuleViolation
from core.i18n import N_

DEAD_DAYS = 60  # so long without a plan that wanted it: somebody is asked


class OffcutState(Choice):
    """What has become of an offcut."""

    PLANNED = "PLANNED", N_("Not cut yet")
    FREE = "FREE", N_("In stock")
    HELD = "HELD", N_("Taken by a plan")
    USED = "USED", N_("Cut up")
    GONE = "GONE", N_("Taken out")
    VOID = "VOID", N_("Never came")


class OffcutEnd(Choice):
    """What is done about an offcut that nothing wants."""

    FIRST = "FIRST", N_("Use it in the next plan")
    TAKEN = "TAKEN", N_("Used for something else")
    SCRAPPED = "SCRAPPED", N_("Scrapped")


class OffcutBusy(Conflict):
    """An offcut that is not free."""

    code = "mes.cutting.offcut_busy"
    message = N_("%(code)s is: %(state)s. Only an offcut in stock that no plan holds can be taken out.")


class OffcutReasonMissing(RuleViolation):
    """Nobody said why."""

    code = "mes.cutting.offcut_reason_missing"
    message = N_("Write down why: the offcut's history keeps it.")


def check_end(code: str, state: OffcutState, end: OffcutEnd, reason: str) -> None:
    """Raise OffcutBusy, or OffcutReasonMissing when it leaves the stock without a reason."""
    if state is not OffcutState.FREE:
        raise OffcutBusy(code=code, state=state)
    if end is not OffcutEnd.FIRST and not reason.strip():
        raise OffcutReasonMissing


def age_days(since: datetime, at: datetime) -> int:
    """Return how many whole days ago something came."""
    return max(0, (at - since) // timedelta(days=1))


def is_dead(since: datetime, at: datetime) -> bool:
    """Say whether an offcut has lain so long that somebody should decide."""
    return age_days(since, at) >= DEAD_DAYS
