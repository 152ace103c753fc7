"""What a change of a released order would do, made by reading alone.

The page shows the plan, and the command puts the very same one in force.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from core.errors import AppError
from core.i18n import Named
from erp.catalogue import queries as catalogue
from erp.catalogue.model import Door
from erp.catalogue.rules.by_hand import Edit, of_set
from erp.catalogue.rules.document import PackPer
from erp.catalogue.rules.explosion import Explosion, PieceSpec
from erp.catalogue.rules.sharing import Sharing, is_shared
from erp.materials import queries as materials
from erp.sales.model import Line
from erp.sales.queries.amendments import draft
from erp.sales.queries.offer import offer
from erp.sales.rules.amending import DraftLine
from erp.stock.model import Place
from mes.changes.queries.plans import BEGUN, BoxFateShown, ChangePlan, LinePlan, PieceFate, SetPlan
from mes.changes.rules.cancelling import may_be_void, stage
from mes.changes.rules.changing import HasLeft
from mes.changes.rules.comparing import (
    BoxFate,
    Candidate,
    Decided,
    Fate,
    Make,
    Old,
    OldBox,
    SetFate,
    box_fates,
    decide,
    to_drop,
)
from mes.packing.model import Content, Package
from mes.packing.rules import FINISHED, PackageState
from mes.splitting.model import DoorSet, Piece, Requirement
from mes.splitting.queries import Split, frozen_set
from mes.splitting.rules import LIVE, CutMethod, FrozenLine, FrozenSet, PieceState

TO_COME = 0  # id of a line that is not written yet
Row = TypeVar("Row")
Kit = frozenset[tuple[int, Decimal]]  # what lies in a kit: material and quantity


def plan(session: Session, order_id: int, person_id: int | None, on: date) -> ChangePlan:
    """Return what a person's change of an order would do; `on` is the factory's day, for its prices.

    Raises NotFound, NotAmendable.
    """
    typed = draft(session, order_id, person_id, offer(session), on)
    work = _Planning(session, order_id, typed.order.number)
    return ChangePlan(typed, work.settled([work.line(line) for line in typed.changed]))


@dataclass(frozen=True, slots=True)
class _Standing:
    """One live set with its pieces and packages, as they stand."""

    row: DoorSet
    pieces: tuple[Piece, ...]
    packages: tuple[Package, ...]
    kits: Mapping[str, Kit]  # by the code of the piece they are

    @property
    def boxes(self) -> list[OldBox]:
        """Its packages by kind and index: the n-th of its kind has index n; shared ones have one of their own."""
        counts: defaultdict[str, int] = defaultdict(int)
        found = []
        for one in self.packages:
            counts[one.kind] += 1
            found.append(OldBox(one.id, (one.kind, one.shared_index or counts[one.kind]), one.state))
        return found

    @property
    def gone(self) -> tuple[Named, Piece | Package] | None:
        """Return what of it is on a vehicle or has left, if anything."""
        for box in self.packages:
            if not may_be_void(box.state):
                return Named(
                    f"{box.name} {box.position}/{box.total_count}", f"{box.name_en} {box.position}"
                ), box
        left = next((one for one in self.pieces if one.state is PieceState.SHIPPED), None)
        return None if left is None else (Named(left.name, left.name_en), left)


class _Planning:
    """How an order stands, and what becomes of its sets."""

    def __init__(self, session: Session, order_id: int, number: str) -> None:
        self.session, self.number = session, number
        lines = session.scalars(select(Line).where(Line.order_id == order_id)).all()
        self.split = Split(session, lines)
        self.by_code = materials.ids(session)
        self.places: dict[int, str] = dict(session.execute(select(Place.id, Place.name)).all())
        last = (
            select(Package.kind, func.max(Package.shared_index))
            .where(Package.order_id == order_id, Package.shared_index.is_not(None))
            .group_by(Package.kind)
        )
        self.sharing = Sharing({kind: index or 0 for kind, index in session.execute(last)})
        contents = select(Content.piece_id, Content.package_id).join(Package)
        self.homes: dict[int, int] = dict(session.execute(contents.where(Package.order_id == order_id)).all())
        ever = select(DoorSet.line_id, func.max(DoorSet.position)).where(DoorSet.order_id == order_id)
        self.last: dict[int, int] = dict(session.execute(ever.group_by(DoorSet.line_id)).all())
        self.sets = self._standing(order_id)

    # --- how it stands

    def _standing(self, order_id: int) -> dict[int, list[_Standing]]:
        """Return the live sets of each line."""
        pieces: defaultdict[int, list[Piece]] = defaultdict(list)
        live = select(Piece).where(Piece.order_id == order_id, Piece.state.in_(LIVE)).order_by(Piece.id)
        for piece in self._fresh(live):
            pieces[piece.set_id].append(piece)
        packages: defaultdict[int, list[Package]] = defaultdict(list)
        shared: dict[int, Package] = {}
        boxes = select(Package).where(
            Package.order_id == order_id,
            Package.state != PackageState.VOID,
            Package.supplement_of_id.is_(None),  # what a shipped box left without stays as it is
        )
        for package in self._fresh(boxes.order_by(Package.position)):
            if package.set_id is None:
                shared[package.id] = package
            else:
                packages[package.set_id].append(package)
        for set_id, mine in pieces.items():
            homes = (self.homes.get(piece.id, 0) for piece in mine)
            packages[set_id] += [shared[key] for key in dict.fromkeys(homes) if key in shared]
        self.shared_at = {(one.kind, one.shared_index or 0): key for key, one in shared.items()}
        self.inside = Counter(
            self.homes[one.id] for mine in pieces.values() for one in mine if one.id in self.homes
        )
        kits = self._kits(order_id)
        found: defaultdict[int, list[_Standing]] = defaultdict(list)
        sets = select(DoorSet).where(DoorSet.order_id == order_id, DoorSet.voided_at.is_(None))
        for row in self._fresh(sets.order_by(DoorSet.position)):
            inside = {code: frozenset(kit.items()) for code, kit in kits.get(row.id, {}).items()}
            found[row.line_id].append(_Standing(row, tuple(pieces[row.id]), tuple(packages[row.id]), inside))
        return found

    def _fresh(self, rows: Select[Row]) -> Sequence[Row]:
        found: Sequence[Row] = self.session.scalars(rows.execution_options(populate_existing=True)).all()
        return found

    def _kits(self, order_id: int) -> dict[int, dict[str, dict[int, Decimal]]]:
        """Return what lies in the kits of each set, by the kit's code and the material."""
        wanted = select(Requirement).join(DoorSet).where(DoorSet.order_id == order_id)
        found: dict[int, dict[str, dict[int, Decimal]]] = {}
        for one in self.session.scalars(wanted.where(Requirement.joins.is_not(None))):
            kit = found.setdefault(one.set_id, {}).setdefault(one.joins or "", {})
            kit[one.material_id] = kit.get(one.material_id, Decimal(0)) + one.needed_qty
        return found

    # --- one line

    def line(self, line: DraftLine) -> LinePlan:
        """Return what becomes of the sets of one changed line."""
        standing = self.sets.get(line.line_id or TO_COME, [])
        if line.issues:
            return LinePlan(line, (), len(standing))
        dropped = self._dropped(line, standing)
        stays = [one for one in standing if one not in dropped]
        frozen, made, ended = self._frozen(line, stays)
        sets = [self._cancelled(one) for one in dropped]
        if frozen is not None and line.is_new_door:
            sets += [
                self._changed(one, frozen, self._stay(line, one, made[one.row.position])) for one in stays
            ]
        if frozen is not None:
            sets += self._coming(line, frozen, made)
        missing = max(0, -line.more) - len(dropped)
        faults = [*self._left(standing, missing), *self._fixed(sets)]
        version, count = self._newer(line, standing)
        return LinePlan(
            line,
            tuple(sets),
            0 if line.is_new_door else len(stays),
            frozen,
            version,
            count,
            tuple(faults),
            ended,
        )

    def _dropped(self, line: DraftLine, standing: Sequence[_Standing]) -> list[_Standing]:
        """Return the sets that go when a line gets fewer, or is dropped."""
        candidates = [
            Candidate(
                one.row.id,
                one.row.position,
                sum(piece.state in BEGUN for piece in one.pieces),
                one.gone is not None,
            )
            for one in standing
        ]
        ids = to_drop(candidates, max(0, -line.more))
        return [one for one in standing if one.row.id in ids]

    def _left(self, standing: Sequence[_Standing], missing: int) -> list[AppError]:
        """Return why fewer sets go than are taken back: the others have left."""
        gone = [(one, one.gone) for one in standing if one.gone is not None]
        return [
            HasLeft(thing=found[0], set=one.row.number, state=found[1].state)
            for one, found in gone[:missing]
            if found is not None
        ]

    def _fixed(self, sets: Sequence[SetPlan]) -> list[AppError]:
        """Return what stands against it: a piece that was shipped, a package on a vehicle."""
        faults: list[AppError] = []
        for one in sets:
            for box in one.boxes:
                row = box.package
                if row and box.fate is not BoxFate.KEPT and not may_be_void(row.state):
                    thing = Named(f"{row.name} {box.number}", f"{row.name_en} {box.number}")
                    faults.append(HasLeft(thing=thing, set=one.number, state=row.state))
            faults += [
                HasLeft(thing=piece.name, set=one.number, state=piece.old.state)
                for piece in one.pieces
                if piece.old and piece.fate is not Fate.KEPT and piece.old.state is PieceState.SHIPPED
            ]
        return faults

    # --- what it is frozen as

    def _frozen(
        self, line: DraftLine, stays: Sequence[_Standing]
    ) -> tuple[FrozenLine | None, dict[int, FrozenSet], tuple[Edit, ...]]:
        """Return the line as the rules in force split it, what its sets are made of by position, and what ends.

        Nothing where no set is split. A change by hand that still fits stays in its set; another one ends.
        """
        if line.after is None or not (line.is_new_door or line.more > 0):
            return None, {}, ()
        asked = line.after.entry
        door = self._door(asked.door_code)
        version, _document = self.split.door(door.id)
        explosion = self.split.explode(door.id, asked.spec)
        first = self.last.get(line.line_id or TO_COME, 0) + 1
        positions = [one.row.position for one in stays] if line.is_new_door else []
        positions += range(first, first + max(0, line.more))
        edits = self.split.edits.get(line.line_id or TO_COME, ())
        own = {at: of_set(edits, at) for at in positions}
        fits = {at: self.split.lasting(explosion, edits) for at, edits in own.items()}
        different = {
            lasting: frozen_set(version.sha256, asked.spec, explosion, lasting)
            for lasting in dict.fromkeys(((), *fits.values()))
        }
        made = {at: different[lasting] for at, lasting in fits.items()}
        ended = {edit.id: edit for at in positions for edit in own[at] if edit not in fits[at]}
        others = (different[()],) * (asked.set_count - len(made))
        frozen = FrozenLine(
            line_id=line.line_id or TO_COME,
            position=line.position,
            room=asked.room,
            door_version_id=version.id,
            spec=asked.spec,
            sets=(*made.values(), *others),
            kind=door.kind,
            touch_count=1,
            first_position=first,
        )
        return frozen, made, tuple(ended.values())

    def _door(self, code: str) -> Door:
        return self.session.scalars(select(Door).where(Door.code == code)).one()

    def _newer(self, line: DraftLine, standing: Sequence[_Standing]) -> tuple[tuple[int, int] | None, int]:
        """Return the versions when newer rules split the line now, and how many pieces they alone change."""
        if line.before is None or line.after is None or not standing:
            return None, 0
        if (
            not (line.is_new_door or line.more > 0)
            or line.before.entry.door_code != line.after.entry.door_code
        ):
            return None, 0
        one = standing[0]
        door = self._door(line.after.entry.door_code)
        version, _document = self.split.door(door.id)
        if version.id == one.row.door_version_id:
            return None, 0
        was = catalogue.version(self.session, one.row.door_version_id).position
        try:
            again = self._makes(self.split.explode(door.id, line.before.entry.spec))
        except AppError:  # what was made once cannot be made by the newer rules: everything differs
            return (was, version.position), len(one.pieces)
        count = sum(piece.fate is not Fate.KEPT for piece in decide(self._olds(one), again))
        return (was, version.position), count

    # --- one set

    def _cancelled(self, one: _Standing) -> SetPlan:
        pieces = [Decided(old.code, Fate.CANCELLED, old, None) for old in self._olds(one)]
        boxes = [
            BoxFateShown(
                BoxFate.VOID, Named(box.name, box.name_en), box, self._place(box), box.kind, box.shared_index
            )
            for box in one.packages
        ]
        return SetPlan(
            SetFate.CANCELLED, one.row, one.row.number, None, None, self._shown(one, pieces, {}), tuple(boxes)
        )

    def _changed(self, one: _Standing, line: FrozenLine, made: FrozenSet) -> SetPlan:
        explosion = made.explosion
        pieces = decide(self._olds(one), self._makes(explosion))
        names = {(spec.kind, spec.index): Named(spec.name, spec.name_en) for spec in explosion.packages}
        rows = {box.place: row for box, row in zip(one.boxes, one.packages, strict=True)}
        boxes = []
        for key, fate in box_fates(one.boxes, names, pieces).items():
            row = rows.get(key)
            name = Named(row.name, row.name_en) if row else names[key]
            boxes.append(BoxFateShown(fate, name, row, self._place(row), *_shared(key)))
        new = {piece.code: piece for piece in explosion.pieces}
        return SetPlan(
            SetFate.CHANGED, one.row, one.row.number, line, made, self._shown(one, pieces, new), tuple(boxes)
        )

    def _coming(self, line: DraftLine, frozen: FrozenLine, made: Mapping[int, FrozenSet]) -> list[SetPlan]:
        numbers = range(frozen.first_position, frozen.first_position + max(0, line.more))
        return [
            self._new(frozen, self._share(line, made[at]), f"{self.number}-{line.position}-{at}")
            for at in numbers
        ]

    def _stay(self, line: DraftLine, one: _Standing, made: FrozenSet) -> FrozenSet:
        """Return a set whose shared pieces stay in the packages they wait in, as long as its colour stays."""
        old = {piece.rule_code: piece.package_index or 0 for piece in one.pieces}
        open_to_more = {
            box.kind: box.shared_index
            for box in one.packages
            if box.shared_index is not None and may_be_void(box.state)
        }
        was, now = line.before, line.after
        is_recoloured = was is None or now is None or was.entry.spec.colour != now.entry.spec.colour
        kept = {}
        for package in made.explosion.packages:
            if package.shared is None or (is_recoloured and package.shared.per is PackPer.COLOUR):
                continue
            for code in package.piece_codes:
                index = old.get(code, 0)
                kept[code] = index if is_shared(index) else open_to_more.get(package.kind) or 0
        return self._share(line, made, kept)

    def _share(self, line: DraftLine, made: FrozenSet, kept: Mapping[str, int] | None = None) -> FrozenSet:
        """Return a set with the packages numbered that it shares with others of its order."""
        colour = line.after.entry.spec.colour if line.after else None
        explosion = self.sharing.place(made.explosion, colour or "", kept)
        return made if explosion is made.explosion else replace(made, explosion=explosion)

    # --- packages that sets share

    def settled(self, lines: Sequence[LinePlan]) -> tuple[LinePlan, ...]:
        """Return the plans with each shared package told once, and as void only when nothing is left for it."""
        sets = [one for line in lines for one in line.sets]
        left = self._left_in([piece for one in sets for piece in one.pieces if piece.fate is not Fate.KEPT])
        told: set[object] = set()
        order = sorted(sets, key=lambda one: one.fate is SetFate.CANCELLED)  # a changed set tells first
        boxes = {id(one): tuple(self._told(one.boxes, left, told)) for one in order}
        return tuple(
            replace(line, sets=tuple(replace(one, boxes=boxes[id(one)]) for one in line.sets))
            for line in lines
        )

    def _left_in(self, moving: Iterable[PieceFate]) -> Counter[int]:
        """Return how many pieces belong into each shared package after these left it or came."""
        left = Counter(self.inside)
        for piece in moving:
            home = self.homes.get(piece.old.id) if piece.old else None
            make = piece.decided.make
            coming = self.shared_at.get(make.box) if make and make.box else None
            left.subtract([home] if home else [])
            left.update([coming] if coming else [])
        return left

    def _told(
        self, boxes: Iterable[BoxFateShown], left: Mapping[int, int], told: set[object]
    ) -> Iterable[BoxFateShown]:
        for box in boxes:
            row = box.package
            if box.shared_index is None or box.fate is BoxFate.KEPT:
                yield box
                continue
            key = (box.kind, box.shared_index)
            if key in told:
                continue
            told.add(key)
            if row is None:
                yield box
            elif left[row.id] > 0:
                yield replace(box, fate=BoxFate.OPENED if row.state in FINISHED else BoxFate.WAITS)
            else:
                yield replace(box, fate=BoxFate.VOID)

    def _new(self, frozen: FrozenLine, made: FrozenSet, number: str) -> SetPlan:
        makes = self._makes(made.explosion)
        pieces = tuple(
            PieceFate(
                Decided(new.code, Fate.NEW, None, makes[new.code]),
                Named(new.name, new.name_en),
                None,
                new,
                None,
                None,
            )
            for new in made.explosion.pieces
        )
        boxes = tuple(
            BoxFateShown(
                BoxFate.NEW, Named(spec.name, spec.name_en), None, "", *_shared((spec.kind, spec.index))
            )
            for spec in made.explosion.packages
        )
        return SetPlan(SetFate.NEW, None, number, frozen, made, pieces, boxes)

    def _place(self, box: Package | None) -> str:
        return "" if box is None or box.place_id is None else self.places[box.place_id]

    # --- pieces

    def _olds(self, one: _Standing) -> list[Old]:
        return [
            Old(piece.id, piece.rule_code, _make_of(piece, one.kits), piece.state in BEGUN)
            for piece in one.pieces
        ]

    def _makes(self, explosion: Explosion) -> dict[str, Make]:
        kits: dict[str, dict[int, Decimal]] = {}
        for wanted in explosion.requirements:
            if wanted.joins:
                kit, material = kits.setdefault(wanted.joins, {}), self.by_code[wanted.material_code]
                kit[material] = kit.get(material, Decimal(0)) + wanted.quantity
        inside = {code: frozenset(kit.items()) for code, kit in kits.items()}
        return {piece.code: self._make_of(piece, inside) for piece in explosion.pieces}

    def _make_of(self, piece: PieceSpec, inside: Mapping[str, Kit]) -> Make:
        return Make(
            material_id=self.by_code[piece.material_code] if piece.material_code else None,
            thickness_mm=piece.thickness_mm,
            length_mm=piece.length_mm,
            width_mm=piece.width_mm,
            cut_length_mm=piece.cut_length_mm,
            cut_width_mm=piece.cut_width_mm,
            cut_method=CutMethod(piece.cut.value),
            grain=piece.grain.value,
            part_count=piece.count,
            is_tracked=piece.is_tracked,
            edges=piece.edges,
            mitre=piece.mitre,
            machining=piece.machining,
            joins=piece.joins,
            route=tuple(piece.route),
            inside=inside.get(piece.code, frozenset()),
            box=(piece.package, piece.package_index) if piece.package else None,
        )

    def _shown(
        self, one: _Standing, pieces: Iterable[Decided], new: Mapping[str, PieceSpec]
    ) -> tuple[PieceFate, ...]:
        rows = {piece.rule_code: piece for piece in one.pieces}
        states = {box.id: box.state for box in one.packages}
        names = {code: Named(spec.name, spec.name_en) for code, spec in new.items()}
        names |= {code: Named(piece.name, piece.name_en) for code, piece in rows.items()}
        shown = []
        for decided in pieces:
            row = rows.get(decided.code)
            box = None if row is None else states.get(self.homes.get(row.id, 0))
            shown.append(
                PieceFate(
                    decided,
                    names[decided.code],
                    row,
                    new.get(decided.code),
                    None if row is None else stage(row.state, box),
                    names.get(decided.because),
                )
            )
        return tuple(shown)


def _shared(place: tuple[str, int]) -> tuple[str, int | None]:
    """Return the kind of a package, and which of the shared ones it is."""
    kind, index = place
    return kind, index if is_shared(index) else None


def _make_of(piece: Piece, inside: Mapping[str, Kit]) -> Make:
    return Make(
        material_id=piece.material_id,
        thickness_mm=piece.thickness_mm,
        length_mm=piece.length_mm,
        width_mm=piece.width_mm,
        cut_length_mm=piece.cut_length_mm,
        cut_width_mm=piece.cut_width_mm,
        cut_method=piece.cut_method,
        grain=piece.grain.value,
        part_count=piece.part_count,
        is_tracked=piece.is_tracked,
        edges=piece.edges,
        mitre=piece.mitre,
        machining=piece.machining,
        joins=piece.joins or "",
        route=tuple(piece.route),
        inside=inside.get(piece.rule_code, frozenset()),
        box=(piece.package_kind, piece.package_index or 0) if piece.package_kind else None,
    )
