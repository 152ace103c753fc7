"""What packing does when splitting tells something; in the teller's transaction."""

from sqlalchemy.orm import Session

from mes.packing import service
from mes.splitting.events import PieceReplaced, SetsDropped, SetsFrozen, SetsWritten


def on_sets_written(session: Session, event: SetsWritten) -> None:
    """Plan the packages of some sets, void until their order is released."""
    service.plan(session, event.order_id, event.set_ids, event.packages_before, event.package_count)


def on_sets_dropped(session: Session, event: SetsDropped) -> None:
    """Remove the packages of sets that were never released."""
    service.drop(session, event.set_ids)


def on_sets_frozen(session: Session, event: SetsFrozen) -> None:
    """Let the packages of a released order be packed."""
    service.put_in_force(session, event.order_id)
    if event.shared_count:
        service.plan_shared(session, event.order_id, event.package_count)


def on_piece_replaced(session: Session, event: PieceReplaced) -> None:
    """Wait for the new piece instead of the scrapped one."""
    service.replace_content(session, event.piece_id, event.new_piece_id)
