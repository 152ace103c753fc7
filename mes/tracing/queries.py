"""Reads of tracing: one statement a question. Every branch begins at keys and goes along indexed columns.

Where a branch begins is a subquery, not a common table expression: the planner looks into it and sees the key.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    CompoundSelect,
    Select,
    String,
    Subquery,
    bindparam,
    case,
    cast,
    func,
    literal,
    null,
    select,
    union,
    union_all,
)
from sqlalchemy.orm import Session

from core.auth.model import Person
from core.codes import Letter
from core.i18n import Named
from erp.catalogue.model import DoorVersion
from erp.materials.model import Article
from erp.parties.model import Party
from erp.sales.model import Line, Order
from erp.stock.model import Lot, Move
from erp.stock.queries import BATCH
from erp.stock.rules import MoveKind
from mes.cutting.model import CutLayout, CutPlan, Placement
from mes.packing.model import Content, Package
from mes.planning.model import BatchOrder
from mes.planning.queries import lots
from mes.production.model import Scrap, WorkReport
from mes.scanning.model import Scan, Station
from mes.shipping.model import Claim, Delivery, Load, LoadPackage, Receipt, Return
from mes.splitting.model import DoorSet, Piece, Requirement
from mes.tracing.rules import Chapter, Event, LotKnown

NO = literal("")
ROW: BindParameter[int] = bindparam("row_id")  # statements are made once: making one costs as much as asking
COUNTS = ("set_count", "piece_count", "package_count", "shipped_count", "shipped_at")


@dataclass(frozen=True, slots=True)
class Found:
    """What a scanned label stands for: its kind (piece, set, package, lot, sheet) and its row."""

    kind: str
    id: int


def found(session: Session, code: str) -> Found | None:
    """Return what a label stands for; an offcut's label is that of its lot."""
    wanted: dict[str, list[tuple[str, Any]]] = {
        Letter.PIECE: [("piece", Piece)],
        Letter.DOOR_SET: [("set", DoorSet)],
        Letter.PACKAGE: [("package", Package)],
        Letter.LOT: [("lot", Lot)],
        Letter.SHEET: [("lot", Lot), ("sheet", CutLayout)],
    }
    for kind, table in wanted.get(code[:1], []):
        row_id = session.scalar(select(table.id).where(table.code == code))
        if row_id is not None:
            return Found(kind, row_id)
    return None


# --- back: from a piece, a set or a package to where it came from and went ------------


@cache
def story(kind: str) -> CompoundSelect[Any]:
    """Return the statement that tells everything of a piece, of a set's pieces or of a package's; fields of Event."""
    pieces = _pieces(kind)
    boxes = _boxes(kind, pieces)
    return union_all(
        _of_pieces(pieces),
        _of_sheets(pieces),
        _of_boards(pieces),
        _of_lots(pieces),
        _of_fittings(pieces),
        _of_operations(pieces),
        _of_scrap(pieces),
        _of_boxes(boxes),
        _of_loads(boxes),
        _of_receipts(boxes),
        _of_claims(boxes),
        _of_returns(boxes),
        _of_scans("piece", pieces),
        _of_scans("package", boxes),
    )


def trace(session: Session, kind: str, row_id: int) -> list[Event]:
    """Return everything that is known of a piece, a set or a package, in one statement."""
    return [
        Event(
            Chapter(chapter),
            at,
            code or "",
            Named(name or "", name_en or ""),
            person or "",
            detail,
            extra,
            ref,
        )
        for chapter, at, code, name, name_en, person, detail, extra, ref in session.execute(
            story(kind), {"row_id": row_id}
        )
    ]


def operation_names(session: Session, piece_ids: Collection[int]) -> dict[str, Named]:
    """Return the names of the operations of some pieces, as the frozen door models have them, by code."""
    listed = session.scalars(
        select(DoorVersion.document["operations"])
        .where(
            DoorVersion.id.in_(
                select(DoorSet.door_version_id)
                .join(Piece, Piece.set_id == DoorSet.id)
                .where(Piece.id.in_(piece_ids))
            )
        )
        .order_by(DoorVersion.id)
    )
    operations = [one for of_version in listed for one in of_version or []]
    return {one["code"]: Named(one["name"]["zh"], one["name"].get("en", "")) for one in operations}


def _pieces(kind: str) -> Subquery:
    rows = select(Piece.id, Piece.set_id, Piece.order_id, Piece.rule_code)
    if kind == "piece":
        rows = rows.where(Piece.id == ROW)
    elif kind == "set":
        rows = rows.where(Piece.set_id == ROW)
    else:
        rows = rows.join(Content, Content.piece_id == Piece.id).where(Content.package_id == ROW)
    return rows.subquery("pieces")


def _boxes(kind: str, pieces: Subquery) -> Subquery:
    if kind == "package":
        return select(Package.id).where(Package.id == ROW).subquery("boxes")
    if kind == "set":
        shared = (
            select(Content.package_id).join(Piece, Piece.id == Content.piece_id).where(Piece.set_id == ROW)
        )
        return union(select(Package.id).where(Package.set_id == ROW), shared).subquery("boxes")
    packed = select(Content.package_id.label("id")).join(pieces, pieces.c.id == Content.piece_id)
    return packed.subquery("boxes")


def _row(
    chapter: Chapter,
    at: Any,
    code: Any,
    *,
    name: Any = NO,
    name_en: Any = NO,
    person: Any = NO,
    detail: Any = NO,
    extra: Any = NO,
    ref: Any,
) -> Select[Any]:
    return select(literal(chapter.value), at, code, name, name_en, person, detail, extra, ref)


def _of_pieces(pieces: Subquery) -> Select[Any]:
    detail = Order.number + " · " + DoorSet.room
    return (
        _row(
            Chapter.PIECE,
            Piece.changed_at.label("at"),
            func.coalesce(Piece.code, Piece.rule_code),
            name=Piece.name,
            name_en=Piece.name_en,
            person=NO,
            detail=detail,
            extra=cast(Piece.state, String),
            ref=Piece.order_id,
        )
        .select_from(pieces)
        .join(Piece, Piece.id == pieces.c.id)
        .join(DoorSet, DoorSet.id == Piece.set_id)
        .join(Order, Order.id == Piece.order_id)
    )


def _of_sheets(pieces: Subquery) -> Select[Any]:
    return (
        _row(
            Chapter.SHEET,
            CutLayout.cut_at,
            CutLayout.code,
            name=Article.code,
            person=func.coalesce(Person.name, ""),
            detail=CutPlan.number,
            extra=cast(CutLayout.position, String),
            ref=CutPlan.id,
        )
        .select_from(pieces)
        .join(Placement, Placement.piece_id == pieces.c.id)
        .join(CutLayout, CutLayout.id == Placement.layout_id)
        .join(CutPlan, CutPlan.id == CutLayout.plan_id)
        .join(Article, Article.id == CutLayout.article_id)
        .outerjoin(Person, Person.id == CutLayout.cut_by_id)
        .where(CutLayout.dropped_at.is_(None))
        .distinct()
    )


def _lot(at: Any, known: Any) -> Select[Any]:
    return _row(
        Chapter.LOT,
        at,
        Lot.code,
        name=Article.code,
        person=known,
        detail=Lot.supplier_reference,
        extra=func.coalesce(Party.name, ""),
        ref=Lot.id,
    )


def _is_issued_to(batch_id: Any) -> Any:
    """Return the condition that a move is an issue to a batch.

    The word for a batch is said of the batch's row, so that no plan begins among the moves of all batches.
    """
    subject = case((batch_id > 0, BATCH), else_="")
    return (Move.subject == subject) & (Move.subject_id == batch_id) & (Move.kind == MoveKind.ISSUE)


def _of_boards(pieces: Subquery) -> Select[Any]:
    """Return the lots of boards that were scanned at the saw: those of the sheets, or of the boards of offcuts."""
    return (
        _lot(Lot.received_at, literal(LotKnown.SCANNED.value))
        .select_from(pieces)
        .join(Placement, Placement.piece_id == pieces.c.id)
        .join(CutLayout, CutLayout.id == Placement.layout_id)
        .join(Lot, Lot.id == CutLayout.board_lot_id)
        .join(Article, Article.id == Lot.article_id)
        .outerjoin(Party, Party.id == Lot.supplier_id)
        .where(CutLayout.dropped_at.is_(None))
        .distinct()
    )


def _of_lots(pieces: Subquery) -> Select[Any]:
    """Return the other lots of a sheet: the offcut that it was; else, unscanned, what its batch got of its article."""
    known = case((CutLayout.lot_id.is_not(None), LotKnown.OFFCUT.value), else_=LotKnown.ISSUED.value)
    is_unknown = CutLayout.lot_id.is_(None) & CutLayout.board_lot_id.is_(None)
    return (
        _lot(Lot.received_at, known)
        .select_from(pieces)
        .join(Placement, Placement.piece_id == pieces.c.id)
        .join(CutLayout, CutLayout.id == Placement.layout_id)
        .join(CutPlan, CutPlan.id == CutLayout.plan_id)
        .outerjoin(Move, _is_issued_to(CutPlan.batch_id) & is_unknown)
        .join(Lot, Lot.id == func.coalesce(CutLayout.lot_id, Move.lot_id))
        .join(Article, Article.id == Lot.article_id)
        .outerjoin(Party, Party.id == Lot.supplier_id)
        .where(CutLayout.dropped_at.is_(None), Lot.article_id == CutLayout.article_id)
        .distinct()
    )


def _of_fittings(pieces: Subquery) -> Select[Any]:
    """Return the lots of what is built into a piece or lies in its kit: issued to the batch of its colour lot."""
    is_for_it = (Requirement.set_id == pieces.c.set_id) & (Requirement.joins == pieces.c.rule_code)
    return (
        _lot(Lot.received_at, literal(LotKnown.ISSUED.value))
        .select_from(pieces)
        .join(Requirement, is_for_it)
        .join(DoorSet, DoorSet.id == pieces.c.set_id)
        .join(Line, Line.id == DoorSet.line_id)
        .join(BatchOrder, lots.is_of_lot())
        .join(Move, _is_issued_to(BatchOrder.batch_id))
        .join(Lot, Lot.id == Move.lot_id)
        .join(
            Article,
            (Article.id == Lot.article_id)
            & (_as_it_is(Article.material_id) == _as_it_is(Requirement.material_id)),
        )
        .outerjoin(Party, Party.id == Lot.supplier_id)
        .distinct()
    )


def _of_operations(pieces: Subquery) -> Select[Any]:
    return (
        _row(
            Chapter.OPERATION,
            WorkReport.done_at,
            WorkReport.operation_code,
            name=func.coalesce(Station.name, ""),
            name_en=func.coalesce(Station.name_en, ""),
            person=Person.name,
            detail=func.coalesce(Piece.code, Piece.rule_code),
            extra=cast(WorkReport.pass_no, String),
            ref=WorkReport.piece_id,
        )
        .select_from(pieces)
        .join(WorkReport, WorkReport.piece_id == pieces.c.id)
        .join(Piece, Piece.id == pieces.c.id)
        .join(Person, Person.id == WorkReport.person_id)
        .outerjoin(Station, Station.id == WorkReport.station_id)
    )


def _of_scrap(pieces: Subquery) -> Select[Any]:
    """Return the scrapped piece that a piece replaces, or its own scrapping."""
    is_it = (Scrap.piece_id == pieces.c.id) | (Scrap.new_piece_id == pieces.c.id)
    return (
        _row(
            Chapter.SCRAP,
            Scrap.scrapped_at,
            Scrap.defect_code,
            person=Person.name,
            detail=Scrap.note,
            extra=cast(Scrap.duty, String),
            ref=Scrap.piece_id,
        )
        .select_from(pieces)
        .join(Scrap, is_it)
        .join(Person, Person.id == Scrap.person_id)
    )


def _of_boxes(boxes: Subquery) -> Select[Any]:
    number = cast(Package.position, String) + "/" + cast(Package.total_count, String)
    return (
        _row(
            Chapter.BOX,
            Package.sealed_at,
            Package.code,
            name=Package.name,
            name_en=Package.name_en,
            person=func.coalesce(Person.name, ""),
            detail=number,
            extra=cast(Package.state, String),
            ref=Package.id,
        )
        .select_from(boxes)
        .join(Package, Package.id == boxes.c.id)
        .outerjoin(Person, Person.id == Package.sealed_by_id)
    )


def _of_loads(boxes: Subquery) -> Select[Any]:
    return (
        _row(
            Chapter.LOAD,
            func.coalesce(Load.shipped_at, LoadPackage.loaded_at),
            Load.number,
            name=Party.name,
            name_en=Party.name_en,
            person=func.coalesce(Person.name, ""),
            detail=Load.vehicle + " " + Load.driver,
            extra=Delivery.number,
            ref=Load.id,
        )
        .select_from(boxes)
        .join(LoadPackage, LoadPackage.package_id == boxes.c.id)
        .join(Delivery, Delivery.id == LoadPackage.delivery_id)
        .join(Load, Load.id == LoadPackage.load_id)
        .join(Party, Party.id == Delivery.dealer_id)
        .outerjoin(Person, Person.id == LoadPackage.loaded_by_id)
    )


def _of_receipts(boxes: Subquery) -> Select[Any]:
    """Return what dealers said of some packages; `extra` is RIGHT or WRONG."""
    return (
        _row(
            Chapter.RECEIPT,
            Receipt.said_at,
            Delivery.number,
            name=Party.name,
            name_en=Party.name_en,
            person=Receipt.said_by,
            detail=Package.code,
            extra=case((Receipt.is_right, "RIGHT"), else_="WRONG"),
            ref=Delivery.load_id,
        )
        .select_from(boxes)
        .join(Receipt, Receipt.package_id == boxes.c.id)
        .join(Package, Package.id == Receipt.package_id)
        .join(Delivery, Delivery.id == Receipt.delivery_id)
        .join(Party, Party.id == Delivery.dealer_id)
    )


def _of_claims(boxes: Subquery) -> Select[Any]:
    """Return what dealers claimed of some packages; `extra` is CLAIM with its kind and state."""
    return (
        _row(
            Chapter.RECEIPT,
            Claim.claimed_at,
            Delivery.number,
            person=Claim.claimed_by,
            detail=Claim.note,
            extra="CLAIM " + cast(Claim.kind, String) + " " + cast(Claim.state, String),
            ref=Delivery.load_id,
        )
        .select_from(boxes)
        .join(Claim, Claim.package_id == boxes.c.id)
        .join(Delivery, Delivery.id == Claim.delivery_id)
    )


def _of_returns(boxes: Subquery) -> Select[Any]:
    """Return how some packages came back; `extra` is RETURN with the condition."""
    return (
        _row(
            Chapter.RECEIPT,
            Return.returned_at,
            Delivery.number,
            person=func.coalesce(Person.name, ""),
            detail=Return.reason,
            extra="RETURN " + cast(Return.condition, String),
            ref=Delivery.load_id,
        )
        .select_from(boxes)
        .join(Return, Return.package_id == boxes.c.id)
        .join(Delivery, Delivery.id == Return.delivery_id)
        .outerjoin(Person, Person.id == Return.returned_by_id)
    )


def _of_scans(object_type: str, things: Subquery) -> Select[Any]:
    """Return every scan of some things, those that were refused too."""
    verdict = cast(Scan.outcome, String) + " " + func.coalesce(cast(Scan.block_code, String), "")
    return (
        _row(
            Chapter.SCAN,
            Scan.received_at,
            cast(Scan.kind, String),
            name=func.coalesce(Station.name, ""),
            name_en=func.coalesce(Station.name_en, ""),
            person=Person.name,
            detail=Scan.code,
            extra=verdict,
            ref=null(),
        )
        .select_from(Scan)
        .join(Person, Person.id == Scan.person_id)
        .outerjoin(Station, Station.id == Scan.station_id)
        .where(Scan.object_type == object_type, Scan.object_id.in_(select(things.c.id)))
    )


# --- on: from a lot or a sheet to the dealers ------------------------------------------


@dataclass(frozen=True, slots=True)
class Use:
    """One order in which some of a lot or sheet is, and how far it has come."""

    order_id: int
    order_number: str
    dealer_id: int
    dealer: Named
    set_count: int
    piece_count: int  # labelled parts cut from it; 0 where only fittings or bands of it are in
    package_count: int
    shipped_count: int  # packages that have left
    shipped_at: datetime | None


@cache
def uses(kind: str) -> Select[Any]:
    """Return the statement that finds every order with some of a lot or sheet; fields of Use, dealer as two names."""
    touched = _of_layout() if kind == "sheet" else union_all(*_of_lot())
    parts = touched.cte("parts")
    gone = func.count(LoadPackage.package_id.distinct()).filter(Load.shipped_at.is_not(None))
    by_order = (
        select(
            parts.c.order_id,
            func.count(parts.c.set_id.distinct()).label("set_count"),
            func.count(parts.c.piece_id.distinct()).label("piece_count"),
            func.count(Content.package_id.distinct()).label("package_count"),
            gone.label("shipped_count"),
            func.max(Load.shipped_at).label("shipped_at"),
        )
        .select_from(parts)
        .outerjoin(Content, Content.piece_id == func.coalesce(parts.c.piece_id, parts.c.kit_id))
        .outerjoin(LoadPackage, LoadPackage.package_id == Content.package_id)
        .outerjoin(Load, Load.id == LoadPackage.load_id)
        .group_by(parts.c.order_id)
        .cte("by_order")
    )
    counts = (by_order.c[name] for name in COUNTS)
    rows: Any = (
        select(Order.id, Order.number, Party.id, Party.name, Party.name_en, *counts)
        .select_from(by_order)
        .join(Order, Order.id == by_order.c.order_id)
        .join(Party, Party.id == Order.dealer_id)
        .order_by(Party.name, Order.number)
    )
    found: Select[Any] = rows
    return found


def dealers(session: Session, kind: str, row_id: int) -> list[Use]:
    """Return every order with some of a lot or sheet, by dealer, in one statement."""
    return [
        Use(order_id, number, dealer_id, Named(name, name_en or ""), *counts)
        for order_id, number, dealer_id, name, name_en, *counts in session.execute(
            uses(kind), {"row_id": row_id}
        )
    ]


def _as_it_is(column: Any) -> Any:
    """Return a column as a value that no index serves: half of the table has it, it is no way in."""
    return func.coalesce(column, column)


def _of_layout() -> Select[Any]:
    return (
        select(
            Piece.order_id,
            Piece.set_id,
            Piece.id.label("piece_id"),
            cast(null(), Piece.id.type).label("kit_id"),
        )
        .join(Placement, Placement.piece_id == Piece.id)
        .where(Placement.layout_id == ROW)
    )


def _of_lot() -> tuple[Select[Any], ...]:
    """Return the parts that are of a lot, or may be.

    They are: cut from it where it was scanned, or as an offcut. They may be: cut in the batches that it was issued
    to, from sheets of which no lot was scanned; and the sets of those batches that need its material as a fitting
    or band, with the kit that it lies in.
    """
    no_kit = cast(null(), Piece.id.type).label("kit_id")
    issued = (
        select(Move.subject_id.label("batch_id"), Lot.article_id, Article.material_id)
        .join(Lot, Lot.id == Move.lot_id)
        .join(Article, Article.id == Lot.article_id)
        .where(Move.lot_id == ROW, _as_it_is(Move.subject) == BATCH, Move.kind == MoveKind.ISSUE)
        .subquery("issued")
    )
    of_batches = (
        select(Piece.order_id, Piece.set_id, Piece.id.label("piece_id"), no_kit)
        .select_from(issued)
        .join(CutPlan, CutPlan.batch_id == issued.c.batch_id)
        .join(
            CutLayout,
            (CutLayout.plan_id == CutPlan.id)
            & (CutLayout.article_id == issued.c.article_id)
            & (
                func.coalesce(CutLayout.lot_id, CutLayout.board_lot_id, 0) == 0
            )  # no index of them is a way in
            & CutLayout.dropped_at.is_(None),
        )
        .join(Placement, Placement.layout_id == CutLayout.id)
        .join(Piece, Piece.id == Placement.piece_id)
    )
    of_offcut = (
        select(Piece.order_id, Piece.set_id, Piece.id.label("piece_id"), no_kit)
        .join(Placement, Placement.piece_id == Piece.id)
        .join(CutLayout, CutLayout.id == Placement.layout_id)
        .where(CutLayout.lot_id == ROW, CutLayout.dropped_at.is_(None))
    )
    of_boards = (
        select(Piece.order_id, Piece.set_id, Piece.id.label("piece_id"), no_kit)
        .join(Placement, Placement.piece_id == Piece.id)
        .join(CutLayout, CutLayout.id == Placement.layout_id)
        .where(CutLayout.board_lot_id == ROW, CutLayout.dropped_at.is_(None))
    )
    of_fittings = (
        select(
            DoorSet.order_id,
            DoorSet.id.label("set_id"),
            cast(null(), Piece.id.type).label("piece_id"),
            Piece.id,
        )
        .select_from(issued)
        .join(BatchOrder, BatchOrder.batch_id == issued.c.batch_id)
        .join(DoorSet, DoorSet.order_id == BatchOrder.order_id)
        .join(Line, (Line.id == DoorSet.line_id) & (BatchOrder.colour_code == lots.COLOUR))
        .join(
            Requirement,
            (Requirement.set_id == DoorSet.id) & (_as_it_is(Requirement.material_id) == issued.c.material_id),
        )
        .outerjoin(Piece, (Piece.set_id == DoorSet.id) & (Piece.rule_code == Requirement.joins))
    )
    return of_batches, of_boards, of_offcut, of_fittings


def code_of(session: Session, kind: str, row_id: int) -> str | None:
    """Return the label of a lot or sheet."""
    table = CutLayout if kind == "sheet" else Lot
    return session.scalar(select(table.code).where(table.id == row_id))
