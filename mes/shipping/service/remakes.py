"""The command by which the office has a damaged, missing or wrong piece made again.

Lock order: the package, then the piece and the order's counts.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import NotFound
from core.i18n import Named
from mes.packing.service import damage
from mes.production import service as production
from mes.shipping.model import Claim, Remake, Return
from mes.shipping.queries import remakes as queries
from mes.shipping.rules import NotRemade
from mes.splitting import service as splitting
from mes.splitting.model import Piece
from mes.splitting.rules import PieceState


def remake(
    session: Session,
    package_id: int,
    piece_id: int,
    defect_code: str,
    note: str,
    *,
    claim_id: int | None = None,
    return_id: int | None = None,
    by: int,
    at: datetime,
) -> Remake:
    """Have a piece of a package made again, urgently: its reason says whose fault it is.

    In the house the package is opened, the piece scrapped, and the package waits for the new one. What lies at the
    dealer's stays there; the new piece goes into a package that follows. Locks the package and the piece.
    Raises NotFound, NotRemakeable, NotRemade.
    """
    _check_cause(session, package_id, claim_id, return_id)
    piece = next((one for one in queries.pieces(session, package_id) if one.id == piece_id), None)
    if piece is None:
        known = session.get(Piece, piece_id)
        raise NotFound if known is None else NotRemade(piece=Named(known.name, known.name_en))
    is_away = piece.state is PieceState.SHIPPED
    if is_away:
        new = splitting.make_again(session, piece_id, by=by, at=at)
    else:
        damage.take_out(session, package_id, piece_id, by=by, at=at)
        new = splitting.replace(session, piece_id, defect_code, by=by, at=at)
    if new is None:
        raise NotRemade(piece=Named(piece.name, piece.name_en))
    if is_away:
        damage.send_after(session, package_id, new.id, by=by, at=at)
    scrap_id = production.record_remake(session, piece_id, new.id, defect_code, note.strip(), by=by, at=at)
    row = Remake(scrap_id=scrap_id, package_id=package_id, claim_id=claim_id, return_id=return_id)
    session.add(row)
    session.flush()  # for its id
    return row


def _check_cause(session: Session, package_id: int, claim_id: int | None, return_id: int | None) -> None:
    """Raise NotFound unless claim and return are of this package."""
    for kind, row_id in ((Claim, claim_id), (Return, return_id)):
        if row_id is not None:
            mine = select(kind.id).where(kind.id == row_id, kind.package_id == package_id)
            if session.scalar(mine) is None:
                raise NotFound
