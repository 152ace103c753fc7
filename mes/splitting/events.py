"""What splitting tells upward."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SetsWritten:
    """Some sets of an order that is being released are written; they count once SetsFrozen is told."""

    order_id: int
    set_ids: tuple[int, ...]
    packages_before: int  # how many packages the sets before them have for themselves
    package_count: int  # of the whole order


@dataclass(frozen=True, slots=True)
class SetsDropped:
    """Sets that a release had written before it broke off are about to be removed."""

    set_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SetsFrozen:
    """An order was released: all its sets and pieces are written, and count from now on."""

    order_id: int
    shared_count: int  # packages that its sets share; they come after those of the sets
    package_count: int  # all of them


@dataclass(frozen=True, slots=True)
class PieceReplaced:
    """A piece was scrapped, and another is to be made in its place."""

    piece_id: int
    new_piece_id: int
