"""What sales tells: facts of orders, by id."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class OrderConfirmed:
    """An order was agreed with its dealer and may be released."""

    order_id: int


@dataclass(frozen=True, slots=True)
class OrderCancelled:
    """An order will not be made."""

    order_id: int


@dataclass(frozen=True, slots=True)
class LineRemoved:
    """A line is about to be taken off an order that is not released."""

    line_id: int


@dataclass(frozen=True, slots=True)
class AmountChanged:
    """What a dealer is to pay for an order may have changed: agreed, put back, cancelled wholly or in part."""

    order_id: int
    by: int | None
    at: datetime
