"""What the packing bench holds to go on without the network."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from core.i18n import N_
from core.web import held
from core.web.api import endpoint
from core.web.errors import shown
from core.work import read
from mes.packing import queries
from mes.packing.queries import Job
from mes.packing.rules import PackageState, label_of
from mes.scanning.rules import DOOR_WORDS, Block, ScanKind
from mes.splitting.rules import PieceState

bp = Blueprint("mes_packing_api", __name__)
WORDS = (
    # the sentences of rules.py and scans.py: the bench judges with the same words (static/js/lib/judge/pack.js)
    *(N_("%(package)s is open."), N_("%(piece)s is in."), N_("%(piece)s is out.")),
    *(N_("%(package)s is sealed."), N_("%(package)s is open again.")),
    *(N_("An order in production"), N_("%(order)s, closed"), N_("An open package"), N_("A sealed package")),
    *(N_("A package that is not sealed"), N_("Scan another package."), N_("Ask the team leader.")),
    *(N_("Press “More”, then “Open again”, or scan another package."), N_("Scan its label to open it.")),
    *(N_("Scan the label of the package that you are packing."), N_("It is open: go on packing.")),
    *(N_("Have it unloaded first."), N_("A piece not packed yet"), N_("Go on with the next piece.")),
    *(N_("%(piece)s, in %(order)s %(package)s"), N_("Take it back to %(order)s %(package)s.")),
    *(N_("%(piece)s, already in here"), N_("Take it out and put it with %(order)s, %(room)s.")),
    *(N_("Take it out and look for %(twin)s."), N_("%(piece)s, of %(package)s")),
    *(N_("Take it out. It goes into %(package)s."), N_("A piece out of %(package)s")),
    *(N_("%(piece)s, not packed"), N_("Nothing to take out. Scan the piece that is to go.")),
    *(N_("A good piece"), N_("Take it out and put it aside. A new piece will come.")),
    *(N_("All operations done"), N_("Next: %(operation)s"), N_("Bring it to %(operation)s.")),
    *(N_("%(count)s parts"), N_("Scan what is missing: %(pieces)s.")),
    *(N_("%(name)s: %(count)s of %(total)s are in."), N_("%(name)s is counted anew.")),
    *(N_("A package without hardware"), N_("Put it back; it does not belong into this package.")),
    *(N_("%(count)s × %(name)s"), N_("Put back what is too many.")),
    N_("Count in what is missing: scan its label, then how many."),
    *(N_("%(kg)s kg, ± %(more)s"), N_("%(kg)s kg"), N_("A weight nobody can compare")),
    *(N_("The office enters what one weighs: %(names)s."), N_("Not weighed")),
    *(N_("Put it on the scales and type the weight."), N_("Compare the kit with its list, piece by piece.")),
    *(N_("It looks different"), N_("Take out what differs, put it aside and call the team leader.")),
)


@endpoint(
    bp,
    "GET",
    "/jobs",
    permission="mes.packing.pack",
    summary="The packages to be packed next, with their pieces, to be held by the bench; with an ETag",
    refusals=(401, 403),
)
def jobs() -> ResponseReturnValue:
    """Answer what the bench holds."""
    found = queries.jobs(read())
    counted = {need.material_id for job in found for need in job.kit}
    return held.held(
        {
            "words": held.words((*DOOR_WORDS, *WORDS)),
            "blocks": held.labels(Block),
            "steps": held.labels(ScanKind),
            "states": held.labels(PackageState),
            "piece_states": held.labels(PieceState),
            "lots": [[code, key, shown(name)] for code, key, name in queries.lots_of(read(), counted)],
            "packages": [_package(job) for job in found],
        }
    )


def _package(job: Job) -> dict[str, Any]:
    """Return one package; each piece as [code, name, size, rule, mirror, state, is it in, next operation, set, room].

    The room is empty where the whole package is of one.
    """
    box = job.box
    return {
        "id": box.package_id,
        "code": box.code,
        "label": shown(label_of(box)),
        "order": box.order_number,
        "is_open": box.is_order_open,
        "set": box.set_number,
        "room": box.room,
        "dealer": shown(job.dealer),
        "state": box.state,
        "look": [job.look.word, [shown(part) for part in job.look_said.facts["parts"]]],
        "kit": _kit(job),
        "pieces": [
            [
                *(piece.code, shown(piece.item.name), piece.item.size, piece.item.rule_code),
                *(piece.item.mirror_code, piece.state, piece.item.is_packed),
                *(shown(piece.next_operation), piece.item.set_number, piece.item.room),
            ]
            for piece in job.pieces
        ],
    }


def _kit(job: Job) -> dict[str, Any] | None:
    """Return what proves the hardware of a package when its label does not: a weight, or a count of each material."""
    if not job.kit:
        return None
    wanted_kg = sum((one.needed_qty * (one.unit_kg or 0) for one in job.kit), Decimal(0))
    return {
        "check": job.box.kit_check,
        "kg": f"{wanted_kg.normalize():f}",
        "tolerance_kg": f"{job.box.tolerance_kg.normalize():f}",
        "unweighed": [shown(one.name) for one in job.kit if one.unit_kg is None],
        "needs": [[one.material_id, shown(one.name), one.needed_count, one.counted_count] for one in job.kit],
    }
