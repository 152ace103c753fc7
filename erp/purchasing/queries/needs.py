"""Reads of what is needed: demands, what confirmed orders will need, stock, what is on order, dealt out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select, true
from sqlalchemy.orm import Session

from core.errors import AppError
from core.i18n import Named
from erp.catalogue import queries as catalogue
from erp.catalogue.model import Door, DoorVersion
from erp.catalogue.rules.by_hand import Edit, by_hand, is_stale, of_set
from erp.catalogue.rules.document import ModelDocument
from erp.catalogue.rules.explode import explode
from erp.catalogue.rules.need import need_of_set
from erp.materials import queries as materials
from erp.materials.model import Article, Material
from erp.materials.rules import MaterialKind
from erp.purchasing.model import Policy, PurchaseLine, PurchaseOrder
from erp.purchasing.rules.needs import (
    PLANS,
    ZERO,
    Requirement,
    Want,
    WantKind,
    deal_out,
    gross,
    still_needed,
    wastage,
)
from erp.purchasing.rules.orders import COMING
from erp.sales.model import Line, Order
from erp.sales.queries import hand_edits
from erp.sales.queries.orders import entry
from erp.sales.rules.states import OPEN_STATES, OrderState
from erp.stock import queries as stock
from erp.stock.model import Demand
from erp.stock.rules import Size, in_unit

CUT = (MaterialKind.SHEET, MaterialKind.BAR)
KEPT_MOST = 5_000  # explosions that are remembered
_kept: dict[tuple[str, str], dict[str, Decimal]] = {}  # by hash of model and hash of sizes: they never change


@dataclass(frozen=True, slots=True)
class Asked:
    """What a requirement is narrowed to: needs and arrivals until a day (those without one left out), one subject."""

    until: date | None = None
    kind: WantKind | None = None
    subject_id: int | None = None
    text: str = ""

    def holds(self, one: Requirement) -> bool:
        """Say whether a material is to be shown."""
        if self.text and self.text.lower() not in f"{one.code} {one.material.zh} {one.material.en}".lower():
            return False
        return self.kind is None or any(self.is_subject(share.want) for share in one.shares)

    def is_subject(self, want: Want) -> bool:
        """Say whether a want is of the one subject that is asked for."""
        return want.kind is self.kind and want.subject_id == self.subject_id


def requirements(session: Session, asked: Asked) -> list[Requirement]:
    """Return each material that is needed, on order or short of its safety stock, by code.

    Stock is dealt out over all wants within the horizon, so that what is lacking is right for each of them.
    """
    wants = _wants(session, asked.until)
    on_order = _on_order(session, asked.until)
    policies = {one.material_id: one for one in session.scalars(select(Policy))}
    on_hand = stock.on_hand_by_material(session)
    ids = set(wants) | set(on_order) | {key for key, one in policies.items() if one.safety_qty}
    yields = stock.last_yields(session, PLANS)
    rows = session.scalars(select(Material).where(Material.id.in_(ids)).order_by(Material.code))
    found = []
    for material in rows:
        policy = policies.get(material.id)
        waste = wastage(yields.get(material.id, []), policy.waste_rate if policy else ZERO)
        hand, coming = on_hand.get(material.id, ZERO), on_order.get(material.id, ZERO)
        one = Requirement(
            material_id=material.id,
            code=material.code,
            material=Named(material.name, material.name_en),
            kind=material.kind,
            unit=material.unit_code,
            on_hand_qty=hand,
            on_order_qty=coming,
            safety_qty=policy.safety_qty if policy else ZERO,
            wastage=waste if material.kind in CUT else None,
            shares=tuple(deal_out(wants.get(material.id, []), hand, coming)),
        )
        if asked.holds(one):
            found.append(one)
    return found


def shares_of(session: Session, kind: WantKind, subject_id: int) -> list[Requirement]:
    """Return what one order or batch needs: each material with its own share alone."""
    asked = Asked(kind=kind, subject_id=subject_id)
    found = []
    for one in requirements(session, asked):
        own = tuple(share for share in one.shares if asked.is_subject(share.want))
        fields = {name: getattr(one, name) for name in Requirement.__slots__} | {"shares": own}
        found.append(Requirement(**fields))
    return found


def _wants(session: Session, until: date | None) -> dict[int, list[Want]]:
    """Return the wants of every material, with waste, within the horizon."""
    known = {one.id: one for one in session.scalars(select(Material))}
    policies: dict[int, Decimal] = dict(session.execute(select(Policy.material_id, Policy.waste_rate)).all())
    yields = stock.last_yields(session, PLANS)
    found: defaultdict[int, list[Want]] = defaultdict(list)
    for kind, subject_id, name, day, material_id, qty in (*_demands(session), *expected_wants(session)):
        if until is not None and (day is None or day > until):
            continue
        material = known[material_id]
        needed = qty
        if kind is not WantKind.BATCH and material.kind in CUT:  # a batch's plans have their waste in them
            waste = wastage(yields.get(material_id, []), policies.get(material_id, ZERO))
            needed = gross(qty, waste)
        found[material_id].append(Want(kind, subject_id, name, day, qty, needed))
    return found


Row = tuple[WantKind, int, str, "date | None", int, Decimal]


def _demands(session: Session) -> list[Row]:
    """Return what released orders and batches have still to draw; orders that are gone draw nothing."""
    demands = stock.open_demands(session)
    of_orders = [one.subject_id for one in demands if one.subject == stock.ORDER]
    rows = session.execute(
        select(Order.id, Order.number, Order.due_on).where(
            Order.id.in_(of_orders), Order.state.in_(OPEN_STATES)
        )
    )
    orders = {key: (number, due_on) for key, number, due_on in rows}
    found: list[Row] = []
    for one in demands:
        qty = still_needed(one.needed_qty, one.issued_qty, one.unit_qty)
        if one.subject == stock.BATCH:
            found.append((WantKind.BATCH, one.subject_id, _name(one), one.needed_on, one.material_id, qty))
        elif one.subject_id in orders:
            number, due_on = orders[one.subject_id]
            found.append((WantKind.ORDER, one.subject_id, number, due_on, one.material_id, qty))
    return found


def _name(demand: Demand) -> str:
    return demand.name or f"#{demand.subject_id}"


def expected_wants(session: Session) -> list[Row]:
    """Return what confirmed orders will need once they are released, net; lines that cannot be made, nothing."""
    rows = session.execute(
        select(Order, Line, Door)
        .join(Line, Line.order_id == Order.id)
        .join(Door, Door.id == Line.door_id)
        .where(Door.current_version_id.is_not(None), Order.state == OrderState.CONFIRMED)
        .order_by(Order.id, Line.position)
    ).all()
    lengths = materials.stock_lengths(session) if rows else {}
    ids = materials.ids(session) if rows else {}
    documents: dict[int, ModelDocument] = {}
    total: defaultdict[tuple[int, int], Decimal] = defaultdict(Decimal)
    heads = {order.id: order for order, _, _ in rows}
    versions = _versions(session, {line.door_id for _, line, _ in rows})
    edits = hand_edits.in_force(session, [line.id for _, line, _ in rows])
    for order, line, door in rows:
        place = (line, door.code, versions[line.door_id], documents, lengths)
        changed = edits.get(line.id, ())
        need = _need_by_hand(*place, changed) if changed else _need_of(*place)
        for material, qty in need.items():
            if material in ids:
                total[order.id, ids[material]] += qty * (1 if changed else line.set_count)
    return [
        (WantKind.EXPECTED, order_id, heads[order_id].number, heads[order_id].due_on, material_id, qty)
        for (order_id, material_id), qty in total.items()
    ]


def _versions(session: Session, door_ids: Collection[int]) -> dict[int, DoorVersion]:
    """Return the versions in force of some door models: a document is read once, not with every line."""
    rows = session.execute(
        select(Door.id, DoorVersion)
        .join(DoorVersion, DoorVersion.id == Door.current_version_id)
        .where(Door.id.in_(door_ids))
    )
    return {door_id: version for door_id, version in rows}  # noqa: C416  (typed)


def _need_of(
    line: Line,
    door_code: str,
    version: DoorVersion,
    documents: dict[int, ModelDocument],
    lengths: Mapping[str, Any],
) -> dict[str, Decimal]:
    """Return the net need of one set of a line; the explosion of equal sizes is remembered."""
    spec = entry(line, door_code).spec
    key = (version.sha256, spec.sha256)
    if key in _kept:
        return _kept[key]
    if version.id not in documents:
        documents[version.id] = catalogue.document(version)
    try:
        need = need_of_set(explode(documents[version.id], spec, lengths))
    except AppError:
        return {}  # the order's page says why it cannot be made
    if len(_kept) >= KEPT_MOST:
        _kept.clear()
    _kept[key] = need
    return need


def _need_by_hand(
    line: Line,
    door_code: str,
    version: DoorVersion,
    documents: dict[int, ModelDocument],
    lengths: Mapping[str, Any],
    edits: tuple[Edit, ...],
) -> dict[str, Decimal]:
    """Return the net need of all sets of a line with changes by hand; those that are stale do not count yet."""
    document = documents.setdefault(version.id, catalogue.document(version))
    try:
        made = explode(document, entry(line, door_code).spec, lengths)
    except AppError:
        return {}
    fresh = [edit for edit in edits if not is_stale(made, edit)]
    need: defaultdict[str, Decimal] = defaultdict(Decimal)
    for position in range(1, line.set_count + 1):
        for material, qty in need_of_set(by_hand(made, of_set(fresh, position))).items():
            need[material] += qty
    return need


def _on_order(session: Session, until: date | None) -> dict[int, Decimal]:
    """Return the open rest of purchase lines by material, in its unit: of a horizon, what is expected within it."""
    within = PurchaseOrder.expected_on <= until if until is not None else true()
    rows = session.execute(
        select(
            Material, Article.length_mm, Article.width_mm, PurchaseLine.ordered_qty, PurchaseLine.received_qty
        )
        .join(Article, Article.material_id == Material.id)
        .join(PurchaseLine, PurchaseLine.article_id == Article.id)
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseLine.order_id)
        .where(PurchaseOrder.state.in_(COMING), PurchaseLine.ordered_qty > PurchaseLine.received_qty, within)
    )
    total: defaultdict[int, Decimal] = defaultdict(Decimal)
    for material, length, width, ordered, received in rows:
        total[material.id] += in_unit(
            ordered - received, material.kind, Size(length, width, material.trim_mm)
        )
    return dict(total)
