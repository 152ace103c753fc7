"""A factory of which everything is known: two days and a night of work, told through the doors by which people tell it.

Monday 23 and Tuesday 24 November 2026 by the factory's clock. What happens, and how much of it, is written in each
function; what it must come to is worked out by hand in `test_known_factory.py`.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import select

from core.activity import service as activity
from erp.sales.model import Line
from erp.stock.rules import PlaceKind
from mes.counting import service as counting
from mes.efficiency import service as efficiency
from mes.efficiency.queries import Window
from mes.machines import service as machines
from mes.machines.rules.states import MachineState, StopReason
from mes.machines.rules.topics import read_plain
from mes.packing import service as packing
from mes.packing.model import Recheck
from mes.packing.service import rechecks
from mes.scanning.rules import Block, ScanKind
from mes.shipping import service as shipping
from mes.shipping.model import Claim, Delivery
from mes.shipping.rules import ClaimKind, Said
from mes.shipping.service import receipts
from mes.splitting import queries as splitting_queries
from mes.splitting import service as splitting
from mes.splitting.rules import ReleaseReason
from tests.factories.factory import make_line, place, release_order
from tests.factories.machines import make_machine, make_shift
from tests.factories.people import make_person
from tests.factories.stock import make_article, make_lot, make_place
from tests.mes.counting.shelf import last_count, make_counter
from tests.mes.packing.bench import PACKER, Bench, make_bench, packages, pieces_of
from tests.mes.shipping.dock import make_dock, make_load, sealed_order
from tests.mes.warehouse.keeper import make_batch, make_keeper

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY, TUESDAY, WEDNESDAY = (datetime(2026, 11, day, tzinfo=ZONE) for day in (23, 24, 25))
BOTH = Window(MONDAY, WEDNESDAY, ZONE)
KNOWN = datetime(2026, 12, 28, tzinfo=ZONE)  # when the gate of ten days and the thirty of claims are over
CASING = make_line(door_code="M-CASED", handing=None, set_count=3)
HEARTBEAT = timedelta(minutes=4)  # a machine that says nothing for five minutes counts as off
K = ScanKind


def at(day: datetime, clock: str) -> datetime:
    """A moment of a day by the factory's clock, 08:20 or 08:20:40, in UTC as the server keeps it."""
    hours, minutes, *seconds = (int(part) for part in clock.split(":"))
    length = timedelta(hours=hours, minutes=minutes, seconds=sum(seconds))
    return (day + length).astimezone(UTC)


# --- M1: order splitting --------------------------------------------------------------


def beats(session, person, order, begin, end, every=5):
    """A page of an order, in use from `begin` to `end`; each beat comes twice, as from a page opened twice."""
    moment = begin
    while moment <= end:
        for _ in range(2):
            activity.beat(session, person.id, "splitting", "erp.sales.order", order.id, at=moment)
        moment += timedelta(minutes=every)
    session.flush()


def split_orders(session):
    """Three orders released by two people, one of them through midnight; the second comes back for a split error."""
    first = release_order(session, make_line(), CASING, at=at(MONDAY, "12:00"))
    double = make_line(door_code="M-DOUBLE", width_mm=Decimal("1500.0"), set_count=2)
    second = release_order(session, double, at=at(TUESDAY, "10:00"))
    tall = make_line(height_mm=Decimal("2300.0"), options={"top_glass": "CLEAR"})
    third = release_order(session, tall, at=at(TUESDAY, "11:00"))
    release_order(session, at=at(WEDNESDAY, "00:00"))  # the first moment that is not in the window
    one, other = make_person(session), make_person(session)
    beats(session, one, first, at(MONDAY, "08:00"), at(MONDAY, "10:30"))
    beats(session, one, first, at(MONDAY, "10:45"), at(MONDAY, "12:00"))  # a quarter of an hour is no work
    beats(session, other, second, at(MONDAY, "09:00"), at(MONDAY, "11:00"))
    beats(session, one, third, at(MONDAY, "23:00"), at(TUESDAY, "01:30"))
    activity.beat(session, one.id, "splitting", "erp.sales.order", first.id, at=at(MONDAY, "11:00"))  # late
    line = session.scalars(select(Line).where(Line.order_id == second.id)).one()
    frozen = [new for new in splitting_queries.prepare(session, second.id).lines if new.line_id == line.id]
    again = at(WEDNESDAY, "09:00")
    splitting.record_release(session, second.id, frozen, ReleaseReason.SPLIT_ERROR, by=None, at=again)
    session.flush()


# --- M2: the warehouse ----------------------------------------------------------------


def keep_store(session, sealed):
    """Receipts, a put-away, issues, a return, a count with a difference, packages stored, a label printed anew."""
    keeper, counter = make_keeper(session), make_counter(session)
    yard, shelf = place(session, PlaceKind.RECEIVING), make_place(session)
    article = make_article(session)
    lot = make_lot(session, article, yard, "10", at=at(MONDAY, "08:10"))
    other = make_lot(session, article, shelf, "5", at=at(MONDAY, "08:15"))
    assert keeper.block(K.GOODS_IN, lot.code, shelf.code, at=at(MONDAY, "08:30")) is None
    batch = make_batch(session, {article.material_id: Decimal(6)})
    for clock, quantity in (("09:00", 4), ("09:05", 2)):
        said = keeper.block(
            K.ISSUE, lot.code, batch.code, shelf.code, quantity=quantity, at=at(MONDAY, clock)
        )
        assert said is None
    back = at(MONDAY, "16:00")
    assert keeper.block(K.RETURN, lot.code, batch.code, shelf.code, quantity=1, at=back) is None
    _count(session, counter, shelf, (lot, 5), (other, 4))
    _store(session, keeper, sealed)
    packing.count_labels(session, [sealed[4].id], by=keeper.person.id, at=at(MONDAY, "17:00"))
    packing.reprint_label(session, sealed[4].id, by=keeper.person.id, at=at(MONDAY, "17:10"))
    _pay(session, keeper)


def _count(session, counter, shelf, *found):
    """One lot is as booked (10 less 6, and 1 back), of the other one sheet of five is missing."""
    when = at(TUESDAY, "07:30")
    for round_of in (found, found[1:]):  # a difference is counted twice before it is believed
        counter.block(K.COUNT, shelf.code, shelf.code, at=when)
        for lot, quantity in round_of:
            assert counter.block(K.COUNT, lot.code, shelf.code, quantity=quantity, at=when) is None
        counter.block(K.COUNT, shelf.code, shelf.code, at=when)
    chief = make_person(session, roles=("leader",)).id
    count = last_count(session, shelf)
    counting.approve(session, count.id, {}, "found behind the rack", by=chief, at=when)
    session.flush()


def _store(session, keeper, sealed):
    """Four packages are stored: one scan comes twice, one a night late, one from a clock three hours ahead."""
    shelf = place(session, PlaceKind.FINISHED)
    times = (
        ("17:00", at(MONDAY, "17:00"), at(MONDAY, "17:00")),
        ("twice", at(MONDAY, "17:01"), at(MONDAY, "17:01")),
        ("late", at(MONDAY, "17:02"), at(TUESDAY, "07:00")),  # kept by a handheld without the network
        ("ahead", at(TUESDAY, "10:05"), at(TUESDAY, "07:05")),
    )
    for package, (scan_id, scanned, received) in zip(sealed, times, strict=False):
        inside = pieces_of(session, package)[0].code
        over = {"scan_id": scan_id, "scanned_at": scanned, "at": received}
        assert keeper.block(K.STORE_IN, package.code, shelf.code, inside, **over) is None
        if scan_id == "twice":
            assert keeper.block(K.STORE_IN, package.code, shelf.code, inside, **over) is None


def _pay(session, keeper):
    clerk = make_person(session, roles=("clerk",)).id
    for day, minutes in ((MONDAY, 300), (TUESDAY, 190)):
        paid = {keeper.person.id: minutes}
        efficiency.put_paid_time(session, day.date(), paid, by=clerk, at=KNOWN, today=KNOWN.date())


# --- M3: machines ---------------------------------------------------------------------

# What each machine says of its own accord, by the factory's clock; between, it repeats its state every four minutes.
SAW = (
    (MONDAY, "07:50", {"state": "STANDBY"}),
    (MONDAY, "08:20", {"state": "WORKING", "good": 0, "reject": 0}),
    (MONDAY, "10:00", {"state": 4, "alarm": "E12 air pressure"}),
    (MONDAY, "10:30", {"state": "WORKING", "good": 40, "reject": 2}),
    (MONDAY, "11:00", {"state": "READY"}),
    (MONDAY, "11:00:40", {"state": "WORKING"}),  # forty seconds: a micro-stop
    (MONDAY, "12:00", {"state": "READY"}),
    (MONDAY, "13:00", {"state": "WORKING"}),
    (MONDAY, "17:00", {"state": "OFFLINE", "good": 150, "reject": 5}),
    (MONDAY, "20:00", {"state": "WORKING"}),
    (TUESDAY, "02:00", {"good": 250, "reject": 6}),
    (TUESDAY, "03:00", {"good": 10, "reject": 0}),  # its counters were reset
    (TUESDAY, "03:30", {"state": "READY"}),
    (TUESDAY, "04:00", {"state": "OFFLINE"}),
    (TUESDAY, "08:00", {"state": "WORKING"}),
    (TUESDAY, "16:00", {"state": "OFFLINE", "good": 90, "reject": 1}),
    (TUESDAY, "17:40", {"state": "OFFLINE"}),
)
EDGE = (  # an old machine with nothing but a run signal; it is first heard on Monday afternoon
    (MONDAY, "13:00", {"run": True}),
    (MONDAY, "17:30", {"run": False}),
    (MONDAY, "22:00", {"run": True}),
    (TUESDAY, "04:00", {"run": False}),
    (TUESDAY, "08:00", {"run": True}),
    (TUESDAY, "15:00", {"run": True}),  # and then nothing more: somebody pulled its plug
)
CUT_OFF = (at(MONDAY, "12:30"), at(MONDAY, "19:00"))  # what the saw says meanwhile comes at the end of it
AHEAD = timedelta(minutes=25)  # the edge bander's clock, on Tuesday after eight


def said(key, line):
    """Yield (moment, topic, payload) of everything a machine says, its own clock being right."""
    state = {}
    for (day, clock, told), after in zip(line, [*line[1:], None], strict=True):
        moment = at(day, clock)
        until = moment + HEARTBEAT if after is None else at(after[0], after[1])
        state = {name: told[name] for name in ("state", "run", "alarm") if name in told} or state
        yield moment, key, told
        moment += HEARTBEAT
        while moment < until:
            yield moment, key, state
            moment += HEARTBEAT


def run_machines(session):
    """Everything that saw and edge bander say, each message twice, as it reaches the server; a press by buttons."""
    make_shift(session)
    make_shift(session, "20:00", "04:00", (("00:00", "00:30"),), weekdays=(0,))
    saw = make_machine(session, "saw-1")
    make_machine(session, "edge-1")
    press = make_machine(session, "press-1")
    make_machine(session, "old-1", is_key=False)
    operator = make_person(session, roles=("operator",)).id
    _press(session, press, operator)
    arriving = sorted(_arriving(), key=lambda one: one[0])
    for number, (received, topic, payload) in enumerate(arriving):
        machines.take(session, [read_plain(topic, payload)] * 2, at=received)
        following = arriving[number + 1][0] if number + 1 < len(arriving) else at(TUESDAY, "18:00")
        if following - received > timedelta(minutes=5):
            machines.end_silence(session, at=following)
        if received == at(MONDAY, "07:54"):  # who sets the saw up says so
            machines.press(session, saw.id, None, StopReason.SETUP, by=operator, at=received)
    session.flush()


def _arriving():
    """Yield (received, topic, payload) of the saw, cut off for a while, and the edge bander with its wrong clock."""
    for line in (said("saw-1", SAW), said("edge-1", EDGE)):
        for moment, key, told in line:
            received, clock = moment, moment
            if key == "saw-1" and CUT_OFF[0] <= moment < CUT_OFF[1]:
                received = CUT_OFF[1]
            if key == "edge-1" and moment >= at(TUESDAY, "08:00"):
                clock = moment + AHEAD
            payload = json.dumps({"ts": clock.astimezone(ZONE).isoformat(), **told})
            yield received, f"wd/qujiang/{key}/state", payload.encode()


def _press(session, press, operator):
    for clock, state, reason in (
        ("08:00", MachineState.WORKING, None),
        ("09:30", None, StopReason.BREAKDOWN),
        ("10:15", MachineState.WORKING, None),
        ("12:00", None, StopReason.NO_WORK),
        ("13:00", MachineState.WORKING, None),
        ("13:00", MachineState.WORKING, None),  # pressed twice
        ("17:30", MachineState.OFFLINE, None),
    ):
        machines.press(session, press.id, state, reason, by=operator, at=at(MONDAY, clock))


# --- M4 and M5: packages and deliveries -----------------------------------------------


def pack_and_ship(session):
    """Two dealers' orders of four packages each: one is looked into again, both are shipped and received."""
    here, there = sealed_order(session, dealer="D001"), sealed_order(session, dealer="D003")
    sealed = [*packages(session, here), *packages(session, there)]
    _look_again(session, packages(session, here))
    keep_store(session, sealed)
    load, dock = make_load(session), make_dock(session)
    shipping.add_packages(
        session, load.id, [one.id for one in sealed], by=dock.person.id, at=at(TUESDAY, "13:00")
    )
    session.expire_all()
    for package in sealed:
        assert dock.block(K.LOAD, package.code, load.code, at=at(TUESDAY, "14:00")) is None
    assert dock.block(K.LOAD, sealed[0].code, load.code, at=at(TUESDAY, "14:05")) == "E28"
    assert dock.block(K.SHIP_CLOSE, load.code, at=at(TUESDAY, "14:10")) is None
    shipping.ship(session, load.id, by=dock.person.id, at=at(TUESDAY, "14:15"))
    session.expire_all()
    _receive(session, load, there)


def _look_again(session, some):
    """All eight are drawn, the four of one order looked into; the first lacks a piece, which is put in then."""
    when = at(MONDAY, "15:00")
    drawer, looker = make_bench(session).person.id, make_person(session, roles=("loader",), name="赵强")
    rechecks.draw_packages(session, 8, "seed", by=drawer, at=when)
    scanner = Bench(session, looker, PACKER | {"mes.packing.recheck"})
    for number, package in enumerate(some):
        assert scanner.block(K.RECHECK, package.code, at=when) is None
        for piece in pieces_of(session, package)[number == 0 :]:
            assert scanner.block(K.RECHECK, piece.code, package.code, at=when) is None
        row = session.scalars(select(Recheck).where(Recheck.package_id == package.id)).one()
        rechecks.finish(session, row.id, "", by=looker.id, at=when)
    session.expire_all()
    bench, missing = make_bench(session), pieces_of(session, some[0])[0]
    bench.block(K.PACK_ADD, missing.code, some[0].code, at=when)
    assert bench.block(K.PACK_SEAL, some[0].code, at=when) is None


def _receive(session, load, claimed):
    """Both dealers confirm; the second lacks a piece in one package, and its claim is right."""
    office = make_person(session, roles=("clerk",)).id
    deliveries = session.scalars(select(Delivery).where(Delivery.load_id == load.id).order_by(Delivery.id))
    wrong = packages(session, claimed)[2].id
    for number, delivery in enumerate(deliveries.all()):
        when, token = at(TUESDAY, "20:00"), f"a token that nobody guesses {number}"
        receipts.make_link(session, delivery.id, token, by=office, at=when)
        session.flush()
        told = [
            Said(one.package_id, ClaimKind.PART_MISSING, "少一根")
            if one.package_id == wrong
            else Said(one.package_id)
            for one in receipts.queries.delivered(session, delivery.id)
        ]
        for _ in range(2):  # sent twice: what was said first stays
            receipts.receive(session, token, told, "王老板", at=when)
        session.flush()
    for claim in session.scalars(select(Claim)).all():
        receipts.decide(session, claim.id, True, Block.E01, "", by=office, at=at(WEDNESDAY, "11:00"))
    session.flush()


def run_factory(session):
    """All of it."""
    split_orders(session)
    pack_and_ship(session)
    run_machines(session)
    session.expire_all()
