"""Commands of counting: a spreadsheet of the stock with which one begins, or of what was counted on paper."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from erp.stock import service as stock
from erp.stock.model import Lot
from mes.counting import service
from mes.counting.model import Count
from mes.counting.queries.tables import CountedRow, OpeningRow
from mes.counting.rules import Thing


def take_opening(
    session: Session,
    rows: Sequence[OpeningRow],
    form_key: str,
    reference: str,
    *,
    by: int | None,
    at: datetime,
) -> list[Lot]:
    """Take in the stock with which the ledger begins, every row as a lot with a label of its own.

    The same `form_key` again takes nothing in twice. `reference` stands where a row names none.
    Raises NotWhole, PlaceUnfit, PlaceClosed, PeriodClosed; then nothing is taken in.
    """
    return [
        stock.receive(
            session,
            row.article_id,
            row.qty,
            row.place_id,
            supplier_id=None,
            reference=row.reference or reference,
            form_key=f"{form_key}-{row.line}",
            by=by,
            at=at,
        )
        for row in rows
    ]


def take_counted(
    session: Session, rows: Sequence[CountedRow], *, on: date, by: int, at: datetime
) -> list[Count]:
    """Take what was counted on paper as one finished round of each place that the rows name.

    What the book has at such a place and no row names is not there. Locks the counts, by place. Raises CountClosed.
    """
    by_place: dict[int, list[CountedRow]] = defaultdict(list)
    for row in rows:
        by_place[row.place_id].append(row)
    counts = []
    for place_id in sorted(by_place):
        count = service.begin(session, place_id, on=on, by=by, at=at)
        for row in by_place[place_id]:
            if row.qty:
                service.enter(session, count, Thing("lot", row.lot_id), row.qty, by=by, at=at)
        service.finish(session, count, by=by, at=at)
        counts.append(count)
    return counts
