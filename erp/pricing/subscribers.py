"""What pricing does when the catalogue tells something."""

from sqlalchemy.orm import Session

from erp.catalogue.events import PricesLoaded
from erp.pricing import service


def prices_loaded(session: Session, told: PricesLoaded) -> None:
    """Publish the price books that came with a factory pack."""
    service.load(session, told.books, by=told.by, at=told.at)
