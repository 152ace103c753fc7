"""What finance's pages send. Amounts may be typed as people write them: ¥1,234.50."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from core.errors import InvalidInput
from core.web.forms import Form, Name, Text, parse
from erp.finance.rules import CENT, Gate, Method, Terms
from erp.finance.service import Payment

PART = "part_"  # what an order gets: part_<order's id>


def _plain(value: object) -> object:
    """Take off what people write around an amount; full-width digits become plain ones."""
    if not isinstance(value, str):
        return value
    return unicodedata.normalize("NFKC", value).replace(",", "").replace("¥", "").replace("元", "").strip()


def _plain_or_none(value: object) -> object:
    return _plain(value) or None


def _to_cents(value: Decimal) -> Decimal:
    return value.quantize(CENT)


Limits = Field(ge=0, le=Decimal("999999999.99"), decimal_places=2)
Positive = Field(gt=0, le=Decimal("999999999.99"), decimal_places=2)
Amount = Annotated[Decimal, BeforeValidator(_plain), Positive, AfterValidator(_to_cents)]
OptionalAmount = Annotated[
    Annotated[Decimal, Limits, AfterValidator(_to_cents)] | None, BeforeValidator(_plain_or_none)
]
Percent = Annotated[Decimal, BeforeValidator(_plain), Field(ge=0, le=100, decimal_places=2)]
Reason = Annotated[str, Field(max_length=500)]


class ReceiptForm(Form):
    """A payment as it came."""

    dealer_id: int
    amount: Amount
    received_on: date
    method: Method
    payer: Text = ""
    reference: Text = ""
    note: Reason = ""
    is_spread: bool = False
    form_key: Name

    def payment(self, parts: Mapping[int, Decimal]) -> Payment:
        """Return the payment with what each order gets."""
        return Payment(
            party_id=self.dealer_id,
            amount=self.amount,
            received_on=self.received_on,
            method=self.method,
            payer=self.payer,
            reference=self.reference,
            note=self.note,
            parts={} if self.is_spread else parts,
            is_spread=self.is_spread,
            form_key=self.form_key,
        )


class _Part(Form):
    amount: Amount


def parts(given: Mapping[str, str]) -> dict[int, Decimal]:
    """Return what was typed beside the orders, by order; an empty field gives nothing. Raises InvalidInput."""
    made: dict[int, Decimal] = {}
    wrong: dict[str, str] = {}
    for name, text in given.items():
        key = name.removeprefix(PART)
        if key == name or not key.isdecimal() or not text.strip():
            continue
        try:
            made[int(key)] = parse(_Part, {"amount": text}).amount
        except InvalidInput as bad:
            wrong[name] = bad.fields["amount"]
    if wrong:
        raise InvalidInput(wrong)
    return made


class PartForm(Form):
    """What is allocated to one order, or taken off it."""

    order_id: int
    amount: Amount


class RefundForm(Form):
    """What is paid back."""

    amount: Amount
    method: Method
    reason: Reason = ""
    form_key: Name


class WhyForm(Form):
    """Why a receipt is reversed."""

    reason: Reason = ""


class MonthForm(Form):
    """Which month is closed: 2026-10."""

    month: Annotated[str, Field(pattern=r"^20\d\d-(0[1-9]|1[0-2])$")]

    @property
    def first_day(self) -> date:
        """The month by its first day."""
        return date.fromisoformat(f"{self.month}-01")


class WaiverForm(Form):
    """What an order may pass, and why."""

    gate: Gate
    reason: Reason = ""


class TermsForm(Form):
    """What is agreed with a dealer; the deposit in percent."""

    deposit: Percent = Decimal(0)
    credit_limit: OptionalAmount = None
    has_balance_gate: bool = False
    version: int = 0

    @property
    def terms(self) -> Terms:
        """The terms that were typed."""
        return Terms(self.deposit / 100, self.credit_limit, self.has_balance_gate, self.version)
