"""What a handheld asks before it acts: what is in my hand, where does it go, how much is wanted. Nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from pydantic import BaseModel
from sqlalchemy.orm import Session

from core.codes import CodeUnreadable, Letter, clean
from core.codes import read as read_code
from core.i18n import N_, Named
from core.web import held
from core.web.api import endpoint
from core.web.errors import shown
from core.web.templating import label
from core.work import read
from erp.stock import queries as stock
from erp.stock.rules import FOR_PACKAGES, Need, PlaceKind, issuable, plain
from mes.packing import queries as packing
from mes.packing.rules import Box, label_of
from mes.scanning import service as scanning
from mes.scanning.rules import DOOR_WORDS, Accepted, Block, Blocked, ScanKind, Text
from mes.warehouse import queries, service
from mes.warehouse.queries import Carried
from mes.warehouse.rules import (
    LotInHand,
    choose_portion,
    judge_carried,
    judge_issue,
    judge_package,
    judge_return,
    judge_waiting,
    propose,
)

bp = Blueprint("mes_warehouse_api", __name__)
WAREHOUSE_READ = "mes.warehouse.read"


class LookAnswer(BaseModel):
    """What was scanned, in the form of a scan's verdict: taken in hand, or refused with a reason."""

    outcome: str
    block_code: str | None = None
    block_name: str | None = None
    say: str | None = None
    expected: str | None = None
    got: str | None = None
    todo: str | None = None
    shown: dict[str, Any] = {}


def _look(look: Callable[[Session, str], Accepted], *letters: Letter) -> LookAnswer:
    """Answer what a code is; a refusal in it is no error of HTTP."""
    try:
        found = look(read(), _code("code", *letters))
    except Blocked as no:
        return LookAnswer(
            outcome="BLOCK",
            block_code=no.block,
            block_name=label(no.block),
            expected=_say(no.expected),
            got=_say(no.got),
            todo=_say(no.todo),
        )
    return LookAnswer(outcome="ACCEPT", say=_say(found.say), shown=_told(found.shown))


def _say(text: Text) -> str:
    sentence: str = gettext(text.msgid)
    return sentence % {name: shown(fact) for name, fact in text.facts.items()}


def _told(value: Any) -> Any:
    """Return what is to be shown as JSON in the person's language."""
    if isinstance(value, Text):
        return _say(value)
    if isinstance(value, dict):
        return {name: _told(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_told(part) for part in value]
    return shown(value)


def _code(name: str, *letters: Letter) -> str:
    """Return a code out of the address. Raises Blocked: E20, E22."""
    text = clean(request.args.get(name, ""))[:64]
    try:
        code = read_code(text)
    except CodeUnreadable as wrong:
        raise _refused(
            Block.E20,
            Text(N_("A code with its check character")),
            text[:20] or "—",
            N_("Scan again. If the label is torn, print a new one."),
        ) from wrong
    if code[0] in letters:
        return code
    found = scanning.resolve(read(), code)
    expected = Text(N_("A label of another kind"))
    raise _refused(Block.E22, expected, found.name, N_("Scan the label that this step asks for."))


def _refused(block: Block, expected: Text, got: Named | str, todo: str) -> Blocked:
    return Blocked(block, expected=expected, got=Text("%(name)s", {"name": got}), todo=Text(todo))


@endpoint(
    bp,
    "GET",
    "/packages",
    permission="mes.warehouse.store",
    answer=LookAnswer,
    parameters=("code",),
    summary="A package to be put away, and where it should go; reading never writes",
)
def package() -> LookAnswer:
    """Say what package is in hand and propose its place."""
    return _look(_package, Letter.PACKAGE)


def _package(session: Session, code: str) -> Accepted:
    box = service.find_package(session, code)
    refusal = judge_package(box)
    if refusal is not None:
        raise refusal
    shelf = propose(queries.shelves(session, box.order_id, box.package_id))
    whose = queries.boxed(session, box.package_id)
    return Accepted(
        Text(N_("Scan the place.")),
        shown={
            "name": label_of(box),
            "size": Text("%(order)s · %(room)s", {"order": box.order_number, "room": box.room}),
            "code": box.code,
            "dealer": whose.dealer,
            "lies": whose.place.name if whose.place else "",
            "place": shelf.spot.name if shelf else "—",
            "place_code": shelf.spot.code if shelf else "",
            "why": _why(shelf.mates if shelf else ()),
            "needs_witness": bool(packing.content_codes(session, box.package_id)),
        },
    )


def _why(mates: tuple[str, ...]) -> Text:
    if not mates:
        return Text(N_("The emptiest place"))
    return Text(N_("%(packages)s of this order lie there"), {"packages": list(mates)})


WORDS = (
    # the sentences of rules.py and scans.py: the handheld judges with the same words (static/js/lib/judge/store.js)
    *(N_("%(order)s %(package)s is at %(place)s."), N_("A place of the finished-goods store")),
    *(N_("Scan the label of another place."), N_("Another place"), N_("Scan the next package.")),
    *(N_("%(package)s, already at %(place)s"), N_("A piece of %(order)s %(package)s")),
    *(N_("No piece scanned"), N_("Scan any piece in the package.")),
    *(N_("Do not store it. Take it back to the packing bench."), N_("A label of another kind")),
)


@endpoint(
    bp,
    "GET",
    "/jobs",
    permission="mes.warehouse.store",
    summary="The sealed packages and the places for them, to be held by the handheld; with an ETag",
    refusals=(401, 403),
)
def jobs() -> ResponseReturnValue:
    """Answer what the handheld holds to put packages away without the network."""
    session = read()
    places = stock.places(session, FOR_PACKAGES)
    return held.held(
        {
            "words": held.words((*DOOR_WORDS, *WORDS)),
            "blocks": held.labels(Block),
            "steps": held.labels(ScanKind),
            "place_kinds": held.labels(PlaceKind),
            "places": [{"code": one.code, "name": one.name, "kind": one.kind} for one in places],
            "packages": [_carried(one) for one in queries.carried(session)],
        }
    )


def _carried(one: Carried) -> dict[str, Any]:
    package = one.package
    name = Named(
        f"{package.name} {package.position}/{package.total_count}",
        f"{package.name_en} {package.position}/{package.total_count}" if package.name_en else "",
    )
    return {
        "code": package.code,
        "name": shown(name),
        "order": one.order_number,
        "size": f"{one.order_number} · {one.room}",
        "dealer": shown(one.dealer),
        "lies": one.lies_code,
        "place": one.shelf.spot.name if one.shelf else "—",
        "place_code": one.shelf.spot.code if one.shelf else "",
        "why": _say(_why(one.shelf.mates if one.shelf else ())),
        "needs_witness": bool(one.piece_codes),
        "pieces": one.piece_codes,
    }


@endpoint(
    bp,
    "GET",
    "/stagings",
    permission="mes.warehouse.store",
    answer=LookAnswer,
    parameters=("code",),
    summary="A package to be staged, for which load and where; reading never writes",
)
def staging() -> LookAnswer:
    """Say for which load a package is staged and where the rest of that load stands."""
    return _look(_staging, Letter.PACKAGE)


def _staging(session: Session, code: str) -> Accepted:
    box = service.find_package(session, code)
    refusal = judge_package(box)
    if refusal is not None:
        raise refusal
    lanes = service.lanes(session, box.package_id)
    if lanes is None:
        raise Blocked(
            Block.E12,
            expected=Text(N_("A package of an open load")),
            got=Text("%(order)s · %(package)s", {"order": box.order_number, "package": label_of(box)}),
            todo=Text(N_("Leave it in the store. The office puts it on a load first.")),
            object_type="package",
            object_id=box.package_id,
        )
    lane = propose(lanes.shelves)
    whose = queries.boxed(session, box.package_id)
    return Accepted(
        Text(N_("Scan the place.")),
        shown={
            "name": label_of(box),
            "size": Text("%(order)s · %(load)s", {"order": box.order_number, "load": lanes.load_number}),
            "code": box.code,
            "quantity": whose.place.name if whose.place else "",
            "place": lane.spot.name if lane else "—",
            "why": _why_lane(lane.mates if lane else ()),
        },
    )


def _why_lane(mates: tuple[str, ...]) -> Text:
    if not mates:
        return Text(N_("The emptiest place"))
    return Text(N_("%(count)s of this load stand there"), {"count": len(mates)})


@endpoint(
    bp,
    "GET",
    "/lots",
    permission="mes.warehouse.store",
    answer=LookAnswer,
    parameters=("code",),
    summary="A received lot, and where it should go; reading never writes",
)
def lot() -> LookAnswer:
    """Say what lot is in hand and propose its place."""
    return _look(_lot, Letter.LOT, Letter.SHEET)


@endpoint(
    bp,
    "GET",
    "/carried",
    permission="mes.warehouse.store",
    answer=LookAnswer,
    parameters=("code",),
    summary="A lot to be carried to another place, and where it lies; reading never writes",
)
def carried() -> LookAnswer:
    """Say what lot is in hand and where it lies."""
    return _look(_to_carry, Letter.LOT, Letter.SHEET)


def _lot(session: Session, code: str) -> Accepted:
    return _in_hand(session, code, judge_waiting)


def _to_carry(session: Session, code: str) -> Accepted:
    return _in_hand(session, code, judge_carried)


def _in_hand(session: Session, code: str, judge: Callable[[LotInHand], Blocked | None]) -> Accepted:
    lot = service.find_lot(session, code)
    refusal = judge(lot)
    if refusal is not None:
        raise refusal
    here = [p.qty for p in lot.portions if lot.is_offcut or p.spot.kind is PlaceKind.RECEIVING]
    waiting = sum(here, Decimal(0))
    spot = queries.material_place(session, lot.material_id)
    return Accepted(
        Text(N_("Scan the place.")),
        shown={
            "name": lot.material,
            "size": lot.article,
            "code": lot.code,
            "quantity": Text("%(qty)s %(unit)s", {"qty": plain(waiting), "unit": lot.unit}),
            "lines": _lines(lot),
            "lies": [[one.spot.code, one.spot.name, int(one.qty)] for one in lot.portions],
            "place": spot.name if spot else "—",
        },
    )


def _lines(lot: LotInHand) -> list[Text]:
    return [
        Text(
            "%(place)s · %(qty)s %(unit)s",
            {"place": portion.spot.name, "qty": plain(portion.qty), "unit": lot.unit},
        )
        for portion in lot.portions
    ]


@endpoint(
    bp,
    "GET",
    "/batches",
    permission="mes.warehouse.issue",
    answer=LookAnswer,
    parameters=("code",),
    summary="What a batch still needs, and where it lies; reading never writes",
)
def batch() -> LookAnswer:
    """Say what a batch still needs."""
    return _look(_batch, Letter.BATCH)


def _batch(session: Session, code: str) -> Accepted:
    found = service.find_batch(session, code)
    open_needs = queries.open_needs(session, found.id)
    lines = [
        {"material": one.need.material, "quantity": _wanted(one.need), "place": one.place or "—"}
        for one in open_needs
    ]
    sentence = Text(N_("Scan a lot.")) if lines else Text(N_("It has all it needs."))
    return Accepted(sentence, shown={"name": found.number, "code": found.code, "lines": lines})


def _wanted(need: Need) -> Text:
    """Return what is still to be issued of a material, and what is short of it."""
    qty = plain(issuable(need.needed_qty, need.issued_qty))
    if not need.lacking_qty:
        return Text("%(qty)s %(unit)s", {"qty": qty, "unit": need.unit})
    facts = {"qty": qty, "unit": need.unit, "lack": plain(need.lacking_qty)}
    return Text(N_("%(qty)s %(unit)s, %(lack)s short"), facts)


@endpoint(
    bp,
    "GET",
    "/returns",
    permission="mes.warehouse.issue",
    answer=LookAnswer,
    parameters=("code", "batch"),
    summary="How much of a lot is with a batch and may come back, and where to; reading never writes",
)
def back() -> LookAnswer:
    """Say how much of the lot in hand may come back from the batch."""
    return _look(_back, Letter.LOT)


def _back(session: Session, code: str) -> Accepted:
    lot = service.find_lot(session, code)
    batch = service.find_batch(session, _code("batch", Letter.BATCH))
    out = queries.issued_qty(session, lot.lot_id, batch.id)
    refusal = judge_return(lot, batch.number, out, max(Decimal(1), out))
    if refusal is not None:
        raise refusal
    spot = queries.material_place(session, lot.material_id)
    return Accepted(
        Text(N_("How many?")),
        shown={
            "name": lot.material,
            "size": lot.article,
            "code": lot.code,
            "out": Text("%(qty)s %(unit)s", {"qty": plain(out), "unit": lot.unit}),
            "most": int(out),
            "place": spot.name if spot else "—",
        },
    )


@endpoint(
    bp,
    "GET",
    "/issue",
    permission="mes.warehouse.issue",
    answer=LookAnswer,
    parameters=("code", "batch", "place"),
    summary="How much of a lot a batch still wants; reading never writes",
)
def issue() -> LookAnswer:
    """Say how much of the lot in hand the batch still wants."""
    return _look(_issue, Letter.LOT)


def _issue(session: Session, code: str) -> Accepted:
    lot = service.find_lot(session, code)
    batch = service.find_batch(session, _code("batch", Letter.BATCH))
    need = queries.batch_need(session, batch, lot.material_id)
    place = clean(request.args.get("place", "")) or None
    needs_place = place is None and len(lot.portions) > 1
    portion = lot.portions[0] if needs_place else choose_portion(lot, place)
    if isinstance(portion, Blocked):
        raise portion
    left = issuable(need.needed_qty, need.issued_qty)
    refusal = judge_issue(lot, portion, need, max(Decimal(1), min(left, portion.qty)))
    if refusal is not None:
        raise refusal
    return Accepted(
        Text(N_("Scan the place that you take it from.")) if needs_place else Text(N_("How many?")),
        shown={
            "name": lot.material,
            "size": lot.article,
            "code": lot.code,
            "quantity": int(min(left, portion.qty)),
            "most": int(min(left, portion.qty)),
            "unit": lot.unit,
            "left": Text("%(qty)s %(unit)s", {"qty": plain(left), "unit": lot.unit}),
            "place": "" if needs_place else portion.spot.name,
            "places": [one.spot.code for one in lot.portions],
            "needs_place": needs_place,
            "lines": _lines(lot),
        },
    )


@endpoint(
    bp,
    "GET",
    "/where",
    permission=WAREHOUSE_READ,
    answer=LookAnswer,
    parameters=("code",),
    summary="Where is it: a package, a piece, a lot; or what lies at a place. Reading never writes",
)
def where() -> LookAnswer:
    """Say where a thing is."""
    return _look(_where, Letter.PACKAGE, Letter.PIECE, Letter.LOT, Letter.SHEET, Letter.PLACE)


def _where(session: Session, code: str) -> Accepted:
    if code[0] in (Letter.LOT, Letter.SHEET):
        lot = service.find_lot(session, code)
        places = [portion.spot.code for portion in lot.portions]
        name = lot.portions[0].spot.name if lot.portions else ""
        return _found(lot.material, name, places, _lines(lot), Text(N_("Nothing of it is left.")))
    if code[0] == Letter.PLACE:
        return _at_place(session, code)
    if code[0] == Letter.PIECE:
        package_id = queries.package_of_piece(session, code)
        box = None if package_id is None else packing.box(session, package_id)
        if box is None:
            found = scanning.resolve(session, code)
            return _found(found.name, "", [], [], Text(N_("It is in no package.")))
        return _boxed(session, box)
    return _boxed(session, service.find_package(session, code))


def _boxed(session: Session, box: Box) -> Accepted:
    place = queries.boxed(session, box.package_id).place
    facts = {"order": box.order_number, "package": label_of(box), "state": box.state}
    return _found(
        label_of(box),
        place.name if place else "",
        [place.code] if place else [],
        [Text("%(order)s · %(room)s", {"order": box.order_number, "room": box.room})],
        Text("%(state)s", facts),
    )


def _at_place(session: Session, code: str) -> Accepted:
    spot = service.find_spot(session, code)
    lines = [
        Text(
            "%(name)s · %(qty)s %(unit)s",
            {"name": Named(row.material.name, row.material.name_en), "qty": plain(row.qty), "unit": row.unit},
        )
        for row in stock.at_place(session, spot.place_id)
    ]
    lines += [
        Text(
            "%(order)s · %(package)s",
            {
                "order": order.number,
                "package": Named(
                    f"{package.name} {package.position}/{package.total_count}",
                    f"{package.name_en} {package.position}/{package.total_count}",
                ),
            },
        )
        for package, order in queries.packages_at(session, spot.place_id)
    ]
    return _found(
        Text("%(kind)s", {"kind": spot.kind}), spot.name, [code], lines, Text(N_("Nothing lies here."))
    )


def _found(name: Any, place: str, places: list[str], lines: list[Text], none: Text) -> Accepted:
    """Return where something is; `none` is said when it is nowhere, or nothing is there."""
    sentence = Text(N_("Scan the place to make sure.")) if place else none
    facts = {"name": name, "place": place, "places": places, "lines": lines or [none]}
    return Accepted(sentence, shown=facts)
