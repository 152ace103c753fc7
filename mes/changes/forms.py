"""What the pages of changes send."""

from __future__ import annotations

from werkzeug.datastructures import MultiDict

from mes.changes.rules import Cancelling
from mes.splitting.rules import PieceState

LONGEST_REASON = 500


def cancelling(typed: MultiDict[str, str]) -> Cancelling:
    """Return what is to be cancelled: the ticked sets, or `every` one when the button for `all` was pressed.

    An id or a state that cannot be read is left out, and then counts as not seen.
    """
    seen: dict[int, PieceState] = {}
    for one in " ".join(typed.getlist("seen")).split():
        piece_id, _, state = one.partition(":")
        if piece_id.isdecimal() and state in PieceState.__members__:
            seen[int(piece_id)] = PieceState(state)
    ids = (int(one) for one in typed.getlist("every" if "all" in typed else "set") if one.isdecimal())
    reason = typed.get("reason", "").strip()[:LONGEST_REASON]
    return Cancelling(tuple(dict.fromkeys(ids)), reason, seen)
