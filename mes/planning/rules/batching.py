"""Which door sets are cut together: colour lots, their key, and the batches that are proposed of them.

A colour lot is all door sets of one colour in one order. It is never split: one home gets its surface out of one
batch of board or film. The key of a lot is its main material, its finish and its colour; lots of one key that are
due within a week of each other make a proposal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from core.choices import Choice
from core.errors import Conflict, RuleViolation
from core.i18n import N_, Named
from erp.catalogue.rules.document import Finish

SETS_MOST = 60  # of a proposal: what a small maker presses and cuts in a day; a larger lot stays whole
DUE_SPAN = timedelta(days=7)
URGENT_WITHIN = timedelta(days=7)  # due so soon: nobody has to say that it is urgent
URGENT_SHARE_MOST = Decimal("0.10")  # when more is urgent, nothing is
PERCENT = Decimal("0.01")


class Lane(Choice):
    """How a proposal stands in the queue."""

    URGENT = "URGENT", N_("Urgent")
    NORMAL = "NORMAL", N_("Normal")


class ColourSplit(Conflict):
    """A colour of an order that is not taken as a whole."""

    code = "mes.planning.colour_split"
    message = N_(
        "%(number)s has %(there)s sets in %(colour)s, and %(chosen)s were chosen. "
        "One colour of an order is made in one batch. Look at the list again and take it as a whole."
    )


class RushReasonMissing(RuleViolation):
    """Nobody said why an order is urgent."""

    code = "mes.planning.rush_reason_missing"
    message = N_("Write down why %(number)s is urgent: whoever has to wait for it can read it.")


@dataclass(frozen=True, slots=True)
class BatchKey:
    """What is made together: main material (its code and name), finish, colour (its code and name).

    A lot without sheets has no material; an order may name no colour.
    """

    material: str
    material_name: Named
    finish: Finish | None
    colour: str
    colour_name: Named

    @property
    def sorted_by(self) -> tuple[str, str, str]:
        """How keys stand in a list."""
        return self.material, self.finish.value if self.finish else "", self.colour


@dataclass(frozen=True, slots=True)
class ColourLot:
    """All sets of one colour of one order that wait for a batch."""

    order_id: int
    number: str
    dealer: Named
    customer: str
    key: BatchKey
    due_on: date | None
    set_count: int
    piece_count: int
    rush: str | None = None  # why somebody wants it before the others

    def lane(self, today: date) -> Lane:
        """Return where it queues: urgent when somebody said so, or when it is due within a week."""
        is_soon = self.due_on is not None and self.due_on - today <= URGENT_WITHIN
        return Lane.URGENT if self.rush is not None or is_soon else Lane.NORMAL


@dataclass(frozen=True, slots=True)
class Chosen:
    """One colour lot as somebody saw and chose it."""

    order_id: int
    colour: str
    set_count: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """Colour lots of one key that could be one batch, the first due first."""

    lane: Lane
    key: BatchKey
    lots: tuple[ColourLot, ...]

    @property
    def due_on(self) -> date | None:
        """When the first of them is due."""
        return self.lots[0].due_on

    @property
    def set_count(self) -> int:
        """How many door sets it is."""
        return sum(lot.set_count for lot in self.lots)

    @property
    def order_count(self) -> int:
        """How many orders it is of."""
        return len({lot.order_id for lot in self.lots})


def main_material(areas: Iterable[tuple[str, Decimal]]) -> str:
    """Return the material of which a lot needs the largest area; of equals the first by code; "" of nothing."""
    return min(areas, key=lambda one: (-one[1], one[0]), default=("", Decimal(0)))[0]


def propose(lots: Iterable[ColourLot], today: date, most: int = SETS_MOST) -> list[Proposal]:
    """Return the batches that could be made of waiting lots: the urgent ones first, then as they are due.

    Lots of one key and lane are taken as they are due, those without a day last, until `most` sets or a week's span
    are reached. A lot is never divided; one that is larger than `most` is a proposal of its own.
    """
    grouped: dict[tuple[Lane, BatchKey], list[ColourLot]] = {}
    for lot in sorted(lots, key=_by_due):
        grouped.setdefault((lot.lane(today), lot.key), []).append(lot)
    found = [
        Proposal(lane, key, part) for (lane, key), rows in grouped.items() for part in _parted(rows, most)
    ]
    return sorted(found, key=by_urgency)


def _by_due(lot: ColourLot) -> tuple[bool, date, str]:
    return lot.due_on is None, lot.due_on or date.max, lot.number


def _parted(lots: Sequence[ColourLot], most: int) -> list[tuple[ColourLot, ...]]:
    parts: list[list[ColourLot]] = []
    for lot in lots:
        if parts and _goes_with(parts[-1], lot, most):
            parts[-1].append(lot)
        else:
            parts.append([lot])
    return [tuple(part) for part in parts]


def _goes_with(part: Sequence[ColourLot], lot: ColourLot, most: int) -> bool:
    if sum(one.set_count for one in part) + lot.set_count > most:
        return False
    first = part[0].due_on
    if first is None or lot.due_on is None:
        return first == lot.due_on
    return lot.due_on - first <= DUE_SPAN


def by_urgency(one: Proposal) -> tuple[bool, bool, date, tuple[str, str, str]]:
    """Order proposals: urgent ones first, then as they are due, then by key."""
    return one.lane is not Lane.URGENT, one.due_on is None, one.due_on or date.max, one.key.sorted_by


def urgent_share(proposals: Iterable[Proposal]) -> Decimal:
    """Return which share of the waiting sets is urgent, 0 to 1, to two places; 0 when nothing waits."""
    counts = dict.fromkeys(Lane, 0)
    for one in proposals:
        counts[one.lane] += one.set_count
    total = sum(counts.values())
    if not total:
        return Decimal(0)
    return (Decimal(counts[Lane.URGENT]) / total).quantize(PERCENT, ROUND_HALF_UP)


def check_whole(number: str, colour: Named, there: int, chosen: int) -> None:
    """Raise ColourSplit unless a colour of an order is taken as a whole."""
    if there != chosen:
        raise ColourSplit(number=number, colour=colour, there=there, chosen=chosen)
