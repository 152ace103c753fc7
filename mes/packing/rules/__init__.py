"""Rules of packing: what a package is, and how a scan at the bench is judged.

A judgement gets frozen facts and gives the refusal, or nothing when the scan is right. The order of
judgement is that of the contracts: closed, in another box, already here, other order or set, the
mirror of an expected piece, not of this package, on hold, operation open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from core.choices import Choice
from core.errors import RuleViolation
from core.i18n import N_, Named
from erp.catalogue.rules.document import KitCheck
from mes.scanning.rules import Block, Blocked, Progress, Text
from mes.splitting.rules import PieceState


class PackageState(Choice):
    """Where a package stands (contracts: states)."""

    PLANNED = "PLANNED", N_("Planned")
    OPEN = "OPEN", N_("Being packed")
    SEALED = "SEALED", N_("Sealed")
    IN_STORE = "IN_STORE", N_("In store")
    STAGED = "STAGED", N_("Staged")
    LOADED = "LOADED", N_("Loaded")
    SHIPPED = "SHIPPED", N_("Shipped")
    RECEIVED = "RECEIVED", N_("Received")
    VOID = "VOID", N_("Void")
    DAMAGED = "DAMAGED", N_("Damaged")


LOADABLE = (PackageState.SEALED, PackageState.IN_STORE, PackageState.STAGED)
REOPENABLE = (*LOADABLE, PackageState.DAMAGED)  # what is on a vehicle is unloaded first
FINISHED = (*LOADABLE, PackageState.LOADED, PackageState.SHIPPED, PackageState.RECEIVED)
LABEL_LINES = 6  # of contents on a package label: what 100 × 70 mm holds legibly


VOIDABLE = (PackageState.PLANNED, PackageState.OPEN, *LOADABLE)  # what is still in the house


class DamageStage(Choice):
    """Where a damaged package was seen."""

    BENCH = "bench", N_("At the packing bench")
    STORE = "store", N_("In the store")
    DOCK = "dock", N_("At the dock")
    RECHECK = "recheck", N_("When it was looked at again")
    RETURN = "return", N_("When it came back")


class WeighedBy(Choice):
    """How the weight of a package is known."""

    SCALES = "scales", N_("on the scales, when it was sealed")
    RULE = "rule", N_("by volume, at the density of its package rule")
    KIT = "kit", N_("by its list: what one of each weighs, as the materials say")


def weight_of(
    weighed_kg: Decimal | None, planned_kg: Decimal | None, kit: Sequence[tuple[Decimal, Decimal | None]]
) -> tuple[Decimal | None, WeighedBy | None]:
    """Return what a package weighs and how that is known: the scales first, then its rule, then its kit.

    `kit` is how many of each material and what one of them weighs; with one that nobody knows, nothing is told.
    """
    if weighed_kg is not None:
        return weighed_kg, WeighedBy.SCALES
    if planned_kg is not None:
        return planned_kg, WeighedBy.RULE
    units = [(qty, unit_kg) for qty, unit_kg in kit if unit_kg is not None]
    if kit and len(units) == len(kit):
        return sum((qty * unit_kg for qty, unit_kg in units), Decimal(0)), WeighedBy.KIT
    return None, None


class RecheckState(Choice):
    """How far the second look at a package has come."""

    DRAWN = "drawn", N_("Drawn")
    BEGUN = "begun", N_("Being looked at")
    DONE = "done", N_("Done")
    DROPPED = "dropped", N_("Given up: the package moved on")


@dataclass(frozen=True, slots=True)
class BoxWork:
    """What a change of an order does to its packages, by their ids, and to what is in them, by the pieces' ids."""

    touched: frozenset[int]  # contents change: a sealed one is opened
    void: frozenset[int]
    gone: frozenset[int]  # pieces that leave for ever
    moved: frozenset[int]  # pieces that go into another package of their set


class BoxFixed(RuleViolation):
    """A package whose contents are to be changed is on a vehicle, or has left."""

    code = "mes.packing.box_fixed"
    message = N_(
        "%(package)s of %(set)s is “%(state)s”: what is in it cannot be changed any more. "
        "Have it unloaded first, or leave its line as it is."
    )


@dataclass(frozen=True, slots=True)
class TouchedBox:
    """A package that was opened or made void because of its sets: its number, and whether it was sealed."""

    package_id: int
    number: str  # i/N
    was_sealed: bool
    is_void: bool


class BoxGone(RuleViolation):
    """A package of a set that is to be cancelled is on a vehicle, or has left."""

    code = "mes.packing.box_gone"
    message = N_(
        "%(package)s of %(set)s is “%(state)s”. Its set cannot be cancelled. "
        "Have the box unloaded first, or leave this set out."
    )


class NotDamageable(RuleViolation):
    """A damage is told of a package that is not closed and in the house."""

    code = "mes.packing.not_damageable"
    message = N_(
        "Package %(package)s is “%(state)s”: only a sealed package in the house is reported as damaged. "
        "Scrap the damaged piece, have the package unloaded, or write down a claim."
    )


class NotRemakeable(RuleViolation):
    """A piece is to be made again whose package is on a vehicle, or whose order is closed."""

    code = "mes.packing.not_remakeable"
    message = N_(
        "%(package)s is “%(state)s”: nothing of it is made again from here. "
        "Have it unloaded or taken back first; for a closed order enter a new one."
    )


class BoxNotEmpty(RuleViolation):
    """A package with something that belongs into it is to become void."""

    code = "mes.packing.box_not_empty"
    message = N_(
        "%(count)s pieces belong into %(package)s: it cannot be made void. "
        "Cancel or change the door set; its packages follow."
    )


class NothingToReprint(RuleViolation):
    """A new label for a package that no label was ever printed for, or that is gone."""

    code = "mes.packing.nothing_to_reprint"
    message = N_(
        "Package %(number)s is %(state)s: it gets no new label. "
        "Print its first label, or ask the team leader."
    )


@dataclass(frozen=True, slots=True)
class Item:
    """One piece that belongs into a package."""

    piece_id: int
    rule_code: str
    mirror_code: str | None
    name: Named
    length_mm: Decimal | None
    width_mm: Decimal | None
    part_count: int
    is_packed: bool
    is_remake: bool = False
    drawn_as: str = ""  # its place in the drawing
    set_id: int = 0
    set_number: str = ""
    room: str = ""  # in a package of several sets: whose it is; its name says so too

    @property
    def size(self) -> str:
        """Length × width as a person reads it; a kit has none."""
        return " × ".join(_plain(side) for side in (self.length_mm, self.width_mm) if side is not None)


@dataclass(frozen=True, slots=True)
class Box:
    """One package as a judge sees it: of one door set, or shared by several sets of its order."""

    package_id: int
    code: str
    kind: str
    name: Named
    position: int
    total_count: int
    state: PackageState
    order_id: int
    order_number: str
    is_order_open: bool
    set_id: int | None  # none of a shared one
    set_number: str
    room: str  # or the rooms of a shared one
    items: tuple[Item, ...] = ()
    kit_check: KitCheck = KitCheck.CODE
    tolerance_kg: Decimal = Decimal(0)
    is_supplement: bool = False  # what another box left without

    @property
    def number(self) -> str:
        """What is written on it in large figures: 2/4."""
        return f"{self.position}/{self.total_count}"

    @property
    def owner(self) -> str:
        """The number of its set, or of the order of a shared one."""
        return self.set_number or self.order_number

    @property
    def set_count(self) -> int:
        """Of how many door sets pieces belong in."""
        return len({item.set_id for item in self.items})

    @property
    def progress(self) -> Progress:
        """How full it is; what is missing, by name."""
        missing = tuple(item.name for item in self.items if not item.is_packed)
        return Progress(len(self.items) - len(missing), len(self.items), missing)


@dataclass(frozen=True, slots=True)
class Piece:
    """The piece that was scanned, as a judge sees it."""

    piece_id: int
    rule_code: str
    mirror_code: str | None
    name: Named
    set_id: int
    set_number: str
    order_number: str
    room: str
    state: PieceState
    next_operation: Named | None = None  # none when all are done
    box: Box | None = None  # the package that it belongs to
    is_packed: bool = False


def is_complete(items: Sequence[Item]) -> bool:
    """Say whether everything that belongs in has been scanned in."""
    return all(item.is_packed for item in items)


def judge_open(box: Box) -> Blocked | None:
    """Return why a package cannot be opened for packing, if so."""
    if not box.is_order_open:
        return _order_closed(box)
    if box.state in (PackageState.PLANNED, PackageState.OPEN):
        return None
    todo = Text(N_("Press “More”, then “Open again”, or scan another package."))
    if box.state not in REOPENABLE:
        todo = Text(N_("Scan another package."))
    return _closed(box, Text(N_("A package that is not sealed")), todo)


def judge_add(box: Box, piece: Piece) -> Blocked | None:
    """Return why a piece does not go into a package, if so."""
    return (
        _not_open(box)
        or _elsewhere(box, piece)
        or _already_in(box, piece)
        or _other_set(box, piece)
        or _not_of_box(box, piece)
        or _on_hold(piece)
        or _not_made(piece)
    )


def judge_held(box: Box) -> Blocked | None:
    """Return why nothing may be done with what is in a package, if so."""
    return _not_open(box)


def judge_remove(box: Box, piece: Piece) -> Blocked | None:
    """Return why a piece cannot be taken out of a package, if so."""
    refusal = _not_open(box) or _elsewhere(box, piece)
    if refusal or piece.is_packed:
        return refusal
    return Blocked(
        Block.E02,
        expected=Text(N_("A piece out of %(package)s"), {"package": label_of(box)}),
        got=Text(N_("%(piece)s, not packed"), {"piece": piece.name}),
        todo=Text(N_("Nothing to take out. Scan the piece that is to go.")),
        object_type="piece",
        object_id=piece.piece_id,
    )


def judge_seal(box: Box) -> Blocked | None:
    """Return why a package cannot be sealed, if so; E01 may be signed by a supervisor."""
    refusal = _not_open(box)
    if refusal or is_complete(box.items):
        return refusal
    progress = box.progress
    return Blocked(
        Block.E01,
        expected=Text(N_("%(count)s parts"), {"count": progress.total_count}),
        got=Text(N_("%(count)s parts"), {"count": progress.done_count}),
        todo=Text(N_("Scan what is missing: %(pieces)s."), {"pieces": list(progress.missing)}),
        object_type="package",
        object_id=box.package_id,
        progress=progress,
    )


NOTE_MAX = 500
DIFFERS = "DIFFERS"  # what the bench says of a piece that does not look as its label says


@dataclass(frozen=True, slots=True)
class Look:
    """What eyes compare before a package with handed or coloured parts is sealed."""

    handing: str  # stored word, "" where the door has none
    colour: str  # code

    @property
    def word(self) -> str:
        """The word by which the bench says that it was compared."""
        return " ".join(part for part in (self.handing, self.colour) if part)


def judge_look(box: Box, look: Look, said: str | None, shown: Text) -> Blocked | None:
    """Return why a package is not as it should look, if somebody compared it; `said` is what they saw.

    The parts swapped within their set are E05 where the handing differs, otherwise the make differs: E04.
    """
    if not said or said == look.word:
        return None
    differs = said.removeprefix(DIFFERS).strip()
    block = Block.E05 if differs and differs.split()[0] != look.handing and look.handing else Block.E04
    return Blocked(
        block,
        expected=shown,
        got=Text(N_("It looks different")),
        todo=Text(N_("Take out what differs, put it aside and call the team leader.")),
        object_type="package",
        object_id=box.package_id,
        progress=box.progress,
    )


@dataclass(frozen=True, slots=True)
class KitNeed:
    """How many of one material belong into a kit, what one weighs, and how many were counted in."""

    material_id: int
    name: Named
    needed_qty: Decimal
    unit_kg: Decimal | None = None
    counted_count: int = 0

    @property
    def needed_count(self) -> int:
        """How many a person counts: a part of one is one."""
        return int(self.needed_qty.to_integral_value(ROUND_CEILING))


def judge_count(
    box: Box, needs: Sequence[KitNeed], material_id: int, name: Named, count: int
) -> Blocked | None:
    """Return why `count` of a material are not counted into a package, if so."""
    refusal = _not_open(box)
    if refusal:
        return refusal
    need = next((one for one in needs if one.material_id == material_id), None)
    if need is None or box.kit_check is not KitCheck.COUNT:
        return _kit_wrong(
            box,
            expected=Text("%(names)s", {"names": [one.name for one in needs]})
            if needs
            else Text(N_("A package without hardware")),
            got=Text("%(name)s", {"name": name}),
            todo=Text(N_("Put it back; it does not belong into this package.")),
        )
    left = need.needed_count - need.counted_count
    if count <= left:
        return None
    return Blocked(
        Block.E30,
        expected=Text(N_("%(count)s × %(name)s"), {"count": left, "name": name}),
        got=Text(N_("%(count)s × %(name)s"), {"count": count, "name": name}),
        todo=Text(N_("Put back what is too many.")),
        object_type="package",
        object_id=box.package_id,
    )


def judge_kit(box: Box, needs: Sequence[KitNeed], weighed_kg: Decimal | None) -> Blocked | None:
    """Return what is wrong with the kit of a package that is to be sealed, if anything."""
    if box.kit_check is KitCheck.COUNT:
        return _count_wrong(box, needs)
    if box.kit_check is KitCheck.WEIGHT and needs:
        return _weight_wrong(box, needs, weighed_kg)
    return None


def _count_wrong(box: Box, needs: Sequence[KitNeed]) -> Blocked | None:
    short = next((one for one in needs if one.counted_count < one.needed_count), None)
    if short is None:
        return None
    facts = {"name": short.name}
    return _kit_wrong(
        box,
        expected=Text(N_("%(count)s × %(name)s"), {**facts, "count": short.needed_count}),
        got=Text(N_("%(count)s × %(name)s"), {**facts, "count": short.counted_count}),
        todo=Text(N_("Count in what is missing: scan its label, then how many.")),
    )


def _weight_wrong(box: Box, needs: Sequence[KitNeed], weighed_kg: Decimal | None) -> Blocked | None:
    nameless = [one.name for one in needs if one.unit_kg is None]
    wanted = sum((one.needed_qty * (one.unit_kg or 0) for one in needs), Decimal(0))
    expected = Text(N_("%(kg)s kg, ± %(more)s"), {"kg": wanted, "more": box.tolerance_kg})
    if nameless:  # nothing can be proved: shut, not open
        todo = Text(N_("The office enters what one weighs: %(names)s."), {"names": nameless})
        return _kit_wrong(box, expected, Text(N_("A weight nobody can compare")), todo)
    if weighed_kg is None:
        return _kit_wrong(
            box, expected, Text(N_("Not weighed")), Text(N_("Put it on the scales and type the weight."))
        )
    if abs(weighed_kg - wanted) <= box.tolerance_kg:
        return None
    todo = Text(N_("Compare the kit with its list, piece by piece."))
    return _kit_wrong(box, expected, Text(N_("%(kg)s kg"), {"kg": weighed_kg}), todo)


def _kit_wrong(box: Box, expected: Text, got: Text, todo: Text) -> Blocked:
    return Blocked(
        Block.E08,
        expected=expected,
        got=got,
        todo=todo,
        object_type="package",
        object_id=box.package_id,
        progress=box.progress,
    )


def judge_reopen(box: Box) -> Blocked | None:
    """Return why a sealed package cannot be opened again, if so."""
    if not box.is_order_open:
        return _order_closed(box)
    if box.state in REOPENABLE:
        return None
    todo = {
        PackageState.PLANNED: Text(N_("Scan its label to open it.")),
        PackageState.OPEN: Text(N_("It is open: go on packing.")),
        PackageState.LOADED: Text(N_("Have it unloaded first.")),
    }.get(box.state, Text(N_("Ask the team leader.")))
    return _closed(box, Text(N_("A sealed package")), todo)


def lost(box: Box) -> Blocked:
    """Return the refusal for a change that another scan made a moment ago."""
    return Blocked(
        Block.E27,
        expected=_just(label_of(box)),
        got=Text(N_("Changed meanwhile")),
        todo=Text(N_("Look at the list and scan again.")),
        object_type="package",
        object_id=box.package_id,
    )


def label_of(box: Box) -> Named:
    """Return a package's kind and number, such as 套包 2/4."""
    return Named(f"{box.name.zh} {box.number}", f"{box.name.en} {box.number}" if box.name.en else "")


def _just(name: Named) -> Text:
    """Return a name as a whole sentence."""
    return Text("%(name)s", {"name": name})


def _closed(box: Box, expected: Text, todo: Text) -> Blocked:
    facts = {"package": label_of(box), "state": box.state}
    return Blocked(
        Block.E24,
        expected=expected,
        got=Text("%(package)s: %(state)s", facts),
        todo=todo,
        object_type="package",
        object_id=box.package_id,
    )


def _order_closed(box: Box) -> Blocked:
    return Blocked(
        Block.E24,
        expected=Text(N_("An order in production")),
        got=Text(N_("%(order)s, closed"), {"order": box.order_number}),
        todo=Text(N_("Put it aside and call the team leader.")),
        object_type="package",
        object_id=box.package_id,
    )


def _not_open(box: Box) -> Blocked | None:
    if not box.is_order_open:
        return _order_closed(box)
    if box.state is PackageState.OPEN:
        return None
    todo = Text(N_("Scan the label of the package that you are packing."))
    if box.state in REOPENABLE:
        todo = Text(N_("Press “More”, then “Open again”, or scan another package."))
    return _closed(box, Text(N_("An open package")), todo)


def _elsewhere(box: Box, piece: Piece) -> Blocked | None:
    there = piece.box
    if not piece.is_packed or there is None or there.package_id == box.package_id:
        return None
    facts = {"piece": piece.name, "order": there.order_number, "package": label_of(there)}
    return Blocked(
        Block.E06,
        expected=Text(N_("A piece not packed yet")),
        got=Text(N_("%(piece)s, in %(order)s %(package)s"), facts),
        todo=Text(N_("Take it back to %(order)s %(package)s."), facts),
        object_type="piece",
        object_id=piece.piece_id,
    )


def _already_in(box: Box, piece: Piece) -> Blocked | None:
    if not piece.is_packed:
        return None
    return Blocked(
        Block.E28,
        expected=Text(N_("A piece not packed yet")),
        got=Text(N_("%(piece)s, already in here"), {"piece": piece.name}),
        todo=Text(N_("Go on with the next piece.")),
        object_type="piece",
        object_id=piece.piece_id,
    )


def _other_set(box: Box, piece: Piece) -> Blocked | None:
    is_same_order = piece.order_number == box.order_number  # then the number of the set tells them apart
    if piece.set_id == box.set_id or (is_same_order and box.set_id is None):
        return None
    wanted = box.set_number if is_same_order else box.order_number
    came = piece.set_number if is_same_order else piece.order_number
    got = {"order": came, "room": piece.room, "piece": piece.name}
    return Blocked(
        Block.E03,
        expected=Text("%(order)s · %(room)s", {"order": wanted, "room": box.room}),
        got=Text("%(order)s · %(room)s · %(piece)s", got),
        todo=Text(N_("Take it out and put it with %(order)s, %(room)s."), got),
        object_type="piece",
        object_id=piece.piece_id,
    )


def _not_of_box(box: Box, piece: Piece) -> Blocked | None:
    if piece.box is not None and piece.box.package_id == box.package_id:
        return None
    twin = next((item for item in box.items if not item.is_packed and _are_twins(item, piece)), None)
    if twin is not None:
        facts = {"piece": piece.name, "twin": twin.name}
        return Blocked(
            Block.E05,
            expected=_just(twin.name),
            got=_just(piece.name),
            todo=Text(N_("Take it out and look for %(twin)s."), facts),
            object_type="piece",
            object_id=piece.piece_id,
        )
    return _extra(box, piece)


def _extra(box: Box, piece: Piece) -> Blocked:
    home = piece.box
    facts = {"piece": piece.name, "package": None if home is None else label_of(home)}
    if home is None:
        got, todo = (
            Text(N_("%(piece)s, of no package"), facts),
            Text(N_("Take it out and call the team leader.")),
        )
    else:
        got, todo = (
            Text(N_("%(piece)s, of %(package)s"), facts),
            Text(N_("Take it out. It goes into %(package)s."), facts),
        )
    return Blocked(
        Block.E02,
        expected=_just(label_of(box)),
        got=got,
        todo=todo,
        object_type="piece",
        object_id=piece.piece_id,
    )


def _are_twins(item: Item, piece: Piece) -> bool:
    is_mirror = item.rule_code == piece.mirror_code or piece.rule_code == item.mirror_code
    return is_mirror and item.set_id == piece.set_id


def _on_hold(piece: Piece) -> Blocked | None:
    if piece.state not in (PieceState.VOID, PieceState.REMAKE):
        return None
    facts = {"piece": piece.name, "state": piece.state}
    return Blocked(
        Block.E07,
        expected=Text(N_("A good piece")),
        got=Text("%(piece)s: %(state)s", facts),
        todo=Text(N_("Take it out and put it aside. A new piece will come.")),
        object_type="piece",
        object_id=piece.piece_id,
    )


def _not_made(piece: Piece) -> Blocked | None:
    if piece.state is PieceState.MADE:
        return None
    facts = {"piece": piece.name, "operation": piece.next_operation, "state": piece.state}
    if piece.next_operation is None:
        got, todo = (
            Text("%(piece)s: %(state)s", facts),
            Text(N_("Put it aside and call the team leader.")),
        )
    else:
        got, todo = Text(N_("Next: %(operation)s"), facts), Text(N_("Bring it to %(operation)s."), facts)
    return Blocked(
        Block.E23,
        expected=Text(N_("All operations done")),
        got=got,
        todo=todo,
        object_type="piece",
        object_id=piece.piece_id,
    )


def _plain(side: Decimal) -> str:
    return f"{side.normalize():f}"
