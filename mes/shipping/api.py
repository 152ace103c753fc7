"""What the dock holds to go on loading without the network."""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from core.i18n import N_
from core.web import held
from core.web.api import endpoint
from core.web.errors import shown
from core.work import read
from mes.packing.rules import PackageState
from mes.scanning.rules import DOOR_WORDS, Block, ScanKind
from mes.shipping import queries
from mes.shipping.queries import LoadFacts
from mes.shipping.rules import MORE, Cargo, LoadState, needs_signature

bp = Blueprint("mes_shipping_api", __name__)
WORDS = (
    # the sentences of rules.py and scans.py: the dock judges with the same words (static/js/lib/judge/load.js)
    *(N_("%(package)s is on."), N_("%(package)s is off."), N_("Load %(number)s is closed.")),
    *(N_("A load that is not closed"), N_("%(number)s: %(state)s"), N_("A package of %(number)s")),
    N_("Put it aside and scan the code of the load that is being loaded."),
    *(N_("%(package)s, loaded on %(load)s"), N_("Bring it to %(load)s, or have it unloaded there by scan.")),
    *(N_("A package not loaded yet"), N_("%(package)s, already on"), N_("Go on with the next package.")),
    *(N_("A package for a dealer of %(number)s"), N_("%(package)s, for %(dealer)s")),
    *(N_("Take it off. It goes to %(dealer)s."), N_("%(package)s, of load %(load)s")),
    *(N_("Leave it for %(load)s."), N_("A sealed package"), N_("%(package)s: %(state)s")),
    N_("Bring it back to the packing bench and have it sealed."),
    *(N_("An order that is paid in full"), N_("%(package)s: not paid in full")),
    N_("Leave it here and call the office: accounts can let it pass."),
    *(N_("A package on this vehicle"), N_("%(package)s, not on it")),
    N_("Nothing to unload. Scan the package that is to come off."),
    *(N_("%(count)s packages"), N_("Load what is missing: %(packages)s.")),
    *(N_("Put packages onto the list first."), N_("Whole orders, or a signature")),
    N_("%(count)s packages of %(orders)s are not on this load's list"),
    N_("Press “Papers”: the team leader signs that they go later."),
    *(N_("Stop %(stop)s: %(dealer)s"), N_("%(package)s, stop %(stop)s"), N_("First load %(packages)s.")),
)


@endpoint(
    bp,
    "GET",
    "/jobs",
    permission="mes.shipping.load",
    summary="The open loads with their packages in the order of the stops, to be held by the dock; with an ETag",
    refusals=(401, 403),
)
def jobs() -> ResponseReturnValue:
    """Answer what the dock holds."""
    session = read()
    loads = [queries.facts(session, load.id) for load, _, _ in queries.open_loads(session)]
    found = [load for load in loads if load is not None]
    unpaid = queries.unpaid(session, {one.order_id for load in found for one in load.cargo})
    return held.held(
        {
            "words": held.words((*DOOR_WORDS, *WORDS)),
            "blocks": held.labels(Block),
            "steps": held.labels(ScanKind),
            "states": held.labels(PackageState),
            "load_states": held.labels(LoadState),
            "more": shown(MORE),
            "loads": [_load(load, unpaid) for load in found],
        }
    )


def _load(load: LoadFacts, unpaid: frozenset[int]) -> dict[str, Any]:
    return {
        "id": load.load_id,
        "code": load.code,
        "number": load.number,
        "vehicle": load.vehicle,
        "state": load.state,
        "absent": [one.order_number for one in load.absent if needs_signature([one])],
        "is_by_stop": load.is_by_stop,
        "stops": [
            {
                "position": stop.position,
                "dealer_id": stop.dealer_id,
                "dealer": shown(stop.dealer),
                "packages": [_cargo(one, unpaid) for one in stop.cargo],
            }
            for stop in load.stops
        ],
    }


def _cargo(one: Cargo, unpaid: frozenset[int]) -> dict[str, Any]:
    return {
        "id": one.package_id,
        "code": one.code,
        "label": shown(one.label),
        "full": shown(one.full),
        "order": one.order_number,
        "place": one.place,
        "state": one.state,
        "is_loaded": one.is_loaded,
        "is_unpaid": one.order_id in unpaid,
    }
