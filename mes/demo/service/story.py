"""The days of the demo factory, told by the real commands: order, release, batch, cut, make, pack, store, ship."""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.activity import service as activity
from core.auth import queries as people
from core.auth.model import Person
from core.i18n import Named
from erp.materials.model import Article
from erp.parties.model import Party
from erp.sales import service as sales
from erp.sales.model import Line
from erp.sales.rules.issues import Field as SheetField
from erp.sales.rules.questions import About, Asking
from erp.stock import queries as stock_queries
from erp.stock.model import Balance, Lot, Place
from erp.stock.rules import PlaceKind
from mes.cutting import service as cutting
from mes.cutting.model import CutLayout, CutPlan
from mes.cutting.rules import PlanState
from mes.demo.rules import Wish, wishes
from mes.demo.service import after, counts
from mes.demo.service.accounts import collect, pay_deposit
from mes.demo.service.factory import Hand, enter
from mes.packing.model import Content, Package, Recheck
from mes.packing.rules import PackageState
from mes.packing.service import rechecks
from mes.planning import queries as planning_queries
from mes.planning import service as planning
from mes.planning.model import Batch
from mes.scanning.model import Device, Station
from mes.scanning.rules import ScanKind, Where, Who
from mes.shipping import queries as shipping_queries
from mes.shipping import service as shipping
from mes.shipping.model import Delivery
from mes.shipping.rules import ClaimKind, Said
from mes.shipping.service import receipts
from mes.splitting import queries as splitting_queries
from mes.splitting import service as splitting
from mes.splitting.model import Piece
from mes.splitting.rules import ON_FLOOR

Chapter = Callable[[Session], None]
SCAN_EVERY = timedelta(seconds=12)
BEAT_EVERY = timedelta(seconds=60)
SPLIT_MINUTES = 3  # at the order's page until it is released
LEAD_DAYS = 7
LOOKS_A_DAY = 2  # packages that are looked into again
CLAIM_EVERY = 7  # deliveries of which one has a claim


def at_hour(day: date, hour: int, zone: str) -> datetime:
    """Return a moment of the factory's day."""
    return datetime.combine(day, time(hour), ZoneInfo(zone)).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Crew:
    """Who works where."""

    people: dict[str, Who]
    places: dict[str, Where]  # a station for every operation, and one for every kind of station

    def person(self, login: str) -> Who:
        """Return one of the cast."""
        return self.people[login]

    def hand(self, login: str, place: str) -> Hand:
        """Return a person at a station."""
        return Hand(self.people[login], self.places[place])


def crew(session: Session, grants: dict[str, set[str]]) -> Crew:
    """Return the demo's people with what they may, and its stations, each with a device."""
    found: dict[str, Who] = {}
    for person in session.scalars(select(Person)):
        known = people.by_id(session, person.id)
        if known is not None:
            rights = frozenset().union(*(grants.get(role, set()) for role in known.roles))
            found[person.login] = Who(person.id, person.name, rights)
    places: dict[str, Where] = {}
    rows = session.execute(
        select(Device.id, Station).join(Station, Station.id == Device.station_id).order_by(Station.id)
    )
    for device_id, station in rows:
        name = Named(station.name, station.name_en)
        operations = tuple(station.operation_codes)
        where = Where(device_id, station.id, name, station.kind, operations)
        places.setdefault(station.kind.value, where)
        for operation in operations:
            places.setdefault(operation, where)
    return Crew(found, places)


@dataclass
class Clock:
    """A moment that moves on with every scan."""

    at: datetime

    def tick(self, step: timedelta = SCAN_EVERY) -> datetime:
        """Move on and return the moment."""
        self.at += step
        return self.at


@dataclass
class Story:
    """What happens in the demo factory; orders wait in these lists for their next day."""

    crew: Crew
    chance: Random
    zone: str
    released: list[int] = field(default_factory=list)
    planned: list[int] = field(default_factory=list)  # batches
    stored: list[int] = field(default_factory=list)
    counted: int = 0  # shelves

    def day(self, day: date, sets: int) -> Iterator[Chapter]:
        """Return the chapters of one past day: ship, plan, make, take orders."""
        yield lambda session: self.ship(session, day)
        yield lambda session: self.plan(session, day)
        yield lambda session: self.make(session, day)
        yield lambda session: self.take_orders(session, day, sets)
        yield lambda session: self.count(session, day)

    def today(self, day: date, at: datetime) -> Iterator[Chapter]:
        """Return what has happened today: one order is half made, one is being packed, two are new."""
        begin = at - timedelta(hours=2)
        yield lambda session: self.plan_at(session, begin)
        yield lambda session: self.begin_making(session, begin)
        yield lambda session: self.new_orders(session, day, at - timedelta(minutes=40))
        yield lambda session: self.count_today(session, day, at - timedelta(minutes=30))

    def _order(self, session: Session, wish: Wish, day: date, clock: Clock) -> int:
        """Enter one order and confirm it; the clerk works on it for two minutes."""
        clerk = self.crew.person("clerk").id
        began = clock.tick(BEAT_EVERY)
        order = enter(session, wish, day + timedelta(days=LEAD_DAYS), day, by=clerk, at=began)
        for _ in range(2):
            at = clock.tick(BEAT_EVERY)
            activity.beat(session, clerk, "splitting", "erp.sales.order", order.id, at=at)
        sales.confirm(session, order.id, on=day, by=clerk, at=clock.at)
        accountant = self.crew.person("accountant").id
        pay_deposit(session, order.id, accountant, on=day, at=clock.at)
        return order.id

    def _release(self, session: Session, order_id: int, clock: Clock) -> None:
        splitter = self.crew.person("splitter").id
        for _ in range(SPLIT_MINUTES):
            at = clock.tick(BEAT_EVERY)
            activity.beat(session, splitter, "splitting", "erp.sales.order", order_id, at=at)
        splitting.release(session, splitting_queries.prepare(session, order_id), by=splitter, at=clock.at)

    def take_orders(self, session: Session, day: date, sets: int) -> None:
        """Take in what the dealers send, and release it."""
        clock = Clock(at_hour(day, 9, self.zone))
        for wish in wishes(self.chance, ("D001", "D002", "D003"), sets):
            order_id = self._order(session, wish, day, clock)
            self._release(session, order_id, clock)
            self.released.append(order_id)

    def plan(self, session: Session, day: date) -> None:
        """Make a batch of what was released the day before."""
        self.plan_at(session, at_hour(day, 8, self.zone))

    def plan_at(self, session: Session, at: datetime) -> None:
        """Make a batch of what is released, and have its cut plans computed."""
        if not self.released:
            return
        splitter = self.crew.person("splitter").id
        batch = planning.create_batch(session, self.released, by=splitter, at=at)
        cutting.plan_batch(session, batch.id, by=splitter, at=at)
        self.planned.append(batch.id)
        self.released = []

    def make(self, session: Session, day: date) -> None:
        """Cut, make, pack and store the batches that are planned."""
        clock = Clock(at_hour(day, 10, self.zone))
        for batch_id in self.planned:
            self._issue(session, batch_id, clock)
            self._cut(session, batch_id, clock)
            for order_id in planning_queries.order_ids(session, batch_id):
                self._make_pieces(session, order_id, clock)
                self._pack(session, order_id, clock)
                self.stored.append(order_id)
        self.planned = []

    def _issue(self, session: Session, batch_id: int, clock: Clock) -> None:
        """Issue to a batch what it still needs, a lot for each material."""
        keeper, batch = self.crew.hand("keeper", "STORE"), session.get_one(Batch, batch_id)
        for need in stock_queries.batch_shortages(session, batch_id):
            quantity = math.ceil(need.open_qty)
            lot = session.scalars(
                select(Lot.code)
                .join(Article, Article.id == Lot.article_id)
                .join(Balance, Balance.lot_id == Lot.id)
                .where(Article.material_id == need.material_id, Balance.on_hand_qty >= quantity)
                .order_by(Lot.id)
                .limit(1)
            ).one_or_none()
            if lot is not None and quantity:
                at = clock.tick()
                keeper.scan(session, ScanKind.ISSUE, lot, context=batch.code, quantity=quantity, at=at)

    def _cut(self, session: Session, batch_id: int, clock: Clock) -> None:
        saw = self.crew.hand("operator", "CUT")
        sheets = session.scalars(
            select(CutLayout.code)
            .join(CutPlan, CutPlan.id == CutLayout.plan_id)
            .where(CutPlan.batch_id == batch_id, CutPlan.state == PlanState.READY)
            .order_by(CutLayout.plan_id, CutLayout.position)
        ).all()
        for code in sheets:
            saw.scan(session, ScanKind.CUT_DONE, code, at=clock.tick())

    def _make_pieces(self, session: Session, order_id: int, clock: Clock, share: float = 1.0) -> None:
        """Report every open operation of an order's labelled pieces, or of a share of them."""
        pieces = session.scalars(
            select(Piece)
            .where(Piece.order_id == order_id, Piece.is_tracked, Piece.state.in_(ON_FLOOR))
            .order_by(Piece.id)
            .execution_options(populate_existing=True)
        ).all()
        chosen = pieces[: round(len(pieces) * share)]
        for step in range(max(len(piece.route) for piece in chosen)):
            for piece in chosen:
                if piece.step_count <= step < len(piece.route):
                    hand = self.crew.hand("operator", piece.route[step])
                    hand.scan(session, ScanKind.OP_DONE, str(piece.code), at=clock.tick())

    def _pack(self, session: Session, order_id: int, clock: Clock, most: int | None = None) -> None:
        """Pack, seal and put away an order's packages, or the first of them."""
        bench, store = self.crew.hand("packer", "PACK"), self.crew.hand("keeper", "STORE")
        shelf = self._shelf(session)
        packages = session.scalars(
            select(Package).where(Package.order_id == order_id).order_by(Package.position)
        ).all()
        for package in packages[:most]:
            codes = self._contents(session, package.id)
            bench.scan(session, ScanKind.PACK_OPEN, package.code, at=clock.tick())
            for code in codes:
                bench.scan(session, ScanKind.PACK_ADD, code, context=package.code, at=clock.tick())
            bench.scan(session, ScanKind.PACK_SEAL, package.code, at=clock.tick())
            store.scan(
                session, ScanKind.STORE_IN, package.code, context=shelf, witness=codes[0], at=clock.tick()
            )

    def _contents(self, session: Session, package_id: int) -> Sequence[str]:
        return [
            str(code)
            for code in session.scalars(
                select(Piece.code)
                .join(Content, Content.piece_id == Piece.id)
                .where(Content.package_id == package_id)
                .order_by(Piece.id)
            )
        ]

    def _shelf(self, session: Session) -> str:
        shelves = session.scalars(
            select(Place.code).where(Place.kind == PlaceKind.FINISHED).order_by(Place.id)
        ).all()
        return self.chance.choice(shelves)

    def ship(self, session: Session, day: date) -> None:
        """Load what is in store and send it off."""
        if not self.stored:
            return
        clock = Clock(at_hour(day, 7, self.zone))
        dock = self.crew.hand("loader", "DOCK")
        clerk = self.crew.person("clerk").id
        load = shipping.create_load(
            session,
            f"浙H·{self.chance.randint(10000, 99999)}",
            "毛师傅",
            "0570-5550303",
            day,
            by=clerk,
            at=clock.at,
        )
        packages = session.execute(
            select(Package.id, Package.code).where(
                Package.order_id.in_(self.stored), Package.state == PackageState.IN_STORE
            )
        ).all()
        self._look_again(session, clock)
        shipping.add_packages(session, load.id, [row.id for row in packages], by=clerk, at=clock.at)
        for row in packages:
            dock.scan(session, ScanKind.LOAD, row.code, context=load.code, at=clock.tick())
        dock.scan(session, ScanKind.SHIP_CLOSE, load.code, at=clock.tick())
        shipping.ship(session, load.id, by=clerk, at=clock.tick())
        after.take_one_back(session, load.id, clerk, clock.tick)
        self._receive(session, load.id, clerk, clock.tick())
        after.decide_one(session, clerk, clock.tick)
        collect(session, self.stored, self.crew.person("accountant").id, on=day, at=clock.tick())
        self.stored = []

    def count(self, session: Session, day: date) -> None:
        """Count one shelf in the evening."""
        clock = Clock(at_hour(day, 17, self.zone))
        keeper, leader = self.crew.hand("keeper", "STORE"), self.crew.person("leader").id
        counts.count_shelf(session, keeper, leader, self.counted, clock.tick)
        self.counted += 1

    def count_today(self, session: Session, day: date, at: datetime) -> None:
        """Leave one count that waits for its approval, and one that nobody has begun."""
        clock = Clock(at)
        counts.plan_count(session, self.crew.person("keeper").id, day, clock.tick())
        number = self.counted + (self.counted + 1) % 2  # one that differs
        counts.count_shelf(session, self.crew.hand("keeper", "STORE"), None, number, clock.tick)

    def _look_again(self, session: Session, clock: Clock) -> None:
        """Have some of the sealed packages looked into by the loader, who did not pack them."""
        leader, looker = self.crew.person("leader").id, self.crew.hand("loader", "DOCK")
        drawn = rechecks.draw_packages(session, LOOKS_A_DAY, str(clock.at), by=leader, at=clock.tick())
        rows = session.execute(
            select(Recheck.id, Package.id, Package.code)
            .join(Package, Package.id == Recheck.package_id)
            .where(Recheck.draw_id == drawn.id)
            .order_by(Recheck.id)
        ).all()
        for recheck_id, package_id, code in rows:
            looker.scan(session, ScanKind.RECHECK, code, at=clock.tick())
            for piece in self._contents(session, package_id):
                looker.scan(session, ScanKind.RECHECK, piece, context=code, at=clock.tick())
            rechecks.finish(session, recheck_id, "", by=looker.who.id, at=clock.tick())

    def _receive(self, session: Session, load_id: int, clerk: int, at: datetime) -> None:
        """Have the dealers confirm what arrived by their links; now and then one finds a scratch."""
        deliveries = session.execute(
            select(Delivery.id, Party.contact)
            .join(Party, Party.id == Delivery.dealer_id)
            .where(Delivery.load_id == load_id)
            .order_by(Delivery.position)
        ).all()
        for delivery_id, contact in deliveries:
            token = secrets.token_urlsafe(16)
            receipts.make_link(session, delivery_id, token, by=clerk, at=at)
            said = [Said(one.package_id) for one in shipping_queries.delivered(session, delivery_id)]
            if delivery_id == 1:  # the first one has two: one is decided, one waits
                said[1] = replace(said[1], kind=ClaimKind.PART_MISSING, note="五金包里少一只门吸")
            if delivery_id == 1 or delivery_id % CLAIM_EVERY == 0:
                said[0] = replace(said[0], kind=ClaimKind.DAMAGED, note="门扇角部有划痕")
            receipts.receive(session, token, said, contact or "经销商", at=at)

    def begin_making(self, session: Session, at: datetime) -> None:
        """Leave the floor in the middle of its work: one order partly packed, one half made."""
        clock = Clock(at + timedelta(minutes=10))
        for batch_id in self.planned:
            self._issue(session, batch_id, clock)
            self._cut(session, batch_id, clock)
            order_ids: Iterable[int] = planning_queries.order_ids(session, batch_id)
            for number, order_id in enumerate(order_ids):
                if number == 0:
                    self._make_pieces(session, order_id, clock)
                    self._pack(session, order_id, clock, most=2)
                elif number == 1:
                    self._make_pieces(session, order_id, clock, share=0.5)

    def new_orders(self, session: Session, day: date, at: datetime) -> None:
        """Leave one order to be released, one in draft, and one that waits for its dealer's answer."""
        clock = Clock(at)
        first, second, third = list(wishes(self.chance, ("D001", "D002"), 12))[:3]
        self._order(session, first, day, clock)
        enter(
            session,
            second,
            day + timedelta(days=LEAD_DAYS),
            day,
            by=self.crew.person("clerk").id,
            at=clock.tick(),
        )
        self._ask(session, third, day, clock)

    def _ask(self, session: Session, wish: Wish, day: date, clock: Clock) -> None:
        """Enter one order and ask its dealer for a wall; to see the dealer's page, make a new link."""
        clerk = self.crew.person("clerk").id
        order = enter(session, wish, day + timedelta(days=LEAD_DAYS), day, by=clerk, at=clock.tick())
        line_id = session.scalar(select(Line.id).where(Line.order_id == order.id, Line.position == 1))
        asking = Asking("墙厚是毛坯还是完成面？请写完成面尺寸。", line_id=line_id, field=SheetField.WALL)
        token = secrets.token_urlsafe(16)
        sales.ask(session, About(order_id=order.id), [asking], token, by=clerk, at=clock.tick())
