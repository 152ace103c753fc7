"""Reads of counting: what the rows of a spreadsheet stand for, and what is wrong with each; nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from core.errors import AppError
from core.i18n import N_
from erp.materials.model import Article, Material
from erp.stock.model import Lot, Place
from erp.stock.rules import VIRTUAL, check_place, check_whole, counted_in
from mes.counting.queries.counts import lots_at, open_count
from mes.counting.rules import CountState
from mes.counting.rules.table import RowFault, TableRow, quantity

NO_PLACE = N_("No place is called “%(text)s”. Write its name or the code of its label.")
NO_ARTICLE = N_("No article has the code “%(text)s”. Write it as the materials page does.")
NO_LOT = N_("No lot has the label “%(text)s”.")
NO_QTY = N_("A quantity of 0 or more is expected, “%(text)s” came.")
NOTHING = N_("0 of nothing: leave the row out.")
LOTS_NONE = N_("%(article)s has no lot at %(place)s. Take it in as a delivery, then count it.")
LOTS_MANY = N_("%(article)s lies at %(place)s as the lots %(lots)s. Write which one was counted.")
TWICE = N_("This lot at this place stands in line %(line)s already. Write the sum there.")
BUSY = N_("%(place)s is being counted by scan, or its difference waits for approval (%(number)s).")


@dataclass(frozen=True, slots=True)
class OpeningRow:
    """One quantity to be taken in: the stock with which the ledger begins."""

    line: int
    article_id: int
    qty: Decimal
    place_id: int
    reference: str


@dataclass(frozen=True, slots=True)
class CountedRow:
    """One quantity that was counted on paper."""

    line: int
    lot_id: int
    qty: Decimal
    place_id: int


class _Unfit(Exception):  # noqa: N818  (inside this file only: a row becomes a fault)
    def __init__(self, msgid: str, **facts: str) -> None:
        self.msgid, self.facts = msgid, facts


def judge_opening(session: Session, rows: Sequence[TableRow]) -> tuple[list[OpeningRow], list[RowFault]]:
    """Return the rows that can be taken in, and a fault for every one that cannot."""
    good, faults = [], []
    for row in rows:
        try:
            good.append(_opening(session, row))
        except _Unfit as unfit:
            faults.append(RowFault(row.line, unfit.msgid, unfit.facts))
    return good, faults


def judge_counted(session: Session, rows: Sequence[TableRow]) -> tuple[list[CountedRow], list[RowFault]]:
    """Return the rows that count something, and a fault for every one that does not."""
    good: list[CountedRow] = []
    faults, seen = [], dict[tuple[int, int], int]()
    for row in rows:
        try:
            one = _counted(session, row)
            first = seen.setdefault((one.lot_id, one.place_id), row.line)
            if first != row.line:
                raise _Unfit(TWICE, line=str(first))
            good.append(one)
        except _Unfit as unfit:
            faults.append(RowFault(row.line, unfit.msgid, unfit.facts))
    return good, faults


def _opening(session: Session, row: TableRow) -> OpeningRow:
    place, qty = _place(session, row), _qty(row)
    if not qty:
        raise _Unfit(NOTHING)
    article = session.scalar(
        select(Article).where(func.upper(Article.code) == row.article.upper(), Article.is_active)
    )
    if article is None:
        raise _Unfit(NO_ARTICLE, text=row.article)
    _whole(session, article, qty)
    return OpeningRow(row.line, article.id, qty, place.id, row.reference)


def _counted(session: Session, row: TableRow) -> CountedRow:
    place, qty = _place(session, row), _qty(row)
    count = open_count(session, place.id)
    if count is not None and count.state in (CountState.COUNTING, CountState.APPROVAL):
        raise _Unfit(BUSY, place=place.name, number=count.number)
    lot = _lot(session, row, place)
    _whole(session, session.get_one(Article, lot.article_id), qty)
    return CountedRow(row.line, lot.id, qty, place.id)


def _lot(session: Session, row: TableRow, place: Place) -> Lot:
    if row.lot:
        lot = session.scalar(select(Lot).where(Lot.code == row.lot.upper()))
        if lot is None:
            raise _Unfit(NO_LOT, text=row.lot)
        return lot
    lots = lots_at(session, place.id, row.article)
    if not lots:
        raise _Unfit(LOTS_NONE, article=row.article or "—", place=place.name)
    if len(lots) > 1:
        named = ", ".join(lot.code for lot in lots)
        raise _Unfit(LOTS_MANY, article=row.article, place=place.name, lots=named)
    return lots[0]


def _place(session: Session, row: TableRow) -> Place:
    named = or_(func.upper(Place.name) == row.place.upper(), Place.code == row.place.upper())
    place = session.scalar(select(Place).where(named, Place.kind.not_in(VIRTUAL)))
    if place is None:
        raise _Unfit(NO_PLACE, text=row.place)
    try:
        check_place(place.name, place.kind, is_active=place.is_active)
    except AppError as unfit:
        raise _Unfit(unfit.message, **unfit.facts) from unfit
    return place


def _qty(row: TableRow) -> Decimal:
    qty = quantity(row.qty)
    if qty is None:
        raise _Unfit(NO_QTY, text=row.qty)
    return qty


def _whole(session: Session, article: Article, qty: Decimal) -> None:
    material = session.get_one(Material, article.material_id)
    try:
        check_whole(article.code, counted_in(material.kind, material.unit_code), qty)
    except AppError as unfit:
        raise _Unfit(unfit.message, **unfit.facts) from unfit
