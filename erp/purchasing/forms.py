"""What purchasing's pages send."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field

from core.errors import InvalidInput
from core.web.forms import Form, Name, Qty, Text, parse
from erp.purchasing.service import LineEdit, OfferEntry, Pick


def _empty_is_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


OptionalDay = Annotated[date | None, BeforeValidator(_empty_is_none)]
Price = Annotated[Decimal, Field(ge=0, le=Decimal("9999999"), decimal_places=4)]
NoneOrMore = Annotated[Decimal, Field(ge=0, le=Decimal("9999999"), decimal_places=3)]


class OfferForm(Form):
    """How a supplier delivers an article."""

    supplier_id: int
    article: Name
    supplier_code: Text = ""
    price: Price
    lead_days: Annotated[int, Field(ge=0, le=365)]
    least_qty: Qty = Decimal(1)
    multiple_qty: Qty = Decimal(1)

    def entry(self, article_id: int) -> OfferEntry:
        """Return what was typed, of the article that was meant."""
        return OfferEntry(
            supplier_id=self.supplier_id,
            article_id=article_id,
            supplier_code=self.supplier_code,
            price=self.price,
            lead_days=self.lead_days,
            least_qty=self.least_qty,
            multiple_qty=self.multiple_qty,
        )


class PolicyForm(Form):
    """How a material is planned; waste in percent."""

    safety_qty: NoneOrMore
    waste: Annotated[Decimal, Field(ge=0, le=90, decimal_places=2)]

    @property
    def waste_rate(self) -> Decimal:
        """The waste as a share."""
        return self.waste / 100


class NewOrderForm(Form):
    """To whom an empty order goes."""

    supplier_id: int


class LineForm(Form):
    """A further article of a draft."""

    article: Name
    qty: Qty


class HeadForm(Form):
    """What a draft says beside its lines."""

    expected_on: OptionalDay = None
    note: Annotated[str, Field(max_length=1000)] = ""
    version: int


class EditForm(Form):
    """One line of a draft."""

    qty: NoneOrMore
    price: Price


class DeliveryForm(Form):
    """What came against one line."""

    qty: Qty
    place_id: int
    reference: Text = ""
    reason: Annotated[str, Field(max_length=500)] = ""
    form_key: Name


class PickForm(Form):
    """One ticked line of the proposal: its choice is "supplier:article"."""

    supplier_id: int
    article_id: int
    qty: Qty
    seen: int


def picks(given: Mapping[str, str], ticked: list[str]) -> list[Pick]:
    """Return the ticked lines; a line's fields end in its material's id. Raises InvalidInput."""
    made: list[Pick] = []
    wrong: dict[str, str] = {}
    for key in ticked:
        fields = {name: given.get(f"{name}_{key}", "") for name in PickForm.model_fields}
        try:
            one = parse(PickForm, fields)
        except InvalidInput as bad:
            wrong |= {f"{name}_{key}": text for name, text in bad.fields.items()}
            continue
        made.append(Pick(one.supplier_id, one.article_id, one.qty, one.seen))
    if wrong:
        raise InvalidInput(wrong)
    return made


def edits(given: Mapping[str, str]) -> dict[int, LineEdit]:
    """Return what the lines of a draft are changed to: fields qty_<id> and price_<id>. Raises InvalidInput."""
    made: dict[int, LineEdit] = {}
    wrong: dict[str, str] = {}
    for name, qty in given.items():
        key = name.removeprefix("qty_")
        if key == name or not key.isdecimal():
            continue
        try:
            one = parse(EditForm, {"qty": qty, "price": given.get(f"price_{key}", "")})
        except InvalidInput as bad:
            wrong |= {f"{field}_{key}": text for field, text in bad.fields.items()}
            continue
        made[int(key)] = LineEdit(one.qty, one.price)
    if wrong:
        raise InvalidInput(wrong)
    return made
