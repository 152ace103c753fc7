"""What stock tells."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class ReceiptReversed:
    """A goods receipt was taken back: this quantity of the lot never came."""

    lot_id: int
    qty: Decimal
    by: int | None
    at: datetime
