"""Tables of parties."""

from sqlalchemy.orm import Mapped, mapped_column

from core.db import Id, Model, choice
from erp.parties.rules import PartDelivery, PartyKind


class Party(Model):
    """One business partner: a dealer who orders or a supplier who delivers."""

    __tablename__ = "erp_parties_party"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[PartyKind] = mapped_column(choice(PartyKind), index=True)
    name: Mapped[str] = mapped_column(index=True)
    name_en: Mapped[str] = mapped_column(default="")
    contact: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(default="")
    city: Mapped[str] = mapped_column(default="")
    locale: Mapped[str] = mapped_column(default="zh_Hans_CN")  # the language of their papers
    part_delivery: Mapped[PartDelivery] = mapped_column(choice(PartDelivery), default=PartDelivery.SIGNED)
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}
