"""What sales tells: facts of orders, by id."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OrderConfirmed:
    """An order was agreed with its dealer and may be released."""

    order_id: int


@dataclass(frozen=True, slots=True)
class OrderCancelled:
    """An order will not be made."""

    order_id: int
