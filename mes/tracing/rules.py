"""Rules of tracing: what can be traced, and in what order its story is told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from core.choices import Choice
from core.errors import RuleViolation
from core.i18n import N_, Named


class Chapter(Choice):
    """One part of a piece's story, in the order in which it is told."""

    PIECE = "PIECE", N_("Pieces")
    LOT = "LOT", N_("Material lots")
    SHEET = "SHEET", N_("Sheets and bars")
    OPERATION = "OPERATION", N_("Operations")
    SCRAP = "SCRAP", N_("Scrap")
    BOX = "BOX", N_("Packed")
    LOAD = "LOAD", N_("On the vehicle")
    RECEIPT = "RECEIPT", N_("At the dealer's")
    SCAN = "SCAN", N_("Scans and checks")


PAGES = {  # kind of thing -> its page and the name of its id there
    "piece": ("mes_tracing.piece_show", "piece_id"),
    "set": ("mes_tracing.set_show", "set_id"),
    "package": ("mes_tracing.package_show", "package_id"),
    "lot": ("mes_tracing.lot_show", "lot_id"),
    "sheet": ("mes_tracing.sheet_show", "sheet_id"),
}
LEADS_TO = {  # chapter -> the page that its ref_id leads to
    Chapter.PIECE: ("erp_sales.order_show", "order_id"),
    Chapter.LOT: PAGES["lot"],
    Chapter.SHEET: ("mes_cutting.plan_show", "plan_id"),
    Chapter.SCRAP: PAGES["piece"],
    Chapter.BOX: PAGES["package"],
    Chapter.LOAD: ("mes_shipping.load_show", "load_id"),
    Chapter.RECEIPT: ("mes_shipping.load_show", "load_id"),
}


class LotKnown(Choice):
    """How it is known that a piece is of a lot."""

    SCANNED = "SCANNED", N_("Scanned at the saw")
    OFFCUT = "OFFCUT", N_("The offcut that was cut")
    ISSUED = "ISSUED", N_("Issued to the batch: any of its lots may be the one")


class NotTraced(RuleViolation):
    """A label without a story of its own."""

    code = "mes.tracing.not_traced"
    message = N_(
        "A piece, door set, package, sheet, offcut or lot is expected, %(text)s came. Scan one of their labels."
    )


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a story. What `code`, `detail` and `extra` are depends on the chapter; `ref_id` leads to a page."""

    chapter: Chapter
    at: datetime | None
    code: str  # of the piece, lot, sheet, package, load; the operation; the kind of scan
    name: Named
    person: str  # who did it; of a lot how it is known
    detail: str  # order and room; supplier's note; plan; station; dealer
    extra: str  # state; outcome and class of a scan; delivery note
    ref_id: int | None


def told(events: Iterable[Event]) -> dict[Chapter, list[Event]]:
    """Return a story by chapters, each in the order of time; what has no moment yet comes last."""
    story: dict[Chapter, list[Event]] = {chapter: [] for chapter in Chapter}
    for event in events:
        story[event.chapter].append(event)
    for chapter in story.values():
        chapter.sort(key=lambda event: (event.at is None, event.at or 0, event.code))
    return story
