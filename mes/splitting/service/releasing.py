"""Releasing an order: its sets, pieces, requirements, demand and packages are frozen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import partial

from sqlalchemy import Select, delete, func, insert, select, update
from sqlalchemy.orm import Session

from core.errors import NotFound
from core.events import publish
from erp.finance import queries as finance
from erp.materials import queries as materials
from erp.sales import service as sales
from erp.sales.model import Order
from erp.sales.rules.orders import ReleasedCounts
from erp.stock import service as stock
from mes.splitting import queries
from mes.splitting.events import SetsDropped, SetsFrozen, SetsWritten
from mes.splitting.model import Release
from mes.splitting.rules import (
    ChangedMeanwhile,
    FrozenLine,
    FrozenOrder,
    PieceState,
    ReleaseReason,
    check_reason,
    net_need,
    own_package_count,
)
from mes.splitting.service.writing import NET_STEP, PIECES, RELEASED_LINES, REQUIREMENTS, SETS, OneSet, Writer

MIN_STEP = Decimal("0.001")


SLICE = 25  # sets written in one transaction: some 30 ms of SQLite's write lock


def release(session: Session, order: FrozenOrder, *, by: int | None, at: datetime) -> None:
    """Freeze an order that was split in memory: sets, pieces, requirements, demand, packages.

    Locks the order, so that neither its payment nor its lines change meanwhile. Publishes SetsWritten, SetsFrozen;
    SetsDropped for what a release that broke off had written. Raises ChangedMeanwhile, DepositMissing,
    CreditExceeded, StepRefused.
    """
    for write in _Release(order, by, at).steps():
        write(session)


def release_in_slices(
    order: FrozenOrder, *, by: int | None, at: datetime
) -> Iterator[Callable[[Session], None]]:
    """Return a release as commands for transactions of their own, one after the other; a small order is one.

    Nobody sees a slice: until the last command makes all of them count, its sets, pieces and packages are void.
    Where a release breaks off, the next one begins with removing what it wrote. Raises as `release` does.
    """
    if order.set_count <= SLICE:
        return iter([partial(release, order=order, by=by, at=at)])
    return _Release(order, by, at).steps()


class _Release:
    """One release on its way into the database.

    Its first step raises the order's version, each further one looks for that version: so whatever comes
    between (another release, a change of the order, its cancellation) stops it.
    """

    def __init__(self, order: FrozenOrder, by: int | None, at: datetime) -> None:
        self.order, self.by, self.at = order, by, at
        self.are_left = False  # sets of a release that broke off
        self.material_ids: dict[str, int] = {}

    def steps(self) -> Iterator[Callable[[Session], None]]:
        """Return what is to be done, in order; each step is made when the one before it is done."""
        yield self._take
        while self.are_left:
            yield self._clear
        writer = Writer(self.order, self.material_ids, PieceState.VOID, self.at)
        sets, done = list(self.order.sets()), 0
        for begin in range(0, len(sets), SLICE):
            some = sets[begin : begin + SLICE]
            yield partial(self._write, writer=writer, some=some, packages_before=done)
            done += sum(own_package_count(one) for *_, one in some)
        need = net_need(self.order)  # of what can be reckoned before, nothing is left for the last lock
        yield partial(self._finish, need=need)

    def _take(self, session: Session) -> None:
        order = self.order
        row = session.get(Order, order.order_id, with_for_update=True)
        if row is None:
            raise NotFound
        if row.version != order.version:
            raise ChangedMeanwhile(number=order.number)
        _check_paid(session, order.order_id)
        sales.begin_release(session, order.order_id)
        self.material_ids = materials.ids(session)
        self.are_left = session.scalar(_sets_of(order.order_id).limit(1)) is not None

    def _hold(self, session: Session) -> None:
        """Lock the order; raise ChangedMeanwhile unless it is as the first step left it."""
        order = self.order
        row = session.get(Order, order.order_id, with_for_update=True, populate_existing=True)
        if row is None or row.version != order.version + 1:
            raise ChangedMeanwhile(number=order.number)

    def _clear(self, session: Session) -> None:
        self._hold(session)
        ids = session.scalars(_sets_of(self.order.order_id).limit(SLICE)).all()
        _drop(session, ids)
        self.are_left = len(ids) == SLICE

    def _write(self, session: Session, writer: Writer, some: Sequence[OneSet], packages_before: int) -> None:
        self._hold(session)
        set_ids = writer.write(session, some)
        order = self.order
        publish(session, SetsWritten(order.order_id, tuple(set_ids), packages_before, order.package_count))

    def _finish(self, session: Session, need: Mapping[str, Decimal]) -> None:
        self._hold(session)
        order = self.order
        _check_paid(session, order.order_id)
        counts = ReleasedCounts(order.set_count, order.tracked_count, order.package_count)
        sales.mark_released(session, order.order_id, counts=counts, by=self.by, at=self.at)
        session.execute(update(SETS).where(SETS.c.order_id == order.order_id).values(voided_at=None))
        session.execute(
            update(PIECES).where(PIECES.c.order_id == order.order_id).values(state=PieceState.PLANNED)
        )
        demand = {
            self.material_ids[code]: quantity.quantize(NET_STEP, ROUND_HALF_UP)
            for code, quantity in need.items()
        }
        stock.put_demand(session, "erp.sales.order", order.order_id, demand, name=order.number)
        record_release(session, order.order_id, order.lines, ReleaseReason.FIRST, by=self.by, at=self.at)
        publish(session, SetsFrozen(order.order_id, order.shared_count, order.package_count))


def _check_paid(session: Session, order_id: int) -> None:
    """Raise DepositMissing or CreditExceeded while money is missing for a release."""
    if (unpaid := finance.release_refusal(session, order_id)) is not None:
        raise unpaid


def _sets_of(order_id: int) -> Select[int]:
    return select(SETS.c.id).where(SETS.c.order_id == order_id).order_by(SETS.c.id)


def drop_unreleased(session: Session, line_id: int) -> None:
    """Remove what a release that broke off had written of a line. Publishes SetsDropped."""
    ids = session.scalars(
        select(SETS.c.id)
        .join(Order, Order.id == SETS.c.order_id)
        .where(SETS.c.line_id == line_id, Order.released_at.is_(None))
    ).all()
    if ids:
        _drop(session, ids)


def _drop(session: Session, set_ids: Sequence[int]) -> None:
    publish(session, SetsDropped(tuple(set_ids)))
    for table in (PIECES, REQUIREMENTS):
        session.execute(delete(table).where(table.c.set_id.in_(set_ids)))
    session.execute(delete(SETS).where(SETS.c.id.in_(set_ids)))


def record_release(
    session: Session,
    order_id: int,
    lines: Sequence[FrozenLine],
    reason: ReleaseReason,
    *,
    note: str = "",
    by: int | None,
    at: datetime,
) -> Release:
    """Record that `lines` of an order were released: by how many touches, in how many minutes, and why.

    The caller holds the order's lock and names, in a further release, the lines it changed.
    Raises ReasonMissing.
    """
    last_version, last_at = session.execute(
        select(func.max(Release.version), func.max(Release.released_at)).where(Release.order_id == order_id)
    ).one()
    version = (last_version or 0) + 1
    check_reason(version, reason)
    spent = queries.active_minutes(session, order_id, last_at, at)
    row = Release(
        order_id=order_id,
        version=version,
        reason=reason,
        note=note,
        is_untouched=bool(lines) and all(line.touch_count == 0 for line in lines),
        active_min=(Decimal(spent.numerator) / spent.denominator).quantize(MIN_STEP, ROUND_HALF_UP),
        released_at=at,
        released_by_id=by,
    )
    session.add(row)
    session.flush()  # for its id
    rows = [
        {
            "release_id": row.id,
            "line_id": line.line_id,
            "kind": line.kind,
            "has_glass": line.has_glass,
            "has_transom": line.has_transom,
            "set_count": line.set_count,
            "touch_count": line.touch_count,
            "hand_edit_count": line.hand_edit_count,
        }
        for line in lines
    ]
    if rows:
        session.execute(insert(RELEASED_LINES), rows)
    return row
