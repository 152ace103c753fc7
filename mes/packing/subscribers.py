"""What packing does when splitting tells something; in the teller's transaction."""

from sqlalchemy.orm import Session

from mes.packing import service
from mes.splitting.events import PieceReplaced, SetsFrozen


def on_sets_frozen(session: Session, event: SetsFrozen) -> None:
    """Plan the packages of a released order."""
    service.plan(session, event.order_id)


def on_piece_replaced(session: Session, event: PieceReplaced) -> None:
    """Wait for the new piece instead of the scrapped one."""
    service.replace_content(session, event.piece_id, event.new_piece_id)
