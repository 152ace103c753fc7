"""The menu, the panels and the first page: what the registry means for the person of this request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request, url_for
from flask_babel import gettext

from core.web.access import may
from core.web.registry import Mark, MenuEntry, Panel, registry
from core.work import read

WORDS_MOST = 7  # side by side on a laptop in either language; a longer menu is put into groups


@dataclass(frozen=True, slots=True)
class Shown:
    """One word of the menu, as a person sees it; with entries it is a group and leads nowhere itself."""

    label: str
    url: str
    is_current: bool
    entries: tuple[Shown, ...] = ()


def menu() -> list[Shown]:
    """Return the menu of the person of this request (a template global)."""
    mine = [entry for entry in registry().menu if may(entry.permission)]
    here = _here(mine)
    if len(mine) <= WORDS_MOST:
        return [_shown(entry, here) for entry in mine]
    groups: dict[str, list[Shown]] = {}
    for entry in mine:
        groups.setdefault(entry.group or entry.endpoint, []).append(_shown(entry, here))
    return [words[0] if len(words) == 1 else _group(gettext(label), words) for label, words in groups.items()]


def _here(mine: Sequence[MenuEntry]) -> MenuEntry | None:
    """Return the word that this page belongs to: its own, or else the first of its room."""
    shown = request.endpoint or ""
    own = (entry for entry in mine if entry.endpoint == shown)
    of_room = (entry for entry in mine if entry.endpoint.split(".")[0] == shown.split(".")[0])
    return next(own, None) or next(of_room, None)


def _shown(entry: MenuEntry, here: MenuEntry | None) -> Shown:
    return Shown(gettext(entry.label), url_for(entry.endpoint), entry is here)


def _group(label: str, words: Sequence[Shown]) -> Shown:
    return Shown(label, "", any(word.is_current for word in words), tuple(words))


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
