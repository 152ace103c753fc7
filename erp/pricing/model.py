"""Tables of pricing."""

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import At, Id, Json, Model, On, choice
from erp.pricing.rules.states import BookState


class Book(Model):
    """One version of a price book. A draft is edited; what was published is kept as it was, for its orders."""

    __tablename__ = "erp_pricing_book"
    __table_args__ = (UniqueConstraint("code", "position"),)

    id: Mapped[Id]
    code: Mapped[str]
    position: Mapped[int]  # 1, 2, 3 … of this code
    name: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")
    valid_from_on: Mapped[On]
    valid_to_on: Mapped[On | None]
    state: Mapped[BookState] = mapped_column(choice(BookState), index=True)
    content: Mapped[Json]  # erp.catalogue.rules.prices.PriceBook as plain data
    created_at: Mapped[At]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))
    published_at: Mapped[At | None]
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class DealerLevel(Model):
    """The level of one dealer, by which a book's discount is found."""

    __tablename__ = "erp_pricing_dealer_level"

    id: Mapped[Id]
    party_id: Mapped[int] = mapped_column(ForeignKey("erp_parties_party.id"), unique=True)
    level: Mapped[str]
