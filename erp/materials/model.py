"""Tables of materials. Lengths are mm."""

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Id, Kg, Mm, Model, Price, choice
from erp.materials.rules import Grain, MaterialKind, Unit


class Material(Model):
    """One stuff that part rules name, such as an 18 mm white board; it lies in stock as its articles.

    Requirements count it in `unit_code`: sheets in m2, bars and bands in m, the rest in pieces or sets.
    """

    __tablename__ = "erp_materials_material"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")
    kind: Mapped[MaterialKind] = mapped_column(choice(MaterialKind), index=True)
    unit_code: Mapped[Unit] = mapped_column(choice(Unit))
    colour_code: Mapped[str | None]
    thickness_mm: Mapped[Mm | None]
    grain: Mapped[Grain] = mapped_column(choice(Grain), default=Grain.NONE)
    kerf_mm: Mapped[Mm | None]  # what the saw takes; sheets and bars only
    trim_mm: Mapped[Mm | None]  # cut off at every edge of a sheet, at both ends of a bar
    unit_kg: Mapped[Kg | None]  # what one unit weighs: kits are proved by it
    is_active: Mapped[bool] = mapped_column(default=True)


class Article(Model):
    """One size in which a material is bought and lies on a shelf; hardware has just one article."""

    __tablename__ = "erp_materials_article"
    __table_args__ = (
        CheckConstraint("length_mm IS NULL OR length_mm > 0", name="length_positive"),
        CheckConstraint("width_mm IS NULL OR width_mm > 0", name="width_positive"),
    )

    id: Mapped[Id]
    material_id: Mapped[int] = mapped_column(ForeignKey("erp_materials_material.id"), index=True)
    code: Mapped[str] = mapped_column(unique=True)
    length_mm: Mapped[Mm | None]  # sheets and bars
    width_mm: Mapped[Mm | None]  # sheets
    cost_price: Mapped[Price | None]  # of one article
    is_active: Mapped[bool] = mapped_column(default=True)
