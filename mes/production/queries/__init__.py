"""Reads of production: a piece at a station, what waits where, which orders will be late."""

from mes.production.queries.labels import PieceLabel, piece_label, uncut_labels
from mes.production.queries.lead import (
    WAITING_SORTS,
    ahead,
    order_progress,
    recent_scraps,
    waiting,
    waiting_pieces,
)
from mes.production.queries.station import (
    GONE,
    PieceAtStation,
    all_operation_names,
    done_count,
    offcut_at_saw,
    open_inside,
    operation_names,
    picture,
    piece_at,
    pieces_on,
    set_progress,
    sheet_by_code,
    stations_of,
)

__all__ = [
    "GONE",
    "WAITING_SORTS",
    "PieceAtStation",
    "PieceLabel",
    "ahead",
    "all_operation_names",
    "done_count",
    "offcut_at_saw",
    "open_inside",
    "operation_names",
    "order_progress",
    "picture",
    "piece_at",
    "piece_label",
    "pieces_on",
    "recent_scraps",
    "set_progress",
    "sheet_by_code",
    "stations_of",
    "uncut_labels",
    "waiting",
    "waiting_pieces",
]
