"""Forms of stock."""

from typing import Annotated

from pydantic import BeforeValidator

from core.web.forms import Form, Name, Qty, Text
from erp.stock.rules import PlaceKind


def _empty_is_none(value: object) -> object:
    return None if value == "" else value


OptionalId = Annotated[int | None, BeforeValidator(_empty_is_none)]


class ReceiptForm(Form):
    """A delivery of one article, as the keeper types it from the delivery note."""

    article: Name  # its code, or words that only it contains
    qty: Qty
    place_id: int
    supplier_id: OptionalId = None
    reference: Text = ""
    form_key: Name


class PlaceForm(Form):
    """A new place."""

    name: Name
    kind: PlaceKind


class TransferForm(Form):
    """A quantity of a lot that was carried from one place to another."""

    from_place_id: int
    to_place_id: int
    qty: Qty


class ReopenForm(Form):
    """Why a closed month is opened again."""

    reason: Text = ""
