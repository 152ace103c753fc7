"""Scans of the warehouse: each finds what was scanned, judges it, calls one command, and says what was done."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy.orm import Session

from core.codes import CodeUnreadable, Letter, read
from core.errors import RuleViolation
from core.i18n import N_
from erp.stock.rules import FOR_MATERIAL, FOR_PACKAGES, OverIssue, OverReturn, PlaceKind, StockShort, plain
from mes.packing import queries as packing
from mes.packing.rules import Box, label_of
from mes.scanning import service as scanning
from mes.scanning.rules import Accepted, Block, Blocked, ScanKind, ScanRequest, Text
from mes.scanning.service import Handler, Resolved
from mes.warehouse import queries, service
from mes.warehouse.rules import (
    ANY_PACKAGE_PLACE,
    MATERIAL_PLACE,
    PACKAGE_PLACE,
    STAGING_PLACE,
    BatchNeed,
    LotInHand,
    Portion,
    Spot,
    choose_portion,
    judge_goods_in,
    judge_here,
    judge_issue,
    judge_package,
    judge_place,
    judge_return,
    judge_transfer,
    judge_witness,
)

STORE, ISSUE = "mes.warehouse.store", "mes.warehouse.issue"


def goods_in(session: Session, scan: ScanRequest) -> Accepted:
    """Put a received lot from goods-in, or an offcut from the saw, to its place."""
    lot, spot = service.find_lot(session, scan.code), service.find_spot(session, scan.context or "")
    _raise(judge_place(spot, FOR_MATERIAL, MATERIAL_PLACE) or judge_goods_in(lot, spot))
    qty = service.put_away(session, lot, spot, by=scan.who.id, at=scan.at)
    facts = {"qty": plain(qty), "unit": lot.unit, "material": lot.material, "place": spot.name}
    return Accepted(
        Text(N_("%(qty)s %(unit)s of %(material)s put at %(place)s."), facts),
        object_type="lot",
        object_id=lot.lot_id,
        context_id=spot.place_id,
        shown={"name": spot.name, "size": Text("%(qty)s %(unit)s", facts)},
    )


def issue(session: Session, scan: ScanRequest) -> Accepted:
    """Hand a quantity of a lot out to a batch."""
    lot = service.find_lot(session, scan.code)
    batch = service.find_batch(session, scan.context or "")
    portion = choose_portion(lot, _clean(scan.witness))
    if isinstance(portion, Blocked):
        raise portion
    need = queries.batch_need(session, batch, lot.material_id)
    qty = Decimal(scan.quantity)
    _raise(judge_issue(lot, portion, need, qty))
    _issue(session, scan, lot, portion, need)
    facts = {"qty": plain(qty), "unit": lot.unit, "material": lot.material, "batch": need.number}
    return Accepted(
        Text(N_("%(qty)s %(unit)s of %(material)s issued to %(batch)s."), facts),
        object_type="lot",
        object_id=lot.lot_id,
        context_id=batch.id,
        shown={"name": lot.material, "size": Text("%(qty)s %(unit)s", facts), "batch_id": batch.id},
    )


def _issue(session: Session, scan: ScanRequest, lot: LotInHand, portion: Portion, need: BatchNeed) -> None:
    """Issue, and judge again when another one was quicker: then less is left or needed than was read."""
    qty = Decimal(scan.quantity)
    try:
        service.issue(session, lot, portion, need.batch_id, qty, by=scan.who.id, at=scan.at)
    except (StockShort, OverIssue) as late:
        raise _late(scan, late, lot, need.batch_id) from late


def give_back(session: Session, scan: ScanRequest) -> Accepted:
    """Put what a batch did not use back to a place; the place is the witness."""
    lot = service.find_lot(session, scan.code)
    batch = service.find_batch(session, scan.context or "")
    spot = _witness_place(session, scan)
    qty = Decimal(scan.quantity)
    _raise(judge_place(spot, FOR_MATERIAL, MATERIAL_PLACE))
    _raise(judge_return(lot, batch.number, queries.issued_qty(session, lot.lot_id, batch.id), qty))
    try:
        service.give_back(session, lot, batch.id, spot, qty, by=scan.who.id, at=scan.at)
    except OverReturn as late:
        raise _late(scan, late, lot, batch.id) from late
    facts = {
        "qty": plain(qty),
        "unit": lot.unit,
        "material": lot.material,
        "batch": batch.number,
        "place": spot.name,
    }
    return Accepted(
        Text(N_("%(qty)s %(unit)s of %(material)s back from %(batch)s, at %(place)s."), facts),
        object_type="lot",
        object_id=lot.lot_id,
        context_id=batch.id,
        shown={"name": spot.name, "size": Text("%(qty)s %(unit)s", facts), "batch_id": batch.id},
    )


def _witness_place(session: Session, scan: ScanRequest) -> Spot:
    """Return the place that was scanned last. Raises Blocked E20, E21, E22, E26."""
    code = _clean(scan.witness)
    if code is None or code[0] != Letter.PLACE:
        found = Text(N_("No place scanned"))
        if code is not None:
            found = Text("%(name)s", {"name": scanning.resolve(session, code).name})
        raise Blocked(
            Block.E22,
            expected=MATERIAL_PLACE,
            got=found,
            todo=Text(N_("Scan the label of the place where you put it.")),
        )
    return service.find_spot(session, code)


def _late(scan: ScanRequest, late: RuleViolation, lot: LotInHand, context_id: int) -> Blocked:
    """Return the refusal when another one was quicker: then less is there, needed or out than was read."""
    return Blocked(
        Block.E30,
        expected=Text(late.message, late.facts),
        got=Text("%(qty)s %(unit)s", {"qty": plain(Decimal(scan.quantity)), "unit": lot.unit}),
        todo=Text(N_("Somebody else took some a moment ago. Look again and take less.")),
        object_type="lot",
        object_id=lot.lot_id,
        context_id=context_id,
    )


def store_in(session: Session, scan: ScanRequest) -> Accepted:
    """Put a sealed package away; a piece of it proves that its label is on the right box."""
    box, spot = service.find_package(session, scan.code), service.find_spot(session, scan.context or "")
    _raise(judge_place(spot, (PlaceKind.FINISHED,), PACKAGE_PLACE) or judge_package(box))
    _raise(judge_here(box, queries.place_of(session, box.package_id), spot))
    _check_witness(session, box, _clean(scan.witness))
    return _carried(session, box, spot)


def _check_witness(session: Session, box: Box, witness: str | None) -> None:
    codes = packing.content_codes(session, box.package_id)
    piece = None
    if witness is not None and witness not in codes:
        piece = packing.piece(session, witness)
        if piece is None and witness[0] == Letter.PIECE:
            raise scanning.unknown(session, witness)
    _raise(judge_witness(box, codes, witness, piece))


def move(session: Session, scan: ScanRequest) -> Accepted:
    """Carry a package to another place of the store or to staging, or a quantity of a lot to another place."""
    if scan.code[0] == Letter.PACKAGE:
        return _carry(session, scan, FOR_PACKAGES, ANY_PACKAGE_PLACE)
    return _transfer(session, scan)


def _transfer(session: Session, scan: ScanRequest) -> Accepted:
    lot, spot = service.find_lot(session, scan.code), service.find_spot(session, scan.context or "")
    _raise(judge_place(spot, FOR_MATERIAL, MATERIAL_PLACE))
    portion = choose_portion(lot, _clean(scan.witness))
    if isinstance(portion, Blocked):
        raise portion
    qty = Decimal(scan.quantity)
    _raise(judge_transfer(lot, portion, spot, qty))
    try:
        service.transfer(session, lot, portion, spot, qty, by=scan.who.id, at=scan.at)
    except StockShort as late:
        raise _late(scan, late, lot, spot.place_id) from late
    facts = {"qty": plain(qty), "unit": lot.unit, "material": lot.material, "place": spot.name}
    return Accepted(
        Text(N_("%(qty)s %(unit)s of %(material)s put at %(place)s."), facts),
        object_type="lot",
        object_id=lot.lot_id,
        context_id=spot.place_id,
        shown={"name": spot.name, "size": Text("%(qty)s %(unit)s", facts)},
    )


def stage(session: Session, scan: ScanRequest) -> Accepted:
    """Bring a package to a staging place, ready for its vehicle."""
    return _carry(session, scan, (PlaceKind.STAGING,), STAGING_PLACE)


def _carry(session: Session, scan: ScanRequest, kinds: tuple[PlaceKind, ...], wanted: Text) -> Accepted:
    box, spot = service.find_package(session, scan.code), service.find_spot(session, scan.context or "")
    _raise(judge_place(spot, kinds, wanted) or judge_package(box))
    _raise(judge_here(box, queries.place_of(session, box.package_id), spot))
    return _carried(session, box, spot)


def _carried(session: Session, box: Box, spot: Spot) -> Accepted:
    service.carry(session, box, spot)
    facts = {"order": box.order_number, "package": label_of(box), "place": spot.name}
    return Accepted(
        Text(N_("%(order)s %(package)s is at %(place)s."), facts),
        object_type="package",
        object_id=box.package_id,
        context_id=spot.place_id,
        shown={"name": spot.name, "size": label_of(box), "package_id": box.package_id},
    )


PACKAGE, PLACE = (Letter.PACKAGE,), (Letter.PLACE,)
HANDLERS = (
    Handler(ScanKind.GOODS_IN, STORE, goods_in, (Letter.LOT, Letter.SHEET), PLACE),
    Handler(ScanKind.ISSUE, ISSUE, issue, (Letter.LOT,), (Letter.BATCH,)),
    Handler(ScanKind.STORE_IN, STORE, store_in, PACKAGE, PLACE),
    Handler(ScanKind.RETURN, ISSUE, give_back, (Letter.LOT,), (Letter.BATCH,)),
    Handler(ScanKind.MOVE, STORE, move, (Letter.PACKAGE, Letter.LOT, Letter.SHEET), PLACE),
    Handler(ScanKind.STAGE, STORE, stage, PACKAGE, PLACE),
)


def resolve_place(session: Session, code: str) -> Resolved | None:
    """Say what a place's code stands for."""
    spot = queries.spot(session, code)
    if spot is None:
        return None
    arguments = {"place_id": spot.place_id}
    return Resolved("place", spot.place_id, spot.name, spot.kind, "erp_stock.place_show", arguments)


def resolve_lot(session: Session, code: str) -> Resolved | None:
    """Say what a lot's code stands for."""
    lot = queries.lot(session, code)
    if lot is None:
        return None
    return Resolved("lot", lot.lot_id, lot.material, None, "erp_stock.lot_show", {"lot_id": lot.lot_id})


def _clean(witness: str | None) -> str | None:
    """Return a witness's code. Raises Blocked E20."""
    if not witness:
        return None
    try:
        return read(witness)
    except CodeUnreadable as wrong:
        raise Blocked(
            Block.E20,
            expected=Text(N_("A code with its check character")),
            got=Text("%(code)s", {"code": witness[:20]}),
            todo=Text(N_("Scan again. If the label is torn, print a new one.")),
        ) from wrong


def _raise(refusal: Blocked | None) -> None:
    if refusal is not None:
        raise refusal
