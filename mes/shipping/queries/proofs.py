"""Proofs for `stock verify`: packages, load lists, orders and scans tell the same."""

from __future__ import annotations

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from erp.sales.model import Order
from mes.packing.model import Package
from mes.packing.rules import PackageState
from mes.shipping.model import Load, LoadPackage, Return
from mes.shipping.queries.cargo import scanned_on
from mes.shipping.rules import GONE, LoadState


def faults(session: Session) -> list[str]:
    """Prove that packages, load lists and orders tell the same; one line for each that does not."""
    return [*_wrong_packages(session), *_wrong_orders(session), *_wrong_scans(session)]


def _wrong_packages(session: Session) -> list[str]:
    rows = session.execute(
        select(Package.code, Package.state, Load.number, Load.state, LoadPackage.loaded_at)
        .outerjoin(LoadPackage, LoadPackage.package_id == Package.id)
        .outerjoin(Load, Load.id == LoadPackage.load_id)
        .where(
            or_(
                LoadPackage.loaded_at.is_not(None),
                Package.state.in_((PackageState.LOADED, *GONE)),
            )
        )
    )
    return [
        f"{code}: {state.value}; {number or 'no load'} ({load_state}) says {'on' if at else 'not on'}"
        for code, state, number, load_state, at in rows
        if at is None
        or (state is PackageState.LOADED) != (load_state in (LoadState.LOADING, LoadState.CLOSED))
        or (state in GONE) != (load_state is LoadState.SHIPPED)
    ]


def _wrong_orders(session: Session) -> list[str]:
    gone = (
        select(Package.order_id, func.count(Package.id).label("count"))
        .where(Package.state.in_(GONE))
        .group_by(Package.order_id)
        .subquery()
    )
    count = func.coalesce(gone.c.count, 0)
    rows = session.execute(
        select(Order.number, Order.shipped_count, count)
        .outerjoin(gone, gone.c.order_id == Order.id)
        .where(Order.shipped_count != count)
    )
    return [f"{number}: {told} packages told as shipped, {are} are" for number, told, are in rows]


def _wrong_scans(session: Session) -> list[str]:
    listed: dict[int, set[int]] = {}
    for load_id, package_id in session.execute(
        select(LoadPackage.load_id, LoadPackage.package_id).where(LoadPackage.loaded_at.is_not(None))
    ):
        listed.setdefault(load_id, set()).add(package_id)
    for load_id, package_id in session.execute(select(Return.load_id, Return.package_id)):
        listed.setdefault(load_id, set()).add(package_id)  # it was on it when it left
    numbers = dict(session.execute(select(Load.id, Load.number)).all())
    return [
        f"{numbers[load_id]}: {len(packages)} packages by the list, {len(scanned)} by the scans"
        for load_id, packages in listed.items()
        if packages != (scanned := scanned_on(session, load_id))
    ]
