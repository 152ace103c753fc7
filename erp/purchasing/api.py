"""The material requirement as JSON."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from flask import Blueprint, request
from pydantic import BaseModel

from core.errors import InvalidInput
from core.i18n import N_
from core.web.api import endpoint
from core.work import read
from erp.purchasing import queries
from erp.purchasing.rules.needs import Requirement, Share, WantKind

bp = Blueprint("erp_purchasing_api", __name__)


class ShareAnswer(BaseModel):
    """What one order or batch wants of a material, and out of what it will be served."""

    kind: str
    id: int
    number: str
    needed_on: date | None
    net: Decimal
    needed: Decimal
    reserved: Decimal
    on_order: Decimal
    lacking: Decimal


class MaterialAnswer(BaseModel):
    """One material; quantities in `unit`."""

    code: str
    name: str
    unit: str
    needed: Decimal
    reserved: Decimal
    on_hand: Decimal
    on_order: Decimal
    lacking: Decimal
    yield_rate: Decimal | None
    plan_count: int | None
    wants: list[ShareAnswer]


class RequirementAnswer(BaseModel):
    """The material requirement until a day."""

    until: date | None
    materials: list[MaterialAnswer]


class DayWrong(InvalidInput):
    """The horizon is no date."""

    code = "erp.purchasing.day_wrong"
    message = N_("Expected `until` as a date such as 2026-11-28.")

    def __init__(self) -> None:
        super().__init__({})


def _until() -> date | None:
    text = request.args.get("until", "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as wrong:
        raise DayWrong from wrong


def _share(one: Share) -> ShareAnswer:
    want = one.want
    return ShareAnswer(
        kind=want.kind.value,
        id=want.subject_id,
        number=want.name,
        needed_on=want.needed_on,
        net=want.net_qty,
        needed=want.qty,
        reserved=one.reserved_qty,
        on_order=one.coming_qty,
        lacking=one.lacking_qty,
    )


def _material(one: Requirement) -> MaterialAnswer:
    return MaterialAnswer(
        code=one.code,
        name=one.material.zh,
        unit=one.unit.value,
        needed=one.needed_qty,
        reserved=one.reserved_qty,
        on_hand=one.on_hand_qty,
        on_order=one.on_order_qty,
        lacking=one.lacking_qty,
        yield_rate=one.wastage.yield_rate if one.wastage else None,
        plan_count=one.wastage.plan_count if one.wastage else None,
        wants=[_share(share) for share in one.shares],
    )


@endpoint(
    bp,
    "GET",
    "/requirement",
    permission="erp.purchasing.read",
    summary="What is needed, reserved, on order and lacking, by material; wants until a day, or all",
    answer=RequirementAnswer,
    parameters=("until", "order_id", "batch_id"),
)
def requirement() -> RequirementAnswer:
    """Answer the material requirement, of one order or batch where one is named."""
    until, kind, subject_id = _until(), None, None
    for name, one in (("order_id", WantKind.ORDER), ("batch_id", WantKind.BATCH)):
        if request.args.get(name, type=int) is not None:
            kind, subject_id = one, request.args.get(name, type=int)
    if kind is not None and subject_id is not None:
        found = queries.shares_of(read(), kind, subject_id)
    else:
        found = queries.requirements(read(), queries.Asked(until=until))
    return RequirementAnswer(until=until, materials=[_material(one) for one in found])
