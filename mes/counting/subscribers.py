"""What counting does when stock tells something."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from erp.stock.events import MonthClosing
from erp.stock.rules import month_text
from mes.counting.model import Count
from mes.counting.rules import CountsOpen, CountState


def on_month_closing(session: Session, told: MonthClosing) -> None:
    """Refuse to close a month of which a count is not decided. Raises CountsOpen."""
    waiting = (CountState.COUNTING, CountState.RECOUNT, CountState.APPROVAL)
    numbers = session.scalars(
        select(Count.number)
        .where(Count.state.in_(waiting), Count.created_at < told.ends_at)
        .order_by(Count.number)
        .limit(5)
    ).all()
    if numbers:
        raise CountsOpen(month=month_text(told.month_on), numbers=", ".join(numbers))
