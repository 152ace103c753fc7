"""Heartbeats of pages."""

from typing import Annotated

from flask import Blueprint
from pydantic import BaseModel, Field

from core.activity import service
from core.clock import now
from core.web.access import LOGGED_IN, me
from core.web.api import endpoint
from core.web.forms import Body
from core.work import run

bp = Blueprint("core_activity", __name__)


class Beat(Body):
    """A sign that the person works on something, sent by an open and used page."""

    kind: Annotated[str, Field(pattern=r"^[a-z_]{1,30}$")]
    subject: Annotated[str, Field(max_length=60)] | None = None
    subject_id: Annotated[int, Field(ge=1, lt=2**62)] | None = None


class Heard(BaseModel):
    """The beat is kept."""

    heard: bool


@endpoint(
    bp,
    "POST",
    "/beat",
    permission=LOGGED_IN,
    body=Beat,
    answer=Heard,
    summary="Keep a sign of work of a page",
)
def beat(body: Beat) -> Heard:
    """Keep one heartbeat of the person's page."""
    run(service.beat, me().id, body.kind, body.subject, body.subject_id, at=now())
    return Heard(heard=True)
