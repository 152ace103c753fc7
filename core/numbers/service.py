"""Commands of numbers. A rolled back command gives its numbers back."""

from datetime import date

from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import codes
from core.numbers.model import NumberSeries


def next_number(session: Session, prefix: str, *, on: date) -> str:
    """Return the next number of this month's series, as SO2611-0042. Locks the series."""
    series = f"{prefix}{on:%y%m}"
    return f"{series}-{_take(session, series, 1):04d}"


def next_codes(session: Session, letter: codes.Letter, count: int) -> list[str]:
    """Return `count` new printed codes of a kind, in order. Locks the kind's series."""
    if count == 0:
        return []
    last = _take(session, letter.value, count)
    return [codes.make(letter, number) for number in range(last - count + 1, last + 1)]


def _take(session: Session, series: str, count: int) -> int:
    """Give `count` numbers of a series out and return the last of them."""
    raise_it = (
        update(NumberSeries)
        .where(NumberSeries.code == series)
        .values(given_count=NumberSeries.given_count + count)
        .returning(NumberSeries.given_count)
        .execution_options(synchronize_session=False)
    )
    last = session.scalar(raise_it)
    if last is not None:
        return last
    try:
        with session.begin_nested():
            session.execute(insert(NumberSeries).values(code=series, given_count=count))
    except IntegrityError:  # another writer began the series a moment ago
        return session.scalars(raise_it).one()
    return count
