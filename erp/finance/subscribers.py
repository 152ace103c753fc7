"""What finance does when sales tells something."""

from sqlalchemy.orm import Session

from erp.finance import service
from erp.sales.events import AmountChanged


def amount_changed(session: Session, told: AmountChanged) -> None:
    """Charge the dealer with the difference."""
    service.settle(session, told.order_id, by=told.by, at=told.at)
