"""Commands of the second look: draw packages, look into one without being told what belongs in, compare.

Lock order: the second look, then its package.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.errors import NotFound
from core.i18n import Named
from mes.packing import queries, service
from mes.packing.model import Draw, Package, Recheck, RecheckItem
from mes.packing.queries import rechecks
from mes.packing.rules import LOADABLE, DamageStage, RecheckState
from mes.packing.rules.rechecks import (
    CONTENT,
    Found,
    Home,
    NothingToDraw,
    RecheckOver,
    Standing,
    compare,
    draw,
    is_right,
    judge_look,
    noted_before,
)
from mes.packing.service.damage import report_damage
from mes.scanning.rules import Block

SUBJECT = "mes.packing.recheck"


def draw_packages(session: Session, count: int, seed: str, *, by: int, at: datetime) -> Draw:
    """Draw some sealed packages in the house to be looked at again; each is as likely as the others.

    Packages that were drawn before and moved on unlooked are given up. Raises NothingToDraw.
    """
    _give_up(session, at)
    found = rechecks.candidates(session)
    if not found:
        raise NothingToDraw
    chosen = draw(found, count, seed)
    row = Draw(seed=seed, candidates=found, drawn_count=len(chosen), drawn_at=at, drawn_by_id=by)
    session.add(row)
    session.flush()  # for its id
    sealers = dict(
        session.execute(select(Package.id, Package.sealed_by_id).where(Package.id.in_(chosen))).all()
    )
    session.execute(
        insert(Recheck),
        [
            {
                "draw_id": row.id,
                "package_id": key,
                "state": RecheckState.DRAWN,
                "packed_by_id": sealers[key],
                "errors": [],
                "note": "",
            }
            for key in chosen
        ],
    )
    audit.record(session, subject=SUBJECT, subject_id=row.id, verb="draw", by=by, at=at)
    return row


def _give_up(session: Session, at: datetime) -> None:
    """Give up the second looks whose package was loaded, opened or lost meanwhile."""
    gone = select(Package.id).where(Package.state.not_in(LOADABLE))
    session.execute(
        update(Recheck)
        .where(Recheck.state.in_(rechecks.OPEN), Recheck.package_id.in_(gone))
        .values(state=RecheckState.DROPPED, ended_at=at)
        .execution_options(synchronize_session=False)
    )


def begin(session: Session, code: str, *, by: int, at: datetime) -> Standing:
    """Begin to look into a drawn package, or go on. Locks the look. Raises Blocked E22, E24, E25."""
    found = rechecks.standing(session, package_code=code)
    refusal = judge_look(found, code, by)
    if refusal is not None or found is None:
        raise refusal or NotFound
    if found.state is RecheckState.DRAWN:
        session.execute(
            update(Recheck)
            .where(Recheck.id == found.recheck_id)
            .values(state=RecheckState.BEGUN, checked_by_id=by, begun_at=at)
            .execution_options(synchronize_session=False)
        )
    return found


def note(
    session: Session, package_code: str, code: str, seen: Block | None, *, by: int, at: datetime
) -> tuple[Standing, Named]:
    """Note a label that lies in a package; whether it belongs there is not told. Raises Blocked E22, E24, E25, E28."""
    found = begin(session, package_code, by=by, at=at)
    piece = queries.piece(session, code)
    name = piece.name if piece else Named(code)
    is_known = session.scalar(
        select(RecheckItem.id).where(RecheckItem.recheck_id == found.recheck_id, RecheckItem.code == code)
    )
    if is_known is not None and seen is None:
        raise noted_before(found, name)
    if is_known is not None:
        session.execute(
            update(RecheckItem)
            .where(RecheckItem.id == is_known)
            .values(seen=seen)
            .execution_options(synchronize_session=False)
        )
        return found, name
    session.add(
        RecheckItem(
            recheck_id=found.recheck_id,
            code=code,
            piece_id=piece.piece_id if piece else None,
            seen=seen,
            scanned_at=at,
        )
    )
    session.flush()  # the database's uniqueness is the judge
    return found, name


def finish(
    session: Session, recheck_id: int, text: str, photo_id: int | None = None, *, by: int, at: datetime
) -> list[Found]:
    """End a second look: compare what lies in the package with what the bench packed; return what is wrong.

    A package with an error of its contents is opened again, a damaged one is told as damaged. Locks the look and
    the package. Raises NotFound, RecheckOver.
    """
    standing = rechecks.standing(session, recheck_id=recheck_id)
    if standing is None:
        raise NotFound
    if standing.state is not RecheckState.BEGUN or standing.checked_by_id != by:
        raise RecheckOver(state=standing.state)
    box = queries.box(session, standing.package_id)
    assert box is not None  # noqa: S101  # it has a second look
    found = compare(
        Home(box.order_id, box.set_id),
        rechecks.packed(session, standing.package_id),
        rechecks.scanned(session, recheck_id),
    )
    session.execute(
        update(Recheck)
        .where(Recheck.id == recheck_id)
        .values(
            state=RecheckState.DONE,
            ended_at=at,
            is_right=is_right(found),
            errors=[
                {"block": one.block.value, "code": one.code, "name": one.name.zh, "name_en": one.name.en}
                for one in found
            ],
            note=text.strip(),
            photo_id=photo_id,
        )
        .execution_options(synchronize_session=False)
    )
    _act(session, standing, found, text, photo_id, by=by, at=at)
    audit.record(session, subject=SUBJECT, subject_id=recheck_id, verb="finish", by=by, at=at)
    return found


def _act(
    session: Session,
    standing: Standing,
    found: list[Found],
    text: str,
    photo_id: int | None,
    *,
    by: int,
    at: datetime,
) -> None:
    """Keep a package off the vehicle that is damaged or not right; one that moved on meanwhile stays where it is."""
    if standing.package_state not in LOADABLE:
        return
    if any(one.block is Block.E14 for one in found):
        report_damage(session, standing.package_id, DamageStage.RECHECK, text.strip(), photo_id, by=by, at=at)
    elif any(one.block in CONTENT for one in found):
        service.reopen(session, standing.package_id, by=by, at=at)
