"""One set made otherwise than the rules say: edits by hand of the pieces of an explosion. Lengths are mm, Decimal.

`by_hand` is the one place where edits become pieces. An edit keeps what the rules made of its piece when a person
decided; where they make something else by now it is stale, and is neither applied nor forgotten but refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from core.choices import Choice
from core.errors import AppError, RuleViolation
from core.i18n import N_, Named
from erp.catalogue.rules.document import Cut, Group
from erp.catalogue.rules.explode import MOST_OF_ONE, STEPS_MM, StockLengths, stock_refusal
from erp.catalogue.rules.explosion import Explosion, PackageSpec, PieceSpec, RequirementSpec
from erp.catalogue.rules.formula import half_up, tidy
from erp.catalogue.rules.reading import plain
from erp.materials.rules import Grain, MaterialKind

ALL_SETS = 0  # the position that means every equal set of a line
LONGEST_MM = Decimal(6000)  # no bar that is bought is longer, and no door set is
THICKEST_MM = Decimal(300)  # a wall, not a board
MOST_QUANTITY = Decimal(9999)
NEED = "need:"  # the code of an edited requirement begins so: it may be called like a piece
ADDED = "HAND_"  # the codes of added pieces: HAND_1, HAND_2 …
CUT_FROM = {Cut.SHEET: MaterialKind.SHEET, Cut.BAR: MaterialKind.BAR}
SIZES = ("length_mm", "width_mm", "thickness_mm")
Kinds = Mapping[str, MaterialKind]  # of the active materials, by code


class EditKind(Choice):
    """What a hand did to a piece or requirement of a set."""

    CHANGE = "CHANGE", N_("changed")
    LEAVE_OUT = "LEAVE_OUT", N_("left out")
    ADD = "ADD", N_("added")
    QUANTITY = "QUANTITY", N_("other quantity")


class EditStale(RuleViolation):
    """The rules make something else of a piece by now than what was changed by hand."""

    code = "erp.catalogue.edit_stale"
    message = N_(
        "%(piece)s was changed by hand, and the line or the rules were changed after that. "
        "Confirm or drop the change by hand first."
    )


class SetUnknown(RuleViolation):
    """A change by hand is about a set that the line does not have any more."""

    code = "erp.catalogue.edit_of_no_set"
    message = N_(
        "%(piece)s was changed by hand in set %(set)s; the line has %(count)s. Drop the change first."
    )


class PieceUnknown(RuleViolation):
    """There is no piece or requirement of that code in the set."""

    code = "erp.catalogue.edit_of_no_piece"
    message = N_("There is no “%(piece)s” in this set. Look at the set again.")


class NothingEdited(RuleViolation):
    """What was typed is what the rules make anyway."""

    code = "erp.catalogue.nothing_edited"
    message = N_("%(piece)s is made like this by the rules already. Change a value, or leave it as it is.")


class SizeImplausible(RuleViolation):
    """A size by hand that no piece can have."""

    code = "erp.catalogue.size_implausible"
    message = N_("%(piece)s: a size from 0.1 to %(most)s mm is expected, %(value)s came.")


class SizeNotThere(RuleViolation):
    """A size was given to a piece that has none, or none to a piece that is cut by it."""

    code = "erp.catalogue.size_not_there"
    message = N_(
        "%(piece)s: length, width and thickness are expected just where this kind of piece has them, "
        "and a count from 1 to 200."
    )


class QuantityImplausible(RuleViolation):
    """A quantity by hand that no set can need."""

    code = "erp.catalogue.quantity_implausible"
    message = N_("%(piece)s: a quantity from 0 to %(most)s is expected, %(value)s came.")


class MaterialUnfit(RuleViolation):
    """A material by hand that is not there any more, or that the piece cannot be cut from."""

    code = "erp.catalogue.material_unfit"
    message = N_(
        "%(piece)s cannot be made of “%(material)s”: a material in use is expected, "
        "a sheet for what is cut from sheets and a bar for what is cut from bars."
    )


class PlaceMissing(RuleViolation):
    """A labelled piece that goes nowhere would wait on the floor for ever."""

    code = "erp.catalogue.place_missing"
    message = N_(
        "%(piece)s: a labelled piece needs a route and a package of this set; "
        "one that is built into another has no package."
    )


@dataclass(frozen=True, slots=True)
class Edit:
    """One change by hand. `values` are what is made instead: sizes and quantities as text, a new piece in full."""

    id: int
    set_position: int  # which of the line's equal sets, or ALL_SETS
    kind: EditKind
    code: str  # of the piece; of a requirement see `needs`
    base: Mapping[str, Any] = field(hash=False)  # what the rules made of it, as `base_of` says it
    values: Mapping[str, Any] = field(hash=False)
    name: Named = Named("")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person wants a piece of the rules to be; all of it, not just what differs."""

    material_code: str
    length_mm: Decimal | None
    width_mm: Decimal | None
    thickness_mm: Decimal | None


@dataclass(frozen=True, slots=True)
class NewPiece:
    """A piece that no rule makes; its sizes are those it is cut to."""

    name: str
    name_en: str
    group: Group
    material_code: str
    length_mm: Decimal | None
    width_mm: Decimal | None
    thickness_mm: Decimal | None
    count: int
    cut: Cut
    grain: Grain
    is_tracked: bool
    route: tuple[str, ...] = ()
    package: str = ""
    package_index: int = 1
    joins: str = ""


# --- from what a person wants to an edit --------------------------------------


def changed_values(piece: PieceSpec, wanted: Wanted, kinds: Kinds) -> dict[str, str]:
    """Return what of a piece is wanted otherwise. Raises NothingEdited and what `_check_size` raises, MaterialUnfit."""
    values = {}
    for name in SIZES:
        size, made = getattr(wanted, name), getattr(piece, name)
        if size == made:
            continue
        if size is None or made is None:
            raise SizeNotThere(piece=_name(piece))
        _check_size(_name(piece), name, size)
        values[name] = f"{size:f}"
    if wanted.material_code != piece.material_code:
        _check_material(_name(piece), piece.cut, wanted.material_code, kinds)
        values["material_code"] = wanted.material_code
    if not values:
        raise NothingEdited(piece=_name(piece))
    return values


def added_values(new: NewPiece, made: Explosion, kinds: Kinds) -> dict[str, Any]:
    """Return a new piece as an edit keeps it. Raises SizeImplausible, SizeNotThere, MaterialUnfit, PlaceMissing."""
    name = Named(new.name, new.name_en)
    sizes = {side: getattr(new, side) for side in SIZES}
    for side, size in sizes.items():
        if size is not None:
            _check_size(name, side, size)
    needed = {Cut.SHEET: ("length_mm", "width_mm"), Cut.BAR: ("length_mm",), Cut.NONE: ()}[new.cut]
    if any(sizes[side] is None for side in needed) or not 1 <= new.count <= MOST_OF_ONE:
        raise SizeNotThere(piece=name)
    if new.cut is not Cut.NONE or new.material_code:
        _check_material(name, new.cut, new.material_code, kinds)
    packages = {(one.kind, one.index) for one in made.packages}
    is_packed = (new.package, new.package_index) in packages
    is_built_in = new.joins in {one.code for one in made.pieces}
    is_lost = (
        (new.package and not is_packed) or (new.joins and not is_built_in) or (is_packed and is_built_in)
    )
    if is_lost or (new.is_tracked and not (new.route and (is_packed or is_built_in))):
        raise PlaceMissing(piece=name)
    values: dict[str, Any] = plain(new, pairs=False)
    return values


def read_new(values: Mapping[str, Any]) -> NewPiece:
    """Return an added piece as `added_values` kept it."""
    length, width, thickness = (Decimal(values[name]) if values[name] else None for name in SIZES)
    return NewPiece(
        name=values["name"],
        name_en=values["name_en"],
        group=Group(values["group"]),
        material_code=values["material_code"],
        length_mm=length,
        width_mm=width,
        thickness_mm=thickness,
        count=values["count"],
        cut=Cut(values["cut"]),
        grain=Grain(values["grain"]),
        is_tracked=values["is_tracked"] == "true",
        route=tuple(values.get("route", ())),
        package=values.get("package", ""),
        package_index=values.get("package_index", 1),
        joins=values.get("joins", ""),
    )


def quantity_values(need: RequirementSpec, quantity: Decimal) -> dict[str, str]:
    """Return another quantity as an edit keeps it. Raises QuantityImplausible, NothingEdited."""
    name = Named(need.name, need.name_en)
    if not 0 <= quantity <= MOST_QUANTITY:
        raise QuantityImplausible(piece=name, most=MOST_QUANTITY, value=quantity)
    if quantity == need.quantity:
        raise NothingEdited(piece=name)
    return {"quantity": f"{quantity:f}"}


def confirmed_values(made: Explosion, edit: Edit, kinds: Kinds) -> dict[str, Any]:
    """Return what a stale edit changes on what the rules make now. Raises what the making of such an edit raises."""
    if edit.kind is EditKind.ADD:
        return added_values(read_new(edit.values), made, kinds)
    if edit.kind is EditKind.QUANTITY:
        return quantity_values(need_of(made, edit.code), Decimal(edit.values["quantity"]))
    piece = piece_of(made, edit.code)
    if edit.kind is EditKind.LEAVE_OUT:
        return {}
    length, width, thickness = (
        Decimal(edit.values[name]) if name in edit.values else getattr(piece, name) for name in SIZES
    )
    material = edit.values.get("material_code", piece.material_code)
    return changed_values(piece, Wanted(material, length, width, thickness), kinds)


def _name(piece: PieceSpec) -> Named:
    return Named(piece.name, piece.name_en)


def _check_size(name: Named, side: str, size: Decimal) -> None:
    most = THICKEST_MM if side == "thickness_mm" else LONGEST_MM
    if not 0 < size <= most:
        raise SizeImplausible(piece=name, most=most, value=size)


def _check_material(name: Named, cut: Cut, code: str, kinds: Kinds) -> None:
    wanted = CUT_FROM.get(cut)
    if code not in kinds or (wanted is not None and kinds[code] is not wanted):
        raise MaterialUnfit(piece=name, material=code)


# --- what an edit is about ----------------------------------------------------


def needs(made: Explosion) -> dict[str, RequirementSpec]:
    """Return the requirements by the code of an edit: need:HINGE, and need:HINGE_2 for the second of that rule."""
    found: dict[str, RequirementSpec] = {}
    for one in made.requirements:
        number = 1 + sum(other.rule_code == one.rule_code for other in found.values())
        found[f"{NEED}{one.rule_code}" if number == 1 else f"{NEED}{one.rule_code}_{number}"] = one
    return found


def base_of(made: Explosion, kind: EditKind, code: str) -> dict[str, Any]:
    """Return what an edit of `made` stands on: the piece or requirement, for an added piece the whole set.

    Raises PieceUnknown.
    """
    if kind is EditKind.ADD:
        return {"set": set_sha256(made)}
    found = need_of(made, code) if kind is EditKind.QUANTITY else piece_of(made, code)
    base: dict[str, Any] = plain(found, pairs=False)
    return base


def set_sha256(made: Explosion) -> str:
    """Return the fingerprint of all pieces and requirements of a set."""
    whole = [plain(one, pairs=False) for one in (*made.pieces, *made.requirements)]
    return hashlib.sha256(json.dumps(whole, ensure_ascii=False).encode()).hexdigest()


def piece_of(made: Explosion, code: str) -> PieceSpec:
    """Return a piece of a set. Raises PieceUnknown."""
    found = next((piece for piece in made.pieces if piece.code == code), None)
    if found is None:
        raise PieceUnknown(piece=code)
    return found


def need_of(made: Explosion, code: str) -> RequirementSpec:
    """Return a requirement of a set by the code of an edit. Raises PieceUnknown."""
    found = needs(made).get(code)
    if found is None:
        raise PieceUnknown(piece=code)
    return found


def outline(data: Mapping[str, Any]) -> str:
    """Return the base or the values of an edit in few words: 2090 × 240 × 22 · MB22-WHITE, or 3.000."""
    sizes = " × ".join(f"{tidy(Decimal(data[name])):f}" for name in SIZES if data.get(name))
    quantity = f"{tidy(Decimal(data['quantity'])):f}" if "quantity" in data else ""
    return " · ".join(filter(None, (sizes, quantity, data.get("material_code", ""))))


def is_stale(made: Explosion, edit: Edit) -> bool:
    """Say whether the rules make something else now than what the edit was made on."""
    try:
        return base_of(made, edit.kind, edit.code) != edit.base
    except PieceUnknown:
        return True


def of_set(edits: Iterable[Edit], position: int) -> tuple[Edit, ...]:
    """Return the edits of one of a line's sets; what is said of the one set goes before what is said of all."""
    found: dict[str, Edit] = {}
    for edit in sorted(edits, key=lambda one: (one.set_position, one.id)):
        if edit.set_position in (ALL_SETS, position):
            found[edit.code] = edit
    return tuple(found.values())


def edits_sha256(edits: Iterable[Edit]) -> str:
    """Return the fingerprint of what edits change; whoever made them and why is not part of it."""
    said = sorted((edit.code, edit.kind.value, json.dumps(edit.values, sort_keys=True)) for edit in edits)
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def faults(made: Explosion, edits: Sequence[Edit], stock: StockLengths, kinds: Kinds) -> tuple[AppError, ...]:
    """Return what stands against making a set with these edits: stale ones, lost materials, boards too small."""
    stale = tuple(EditStale(piece=edit.name) for edit in edits if is_stale(made, edit))
    if stale:
        return stale
    edited = {edit.code for edit in edits}
    return tuple(_piece_faults((p for p in by_hand(made, edits).pieces if p.code in edited), stock, kinds))


def _piece_faults(pieces: Iterable[PieceSpec], stock: StockLengths, kinds: Kinds) -> Iterator[AppError]:
    for piece in pieces:
        try:
            if piece.material_code:
                _check_material(_name(piece), piece.cut, piece.material_code, kinds)
        except MaterialUnfit as wrong:
            yield wrong
            continue
        too_large = stock_refusal(piece, stock.get(piece.material_code, ()))
        if too_large is not None:
            yield too_large


# --- from edits to pieces -----------------------------------------------------


def by_hand(made: Explosion, edits: Sequence[Edit]) -> Explosion:
    """Return a set as it is made with the edits of it (`of_set`); the drawing stays that of the rules.

    What is built into a piece that is left out is left out with it. Raises EditStale.
    """
    for edit in edits:
        if is_stale(made, edit):
            raise EditStale(piece=edit.name)
    by_code = {edit.code: edit for edit in edits}
    pieces = [_changed(piece, by_code.get(piece.code)) for piece in made.pieces]
    pieces += [_added(edit) for edit in edits if edit.kind is EditKind.ADD]
    gone = _gone(pieces, {edit.code for edit in edits if edit.kind is EditKind.LEAVE_OUT})
    kept = tuple(_untwinned(piece, gone) for piece in pieces if piece.code not in gone)
    requirements = (_counted(need, by_code.get(code)) for code, need in needs(made).items())
    return replace(
        made,
        pieces=kept,
        requirements=tuple(one for one in requirements if one.quantity and one.joins not in gone),
        packages=tuple(
            one for one in (_packed(package, kept) for package in made.packages) if one.piece_codes
        ),
    )


def _changed(piece: PieceSpec, edit: Edit | None) -> PieceSpec:
    """Return a piece with its new sizes; what is cut is cut as much larger as the rules say."""
    if edit is None or edit.kind is not EditKind.CHANGE:
        return piece
    length, width, thickness = (
        Decimal(edit.values[name]) if name in edit.values else getattr(piece, name) for name in SIZES
    )
    cut_length, cut_width, step = piece.cut_length_mm, piece.cut_width_mm, STEPS_MM.get(piece.cut)
    if step is not None and cut_length is not None and length != piece.length_mm:
        cut_length = half_up(length + piece.extra_length_mm, step)
    if step is not None and cut_width is not None and width != piece.width_mm:
        cut_width = half_up(width + piece.extra_width_mm, step)
    return replace(
        piece,
        material_code=edit.values.get("material_code", piece.material_code),
        length_mm=length,
        width_mm=width,
        thickness_mm=thickness,
        cut_length_mm=cut_length,
        cut_width_mm=cut_width,
        hand_edit_id=edit.id,
    )


def _added(edit: Edit) -> PieceSpec:
    new = read_new(edit.values)
    step = STEPS_MM.get(new.cut)
    return PieceSpec(
        code=edit.code,
        rule_code=edit.code,
        name=new.name,
        name_en=new.name_en,
        group=new.group,
        material_code=new.material_code,
        thickness_mm=new.thickness_mm,
        length_mm=new.length_mm,
        width_mm=new.width_mm,
        cut_length_mm=half_up(new.length_mm, step) if step and new.length_mm else None,
        cut_width_mm=half_up(new.width_mm, step) if step and new.width_mm and new.cut is Cut.SHEET else None,
        count=new.count,
        grain=new.grain,
        cut=new.cut,
        is_tracked=new.is_tracked,
        edges="",
        mitre="",
        machining="",
        joins=new.joins,
        route=new.route,
        package=new.package,
        package_index=new.package_index,
        is_mirror_of="",
        drawn_as="",
        hand_edit_id=edit.id,
    )


def _gone(pieces: Sequence[PieceSpec], left_out: set[str]) -> set[str]:
    """Return the codes left out with what is built into them, and into that."""
    gone = set(left_out)
    while built_in := {piece.code for piece in pieces if piece.joins in gone} - gone:
        gone |= built_in
    return gone


def _untwinned(piece: PieceSpec, gone: set[str]) -> PieceSpec:
    return replace(piece, is_mirror_of="") if piece.is_mirror_of in gone else piece


def _counted(need: RequirementSpec, edit: Edit | None) -> RequirementSpec:
    if edit is None:
        return need
    return replace(need, quantity=Decimal(edit.values["quantity"]), hand_edit_id=edit.id)


def _packed(package: PackageSpec, pieces: Sequence[PieceSpec]) -> PackageSpec:
    inside = [one for one in pieces if one.package == package.kind and one.package_index == package.index]
    return replace(package, piece_codes=tuple(one.code for one in inside))
