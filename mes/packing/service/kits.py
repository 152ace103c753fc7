"""Commands of kits: hardware counted into a package, material by material."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from core.i18n import Named
from mes.packing import queries
from mes.packing.model import KitCount
from mes.packing.rules import Box, KitNeed, judge_count


def count_in(
    session: Session, box: Box, material_id: int, name: Named, count: int, *, by: int, at: datetime
) -> KitNeed:
    """Count some of a material into a package that is held; return how that line of the kit stands.

    Raises Blocked E24, E08, E30.
    """
    needs = queries.kit(session, box.package_id)
    refusal = judge_count(box, needs, material_id, name, count)
    if refusal is not None:
        raise refusal
    known = session.scalar(
        update(KitCount)
        .where(KitCount.package_id == box.package_id, KitCount.material_id == material_id)
        .values(counted_count=KitCount.counted_count + count, counted_at=at, counted_by_id=by)
        .returning(KitCount.counted_count)
        .execution_options(synchronize_session=False)
    )
    if known is None:
        session.add(
            KitCount(
                package_id=box.package_id,
                material_id=material_id,
                counted_count=count,
                counted_at=at,
                counted_by_id=by,
            )
        )
        session.flush()  # the database's uniqueness is the judge of two first counts
    return next(one for one in queries.kit(session, box.package_id) if one.material_id == material_id)


def count_anew(session: Session, package_id: int, material_id: int) -> None:
    """Forget what was counted of a material into a package."""
    session.execute(
        delete(KitCount).where(KitCount.package_id == package_id, KitCount.material_id == material_id)
    )
