"""What is to be counted next: places by the class of what lies there (ABC) and their last count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from erp.stock import queries as stock
from erp.stock.model import Balance, Lot, Place
from erp.stock.rules import FOR_MATERIAL
from mes.counting.model import Count
from mes.counting.rules import OPEN, CountState
from mes.counting.rules.proposing import MOST_PROPOSED, Due, propose

YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Proposal:
    """One place to be counted, as the page shows it."""

    due: Due
    place: Place


@dataclass(frozen=True, slots=True)
class Proposed:
    """The places that one press has counted, and how many are due in all."""

    rows: tuple[Proposal, ...]
    due_count: int


def proposed(session: Session, at: datetime) -> Proposed:
    """Return the places that are due to be counted; one that has an open count waits for that."""
    words = {row.article.id: row.word for row in stock.classed(session, at - YEAR, at)}
    open_counts = select(Count.place_id).where(Count.state.in_(OPEN))
    lying = session.execute(
        select(Balance.place_id, Lot.article_id)
        .join(Lot, Lot.id == Balance.lot_id)
        .join(Place, Place.id == Balance.place_id)
        .where(Balance.on_hand_qty > 0, Place.kind.in_(FOR_MATERIAL), Place.id.not_in(open_counts))
        .distinct()
    )
    last = session.execute(
        select(Count.place_id, func.max(Count.closed_at))
        .where(Count.state == CountState.DONE, Count.closed_at.is_not(None))
        .group_by(Count.place_id)
    )
    known = ((place_id, words[article_id]) for place_id, article_id in lying if article_id in words)
    due = propose(known, {place_id: closed_at for place_id, closed_at in last if closed_at}, at)
    shown = due[:MOST_PROPOSED]
    rows = session.scalars(select(Place).where(Place.id.in_([one.place_id for one in shown])))
    places = {place.id: place for place in rows}
    return Proposed(tuple(Proposal(one, places[one.place_id]) for one in shown), len(due))
