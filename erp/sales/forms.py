"""Forms of sales: what was typed becomes heads, lines and filters."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field

from core.web.forms import Count, Form, Mm, Name, OptionalMm, Text, half_width, measures
from erp.catalogue.rules.by_hand import NewPiece, Wanted
from erp.catalogue.rules.document import Cut, DimBasis, Group, Handing
from erp.materials.rules import Grain
from erp.sales.queries.orders import OrderFilter, View
from erp.sales.rules.normalise import day_of, plain
from erp.sales.rules.orders import LineEntry, OrderHead
from erp.sales.rules.reading import SETS_MAX
from erp.sales.rules.states import OrderState

OPTION = "option_"  # options of the model come as option_lock, option_corner …
MEASURE = "measure_"  # further sizes of the model come as measure_TH …


def _empty_is_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _no_wall_is_zero(value: object) -> object:
    return "0" if isinstance(value, str) and not value.strip() else value


def _plain_day(value: object) -> object:
    """Let days be typed as people do: 2026/12/1, 20261201."""
    day = day_of(value) if isinstance(value, str) else None
    return day.isoformat() if day else _empty_is_none(value)


OptionalText = Annotated[Text | None, BeforeValidator(_empty_is_none)]


class HeadForm(Form):
    """An order as a whole, as the clerk types it."""

    dealer_id: Annotated[int, Field(gt=0)]
    dealer_reference: Text = ""
    customer: Text = ""
    site: Text = ""
    note: Annotated[str, Field(max_length=1000)] = ""
    due_on: Annotated[date | None, BeforeValidator(_plain_day)] = None
    form_key: Annotated[str, Field(max_length=40)] = ""
    version: int = 0

    @property
    def head(self) -> OrderHead:
        """The order's head."""
        return OrderHead(
            dealer_id=self.dealer_id,
            dealer_reference=self.dealer_reference,
            customer=self.customer,
            site=self.site,
            note=self.note,
            due_on=self.due_on,
        )


class LineForm(Form):
    """One line, as the clerk types it."""

    door_code: Name
    colour_code: OptionalText = None
    dim_basis: DimBasis = DimBasis.OPENING
    width_mm: Mm
    height_mm: Mm
    wall_mm: Annotated[
        Decimal, BeforeValidator(_no_wall_is_zero), Field(ge=0, le=Decimal("9999.9"), decimal_places=1)
    ]
    mother_width_mm: OptionalMm = None
    handing: Annotated[Handing | None, BeforeValidator(_empty_is_none)] = None
    set_count: Annotated[Count, Field(le=SETS_MAX)] = 1
    room: Text = ""
    note: Text = ""
    seen: Annotated[str, Field(max_length=64)] = ""  # fingerprint of the line that the form was opened on

    def entry(self, given: Mapping[str, str]) -> LineEntry:
        """Return the line with the options and further sizes that stand beside it. Raises InvalidInput."""
        options = {
            name.removeprefix(OPTION): value
            for name, value in given.items()
            if name.startswith(OPTION) and value
        }
        return LineEntry(
            door_code=self.door_code,
            width_mm=self.width_mm,
            height_mm=self.height_mm,
            wall_mm=self.wall_mm.quantize(Decimal("0.1")),
            set_count=self.set_count,
            dim_basis=self.dim_basis,
            room=self.room,
            colour_code=self.colour_code,
            mother_width_mm=self.mother_width_mm,
            handing=self.handing,
            options=options,
            measures=measures(given, MEASURE),
            note=self.note,
        )


class UploadForm(Form):
    """Whose sheet it is and how this dealer writes; the file comes beside it, or its cells as text."""

    dealer_id: Annotated[int, Field(gt=0)]
    profile: str = "plain"
    pasted: Annotated[str, Field(max_length=1_000_000)] = ""


Percent = Annotated[Decimal, Field(ge=0, lt=100, decimal_places=2)]
Amount = Annotated[Decimal, Field(ge=0, le=Decimal("9999999.99"), decimal_places=2)]


class AgreeForm(Form):
    """A price agreed by hand for one set, with its reason; an empty one goes back to the book."""

    amount: Annotated[Amount | None, BeforeValidator(_empty_is_none)] = None
    reason: Text = ""


class ByHandForm(Form):
    """A price agreed by hand beside a line that is changed; an empty one leaves it to the book."""

    by_hand_amount: Annotated[Amount | None, BeforeValidator(_empty_is_none)] = None
    by_hand_reason: Text = ""


class RebateForm(Form):
    """The order's own discount, with its reason."""

    percent: Percent
    reason: Text = ""


class QuoteForm(Form):
    """Until when an offer holds."""

    valid_to: Annotated[date, BeforeValidator(_plain_day)]


class ReasonForm(Form):
    """Why, in the clerk's words."""

    reason: Annotated[str, Field(max_length=500)] = ""


Why = Annotated[str, Field(min_length=1, max_length=500)]
OptionalCode = Annotated[str, Field(max_length=60)]


class SeenForm(Form):
    """What the page showed: the version of the order, and the fingerprint of the set by the rules."""

    version: int
    seen: Annotated[str, Field(max_length=64)] = ""


class LeaveOutForm(SeenForm):
    """Why a piece is left out."""

    reason: Why


class PieceForm(LeaveOutForm):
    """A piece of a set as a hand wants it: all its sizes and its material, with the reason."""

    length_mm: OptionalMm = None
    width_mm: OptionalMm = None
    thickness_mm: OptionalMm = None
    material_code: OptionalCode = ""

    @property
    def wanted(self) -> Wanted:
        """What the piece shall be."""
        return Wanted(self.material_code, self.length_mm, self.width_mm, self.thickness_mm)


class NeedForm(LeaveOutForm):
    """Another quantity of what a set needs beside its pieces, with the reason."""

    quantity: Annotated[Decimal, BeforeValidator(half_width), Field(ge=0, le=9999, decimal_places=3)]


class NewPieceForm(PieceForm):
    """A piece that no rule makes; `goes` is package:KIND:INDEX, joins:CODE, or nothing."""

    name: Name
    name_en: Text = ""
    group: Group
    count: Count = 1
    cut: Cut
    grain: Grain = Grain.LENGTH
    is_tracked: bool = False
    route: OptionalCode = ""
    goes: Annotated[str, Field(pattern=r"^(package:.+:[0-9]{1,3}|joins:.+|)$")] = ""

    def piece(self, routes: Mapping[str, tuple[str, ...]]) -> NewPiece:
        """Return the piece; `routes` are the operations of each route of the model."""
        where, _, what = self.goes.partition(":")
        package, _, index = what.rpartition(":")
        return NewPiece(
            name=self.name,
            name_en=self.name_en,
            group=self.group,
            material_code=self.material_code,
            length_mm=self.length_mm,
            width_mm=self.width_mm,
            thickness_mm=self.thickness_mm,
            count=self.count,
            cut=self.cut,
            grain=self.grain,
            is_tracked=self.is_tracked,
            route=routes.get(self.route, ()),
            package=package if where == "package" else "",
            package_index=int(index) if where == "package" else 1,
            joins=what if where == "joins" else "",
        )


def order_filter(asked: Mapping[str, str]) -> OrderFilter:
    """Return what the address narrows the list to; what cannot be read narrows nothing."""
    dealer = asked.get("dealer", "")
    view = next((one for one in View if one.value == asked.get("view")), View.OPEN)
    return OrderFilter(
        view=view,
        text=plain(asked.get("q", ""))[:60],
        dealer_id=int(dealer) if dealer.isdecimal() and len(dealer) < 10 else None,
        state=next((one for one in OrderState if one.value == asked.get("state")), None),
        due_from=day_of(asked.get("from", "")),
        due_to=day_of(asked.get("to", "")),
    )
