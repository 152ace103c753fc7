"""Rules of materials. Lengths are mm, Decimal."""

from dataclasses import dataclass
from decimal import Decimal

from core.choices import Choice
from core.i18n import N_, Named


class MaterialKind(Choice):
    """What a material is, which decides how it is cut, counted and stored."""

    SHEET = "SHEET", N_("Sheet")
    BAR = "BAR", N_("Bar")
    BAND = "BAND", N_("Edge band")
    HARDWARE = "HARDWARE", N_("Hardware")
    CARTON = "CARTON", N_("Carton")
    OTHER = "OTHER", N_("Other material")


class Unit(Choice):
    """What a quantity of a material counts."""

    PIECE = "pcs", N_("pcs")
    METRE = "m", N_("m")
    SQUARE_METRE = "m2", N_("m²")
    SET = "set", N_("sets")
    KILOGRAM = "kg", N_("kg")


class Grain(Choice):
    """Which way the grain runs, of a stock piece or of a part (contracts: cutting format)."""

    LENGTH = "length", N_("Along the length")
    WIDTH = "width", N_("Along the width")
    NONE = "none", N_("No grain")


@dataclass(frozen=True, slots=True)
class StockSize:
    """The usable size of one article, trims taken off; a bar has no width."""

    length_mm: Decimal
    width_mm: Decimal | None = None


def usable(length_mm: Decimal, width_mm: Decimal | None, trim_mm: Decimal | None) -> StockSize:
    """Return what is left of a stock piece once `trim_mm` is cut off at every edge."""
    both = 2 * (trim_mm or Decimal(0))
    return StockSize(length_mm - both, None if width_mm is None else width_mm - both)


@dataclass(frozen=True, slots=True)
class ArticleEntry:
    """One size in which a material is bought; hardware has no size."""

    code: str
    length_mm: Decimal | None = None
    width_mm: Decimal | None = None
    price: Decimal | None = None  # of one


@dataclass(frozen=True, slots=True)
class MaterialEntry:
    """One material as a pack states it; `trim_mm` is cut off at each edge of a sheet, each end of a bar."""

    code: str
    name: Named
    kind: MaterialKind
    unit: Unit
    articles: tuple[ArticleEntry, ...]
    thickness_mm: Decimal | None = None
    colour: str | None = None
    grain: Grain = Grain.NONE
    kerf_mm: Decimal | None = None
    trim_mm: Decimal | None = None
    kg: Decimal | None = None  # what one unit weighs

    @property
    def is_cut(self) -> bool:
        """Whether pieces are cut from it, so that its sizes matter to them."""
        return self.kind in (MaterialKind.SHEET, MaterialKind.BAR)

    @property
    def stock_sizes(self) -> tuple[StockSize, ...]:
        """The usable sizes of its articles."""
        sized = [(one.length_mm, one.width_mm) for one in self.articles]
        return tuple(usable(length, width, self.trim_mm) for length, width in sized if length is not None)
