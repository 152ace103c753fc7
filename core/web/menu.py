"""The menu, the panels and the first page: what the registry means for the person of this request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request, url_for
from flask_babel import gettext

from core.web.access import may
from core.web.registry import Mark, Panel, registry
from core.work import read


@dataclass(frozen=True, slots=True)
class Shown:
    """One word of the menu, as a person sees it."""

    label: str
    url: str
    is_current: bool


def menu() -> list[Shown]:
    """Return the menu of the person of this request (a template global)."""
    here = (request.endpoint or "").split(".")[0]
    return [
        Shown(gettext(e.label), url_for(e.endpoint), e.endpoint.split(".")[0] == here)
        for e in registry().menu
        if may(e.permission)
    ]


def panels(place: str, document_id: int) -> list[Panel]:
    """Return what upper features show on one document's page (a template global)."""
    made = (make(read(), document_id) for right, make in registry().panels.get(place, ()) if may(right))
    return [panel for panel in made if panel is not None]


def marks(place: str, document_ids: Sequence[int]) -> dict[int, Mark]:
    """Return what upper features mark on the rows of a list; the first feature with a word has it."""
    found: dict[int, Mark] = {}
    for right, make in registry().marks.get(place, ()):
        if may(right) and document_ids:
            found = {**make(read(), document_ids), **found}
    return found


def home_url() -> str:
    """Return the first page of the person of this request."""
    for permission, endpoint in registry().homes:
        if may(permission):
            return url_for(endpoint)
    return url_for("core_auth.profile")
