"""What the catalogue tells: facts of the factory's data."""

from dataclasses import dataclass
from datetime import datetime

from erp.catalogue.rules.prices import PriceBook


@dataclass(frozen=True, slots=True)
class PricesLoaded:
    """A factory pack was loaded that brings price books; they are loaded with it, or it is not loaded."""

    books: tuple[PriceBook, ...]
    by: int | None
    at: datetime
