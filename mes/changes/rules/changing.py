"""Rules of putting a change in force: what the clerk sends, and why it is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from core.errors import RuleViolation
from core.i18n import N_
from mes.splitting.rules import PieceState, ReleaseReason

REASONS = (ReleaseReason.DEALER_CHANGE, ReleaseReason.SPLIT_ERROR, ReleaseReason.OTHER)


class WhyMissing(RuleViolation):
    """A change without its reason."""

    code = "mes.changes.why_missing"
    message = N_("Choose why the order is changed; for another reason write it down as well.")


class LinesUnmakeable(RuleViolation):
    """Lines of a change that cannot be made as they are typed."""

    code = "mes.changes.lines_unmakeable"
    message = N_(
        "Lines %(lines)s cannot be made as they are typed. The reason stands at each; correct it first."
    )


class LinesWithoutPrice(RuleViolation):
    """Lines of a change for which the book has no price."""

    code = "mes.changes.lines_without_price"
    message = N_(
        "Lines %(lines)s have no price. The reason stands at each; correct it, or agree a price by hand."
    )


class HasLeft(RuleViolation):
    """Something of a changed or dropped line is on a vehicle, or was shipped."""

    code = "mes.changes.has_left"
    message = N_(
        "%(thing)s of %(set)s is “%(state)s”: it cannot be changed any more. "
        "Leave its line as it is, and put what is wanted instead on a line of its own."
    )


@dataclass(frozen=True, slots=True)
class Changing:
    """What the clerk sends to put his change in force."""

    order_version: int  # of the order as the page showed it
    reason: ReleaseReason | None
    note: str
    due_on: date | None
    seen: Mapping[int, PieceState]  # where the page showed each piece that does not stay


def check_why(asked: Changing) -> ReleaseReason:
    """Return the reason. Raises WhyMissing."""
    if asked.reason not in REASONS or (asked.reason is ReleaseReason.OTHER and not asked.note.strip()):
        raise WhyMissing
    return asked.reason
