"""Commands of splitting: each changes one thing and never commits."""

from mes.splitting.service.changing import (
    add_sets,
    moved,
    name_room,
    put_need,
    refreeze,
    take_out,
    unpack,
    void,
)
from mes.splitting.service.pieces import (
    advance,
    make_again,
    mark_cut,
    mark_packed,
    mark_returned,
    mark_shipped,
    mark_unpacked,
    replace,
)
from mes.splitting.service.releasing import SLICE, drop_unreleased, record_release, release, release_in_slices

__all__ = [
    "SLICE",
    "add_sets",
    "advance",
    "drop_unreleased",
    "make_again",
    "mark_cut",
    "mark_packed",
    "mark_returned",
    "mark_shipped",
    "mark_unpacked",
    "moved",
    "name_room",
    "put_need",
    "record_release",
    "refreeze",
    "release",
    "release_in_slices",
    "replace",
    "take_out",
    "unpack",
    "void",
]
