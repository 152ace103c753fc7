"""What cutting's pages send."""

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints

from core.errors import InvalidInput
from core.web.forms import Form, Mm, OptionalMm, Text, parse
from mes.cutting.rules.offcuts import OffcutEnd
from mes.cutting.rules.saw import SawFacts
from mes.cutting.rules.study import SIZES_MOST, StockSize
from mes.cutting.rules.yields import By
from mes.cutting.service.settings import MaterialTold
from mes.nesting.rules.instance import FirstCut

HUNDRED = Decimal(100)


def _empty_is_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _empty_is_zero(value: object) -> object:
    return "0" if isinstance(value, str) and not value.strip() else value


Mitre = Annotated[Decimal, BeforeValidator(_empty_is_zero), Field(ge=0, le=1000, decimal_places=1)]


class OffcutForm(Form):
    """What is done about an offcut, and why."""

    end: OffcutEnd
    reason: Text = ""


class YieldForm(Form):
    """The days that the yield is asked of, in either order, and what a row is about."""

    since: Annotated[date | None, BeforeValidator(_empty_is_none), Field(alias="from")] = None
    until: Annotated[date | None, BeforeValidator(_empty_is_none), Field(alias="to")] = None
    by: By = By.WEEK


class _SizeForm(Form):
    """One size that could be bought, and what one costs."""

    length_mm: Mm
    width_mm: OptionalMm = None
    price: Annotated[Decimal, Field(gt=0, le=1_000_000, decimal_places=4)]


class StudyForm(Form):
    """The material that a study is about, and the days whose demand it takes."""

    material_id: Annotated[int, Field(ge=1, lt=2**31)]
    since: Annotated[date | None, BeforeValidator(_empty_is_none), Field(alias="from")] = None
    until: Annotated[date | None, BeforeValidator(_empty_is_none), Field(alias="to")] = None


def sizes(given: Mapping[str, str], bought: Collection[tuple[Decimal, Decimal | None]]) -> list[StockSize]:
    """Return the sizes typed into length_0, width_0, price_0 …; empty rows say nothing.

    `bought` are length and width of what is bought now. Raises InvalidInput with one sentence per field.
    """
    made: dict[tuple[Decimal, Decimal | None], StockSize] = {}
    wrong: dict[str, str] = {}
    for row in range(SIZES_MOST):
        typed = {name: given.get(f"{name}_{row}", "").strip() for name in ("length_mm", "width_mm", "price")}
        if not any(typed.values()):
            continue
        try:
            one = parse(_SizeForm, typed)
        except InvalidInput as bad:
            wrong |= {f"{name}_{row}": sentence for name, sentence in bad.fields.items()}
            continue
        key = (one.length_mm, one.width_mm)
        made.setdefault(key, StockSize(*key, one.price, is_bought=key in bought))
    if wrong:
        raise InvalidInput(wrong)
    return list(made.values())


class SawForm(Form):
    """How one station saws."""

    book_height_mm: OptionalMm = None
    is_longest_first: bool = False
    mitre_mm: Mitre = Decimal(0)
    is_wedge_lost: bool = False
    first_cut: FirstCut = FirstCut.ANY
    ptx_version: Annotated[str, StringConstraints(min_length=1, max_length=10, pattern=r"^[0-9.]+$")]

    @property
    def facts(self) -> SawFacts:
        """The saw as the rules take it."""
        return SawFacts(
            self.book_height_mm, self.is_longest_first, self.mitre_mm, self.is_wedge_lost, self.first_cut
        )


class MaterialForm(Form):
    """How one material is cut; the discount of offcuts is in percent of what they are worth."""

    station_id: Annotated[int | None, BeforeValidator(_empty_is_none)] = None
    offcut_length_mm: OptionalMm = None
    offcut_width_mm: OptionalMm = None
    offcut_percent: Annotated[Decimal, Field(ge=0, le=100, decimal_places=2)]
    mitre_mm: Mitre = Decimal(0)
    is_matched: bool = False

    @property
    def told(self) -> MaterialTold:
        """What the saw is told, as the command takes it."""
        return MaterialTold(
            self.station_id,
            self.offcut_length_mm,
            self.offcut_width_mm,
            self.offcut_percent / HUNDRED,
            self.mitre_mm,
            self.is_matched,
        )
