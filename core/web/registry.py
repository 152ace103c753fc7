"""What the packages put on when they register: menu, panels, search, invariants, grants."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Flask, current_app
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """One word of the menu."""

    label: str  # msgid
    endpoint: str
    permission: str
    group: str = ""  # msgid of the words that it stands under in a long menu; empty: by itself


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of one document's page that an upper feature shows there."""

    title: str  # msgid
    template: str
    context: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that the search found."""

    label: str
    kind: str  # msgid
    url: str


@dataclass(frozen=True, slots=True)
class Mark:
    """What an upper feature marks on one row of a list."""

    kind: str  # as the icons' states: "stop", "attn"
    labels: tuple[str, ...]  # msgids, the worst first


@dataclass(frozen=True, slots=True)
class Companion:
    """A command of ours that runs beside the server for as long as it serves, where a setting is given."""

    name: str  # in the words of who reads the server's output
    command: tuple[str, ...]  # what follows `flask --app wsgi`
    setting: str


@dataclass(frozen=True, slots=True)
class OfflinePage:
    """A page that goes on without the network, and what it holds for that."""

    name: str  # a msgid
    key: str  # under which a device keeps what the page holds; its script has the same
    holds: str  # the endpoint that answers it
    permission: str


MarkMaker = Callable[[Session, Sequence[int]], Mapping[int, Mark]]
PanelMaker = Callable[[Session, int], Panel | None]
Provider = Callable[[Session, str], Iterable[Hit]]
Invariant = Callable[[Session], list[str]]
PrinterHere = Callable[[Session], int | None]


@dataclass(slots=True)
class Registry:
    """Everything that features put on, in the order in which they did."""

    offline_pages: dict[str, OfflinePage] = field(default_factory=dict)  # by endpoint
    menu: list[MenuEntry] = field(default_factory=list)
    panels: dict[str, list[tuple[str, PanelMaker]]] = field(default_factory=dict)
    marks: dict[str, list[tuple[str, MarkMaker]]] = field(default_factory=dict)
    providers: list[Provider] = field(default_factory=list)
    invariants: dict[str, Invariant] = field(default_factory=dict)
    grants: dict[str, set[str]] = field(default_factory=dict)
    homes: list[tuple[str, str]] = field(default_factory=list)
    companions: list[Companion] = field(default_factory=list)
    # a badge can be photographed: it gives no more than these roles may do, whoever carries it
    badge_roles: tuple[str, ...] = ()
    badge_page: tuple[str, str] | None = (
        None  # the cookie of an enrolled device, and where it asks for a badge
    )

    printer_here: PrinterHere = lambda _session: None  # noqa: E731  (the label printer beside this device)

    def grant(self, role: str, *permissions: str) -> None:
        """Let a role do something."""
        self.grants.setdefault(role, set()).update(permissions)

    def panel(self, place: str, permission: str, maker: PanelMaker) -> None:
        """Show a panel on every page of a kind of document, to those who may."""
        self.panels.setdefault(place, []).append((permission, maker))

    def mark(self, place: str, permission: str, maker: MarkMaker) -> None:
        """Mark rows of a list of documents, for those who may."""
        self.marks.setdefault(place, []).append((permission, maker))

    def home(self, permission: str, endpoint: str) -> None:
        """Name the first page of those who hold a permission; the first one that fits is taken."""
        self.homes.append((permission, endpoint))


def registry(app: Flask | None = None) -> Registry:
    """Return what the packages have registered."""
    found: Registry = (app or current_app).extensions["registry"]
    return found


def blueprints(app: Flask, *pairs: tuple[Blueprint, str]) -> None:
    """Register blueprints with their addresses, in the order in which a person reads them."""
    for blueprint, prefix in pairs:
        app.register_blueprint(blueprint, url_prefix=prefix)
