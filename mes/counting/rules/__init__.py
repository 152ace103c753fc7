"""Rules of counting: states, what counts as right, how a pass is compared with the book, refusals.

Quantities are in what the thing is counted in: sheets and bars by the piece, bands in whole metres, a package as 1.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from core.choices import Choice
from core.errors import Conflict, NotAllowed, RuleViolation
from core.i18n import N_
from erp.materials.rules import Unit

ZERO = Decimal(0)
MEASURED_RATE = Decimal("0.02")  # of a roll or a bucket, which nobody measures to the millimetre
MEASURED_LEAST = Decimal(1)  # it is counted in whole metres or kilograms
TARGET_RATE = Decimal("0.98")  # record accuracy that the programme asks for
IRA_DAYS = 90


class CountState(Choice):
    """How far the count of one place is."""

    PLANNED = "PLANNED", N_("Planned")
    COUNTING = "COUNTING", N_("Being counted")
    RECOUNT = "RECOUNT", N_("To be counted again")
    APPROVAL = "APPROVAL", N_("Waits for approval")
    DONE = "DONE", N_("Closed")
    CANCELLED = "CANCELLED", N_("Cancelled")


OPEN = (CountState.PLANNED, CountState.COUNTING, CountState.RECOUNT, CountState.APPROVAL)


class CountCause(Choice):
    """Why the book was wrong, as the one who approves finds; the stored word of the first is its error class."""

    MISSED_SCAN = "E16", N_("E16 Moved without a scan")
    RECEIPT = "RECEIPT", N_("Wrong since it came in")
    DAMAGE = "DAMAGE", N_("Spoilt or thrown away")
    KEEP = "KEEP", N_("Leave the book as it is")


class CountClosed(Conflict):
    """The count is not in the state that this needs."""

    code = "mes.counting.closed"
    message = N_("%(number)s is: %(state)s. Open it anew and look at what it needs now.")


class SamePerson(NotAllowed):
    """Who counted does not approve."""

    code = "mes.counting.same_person"
    message = N_("%(number)s was counted by you. A second person approves it.")


class ReasonMissing(RuleViolation):
    """Nobody said why."""

    code = "mes.counting.reason_missing"
    message = N_("Write down why, in at least three characters: the count keeps it.")


class MovedMeanwhile(RuleViolation):
    """So much was taken away since that the difference cannot be posted."""

    code = "mes.counting.moved_meanwhile"
    message = N_("%(thing)s at %(place)s was moved since it was counted. Have the place counted again.")


class CountsOpen(RuleViolation):
    """A month cannot be closed while a count of it is not decided."""

    code = "mes.counting.counts_open"
    message = N_(
        "%(month)s cannot be closed: the counts %(numbers)s are not decided. Approve or cancel them."
    )


@dataclass(frozen=True, slots=True, order=True)
class Thing:
    """What is counted: a lot by its quantity, or a package by its being there."""

    kind: str  # "lot" or "package"
    id: int


@dataclass(frozen=True, slots=True)
class Held:
    """What was counted of a thing in one pass, and what the book said of it at that moment."""

    counted_qty: Decimal
    book_qty: Decimal

    @property
    def difference_qty(self) -> Decimal:
        """What there is more than booked; below zero: less."""
        return self.counted_qty - self.book_qty


def tolerance(unit: Unit | None, book_qty: Decimal) -> Decimal:
    """Return how far a count may be off and still be right: nothing for pieces, 2 % and at least 1 else."""
    if unit in (None, Unit.PIECE, Unit.SET):
        return ZERO
    return max(MEASURED_LEAST, book_qty * MEASURED_RATE)


def is_right(held: Held, unit: Unit | None) -> bool:
    """Say whether the book holds for a thing."""
    return abs(held.difference_qty) <= tolerance(unit, held.book_qty)


def compare(
    entered: Mapping[Thing, Held], booked: Mapping[Thing, Decimal], scope: Collection[Thing] | None
) -> dict[Thing, Held]:
    """Return what a finished pass found of everything that it was to count.

    What is booked and was not scanned is not there. `scope` is what a further pass was to count again; what turned
    up beside it counts too. None: everything at the place.
    """
    expected = booked.keys() if scope is None else scope
    absent = {
        thing: Held(ZERO, booked.get(thing, ZERO)) for thing in sorted(expected) if thing not in entered
    }
    return {**entered, **absent}


def next_state(is_all_right: bool, is_confirmed: bool) -> CountState:
    """Return what follows a pass: closed when all is as booked; two equal counts go to approval."""
    if is_all_right:
        return CountState.DONE
    return CountState.APPROVAL if is_confirmed else CountState.RECOUNT


def check_open(number: str, state: CountState, wanted: Collection[CountState]) -> None:
    """Raise CountClosed unless a count is in one of these states."""
    if state not in wanted:
        raise CountClosed(number=number, state=state)


def check_second(number: str, counters: Collection[int], by: int) -> None:
    """Raise SamePerson when who approves has counted."""
    if by in counters:
        raise SamePerson(number=number)


def check_reason(reason: str) -> str:
    """Return a reason, trimmed. Raises ReasonMissing."""
    if len(reason.strip()) < 3:
        raise ReasonMissing
    return reason.strip()


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Inventory record accuracy: at how many of the places counted the book was right."""

    place_count: int
    right_count: int

    @property
    def rate(self) -> Decimal | None:
        """Return the share of places whose book was right, 0.0001 steps; None when none was counted."""
        if not self.place_count:
            return None
        share = Decimal(self.right_count) / self.place_count
        return share.quantize(Decimal("0.0001"), ROUND_HALF_UP)

    @property
    def is_reached(self) -> bool:
        """Say whether the programme's 98 % are reached."""
        return self.rate is not None and self.rate >= TARGET_RATE
