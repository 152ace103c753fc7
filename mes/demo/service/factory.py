"""Commands of the demo: the factory set up, its stock received, its floor at work, by the real commands."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.auth import queries as people
from core.auth import service as auth
from core.auth.queries import Known
from core.company import service as company
from erp.catalogue import queries as rules
from erp.catalogue import service as catalogue
from erp.catalogue.rules.drafts import Section
from erp.catalogue.rules.entries import Pack
from erp.catalogue.rules.samples import usual
from erp.materials.model import Article, Material
from erp.materials.rules import MaterialKind
from erp.parties import queries as parties
from erp.purchasing import queries as purchasing_queries
from erp.purchasing import service as purchasing
from erp.purchasing.queries import Asked
from erp.purchasing.service import OfferEntry, Pick
from erp.sales import service as sales
from erp.sales.model import Order
from erp.sales.rules.orders import OrderHead
from erp.stock import service as stock
from erp.stock.model import Place
from erp.stock.rules import PlaceKind
from mes.demo.rules import CAST, COMPANY, Wish
from mes.planning import service as planning
from mes.planning.queries import load
from mes.planning.rules.capacity import ClassCapacity
from mes.scanning import service as scanning
from mes.scanning.model import Station
from mes.scanning.rules import ScanKind, ScanRequest, StationKind, Where, Who
from mes.worksheets import service as worksheets
from mes.worksheets.rules import CodeEntry

OPENING_QTY = {
    # what lies in stock on the first day, per article
    MaterialKind.SHEET: Decimal(120),
    MaterialKind.BAR: Decimal(400),
    MaterialKind.BAND: Decimal(2000),
    MaterialKind.HARDWARE: Decimal(300),
    MaterialKind.CARTON: Decimal(300),
    MaterialKind.OTHER: Decimal(500),
}

DOOR_LINE = CodeEntry(  # hand, width and height in tenths of a millimetre, thickness, lock height
    code="DOORLINE",
    name="门线三龙门",
    name_en="door line, three gantries",
    operation_code="LOCK",
    part_group="LEAF",
    template="D{handing|HAND:1s}-{piece_width*10:05d}-{piece_length*10:05d}-{piece_thick:02d}-{lock_up:04d}",
    tables={"HAND": {"IN_L": "1", "IN_R": "2", "OUT_L": "3", "OUT_R": "4", "*": "0"}},
    alphabet="",
    length_max=40,
    is_active=True,
)


class Refused(Exception):
    """A scan of the demo was refused: the demo and the rules have drifted apart."""


def set_up(session: Session, pack: Pack, password: str, pin: str, *, at: datetime) -> list[Known]:
    """Load the pack with its stations and places, and take the cast in; return it."""
    catalogue.load_pack(session, pack, by=None, at=at)
    for one in pack.stations:
        station = scanning.add_station(
            session, one.name.zh, one.name.en, StationKind(one.kind), tuple(one.operations)
        )
        scanning.enrol(session, station.id, one.name.zh, by=None, at=at)
    for spot in pack.places:
        stock.add_place(session, spot.name, PlaceKind(spot.kind))
    worksheets.add_code(session, DOOR_LINE, by=None, at=at)
    made = []
    for person in CAST:
        row = auth.add_person(
            session,
            person.login,
            person.name,
            [person.role.value],
            password=password,
            pin=pin if person.role.value == "leader" else None,  # nobody else signs
            by=None,
            at=at,
        )
        known = people.by_id(session, row.id)
        if known is not None:
            made.append(known)
    _work_on_rules(session, next(one.id for one in made if "splitter" in one.roles), at=at)
    manager = next(one.id for one in made if "administrator" in one.roles)
    company.amend(session, COMPANY, version=0, by=manager, at=at)
    return made


def _work_on_rules(session: Session, by: int, *, at: datetime) -> None:
    """Publish one example for each model, and leave a draft of other rules open."""
    kept = catalogue.begin_draft(session, "样例", "每个门型留一个样例", by=by, at=at)
    for version, document in enumerate(rules.pack(session).documents, start=1):
        catalogue.keep_example(session, kept.id, version, document, usual(document), by=by, at=at)
    session.refresh(kept)
    catalogue.publish(session, rules.judge(session, kept), {}, by=by, at=at)
    draft = catalogue.begin_draft(session, "间隙 11", "试用新发泡胶", by=by, at=at)
    catalogue.add_change(session, draft.id, 1, Section.PROFILES, "P70/45", by=by, at=at)


def receive_stock(session: Session, by: int, *, at: datetime) -> int:
    """Receive a first delivery of every article into its store; return how many lots that were."""
    places = {
        p.name: p.id
        for p in session.scalars(select(Place).where(Place.kind == PlaceKind.STORE).order_by(Place.id))
    }
    shelf = {
        MaterialKind.SHEET: "A-01",
        MaterialKind.BAR: "B-01",
        MaterialKind.HARDWARE: "C-01",
    }
    suppliers = parties.suppliers(session)
    rows = session.execute(
        select(Article.id, Material.kind)
        .join(Material, Material.id == Article.material_id)
        .order_by(Article.id)
    ).all()
    for number, (article_id, kind) in enumerate(rows, 1):
        wanted = shelf.get(kind, "C-02")
        place_id = next((at_id for name, at_id in places.items() if name.startswith(wanted)), None)
        if place_id is None:
            place_id = next(iter(places.values()))
        stock.receive(
            session,
            article_id,
            OPENING_QTY[kind],
            place_id,
            supplier_id=suppliers[kind is MaterialKind.HARDWARE].id,  # boards and strips, and ironmongery
            reference=f"RK-{number:04d}",
            by=by,
            at=at,
        )
    return len(rows)


OFFERED = {
    # what the demo's suppliers deliver by kind: days, least quantity, pack
    MaterialKind.SHEET: (5, Decimal(20), Decimal(10)),
    MaterialKind.BAR: (7, Decimal(50), Decimal(50)),
    MaterialKind.BAND: (4, Decimal(200), Decimal(100)),
    MaterialKind.HARDWARE: (6, Decimal(50), Decimal(50)),
    MaterialKind.CARTON: (3, Decimal(100), Decimal(50)),
    MaterialKind.OTHER: (5, Decimal(100), Decimal(100)),
}
SAFETY_QTY = {MaterialKind.HARDWARE: Decimal(400), MaterialKind.CARTON: Decimal(400)}
SETS_PER_DAY, WARNING_RATE, PRODUCTION_DAYS = 12, Decimal("0.8"), 4


def buy(session: Session, by: int, *, on: date, at: datetime) -> None:
    """Say who delivers what, turn most of the proposal into orders, send one and take part of it in."""
    suppliers = parties.suppliers(session)
    rows = session.execute(
        select(Article.id, Article.cost_price, Material.kind, Material.id)
        .join(Material, Material.id == Article.material_id)
        .order_by(Article.id)
    ).all()
    for article_id, price, kind, material_id in rows:
        days, least, pack = OFFERED[kind]
        supplier = suppliers[kind is MaterialKind.HARDWARE]
        offer = OfferEntry(supplier.id, article_id, "", price or Decimal(1), days, least, pack)
        purchasing.put_offer(session, offer, by=by, at=at)
        purchasing.put_policy(
            session, material_id, SAFETY_QTY.get(kind, Decimal(0)), Decimal("0.15"), by=by, at=at
        )
    session.flush()
    lines = [one.proposed for one in purchasing_queries.proposal(session, on, Asked()) if one.proposed]
    picks = [Pick(one.offer.supplier_id, one.offer.article_id, one.qty, 0) for one in lines]
    left = 3  # stay in the proposal, to be tried out
    if len(picks) <= left:
        return
    orders = purchasing.order_proposed(session, picks[left:], by=by, at=at, on=on)
    purchasing.place(session, orders[0].id, by=by, at=at)
    session.flush()
    line = purchasing_queries.order_page(session, orders[0].id).lines[0].line
    place_id = session.scalars(
        select(Place.id).where(Place.kind == PlaceKind.RECEIVING).order_by(Place.id)
    ).first()  # it waits there to be put away
    if place_id is not None:
        purchasing.receive(
            session,
            line.id,
            (line.ordered_qty / 2).to_integral_value(),
            place_id,
            reference="RK-9001",
            reason="",
            form_key="demo-po",
            by=by,
            at=at,
        )


def set_capacity(session: Session, by: int, *, at: datetime) -> None:
    """Say how many sets of each class the demo factory makes in a day."""
    for one in load.classes_of_catalogue(session):
        capacity = ClassCapacity(SETS_PER_DAY, WARNING_RATE, PRODUCTION_DAYS)
        planning.put_capacity(session, one.kind, one.finish, capacity, by=by, at=at)


def enter(session: Session, wish: Wish, due_on: date, on: date, *, by: int, at: datetime) -> Order:
    """Enter what a dealer wants, as a draft."""
    dealer = parties.by_code(session, wish.dealer)
    if dealer is None:
        raise LookupError(wish.dealer)
    head = OrderHead(
        dealer_id=dealer.id,
        dealer_reference=wish.reference,
        customer=wish.customer,
        site=wish.site,
        due_on=due_on,
    )
    order = sales.create_order(session, head, by=by, at=at, on=on)
    for line in wish.lines:
        sales.add_line(session, order.id, line, by=by, at=at)
    return order


@dataclass(frozen=True, slots=True)
class Hand:
    """One person at one station, who scans."""

    who: Who
    where: Where

    def scan(
        self,
        session: Session,
        kind: ScanKind,
        code: str,
        *,
        at: datetime,
        context: str | None = None,
        witness: str | None = None,
        quantity: int = 1,
    ) -> None:
        """Scan once and go on; a refusal ends the demo. Raises Refused."""
        mark = f"{kind.value} {code} {context} {at.isoformat()}"
        scan_id = hashlib.sha256(mark.encode()).hexdigest()[:32]
        asked = ScanRequest(
            scan_id=f"demo-{scan_id}",
            kind=kind,
            code=code,
            context=context,
            witness=witness,
            quantity=quantity,
            is_manual=False,
            scanned_at=at,
            at=at,
            who=self.who,
            where=self.where,
        )
        said, _ = scanning.take(session, asked, scan_id)
        if said["outcome"] == "BLOCK":
            raise Refused(f"{kind.value} {code} at {context}: {said['block_code']} {said['got']}")


def stations(session: Session) -> Sequence[Station]:
    """Return the stations in the order in which the pack names them."""
    return session.scalars(select(Station).order_by(Station.id)).all()
