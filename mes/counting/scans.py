"""The scan COUNT: a lot's label with its quantity, a package's label, or the place's own label to finish the round."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from core.codes import Letter
from core.i18n import N_, Named
from erp.stock.rules import FOR_MATERIAL, FOR_PACKAGES, plain
from mes.counting import queries, service
from mes.counting.model import Count
from mes.counting.rules import CountClosed, CountState, Thing
from mes.packing.rules import label_of
from mes.scanning.rules import Accepted, Block, Blocked, ScanKind, ScanRequest, Text
from mes.scanning.service import Handler
from mes.warehouse import service as warehouse
from mes.warehouse.rules import Spot, judge_place

COUNT = "mes.counting.count"
COUNTED_PLACE = Text(N_("A place where material or packages lie"))
STRIKE = "STRIKE"  # as the witness: what was entered of this thing in the round is taken back


def count(session: Session, scan: ScanRequest) -> Accepted:
    """Write down what was counted at a place, or take it back; the place's own label finishes the round."""
    spot = warehouse.find_spot(session, scan.context or "")
    refusal = judge_place(spot, (*FOR_MATERIAL, *FOR_PACKAGES), COUNTED_PLACE)
    if refusal is not None:
        raise refusal
    if scan.code[0] == Letter.PLACE and scan.code != spot.code:
        raise _other_place(session, scan.code, spot)
    if scan.code[0] == Letter.PLACE:
        return _place(session, scan, spot)
    here = _begin(session, scan, spot)
    if scan.witness == STRIKE:
        return _struck(session, scan, here, spot)
    if scan.code[0] == Letter.PACKAGE:
        return _package(session, scan, here, spot)
    return _lot(session, scan, here, spot)


def _place(session: Session, scan: ScanRequest, spot: Spot) -> Accepted:
    """Begin a round, or finish the one under way."""
    before = queries.open_count(session, spot.place_id)
    is_under_way = before is not None and before.state is CountState.COUNTING
    again = [] if before is None else queries.to_do(session, before.id)
    here = _begin(session, scan, spot)
    if is_under_way:
        return _finished(session, scan, here, spot)
    say = Text(N_("Count what lies at %(place)s. Its own label finishes."), {"place": spot.name})
    if again:
        say = Text(N_("Count again at %(place)s what is listed, nothing else."), {"place": spot.name})
    return Accepted(
        say,
        object_type="place",
        object_id=spot.place_id,
        context_id=here.id,
        shown={"name": spot.name, "size": say, "again": _listed(session, again), "is_begun": True},
    )


def _listed(session: Session, things: list[Thing]) -> list[list[object]]:
    """Return names and codes, and no quantity: it is counted blind."""
    return [[name, code] for name, code in queries.names(session, things)]


def _begin(session: Session, scan: ScanRequest, spot: Spot) -> Count:
    """Return the round under way, this person's own. Raises Blocked E24, E27."""
    day = scan.at.date()  # gives the number its month, nothing else
    try:
        here = service.begin(session, spot.place_id, on=day, by=scan.who.id, at=scan.at)
    except CountClosed as closed:
        raise Blocked(
            Block.E24,
            expected=Text(N_("A place that may be counted")),
            got=Text(N_("%(place)s, counted: its difference waits for approval"), {"place": spot.name}),
            todo=Text(N_("Count another place, or have %(number)s decided first."), closed.facts),
            object_type="place",
            object_id=spot.place_id,
        ) from closed
    if here.counter_id == scan.who.id:
        return here
    counter = queries.row(session, here.id)
    raise Blocked(
        Block.E27,
        expected=Text(
            N_("%(name)s, who is counting %(place)s"),
            {"name": counter.counter if counter else "—", "place": spot.name},
        ),
        got=Text("%(name)s", {"name": scan.who.name}),
        todo=Text(N_("Count another place. Two who count the same shelf count it twice.")),
        object_type="place",
        object_id=spot.place_id,
        context_id=here.id,
    )


def _other_place(session: Session, code: str, spot: Spot) -> Blocked:
    other = warehouse.find_spot(session, code)
    return Blocked(
        Block.E22,
        expected=Text(N_("A label at %(place)s, or its own to finish"), {"place": spot.name}),
        got=Text("%(place)s", {"place": other.name}),
        todo=Text(N_("Finish %(place)s first: scan its label again."), {"place": spot.name}),
        object_type="place",
        object_id=other.place_id,
    )


def _struck(session: Session, scan: ScanRequest, here: Count, spot: Spot) -> Accepted:
    """Take back what was entered of a thing in the round under way; the count keeps the entry, struck."""
    name: Named
    if scan.code[0] == Letter.PACKAGE:
        box = warehouse.find_package(session, scan.code)
        thing, name = Thing("package", box.package_id), label_of(box)
    else:
        lot = warehouse.find_lot(session, scan.code)
        thing, name = Thing("lot", lot.lot_id), lot.material
    if thing not in queries.entered(session, here.id, here.pass_count):
        raise Blocked(
            Block.E22,
            expected=Text(N_("What was counted at %(place)s in this round"), {"place": spot.name}),
            got=Text(N_("%(thing)s, not counted"), {"thing": name}),
            todo=Text(N_("Nothing to take back. Scan what lies there.")),
            object_type=thing.kind,
            object_id=thing.id,
        )
    service.strike(session, here.id, thing, by=scan.who.id, at=scan.at)
    return Accepted(
        Text(N_("Taken back. Count it anew.")),
        object_type=thing.kind,
        object_id=thing.id,
        context_id=here.id,
        shown={"name": name},
    )


def _lot(session: Session, scan: ScanRequest, here: Count, spot: Spot) -> Accepted:
    lot = warehouse.find_lot(session, scan.code)
    thing, qty = Thing("lot", lot.lot_id), Decimal(scan.quantity)
    if spot.kind not in FOR_MATERIAL:
        raise _strange(Text(N_("The label of a package")), lot.material, spot, thing)
    _refuse_settled(session, here, thing, lot.material)
    if lot.is_offcut and (qty > 1 or thing in queries.entered(session, here.id, here.pass_count)):
        raise Blocked(
            Block.E30,
            expected=Text(N_("1 pcs: an offcut has a label of its own")),
            got=Text(N_("%(lot)s, more than once"), {"lot": lot.code}),
            todo=Text(N_("Scan the label of the other piece.")),
            object_type="lot",
            object_id=lot.lot_id,
            context_id=here.id,
        )
    total = service.enter(session, here, thing, qty, by=scan.who.id, at=scan.at)
    facts: dict[str, Any] = {"qty": plain(total), "unit": lot.unit, "thing": lot.material, "place": spot.name}
    return _entered(
        Text(N_("%(qty)s %(unit)s of %(thing)s counted at %(place)s."), facts), here, thing, facts
    )


def _package(session: Session, scan: ScanRequest, here: Count, spot: Spot) -> Accepted:
    box = warehouse.find_package(session, scan.code)
    thing = Thing("package", box.package_id)
    if spot.kind not in FOR_PACKAGES:
        raise _strange(Text(N_("The label of a lot")), label_of(box), spot, thing)
    _refuse_settled(session, here, thing, label_of(box))
    if thing in queries.entered(session, here.id, here.pass_count):
        raise _neutral(N_("A package that is not counted yet"), label_of(box), thing, here)
    service.enter(session, here, thing, Decimal(1), by=scan.who.id, at=scan.at)
    facts = {"order": box.order_number, "package": label_of(box), "place": spot.name}
    return _entered(Text(N_("%(order)s %(package)s is there."), facts), here, thing, facts)


def _refuse_settled(session: Session, here: Count, thing: Thing, name: Named) -> None:
    """Refuse, neutrally, what a further round need not count: its first count was as booked. Raises Blocked E28."""
    if here.pass_count == 1:
        return
    known = {queries.thing_of(row.line): row.line.is_right for row in queries.lines(session, here.id)}
    if known.get(thing):
        raise _neutral(N_("What differed at the first count"), name, thing, here)


def _neutral(expected: str, name: Named, thing: Thing, here: Count) -> Blocked:
    return Blocked(
        Block.E28,
        expected=Text(expected),
        got=Text(N_("%(thing)s, counted already"), {"thing": name}),
        todo=Text(N_("Go on with the next one.")),
        object_type=thing.kind,
        object_id=thing.id,
        context_id=here.id,
    )


def _strange(expected: Text, name: Named, spot: Spot, thing: Thing) -> Blocked:
    return Blocked(
        Block.E22,
        expected=expected,
        got=Text(N_("%(thing)s at %(place)s"), {"thing": name, "place": spot.name}),
        todo=Text(N_("It may not lie here. Carry it to where it belongs, and count it there.")),
        object_type=thing.kind,
        object_id=thing.id,
    )


def _entered(say: Text, here: Count, thing: Thing, facts: dict[str, Any]) -> Accepted:
    name = facts.get("thing") or facts["package"]
    size = Text("%(qty)s %(unit)s", facts) if "qty" in facts else Text("%(order)s", facts)
    return Accepted(
        say,
        object_type=thing.kind,
        object_id=thing.id,
        context_id=here.id,
        shown={"name": name, "size": size},
    )


def _finished(session: Session, scan: ScanRequest, here: Count, spot: Spot) -> Accepted:
    state = service.finish(session, here, by=scan.who.id, at=scan.at)
    facts = {"place": spot.name, "number": here.number}
    says = {
        CountState.DONE: Text(N_("%(place)s: all as booked."), facts),
        CountState.RECOUNT: Text(
            N_("%(place)s: count again what is listed. Scan the place to begin."), facts
        ),
        CountState.APPROVAL: Text(
            N_("%(place)s: counted twice alike. %(number)s goes to a second person."), facts
        ),
    }
    again = queries.to_do(session, here.id) if state is CountState.RECOUNT else []
    return Accepted(
        says[state],
        object_type="place",
        object_id=spot.place_id,
        context_id=here.id,
        shown={"name": spot.name, "size": state, "again": _listed(session, again), "is_finished": True},
    )


THINGS = (Letter.LOT, Letter.SHEET, Letter.PACKAGE, Letter.PLACE)
HANDLERS = (Handler(ScanKind.COUNT, COUNT, count, THINGS, (Letter.PLACE,)),)
