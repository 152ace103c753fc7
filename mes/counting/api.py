"""What a handheld does beside its scans while it counts: take back what was entered of a thing."""

from __future__ import annotations

from typing import Literal

from flask import Blueprint
from pydantic import BaseModel

from core.clock import now
from core.web.access import me
from core.web.api import endpoint
from core.web.forms import Body
from core.work import run
from mes.counting import service
from mes.counting.rules import Thing

bp = Blueprint("mes_counting_api", __name__)


class StrikeBody(Body):
    """A thing that was counted wrongly in the round under way."""

    count_id: int
    thing: Literal["lot", "package"]
    thing_id: int


class StrikeAnswer(BaseModel):
    """Taken back: nothing of it is counted now."""

    is_struck: bool


@endpoint(
    bp,
    "POST",
    "/strikes",
    permission="mes.counting.count",
    body=StrikeBody,
    answer=StrikeAnswer,
    summary="Take back what was counted of a thing in the round under way; the count keeps the entry, struck",
    refusals=(400, 404, 409),
)
def strike(body: StrikeBody) -> StrikeAnswer:
    """Take back what was entered of a thing."""
    run(service.strike, body.count_id, Thing(body.thing, body.thing_id), by=me().id, at=now())
    return StrikeAnswer(is_struck=True)
