"""A damaged, missing or wrong piece is made again by one press: in the house, after a return, for a claim."""

import pytest
from sqlalchemy import select

from erp.catalogue.rules.entries import Duty
from erp.sales.rules.states import OrderState
from mes.packing import queries as packing
from mes.packing.model import Content, Package
from mes.packing.rules import DamageStage, NotRemakeable, PackageState
from mes.packing.service.damage import report_damage
from mes.production.model import Scrap
from mes.scanning.rules import ScanKind
from mes.shipping import queries, service
from mes.shipping.model import Claim, Delivery, Remake, Return
from mes.shipping.queries.remakes import remade
from mes.shipping.rules import ClaimKind, Condition, NotRemade, Said
from mes.shipping.service import receipts
from mes.shipping.service.remakes import remake
from mes.splitting.model import Piece
from mes.splitting.rules import PieceState
from tests.conftest import NOON
from tests.factories.people import make_person
from tests.mes.packing.bench import make_bench, packages, pieces_of
from tests.mes.shipping.dock import make_dock, make_load, sealed_order

TOKEN = "a token that nobody guesses"


@pytest.fixture
def order(session):
    return sealed_order(session)


@pytest.fixture
def by(session):
    return make_person(session, roles=("clerk",), name="林芳").id


def proved(session):
    return packing.faults(session) == [] and queries.faults(session) == []


def send(session, order):
    """Ship everything of an order."""
    load, dock = make_load(session, order), make_dock(session)
    for package in packages(session, order):
        dock.load(load, package)
    dock.close(load)
    service.ship(session, load.id, by=dock.person.id, at=NOON)
    session.flush()


def claimed(session, order, package, by):
    """A claim of the dealer about one package that arrived."""
    delivery = session.scalars(select(Delivery)).one()
    receipts.make_link(session, delivery.id, TOKEN, by=by, at=NOON)
    receipts.receive(session, TOKEN, [Said(package.id, ClaimKind.DAMAGED, "门套划伤")], "李老板", at=NOON)
    return session.scalars(select(Claim)).one()


def test_a_damaged_piece_in_the_house_opens_its_package_which_waits_for_the_new_one(session, order, by):
    frame = packages(session, order, "FRAME")[0]
    report_damage(session, frame.id, DamageStage.STORE, "叉车", by=by, at=NOON)
    jamb = pieces_of(session, frame)[0]
    remake(session, frame.id, jamb.id, "SCR", "叉车碰伤", by=by, at=NOON)
    session.expire_all()
    new = pieces_of(session, frame)[0]
    assert (jamb.state, new.state, new.is_urgent, new.remake_of_id) == (
        PieceState.REMAKE,
        PieceState.PLANNED,
        True,
        jamb.id,
    )
    assert (frame.state, order.state, order.sealed_count) == (PackageState.OPEN, OrderState.IN_PRODUCTION, 3)
    scrap = session.scalars(select(Scrap)).one()
    assert (scrap.defect_code, scrap.duty, scrap.note) == ("SCR", Duty.HANDLING, "叉车碰伤")
    assert proved(session)


def test_a_piece_of_a_package_that_came_back_is_linked_to_the_return(session, order, by):
    send(session, order)
    frame = packages(session, order, "FRAME")[0]
    back = receipts.take_back(session, frame.code, Condition.DAMAGED, "摔了", by=by, at=NOON)
    jamb = pieces_of(session, frame)[0]
    row = remake(session, frame.id, jamb.id, "PKG", "", return_id=back.id, by=by, at=NOON)
    session.expire_all()
    assert (row.return_id, row.claim_id) == (back.id, None)
    assert frame.state is PackageState.OPEN
    assert proved(session)
    (told,) = remade(session, [frame.id])
    assert (told.old.id, told.return_id, told.scrap.duty) == (jamb.id, back.id, Duty.HANDLING)


def test_what_lies_at_the_dealers_stays_there_and_the_new_piece_goes_in_a_package_that_follows(
    session, order, by
):
    send(session, order)
    assert order.state is OrderState.SHIPPED
    frame = packages(session, order, "FRAME")[0]
    claim = claimed(session, order, frame, by)
    jamb, other = pieces_of(session, frame)[:2]
    remake(session, frame.id, jamb.id, "SCR", "划伤", claim_id=claim.id, by=by, at=NOON)
    remake(session, frame.id, other.id, "SCR", "划伤", claim_id=claim.id, by=by, at=NOON)
    session.expire_all()
    (after,) = session.scalars(select(Package).where(Package.supplement_of_id == frame.id)).all()
    assert [one.remake_of_id for one in pieces_of(session, after)] == [jamb.id, other.id]
    assert (jamb.state, frame.state) == (PieceState.SHIPPED, PackageState.RECEIVED)
    assert (order.state, order.package_count, order.piece_count) == (OrderState.IN_PRODUCTION, 5, 14)
    assert proved(session)
    bench = make_bench(session)
    for piece in pieces_of(session, after):
        piece.state, piece.step_count = PieceState.MADE, len(piece.route)
    bench.fill(after)
    assert bench.block(ScanKind.PACK_SEAL, after.code) is None
    session.refresh(order)
    assert order.state is OrderState.READY  # it can go onto a load


def test_what_is_built_into_a_claimed_leaf_is_made_again_as_well(session, order, by):
    send(session, order)
    leaf_box = packages(session, order, "LEAF")[0]
    (leaf,) = pieces_of(session, leaf_box)
    built_in = session.scalars(select(Piece).where(Piece.joins == leaf.rule_code)).all()
    remake(session, leaf_box.id, leaf.id, "WRP", "", by=by, at=NOON)
    again = set(session.scalars(select(Piece.remake_of_id).where(Piece.is_urgent)))
    assert built_in
    assert again == {leaf.id, *(one.id for one in built_in)}


def test_twice_is_refused_and_so_is_what_stands_on_a_vehicle(session, order, by):
    frame, trim = packages(session, order, "FRAME")[0], packages(session, order, "TRIM")[0]
    load, dock = make_load(session, order), make_dock(session)
    dock.load(load, trim)
    with pytest.raises(NotRemakeable):
        remake(session, trim.id, pieces_of(session, trim)[0].id, "SCR", "", by=by, at=NOON)
    for package in packages(session, order):
        dock.load(load, package)
    dock.close(load)
    service.ship(session, load.id, by=dock.person.id, at=NOON)
    jamb = pieces_of(session, frame)[0]
    remake(session, frame.id, jamb.id, "SCR", "", by=by, at=NOON)
    with pytest.raises(NotRemade):
        remake(session, frame.id, jamb.id, "SCR", "", by=by, at=NOON)
    assert len(session.scalars(select(Remake)).all()) == 1


def test_the_office_presses_once_and_sees_what_is_made_again(client_for, session, order, by):
    send(session, order)
    frame = packages(session, order, "FRAME")[0]
    back = receipts.take_back(session, frame.code, Condition.DAMAGED, "摔了", by=by, at=NOON)
    jamb = pieces_of(session, frame)[0]
    session.commit()
    client = client_for("clerk")
    listed = client.get("/mes/shipping/returns/").text
    assert f"/mes/shipping/packages/{frame.id}/remake?came_back={back.id}" in listed
    url = f"/mes/shipping/packages/{frame.id}/remake"
    page = client.get(f"{url}?came_back={back.id}&note=摔了").text
    assert "摔了" in page
    asked = {"piece": jamb.id, "defect": "SCR", "note": "摔了", "came_back": back.id}
    assert client.post(url, data=asked).status_code == 303
    assert "搬运" in client.get(url).text  # whose fault the reason says it is
    twice = client.post(url, data=asked)
    assert (twice.status_code, "已经补做" in twice.text) == (422, True)
    shown = client.get(f"/mes/packing/packages/{frame.id}/").text
    assert jamb.code in shown
    assert client_for("packer").get(url).status_code == 403
    assert session.scalars(select(Return)).one().id == back.id
    assert session.scalars(select(Content).where(Content.package_id == frame.id)).all()
