"""Rules of changes: cancelling sets, comparing pieces, and putting a change in force."""

from mes.changes.rules.cancelling import (
    Cancelling,
    NothingChosen,
    ReasonMissing,
    check_asked,
    may_be_void,
    stage,
)

__all__ = ["Cancelling", "NothingChosen", "ReasonMissing", "check_asked", "may_be_void", "stage"]
