"""What cutting's pages send."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints

from core.web.forms import Form, OptionalMm, Text
from mes.cutting.rules.offcuts import OffcutEnd
from mes.cutting.rules.saw import SawFacts
from mes.cutting.rules.yields import By
from mes.cutting.service.settings import MaterialTold

HUNDRED = Decimal(100)


def _empty_is_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _empty_is_zero(value: object) -> object:
    return "0" if isinstance(value, str) and not value.strip() else value


class OffcutForm(Form):
    """What is done about an offcut, and why."""

    end: OffcutEnd
    reason: Text = ""


class YieldForm(Form):
    """The days that the yield is asked of, in either order, and what a row is about."""

    since: Annotated[date | None, BeforeValidator(_empty_is_none), Field(alias="from")] = None
    until: Annotated[date | None, BeforeValidator(_empty_is_none), Field(alias="to")] = None
    by: By = By.WEEK


class SawForm(Form):
    """How one station saws."""

    book_height_mm: OptionalMm = None
    is_longest_first: bool = False
    ptx_version: Annotated[str, StringConstraints(min_length=1, max_length=10, pattern=r"^[0-9.]+$")]

    @property
    def facts(self) -> SawFacts:
        """The saw as the rules take it."""
        return SawFacts(self.book_height_mm, self.is_longest_first)


class MaterialForm(Form):
    """How one material is cut; the discount of offcuts is in percent of what they are worth."""

    station_id: Annotated[int | None, BeforeValidator(_empty_is_none)] = None
    offcut_length_mm: OptionalMm = None
    offcut_width_mm: OptionalMm = None
    offcut_percent: Annotated[Decimal, Field(ge=0, le=100, decimal_places=2)]
    mitre_mm: Annotated[Decimal, BeforeValidator(_empty_is_zero), Field(ge=0, le=1000, decimal_places=1)] = (
        Decimal(0)
    )

    @property
    def told(self) -> MaterialTold:
        """What the saw is told, as the command takes it."""
        return MaterialTold(
            self.station_id,
            self.offcut_length_mm,
            self.offcut_width_mm,
            self.offcut_percent / HUNDRED,
            self.mitre_mm,
        )
