"""Reads of the second look: who was drawn, what was scanned, what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from core.auth.model import Person
from core.i18n import Named
from erp.sales.model import Order
from erp.stock.model import Place
from mes.packing.model import Content, Package, Recheck, RecheckItem
from mes.packing.queries.judging import box
from mes.packing.rules import LOADABLE, RecheckState, label_of
from mes.packing.rules.rechecks import Inside, Standing
from mes.scanning.rules import Block
from mes.splitting.model import Piece

OPEN = (RecheckState.DRAWN, RecheckState.BEGUN)


def candidates(session: Session) -> list[int]:
    """Return the sealed packages in the house that nobody looked into again since they were sealed."""
    looked = select(Recheck.package_id).where(
        or_(Recheck.state.in_(OPEN), Recheck.ended_at >= Package.sealed_at),
        Recheck.package_id == Package.id,
    )
    return list(
        session.scalars(
            select(Package.id).where(Package.state.in_(LOADABLE), ~looked.exists()).order_by(Package.id)
        )
    )


def standing(session: Session, *, package_code: str = "", recheck_id: int | None = None) -> Standing | None:
    """Return the second look that a package waits for, locked; the latest one of it."""
    wanted = Package.code == package_code if recheck_id is None else Recheck.id == recheck_id
    row = session.execute(
        select(Recheck, Package)
        .join(Package, Package.id == Recheck.package_id)
        .where(wanted)
        .order_by(Recheck.id.desc())
        .limit(1)
        .with_for_update(of=Recheck)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        return None
    recheck, package = row
    packers = session.scalars(
        select(Content.packed_by_id).where(Content.package_id == package.id).distinct()
    ).all()
    noted = session.scalars(
        select(func.count(RecheckItem.id)).where(RecheckItem.recheck_id == recheck.id)
    ).one()
    found = box(session, package.id)
    assert found is not None  # noqa: S101  # just read
    return Standing(
        recheck_id=recheck.id,
        package_id=package.id,
        package=label_of(found),
        state=recheck.state,
        package_state=package.state,
        packer_ids=frozenset(one for one in (*packers, package.sealed_by_id) if one is not None),
        checked_by_id=recheck.checked_by_id,
        noted_count=noted,
    )


INSIDE = (
    *(Piece.code, Piece.rule_code, Piece.mirror_code, Piece.name, Piece.name_en),
    *(Piece.set_id, Piece.order_id),
)


def packed(session: Session, package_id: int) -> list[Inside]:
    """Return the labelled pieces that lie in a package by the scans of the bench."""
    rows = session.execute(
        select(*INSIDE)
        .join(Content, Content.piece_id == Piece.id)
        .where(Content.package_id == package_id, Content.packed_at.is_not(None))
        .order_by(Content.id)
    )
    return [_inside(row) for row in rows]


def scanned(session: Session, recheck_id: int) -> list[tuple[Inside, Block | None]]:
    """Return the labels that were scanned out of a package, with what eyes saw, in the order of the scans."""
    rows = session.execute(
        select(RecheckItem.code, RecheckItem.seen, *INSIDE[1:])
        .outerjoin(Piece, Piece.id == RecheckItem.piece_id)
        .where(RecheckItem.recheck_id == recheck_id)
        .order_by(RecheckItem.id)
    )
    return [(_inside((code, *rest)), seen) for code, seen, *rest in rows]


def _inside(row: Sequence[Any]) -> Inside:
    code, rule_code, mirror_code, name, name_en, set_id, order_id = row
    named = Named(name or code, name_en or "")
    return Inside(code, rule_code or "", mirror_code, named, set_id or 0, order_id or 0)


PACKER, CHECKER = aliased(Person), aliased(Person)
SORTS = {"at": Recheck.ended_at, "package": Package.code, "state": Recheck.state, "id": Recheck.id}
VIEWS = {"open": OPEN, "done": (RecheckState.DONE,), "all": tuple(RecheckState)}


def rows(view: str) -> Select[Any]:
    """Return second looks with their packages and people, to be paged."""
    columns: tuple[Any, ...] = (Recheck, Package, Order.number, Place.name.label("place"))
    return (
        select(*columns, PACKER.name.label("packer"), CHECKER.name.label("checker"))
        .join(Package, Package.id == Recheck.package_id)
        .join(Order, Order.id == Package.order_id)
        .outerjoin(Place, Place.id == Package.place_id)
        .outerjoin(PACKER, PACKER.id == Recheck.packed_by_id)
        .outerjoin(CHECKER, CHECKER.id == Recheck.checked_by_id)
        .where(Recheck.state.in_(VIEWS.get(view, OPEN)))
    )


def one(session: Session, recheck_id: int) -> Any:
    """Return one second look with its package and people, or None."""
    return session.execute(rows("all").where(Recheck.id == recheck_id)).one_or_none()


def counts(session: Session) -> dict[RecheckState, int]:
    """Return how many second looks stand in each state."""
    return dict(session.execute(select(Recheck.state, func.count(Recheck.id)).group_by(Recheck.state)).all())
