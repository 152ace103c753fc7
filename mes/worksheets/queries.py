"""What the papers and the machine codes are made of, read from what was frozen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from core.codelists.model import Entry
from core.errors import AppError, NotFound
from core.i18n import Named
from erp.catalogue import queries as catalogue
from erp.catalogue.rules.document import ModelDocument
from erp.catalogue.rules.formula import Names, Table, Value
from erp.materials.model import Material
from erp.parties.model import Party
from erp.sales.model import HandEdit, Line, Order
from erp.sales.queries.offer import LOCK_OPTION
from erp.sales.rules.states import OrderState
from mes.planning.queries import lots
from mes.production.queries import all_operation_names, stations_of
from mes.splitting.model import DoorSet, Piece, Requirement
from mes.splitting.rules import LIVE, ON_FLOOR
from mes.worksheets.model import MachineCode, Paper
from mes.worksheets.rules import (
    CARDS_A_PAGE,
    CodeTemplate,
    EditedByHand,
    NothingToPrint,
    PaperKind,
    Scope,
    read_template,
)


@dataclass(frozen=True, slots=True)
class Stamp:
    """The string of one piece for one machine, or why there is none."""

    name: Named
    text: str
    fault: AppError | None = None


@dataclass(frozen=True, slots=True)
class SetSpec:
    """What a set's line asked for, as the floor reads it; sizes in mm."""

    model: Named
    colour: Named
    basis: str  # what the sizes are of: a label to be translated
    sizes_mm: tuple[Decimal, ...]  # width, height
    wall_mm: Decimal
    choices: tuple[tuple[Named, Named], ...]  # the lock, and what is other than usual for the model
    further_mm: tuple[tuple[Named, Decimal], ...]  # further sizes, such as the wall at the left


@dataclass(frozen=True, slots=True)
class SheetPiece:
    """One piece with everything that a work sheet says of it."""

    code: str | None
    name: Named
    drawn_as: str
    material: Named | None
    sides_mm: tuple[Decimal, ...]  # length, width, thickness as finished
    cut_mm: tuple[Decimal, ...]  # length and width as sawn
    part_count: int
    edges: str
    mitre: str
    machining: str
    route: tuple[str, ...]
    step_count: int
    is_urgent: bool
    is_by_hand: bool
    part_group: str
    handing: str
    joins: str | None
    order_id: int
    order_number: str
    dealer: Named
    customer: str
    due_on: date | None
    set_id: int
    set_number: str
    set_code: str
    room: str
    drawing: Any
    spec: SetSpec
    stamps: tuple[Stamp, ...] = ()

    def passes(self, operation: str) -> bool:
        """Say whether an operation is still to be done to it."""
        return operation in self.route[self.step_count :]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The pieces of one paper over some orders, and the names of the operations."""

    pieces: tuple[SheetPiece, ...]
    operations: Mapping[str, Named]
    stations: Mapping[str, Sequence[Named]]  # at which each is done

    @property
    def orders(self) -> tuple[str, ...]:
        """The numbers of the orders, each once."""
        return tuple(dict.fromkeys(piece.order_number for piece in self.pieces))

    @property
    def part_count(self) -> int:
        """How many parts it is; a bundle counts as many as it holds."""
        return sum(piece.part_count for piece in self.pieces)


def _is_piece_of(scope: Scope) -> ColumnElement[bool]:
    """Say which pieces a paper may be about: of a batch those of its own sets, not of the other colours."""
    of_orders = Piece.order_id.in_(scope.order_ids)
    return of_orders if scope.batch_id is None else of_orders & Piece.set_id.in_(_sets_of(scope.batch_id))


def _is_set_of(scope: Scope) -> ColumnElement[bool]:
    of_orders = DoorSet.order_id.in_(scope.order_ids)
    return of_orders if scope.batch_id is None else of_orders & DoorSet.id.in_(_sets_of(scope.batch_id))


def _sets_of(batch_id: int) -> Select[int]:
    batched = lots.batched_sets().subquery()
    return select(batched.c.set_id).where(batched.c.batch_id == batch_id)


def operation_sheet(session: Session, scope: Scope, operation: str) -> Sheet:
    """Return what one operation has still to do, as the shop works: material, size, order.

    Urgent pieces come first. Raises NothingToPrint.
    """
    pieces = _pieces(session, scope, codes_of(session, operation))
    chosen = [piece for piece in pieces if piece.code is not None and piece.passes(operation)]
    chosen.sort(key=_working_order)
    return _sheet(session, chosen)


def material_sheet(session: Session, scope: Scope) -> Sheet:
    """Return the pieces that are still to be sawn or joined, by material and size. Raises NothingToPrint."""
    chosen = [piece for piece in _pieces(session, scope) if piece.sides_mm and piece.step_count == 0]
    chosen.sort(key=_working_order)
    return _sheet(session, chosen)


def route_sheet(session: Session, scope: Scope) -> Sheet:
    """Return all pieces of the sets that are on the floor, set by set. Raises NothingToPrint."""
    return _sheet(session, list(_pieces(session, scope)))


def _sheet(session: Session, pieces: list[SheetPiece]) -> Sheet:
    if not pieces:
        raise NothingToPrint
    return Sheet(tuple(pieces), all_operation_names(session), stations_of(session))


def _working_order(piece: SheetPiece) -> tuple[Any, ...]:
    material = piece.material.zh if piece.material else piece.name.zh
    size = [-side for side in piece.sides_mm]  # the largest first, as it is sawn and pressed
    return (not piece.is_urgent, material, size, piece.order_number, piece.set_id)


def operations_of(session: Session, scope: Scope) -> dict[str, int]:
    """Return how many labelled pieces each operation has still to do, in the order of the routes."""
    rows = session.execute(
        select(Piece.route, Piece.step_count).where(
            _is_piece_of(scope), Piece.code.is_not(None), Piece.state.in_(ON_FLOOR)
        )
    )
    counts: Counter[str] = Counter()
    for route, step_count in rows:
        counts.update(route[step_count:])
    return dict(counts)


def set_count(session: Session, scope: Scope) -> int:
    """Return how many door sets it is."""
    return len(
        session.scalars(select(DoorSet.id).where(_is_set_of(scope), DoorSet.voided_at.is_(None))).all()
    )


def _pieces(
    session: Session, scope: Scope, codes: Sequence[tuple[MachineCode, CodeTemplate]] = ()
) -> Iterator[SheetPiece]:
    rows = session.execute(
        select(Piece, DoorSet, Order, Party, Line, Material)
        .join(DoorSet, DoorSet.id == Piece.set_id)
        .join(Order, Order.id == Piece.order_id)
        .join(Party, Party.id == Order.dealer_id)
        .join(Line, Line.id == DoorSet.line_id)
        .outerjoin(Material, Material.id == Piece.material_id)
        .where(_is_piece_of(scope), Piece.state.in_(ON_FLOOR))
        .order_by(Piece.set_id, Piece.id)
    )
    specs = _Specs(session)
    for piece, door_set, order, dealer, line, material in rows:
        stamps = tuple(
            _stamp(row, template, piece, door_set, line)
            for row, template in codes
            if row.part_group in ("", piece.part_group)
        )
        yield SheetPiece(
            code=piece.code,
            name=Named(piece.name, piece.name_en),
            drawn_as=piece.drawn_as,
            material=Named(material.name, material.name_en) if material else None,
            sides_mm=_sides(piece.length_mm, piece.width_mm, piece.thickness_mm),
            cut_mm=_sides(piece.cut_length_mm, piece.cut_width_mm),
            part_count=piece.part_count,
            edges=piece.edges.strip("-"),
            mitre=piece.mitre,
            machining=piece.machining,
            route=tuple(piece.route),
            step_count=piece.step_count,
            is_urgent=piece.is_urgent,
            is_by_hand=piece.hand_edit_id is not None,
            part_group=piece.part_group,
            handing=line.handing.label if line.handing else "",
            joins=piece.joins,
            order_id=order.id,
            order_number=order.number,
            dealer=Named(dealer.name, dealer.name_en),
            customer=order.customer,
            due_on=order.due_on,
            set_id=door_set.id,
            set_number=door_set.number,
            set_code=door_set.code,
            room=door_set.room,
            drawing=door_set.drawing,
            spec=specs.of(door_set, line),
            stamps=stamps,
        )


class _Specs:
    """What lines asked for, each read once."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.colours = catalogue.colours(session)
        self.found: dict[tuple[int, int], SetSpec] = {}

    def of(self, door_set: DoorSet, line: Line) -> SetSpec:
        """Return what the line of a set asks for, in the words of the version that it was split with."""
        key = (line.id, door_set.door_version_id)
        if key not in self.found:
            version = catalogue.version(self.session, door_set.door_version_id)
            colour = self.colours.get(line.colour_code or "")
            self.found[key] = _spec(catalogue.document(version), line, colour)
        return self.found[key]


def _spec(document: ModelDocument, line: Line, colour: Entry | None) -> SetSpec:
    choices = []
    for option in document.options:
        chosen = line.options.get(option.code) or option.default
        name = next((one.name for one in option.values if one.code == chosen), None)
        if name is not None and (option.code == LOCK_OPTION or chosen != option.default):
            choices.append((option.name, name))
    sizes = {code: Decimal(value) for code, value in line.measures.items()}
    return SetSpec(
        model=document.name,
        colour=Named(colour.name, colour.name_en) if colour else Named(line.colour_code or "—"),
        basis=line.dim_basis.label,
        sizes_mm=(line.width_mm, line.height_mm),
        wall_mm=line.wall_mm,
        choices=tuple(choices),
        further_mm=tuple((one.name, sizes[one.code]) for one in document.measures if one.code in sizes),
    )


def _sides(*sides: Decimal | None) -> tuple[Decimal, ...]:
    return tuple(side for side in sides if side is not None)


# --- machine codes ------------------------------------------------------------


def machine_codes(session: Session) -> Sequence[MachineCode]:
    """Return all templates, by operation and code, those at rest as well."""
    return session.scalars(select(MachineCode).order_by(MachineCode.operation_code, MachineCode.code)).all()


def machine_code(session: Session, code_id: int) -> MachineCode:
    """Return one template. Raises NotFound."""
    found = session.get(MachineCode, code_id)
    if found is None:
        raise NotFound
    return found


def codes_of(session: Session, operation: str) -> list[tuple[MachineCode, CodeTemplate]]:
    """Return the templates in force of one operation, read."""
    wanted = select(MachineCode).where(MachineCode.operation_code == operation, MachineCode.is_active)
    return [(row, template_of(row)) for row in session.scalars(wanted.order_by(MachineCode.code))]


def template_of(row: MachineCode) -> CodeTemplate:
    """Return a stored template, read."""
    return read_template(row.template, row.tables, row.alphabet, row.length_max)


def names_of(piece: Piece, door_set: DoorSet, line: Line) -> Names:
    """Return the names that a template sees: the set's results, the line's choices, the piece's own sizes."""
    found: dict[str, Value | Table] = {name: Decimal(text) for name, text in door_set.results.items()}
    found.update({str(code): str(value) for code, value in line.options.items()})
    found.update(
        handing=line.handing.value if line.handing else "",
        colour=line.colour_code or "",
        kind=line.kind.value,
        piece=piece.rule_code,
        group=piece.part_group,
        edges=piece.edges,
        mitre=piece.mitre,
        machining=piece.machining,
        label=piece.code or "",
        count=Decimal(piece.part_count),
    )
    sizes = {
        "piece_length": piece.length_mm,
        "piece_width": piece.width_mm,
        "piece_thick": piece.thickness_mm,
        "cut_length": piece.cut_length_mm,
        "cut_width": piece.cut_width_mm,
    }
    found.update({name: size for name, size in sizes.items() if size is not None})
    return found


def _stamp(row: MachineCode, template: CodeTemplate, piece: Piece, door_set: DoorSet, line: Line) -> Stamp:
    name = Named(row.name, row.name_en)
    try:
        if piece.hand_edit_id is not None and (by_rules := template.names & set(door_set.results)):
            raise EditedByHand(names=", ".join(sorted(by_rules)))
        return Stamp(name, template.build(names_of(piece, door_set, line)))
    except AppError as fault:
        return Stamp(name, "", fault)


def preview(
    session: Session, template: CodeTemplate, operation: str, group: str, limit: int = 8
) -> list[tuple[Piece, Stamp]]:
    """Return what a template makes of the newest pieces that pass its operation."""
    rows = session.execute(
        select(Piece, DoorSet, Line)
        .join(DoorSet, DoorSet.id == Piece.set_id)
        .join(Line, Line.id == DoorSet.line_id)
        .where(Piece.code.is_not(None))
        .order_by(Piece.id.desc())
        .limit(500)  # far enough back to meet every kind of piece of some sets
    )
    row = MachineCode(name="", name_en="")
    fitting = [
        (piece, door_set, line)
        for piece, door_set, line in rows
        if operation in piece.route and group in ("", piece.part_group)
    ]
    return [(one[0], _stamp(row, template, *one)) for one in fitting[:limit]]


def paper(session: Session, paper_id: int) -> Paper:
    """Return one paper of the background. Raises NotFound."""
    found = session.get(Paper, paper_id)
    if found is None:
        raise NotFound
    return found


def sheet(session: Session, kind: PaperKind, scope: Scope, operation: str) -> Sheet:
    """Return what one kind of paper is made of. Raises NothingToPrint."""
    if kind is PaperKind.OPERATION:
        return operation_sheet(session, scope, operation)
    return material_sheet(session, scope) if kind is PaperKind.MATERIAL else route_sheet(session, scope)


def page_count(sheet: Sheet, kind: PaperKind) -> int:
    """Return about how many pages a paper has: enough to say whether somebody can wait for it."""
    if kind is PaperKind.ROUTE:
        return len({piece.set_id for piece in sheet.pieces})
    return 1 + len(sheet.pieces) // CARDS_A_PAGE if kind is PaperKind.OPERATION else 1


def orders_named(session: Session, numbers: Sequence[str]) -> list[int]:
    """Return the ids of the orders with these numbers. Raises NotFound when one is not there."""
    found = session.scalars(select(Order.id).where(Order.number.in_(numbers)).order_by(Order.id)).all()
    if len(found) != len(set(numbers)) or not found:
        raise NotFound
    return list(found)


def all_pieces(
    session: Session, scope: Scope
) -> Sequence[tuple[Piece, DoorSet, Order, Material | None, str | None]]:
    """Return every live piece of some orders with set, order, material and why a hand changed it, for lists."""
    rows = session.execute(
        select(Piece, DoorSet, Order, Material, HandEdit.reason)
        .join(DoorSet, DoorSet.id == Piece.set_id)
        .join(Order, Order.id == Piece.order_id)
        .outerjoin(Material, Material.id == Piece.material_id)
        .outerjoin(HandEdit, HandEdit.id == Piece.hand_edit_id)
        .where(_is_piece_of(scope), Piece.state.in_(LIVE))
        .order_by(Piece.order_id, Piece.set_id, Piece.id)
    )
    return [(piece, door_set, order, material, why) for piece, door_set, order, material, why in rows]


def all_requirements(session: Session, scope: Scope) -> Sequence[tuple[Requirement, Material, DoorSet]]:
    """Return what the sets of some orders need beside their pieces."""
    rows = session.execute(
        select(Requirement, Material, DoorSet)
        .join(DoorSet, DoorSet.id == Requirement.set_id)
        .join(Material, Material.id == Requirement.material_id)
        .where(_is_set_of(scope), DoorSet.voided_at.is_(None))
        .order_by(Requirement.id)
    )
    return [(wanted, material, door_set) for wanted, material, door_set in rows]


def package_rows(session: Session, scope: Scope) -> list[tuple[DoorSet, Mapping[str, Any], str]]:
    """Return the planned packages, a row for each piece in them, set by set."""
    sets = session.scalars(
        select(DoorSet).where(_is_set_of(scope), DoorSet.voided_at.is_(None)).order_by(DoorSet.id)
    )
    return [(one, package, piece) for one in sets for package in one.packages for piece in package["pieces"]]


def by_station(session: Session, scope: Scope) -> list[tuple[tuple[Named, ...], list[tuple[str, int]]]]:
    """Return the operations that are still to be done with their counts, under the stations that do them.

    Stations follow each other as the routes first come to them; operations that no station does come under none.
    """
    stations = stations_of(session)
    found: dict[tuple[Named, ...], list[tuple[str, int]]] = {}
    for code, count in operations_of(session, scope).items():
        found.setdefault(tuple(stations.get(code, ())), []).append((code, count))
    return list(found.items())


def number_of(session: Session, order_id: int) -> str:
    """Return the number of one order. Raises NotFound."""
    order = session.get(Order, order_id)
    if order is None:
        raise NotFound
    return order.number


def orders_on_floor(session: Session) -> list[int]:
    """Return the ids of the orders that are released and not all packed."""
    wanted = select(Order.id).where(Order.state.in_((OrderState.RELEASED, OrderState.IN_PRODUCTION)))
    return list(session.scalars(wanted.order_by(Order.id)))
