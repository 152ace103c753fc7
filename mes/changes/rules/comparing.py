"""What becomes of every piece, set and package when a released line is changed. Lengths are mm.

A piece stays when nothing of it differs that is cut, worked or laid into it. What is built into a piece that has
been begun goes with it, and the other way round: nobody takes a pressed leaf apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal

from core.choices import Choice
from core.i18n import N_
from mes.packing.rules import FINISHED, PackageState


class Fate(Choice):
    """What becomes of a piece."""

    KEPT = "kept", N_("Unchanged")
    MOVED = "moved", N_("Into another package")
    RECUT = "recut", N_("Made anew")
    CANCELLED = "cancelled", N_("Cancelled")
    NEW = "new", N_("New")


class BoxFate(Choice):
    """What becomes of a package."""

    KEPT = "kept", N_("Unchanged")
    WAITS = "waits", N_("Waits for other pieces")  # planned or being packed
    OPENED = "opened", N_("Must be opened")
    VOID = "void", N_("Void")
    NEW = "new", N_("New")


class SetFate(Choice):
    """What becomes of a door set."""

    KEPT = "kept", N_("Unchanged")
    CHANGED = "changed", N_("Changed")
    CANCELLED = "cancelled", N_("Cancelled")
    NEW = "new", N_("New")


@dataclass(frozen=True, slots=True)
class Make:
    """Everything of a piece that a saw, a machine, a packer or a kit needs to know."""

    material_id: int | None
    thickness_mm: Decimal | None
    length_mm: Decimal | None
    width_mm: Decimal | None
    cut_length_mm: Decimal | None
    cut_width_mm: Decimal | None
    cut_method: str
    grain: str
    part_count: int
    is_tracked: bool
    edges: str
    mitre: str
    machining: str
    joins: str  # code of the piece that it is built into
    route: tuple[str, ...]
    inside: frozenset[tuple[int, Decimal]] = frozenset()  # of a kit: what lies in it, (material, quantity)
    box: tuple[str, int] | None = None  # kind and index of its package

    @property
    def bare(self) -> Make:
        """The piece wherever it is packed."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return Make(**values | {"box": None})


@dataclass(frozen=True, slots=True)
class Old:
    """A live piece of a released set."""

    piece_id: int
    code: str  # unique in its set
    make: Make
    is_begun: bool  # cut, or further


@dataclass(frozen=True, slots=True)
class Decided:
    """What becomes of one piece of a set; `because` is the code of the piece that it shares its fate with."""

    code: str
    fate: Fate
    old: Old | None
    make: Make | None
    because: str = ""


def decide(old: Iterable[Old], new: Mapping[str, Make]) -> tuple[Decided, ...]:
    """Return what becomes of every piece of a set: those that it has, then those that come."""
    had = {one.code: one for one in old}
    fates = {code: _fate(had.get(code), new.get(code)) for code in dict.fromkeys((*had, *new))}
    because = _spread(had, new, fates)
    return tuple(
        Decided(code, fate, had.get(code), new.get(code), because.get(code, ""))
        for code, fate in fates.items()
    )


def _fate(old: Old | None, new: Make | None) -> Fate:
    if old is None:
        return Fate.NEW
    if new is None:
        return Fate.CANCELLED
    if old.make == new:
        return Fate.KEPT
    return Fate.MOVED if old.make.bare == new.bare else Fate.RECUT


def _spread(had: Mapping[str, Old], new: Mapping[str, Make], fates: dict[str, Fate]) -> dict[str, str]:
    """Have built-in parts share the fate of what they are built into; return who shares whose."""
    because: dict[str, str] = {}
    stays = (Fate.KEPT, Fate.MOVED)
    is_spreading = True
    while is_spreading:
        is_spreading = False
        for part, host in _joints(had, new):
            if host not in had or not had[host].is_begun:
                continue
            is_glued = (
                had[host].make.length_mm is not None
            )  # a bundle and a kit have no size: parts lie loose
            if is_glued and fates[part] in stays and had[part].is_begun and fates[host] not in stays:
                fates[part], because[part], is_spreading = Fate.RECUT, host, True
            elif fates[part] not in stays and fates[host] in stays:
                fates[host], because[host], is_spreading = Fate.RECUT, part, True
    return because


def _joints(had: Mapping[str, Old], new: Mapping[str, Make]) -> list[tuple[str, str]]:
    """Return which piece is built into which, before or after."""
    joints = [(code, one.make.joins) for code, one in had.items() if one.make.joins]
    return list(dict.fromkeys([*joints, *((code, one.joins) for code, one in new.items() if one.joins)]))


def differing(old: Make, new: Make) -> tuple[str, ...]:
    """Return the names of what differs between two makes."""
    return tuple(one.name for one in fields(Make) if getattr(old, one.name) != getattr(new, one.name))


@dataclass(frozen=True, slots=True)
class OldBox:
    """A package of a released set, and whether it stays as it is for all that happens to its pieces."""

    package_id: int
    place: tuple[str, int]  # kind and index
    state: PackageState


def box_fates(
    old: Sequence[OldBox], wanted: Iterable[tuple[str, int]], pieces: Iterable[Decided]
) -> dict[tuple[str, int], BoxFate]:
    """Return what becomes of every package of a set, by kind and index: those that it has, then those that come."""
    touched = _touched(pieces)
    keys = set(wanted)
    fates = {}
    for one in old:
        if one.place not in keys:
            fates[one.place] = BoxFate.VOID
        elif one.place not in touched:
            fates[one.place] = BoxFate.KEPT
        else:
            fates[one.place] = BoxFate.OPENED if one.state in FINISHED else BoxFate.WAITS
    return fates | dict.fromkeys(sorted(keys - set(fates)), BoxFate.NEW)


def _touched(pieces: Iterable[Decided]) -> set[tuple[str, int]]:
    """Return the packages that a piece leaves or comes into."""
    found = set()
    for one in pieces:
        makes = [one.old.make] if one.old else []
        makes += [one.make] if one.make else []
        if one.fate is not Fate.KEPT:
            found |= {make.box for make in makes if make.box is not None}
    return found


@dataclass(frozen=True, slots=True)
class Candidate:
    """A set that may be the one that goes when a line gets fewer."""

    set_id: int
    position: int
    begun_count: int  # pieces of it that are cut, or further
    is_fixed: bool  # on a vehicle, or gone


def to_drop(sets: Sequence[Candidate], count: int) -> list[int]:
    """Return the sets that go when `count` fewer are wanted: what is least begun, of equal ones the last.

    Fewer than `count` when the others have left.
    """
    free = sorted((one for one in sets if not one.is_fixed), key=lambda one: (one.begun_count, -one.position))
    return [one.set_id for one in free[:count]]
