"""Reads of changes: sets that may be cancelled, what a change would do, and what changes did."""

from mes.changes.queries.cancelling import ChangePage, PieceShown, SetShown, cancellable, page

__all__ = ["ChangePage", "PieceShown", "SetShown", "cancellable", "page"]
