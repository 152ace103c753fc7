"""What purchasing does when stock tells something; in the teller's transaction."""

from sqlalchemy.orm import Session

from erp.purchasing import service
from erp.stock.events import ReceiptReversed


def on_receipt_reversed(session: Session, event: ReceiptReversed) -> None:
    """Expect again what was taken in by mistake."""
    service.take_back(session, event.lot_id, event.qty, by=event.by, at=event.at)
