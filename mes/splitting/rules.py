"""Rules of splitting: what becomes of a piece, and what a release freezes. Lengths are mm, Decimal."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from core.choices import Choice
from core.errors import AppError, RuleViolation
from core.i18n import N_
from erp.catalogue.rules.by_hand import Edit, edits_sha256
from erp.catalogue.rules.document import DoorKind
from erp.catalogue.rules.explode import EVALUATOR_VERSION
from erp.catalogue.rules.explosion import Explosion
from erp.catalogue.rules.line import LineSpec
from erp.catalogue.rules.need import need_of_set
from erp.catalogue.rules.sharing import Sharing


class PieceState(Choice):
    """How far a piece has come (contracts: states). REMAKE was scrapped; another piece replaces it."""

    PLANNED = "PLANNED", N_("Planned")
    CUT = "CUT", N_("Cut")
    MADE = "MADE", N_("Made")
    PACKED = "PACKED", N_("Packed")
    SHIPPED = "SHIPPED", N_("Shipped")
    VOID = "VOID", N_("Void")
    REMAKE = "REMAKE", N_("Being remade")


class CutMethod(Choice):
    """Out of what a piece is cut."""

    SHEET = "sheet", N_("From a sheet")
    BAR = "bar", N_("From a bar")
    NONE = "none", N_("Not cut")


class ReleaseReason(Choice):
    """Why an order was released: the first time, or again after a change, and whose error that was."""

    FIRST = "first", N_("First release")
    SPLIT_ERROR = "split_error", N_("Split error")
    DEALER_CHANGE = "dealer_change", N_("Changed by the dealer")
    OTHER = "other", N_("Other reason")


ORDER_WORK = ("splitting", "order_entry")  # kinds of activity that are work on an order before its release
EVALUATOR = str(EVALUATOR_VERSION)  # raised when the same document would explode differently
LIVE = (PieceState.PLANNED, PieceState.CUT, PieceState.MADE, PieceState.PACKED, PieceState.SHIPPED)
VOIDABLE = (PieceState.PLANNED, PieceState.CUT, PieceState.MADE, PieceState.PACKED)
ON_FLOOR = (PieceState.PLANNED, PieceState.CUT, PieceState.MADE)


class ReasonMissing(RuleViolation):
    """A further release that does not say why, or a first one that claims to be a further one."""

    code = "mes.splitting.reason_missing"
    message = N_(
        "Release %(version)s of this order cannot have the reason “%(reason)s”. "
        "The first release has none; each further one says whose error or wish it was."
    )


class NothingToRelease(RuleViolation):
    """An order without lines."""

    code = "mes.splitting.nothing_to_release"
    message = N_("%(number)s has no lines. Add what was ordered, then release it.")


class LinesRefused(RuleViolation):
    """Some lines cannot be made as they stand; the order's page shows each under its line."""

    code = "mes.splitting.lines_refused"
    message = N_("%(number)s cannot be released: line %(lines)s. Correct what stands under these lines.")


class ChangedMeanwhile(RuleViolation):
    """The order was changed after it was checked."""

    code = "mes.splitting.changed_meanwhile"
    message = N_("%(number)s was changed while it was being split. Look at it and release it again.")


class PieceMoved(RuleViolation):
    """A piece that is to be cancelled or made anew is not where the clerk saw it."""

    code = "mes.splitting.piece_moved"
    message = N_(
        "%(set)s · %(piece)s %(label)s was “%(seen)s” when you looked and is “%(state)s” now. "
        "Nothing was changed. Look at the page again."
    )


class SetGone(RuleViolation):
    """A set that is to be cancelled was cancelled before."""

    code = "mes.splitting.set_gone"
    message = N_("%(set)s was cancelled already. Look at the page again.")


@dataclass(frozen=True, slots=True)
class Voided:
    """What became void with some door sets: pieces with a label, and how many of them were made and packed."""

    pieces: int
    made: int
    packed: int


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that stands against making one line."""

    line_id: int
    position: int
    refusal: AppError


@dataclass(frozen=True, slots=True)
class FrozenSet:
    """What one set of a line is made of; equal sets of a line are one object."""

    explosion: Explosion
    parameters_sha256: str
    edits: tuple[Edit, ...] = ()  # the changes by hand that are in it


@dataclass(frozen=True, slots=True)
class FrozenLine:
    """One line, split: what each of its sets is made of, in their order."""

    line_id: int
    position: int
    room: str
    door_version_id: int
    spec: LineSpec
    sets: tuple[FrozenSet, ...]
    kind: DoorKind
    touch_count: int  # how often a hand was laid on the line
    first_position: int = 1  # of its sets; sets that come later go on counting

    @property
    def set_count(self) -> int:
        """How many sets it is."""
        return len(self.sets)

    @property
    def hand_edit_count(self) -> int:
        """How many changes by hand are in its sets; one of all its sets counts once."""
        return len({edit.id for one in self.sets for edit in one.edits})

    @property
    def has_glass(self) -> bool:
        """Whether glass is let into one of its leaves."""
        return any(leaf.glass is not None for leaf in self.sets[0].explosion.drawing.leaves)

    @property
    def has_transom(self) -> bool:
        """Whether there is a light above the door."""
        return self.sets[0].explosion.drawing.measures.get("light", 0) > 0


@dataclass(frozen=True, slots=True)
class SetChange:
    """One door set that is frozen anew after its release: as what, and what becomes of the pieces it has."""

    set_id: int
    line: FrozenLine
    made: FrozenSet
    kept: Mapping[str, int]  # ids of the pieces that stay, by their code in the set
    labels: Mapping[str, str | None]  # labels of the pieces that are made anew, by their code in the set
    urgent: frozenset[str]  # codes of the pieces that others wait for


@dataclass(frozen=True, slots=True)
class FrozenOrder:
    """One order, split in memory: what a release will write, and the state it was split from."""

    order_id: int
    number: str
    version: int
    lines: tuple[FrozenLine, ...]

    def sets(self) -> Iterator[tuple[FrozenLine, int, FrozenSet]]:
        """Return every physical set: its line, which of the line's sets it is, and what it is made of."""
        for line in self.lines:
            for position, one in enumerate(line.sets, start=line.first_position):
                yield line, position, one

    @property
    def shared_count(self) -> int:
        """How many packages its sets share."""
        return len(
            {
                (package.kind, package.index)
                for one, _count in self.explosions()
                for package in one.explosion.packages
                if package.shared is not None
            }
        )

    def explosions(self) -> list[tuple[FrozenSet, int]]:
        """Return each different explosion, with one of the sets made of it and how many there are."""
        counts = Counter(id(one.explosion) for _, _, one in self.sets())
        first = {id(one.explosion): one for _, _, one in self.sets()}
        return [(one, counts[key]) for key, one in first.items()]

    @property
    def set_count(self) -> int:
        """How many door sets it is."""
        return sum(line.set_count for line in self.lines)

    @property
    def tracked_count(self) -> int:
        """How many pieces get a label."""
        return sum(
            count * sum(piece.is_tracked for piece in one.explosion.pieces)
            for one, count in self.explosions()
        )

    @property
    def package_count(self) -> int:
        """How many packages it goes into."""
        own = sum(count * own_package_count(one) for one, count in self.explosions())
        return own + self.shared_count


def own_package_count(one: FrozenSet) -> int:
    """Return how many packages a set has for itself."""
    return sum(package.shared is None for package in one.explosion.packages)


def share(lines: Sequence[FrozenLine]) -> tuple[FrozenLine, ...]:
    """Return the lines of an order with the packages numbered that their sets share, filled in their order."""
    sharing = Sharing()
    known: dict[tuple[int, int], FrozenSet] = {}
    return tuple(
        replace(line, sets=tuple(_shared(sharing, line.spec.colour or "", one, known) for one in line.sets))
        for line in lines
    )


def _shared(
    sharing: Sharing, colour: str, one: FrozenSet, known: dict[tuple[int, int], FrozenSet]
) -> FrozenSet:
    """Return a set with its shared packages numbered; equal sets stay one object, which `known` holds."""
    made = sharing.place(one.explosion, colour)
    if made is one.explosion:
        return one
    return known.setdefault((id(one), id(made)), replace(one, explosion=made))


def parameters_sha256(document_sha256: str, spec: LineSpec, edits: Sequence[Edit] = ()) -> str:
    """Return the fingerprint of everything that a split result depends on, but the evaluator."""
    by_hand = f" {edits_sha256(edits)}" if edits else ""
    return hashlib.sha256(f"{document_sha256} {spec.sha256}{by_hand}".encode()).hexdigest()


def net_need(order: FrozenOrder) -> dict[str, Decimal]:
    """Return what an order needs of each material, net, by material code.

    Sheets in m2 and bars in m of the sizes as cut; the rest as the model's requirements count it.
    """
    need: defaultdict[str, Decimal] = defaultdict(Decimal)
    for one, count in order.explosions():
        for code, quantity in need_of_set(one.explosion).items():
            need[code] += quantity * count
    return dict(need)


def check_reason(version: int, reason: ReleaseReason) -> None:
    """Raise ReasonMissing unless exactly the first release has the reason of a first one."""
    if (version == 1) != (reason is ReleaseReason.FIRST):
        raise ReasonMissing(version=version, reason=reason)


def minutes(begin: datetime, end: datetime) -> Fraction:
    """Return the exact minutes between two moments."""
    return Fraction((end - begin) // timedelta(microseconds=1), 60_000_000)


def clipped_minutes(
    intervals: Iterable[tuple[datetime, datetime]],
    since: datetime | None,
    before: datetime,
    waiting: Sequence[tuple[datetime, datetime]] = (),
) -> Fraction:
    """Return the minutes of some working intervals that lie from `since` (or ever) up to `before`.

    What lies in a span of `waiting` (for the dealer's answer; spans do not overlap) is not counted.
    """
    parts = [(max(begin, since) if since else begin, min(end, before)) for begin, end in intervals]
    worked = sum((minutes(begin, end) for begin, end in parts if begin < end), Fraction(0))
    cut = ((max(begin, first), min(end, last)) for begin, end in parts for first, last in waiting)
    return worked - sum((minutes(begin, end) for begin, end in cut if begin < end), Fraction(0))
