"""What the pages of changes send."""

from __future__ import annotations

from datetime import date

from werkzeug.datastructures import MultiDict

from mes.changes.rules import Cancelling
from mes.changes.rules.changing import Changing
from mes.splitting.rules import PieceState, ReleaseReason

LONGEST_REASON = 500


def cancelling(typed: MultiDict[str, str]) -> Cancelling:
    """Return what is to be cancelled: the ticked sets, or `every` one when the button for `all` was pressed.

    An id or a state that cannot be read is left out, and then counts as not seen.
    """
    ids = (int(one) for one in typed.getlist("every" if "all" in typed else "set") if one.isdecimal())
    reason = typed.get("reason", "").strip()[:LONGEST_REASON]
    return Cancelling(tuple(dict.fromkeys(ids)), reason, _seen(typed))


def changing(typed: MultiDict[str, str]) -> Changing:
    """Return what the clerk sends to put a change in force.

    What cannot be read counts as not seen, not chosen, or no day.
    """
    version = typed.get("order_version", "")
    reason = next((one for one in ReleaseReason if one.value == typed.get("reason")), None)
    return Changing(
        order_version=int(version) if version.isdecimal() and len(version) < 10 else 0,
        reason=reason,
        note=typed.get("note", "").strip()[:LONGEST_REASON],
        due_on=_day(typed.get("due_on", "")),
        seen=_seen(typed),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _seen(typed: MultiDict[str, str]) -> dict[int, PieceState]:
    """Return where the page showed each piece; what cannot be read was not seen."""
    seen: dict[int, PieceState] = {}
    for one in " ".join(typed.getlist("seen")).split():
        piece_id, _, state = one.partition(":")
        if piece_id.isdecimal() and state in PieceState.__members__:
            seen[int(piece_id)] = PieceState(state)
    return seen
