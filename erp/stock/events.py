"""What stock tells."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class ReceiptReversed:
    """A goods receipt was taken back: this quantity of the lot never came."""

    lot_id: int
    qty: Decimal
    by: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class MonthClosing:
    """A month is about to be closed; who still has something open in it refuses."""

    month_on: date
    ends_at: datetime
