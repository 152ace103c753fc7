"""What a handheld holds to go on counting without the network."""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from flask import session as cookie
from flask.typing import ResponseReturnValue

from core.i18n import N_, Named
from core.web import held
from core.web.access import me
from core.web.api import endpoint
from core.web.errors import shown
from core.work import read
from erp.materials.rules import Unit
from erp.stock.rules import FOR_MATERIAL, FOR_PACKAGES, PlaceKind
from mes.counting import queries
from mes.counting.queries import CountedPlace
from mes.counting.rules import CountState
from mes.scanning.rules import DOOR_WORDS, Block, ScanKind

bp = Blueprint("mes_counting_api", __name__)
WORDS = (
    # the sentences of scans.py: the handheld judges with the same words (static/js/lib/judge/count.js)
    *(N_("A label at %(place)s, or its own to finish"), N_("Finish %(place)s first: scan its label again.")),
    *(N_("A place that may be counted"), N_("%(place)s, counted: its difference waits for approval")),
    *(
        N_("Count another place, or have %(number)s decided first."),
        N_("%(name)s, who is counting %(place)s"),
    ),
    N_("Count another place. Two who count the same shelf count it twice."),
    *(N_("Count what lies at %(place)s. Its own label finishes."), N_("The label of a package")),
    *(N_("Count again at %(place)s what is listed, nothing else."), N_("The label of a lot")),
    *(N_("%(thing)s at %(place)s"), N_("%(thing)s, counted already"), N_("Go on with the next one.")),
    N_("It may not lie here. Carry it to where it belongs, and count it there."),
    *(N_("What differed at the first count"), N_("A package that is not counted yet")),
    *(N_("1 pcs: an offcut has a label of its own"), N_("%(lot)s, more than once")),
    *(N_("Scan the label of the other piece."), N_("%(order)s %(package)s is there.")),
    *(N_("%(qty)s %(unit)s of %(thing)s counted at %(place)s."), N_("Taken back. Count it anew.")),
    *(N_("What was counted at %(place)s in this round"), N_("%(thing)s, not counted")),
    N_("Nothing to take back. Scan what lies there."),
    # and those that only a device without the network needs: it does not know what the book says
    *(N_("%(thing)s: %(qty)s counted at %(place)s."), N_("%(thing)s is there.")),
    N_("%(place)s is counted. It is compared with the book when the network is back."),
    N_("%(place)s, counted: the result comes with the network"),
    N_("Count another place. This one is compared when the network is back."),
)


@endpoint(
    bp,
    "GET",
    "/jobs",
    permission="mes.counting.count",
    summary="The places, the rounds under way and what labels are called, without a booked quantity; with an ETag",
    refusals=(401, 403),
)
def jobs() -> ResponseReturnValue:
    """Answer what the handheld holds."""
    found = queries.jobs(read(), me().id)
    return held.held(
        {
            "words": held.words((*DOOR_WORDS, *WORDS)),
            "blocks": held.labels(Block),
            "steps": held.labels(ScanKind),
            "place_kinds": held.labels(PlaceKind),
            "count_states": held.labels(CountState),
            "units": held.labels(Unit),
            "for_material": FOR_MATERIAL,
            "for_packages": FOR_PACKAGES,
            "badge": cookie.get("badge", ""),
            "person": me().name,
            "places": [_place(place) for place in found.places],
            "lots": [[lot.code, shown(lot.name), lot.unit, lot.is_offcut] for lot in found.lots],
            "packages": [[one.code, shown(one.name), one.order] for one in found.packages],
        }
    )


def _place(place: CountedPlace) -> dict[str, Any]:
    facts = {"code": place.code, "name": place.name, "kind": place.kind}
    if place.round is None:
        return facts
    count = place.round.count
    is_under_way = count.state is CountState.COUNTING
    return facts | {
        "state": count.state,
        "number": count.number,
        "is_mine": is_under_way and count.counter_id == me().id,
        "counter": place.round.counter,
        "is_again": count.pass_count > is_under_way,  # rounds that are over
        "again": _named(place.round.again),
        "settled": place.round.settled,
        "entered": place.round.entered,
    }


def _named(things: list[tuple[Named, str]]) -> list[tuple[str, str]]:
    return [(shown(name), code) for name, code in things]
