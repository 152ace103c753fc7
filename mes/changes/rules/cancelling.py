"""Rules of cancelling: what the clerk asked for, and how far a piece has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.choices import Choice
from core.errors import RuleViolation
from core.i18n import N_
from mes.packing.rules import VOIDABLE as VOIDABLE_BOXES
from mes.packing.rules import PackageState
from mes.splitting.rules import PieceState

WITH_ITS_BOX = (  # where the box says more of a packed piece than the piece itself
    PackageState.IN_STORE,
    PackageState.STAGED,
    PackageState.LOADED,
)


class NothingChosen(RuleViolation):
    """No door set was chosen."""

    code = "mes.changes.nothing_chosen"
    message = N_("Choose the door sets that are to be cancelled.")


class ReasonMissing(RuleViolation):
    """Nobody said why."""

    code = "mes.changes.reason_missing"
    message = N_("Write down why it is cancelled: the order's history keeps it.")


@dataclass(frozen=True, slots=True)
class Cancelling:
    """Which sets of an order are to be cancelled, why, and where the clerk saw each of their pieces."""

    set_ids: tuple[int, ...]
    reason: str
    seen: Mapping[int, PieceState]  # by the piece's id


def check_asked(asked: Cancelling) -> None:
    """Raise NothingChosen, ReasonMissing."""
    if not asked.set_ids:
        raise NothingChosen
    if not asked.reason.strip():
        raise ReasonMissing


def stage(piece: PieceState, box: PackageState | None) -> Choice:
    """Return how far a piece has come: where its box is, once it is packed and the box has moved on."""
    if piece is PieceState.PACKED and box in WITH_ITS_BOX:
        return box
    return piece


def may_be_void(box: PackageState) -> bool:
    """Say whether a package does not stand against cancelling its set."""
    return box is PackageState.VOID or box in VOIDABLE_BOXES
