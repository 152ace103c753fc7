"""A change of a released order as a page shows it and as the command puts it in force: sets, pieces, packages."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from core.choices import Choice
from core.errors import AppError
from core.i18n import Named
from erp.catalogue.rules.by_hand import Edit
from erp.catalogue.rules.explosion import PieceSpec
from erp.sales.queries.amendments import OrderDraft
from erp.sales.rules.amending import Difference, DraftLine, differences
from mes.changes.rules.comparing import BoxFate, Decided, Fate, SetFate, differing
from mes.packing.model import Package
from mes.packing.rules import BoxWork, PackageState
from mes.splitting.model import DoorSet, Piece
from mes.splitting.rules import FrozenLine, FrozenSet, PieceState

BEGUN = (PieceState.CUT, PieceState.MADE, PieceState.PACKED, PieceState.SHIPPED)
GONE = (Fate.RECUT, Fate.CANCELLED)


@dataclass(frozen=True, slots=True)
class PieceFate:
    """What becomes of one piece, with all that its row shows."""

    decided: Decided
    name: Named
    old: Piece | None
    new: PieceSpec | None
    stage: Choice | None  # how far the old one has come
    because: Named | None  # the piece that it shares its fate with

    @property
    def fate(self) -> Fate:
        """What becomes of it."""
        return self.decided.fate

    @property
    def is_lost(self) -> bool:
        """Whether work that is done already is thrown away."""
        return self.fate in GONE and self.old is not None and self.old.state in BEGUN

    @property
    def differs(self) -> tuple[str, ...]:
        """What differs between old and new; nothing where its fate is shared."""
        if self.decided.old is None or self.decided.make is None or self.fate is Fate.KEPT:
            return ()
        return differing(self.decided.old.make, self.decided.make)


@dataclass(frozen=True, slots=True)
class BoxFateShown:
    """What becomes of one package; one that comes has no row yet."""

    fate: BoxFate
    name: Named
    package: Package | None
    place: str  # where it lies
    kind: str
    shared_index: int | None  # which of those that sets of the order share; none of a set's own

    @property
    def state(self) -> PackageState | None:
        """Where it stands; nothing of one that comes."""
        return self.package.state if self.package else None

    @property
    def number(self) -> str:
        """What is written on it; nothing yet on one that comes."""
        return f"{self.package.position}/{self.package.total_count}" if self.package else ""


@dataclass(frozen=True, slots=True)
class SetPlan:
    """What becomes of one door set; one that comes has no row yet."""

    fate: SetFate
    row: DoorSet | None
    number: str
    line: FrozenLine | None  # what it is frozen as from now on
    made: FrozenSet | None
    pieces: tuple[PieceFate, ...]
    boxes: tuple[BoxFateShown, ...]

    def count(self, *fates: Fate) -> int:
        """How many labelled pieces have one of these fates."""
        return sum(one.fate in fates and _is_tracked(one) for one in self.pieces)

    @property
    def lost(self) -> Counter[Choice]:
        """How many pieces are thrown away, by how far they have come."""
        return Counter(one.stage for one in self.pieces if one.is_lost and one.stage is not None)

    @property
    def gone(self) -> tuple[PieceFate, ...]:
        """The pieces that are void afterwards."""
        return tuple(one for one in self.pieces if one.fate in GONE)


@dataclass(frozen=True, slots=True)
class LinePlan:
    """What becomes of the sets of one line."""

    draft: DraftLine
    sets: tuple[SetPlan, ...]  # that are changed, come or go
    kept_count: int  # sets that nothing happens to
    frozen: FrozenLine | None = None  # as it is released anew; nothing where no set is split
    newer_version: tuple[int, int] | None = None  # version of the rules that it was split by, and now
    by_version_count: int = 0  # pieces of one set that the newer rules alone make otherwise
    faults: tuple[AppError, ...] = ()  # why it cannot be done
    ended: tuple[Edit, ...] = ()  # changes by hand that do not fit the line any more, and end with it

    @property
    def differences(self) -> tuple[Difference, ...]:
        """What the line says differently; nothing of one that comes or goes."""
        before, after = self.draft.before, self.draft.after
        return differences(before.entry, after.entry) if before and after else ()


@dataclass(frozen=True, slots=True)
class ChangePlan:
    """Everything that one person's change of one order would do."""

    draft: OrderDraft
    lines: tuple[LinePlan, ...]

    @property
    def sets(self) -> tuple[SetPlan, ...]:
        """All sets that something happens to."""
        return tuple(one for line in self.lines for one in line.sets)

    @property
    def faults(self) -> tuple[AppError, ...]:
        """Why it cannot be done."""
        return tuple(fault for line in self.lines for fault in line.faults)

    @property
    def lost(self) -> Counter[Choice]:
        """How many pieces are thrown away, by how far they have come."""
        return sum((one.lost for one in self.sets), Counter())

    @property
    def boxes(self) -> tuple[BoxFateShown, ...]:
        """All packages that something happens to."""
        return tuple(box for one in self.sets for box in one.boxes if box.fate is not BoxFate.KEPT)

    @property
    def is_numbered_on(self) -> bool:
        """Whether packages come, so that the order's last number grows."""
        return any(box.fate is BoxFate.NEW for box in self.boxes)

    def count(self, *fates: Fate) -> int:
        """How many labelled pieces have one of these fates."""
        return sum(one.count(*fates) for one in self.sets)

    @property
    def where(self) -> dict[int, PieceState]:
        """Where each piece stands that does not stay as it is."""
        return {
            piece.old.id: piece.old.state
            for one in self.sets
            for piece in one.pieces
            if piece.old is not None and piece.fate is not Fate.KEPT
        }

    @property
    def seen(self) -> str:
        """Return `where` as the form sends it back."""
        return " ".join(f"{piece_id}:{state.value}" for piece_id, state in self.where.items())

    @property
    def work(self) -> BoxWork:
        """Return what happens to packages and their contents, but for sets that are cancelled as a whole."""
        sets = [one for one in self.sets if one.fate is SetFate.CHANGED]
        pieces = [piece for one in sets for piece in one.pieces if piece.old is not None]
        boxes = [(box.fate, box.package.id) for one in sets for box in one.boxes if box.package]
        return BoxWork(
            touched=frozenset(key for fate, key in boxes if fate in (BoxFate.OPENED, BoxFate.WAITS)),
            void=frozenset(key for fate, key in boxes if fate is BoxFate.VOID),
            gone=frozenset(piece.old.id for piece in pieces if piece.old and piece.fate in GONE),
            moved=frozenset(piece.old.id for piece in pieces if piece.old and piece.fate is Fate.MOVED),
        )


def _is_tracked(one: PieceFate) -> bool:
    if one.new is not None:
        return one.new.is_tracked
    return one.old is not None and one.old.is_tracked
