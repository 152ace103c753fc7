"""A piece back to its board and on to the dealer, a lot on to every dealer: one statement each, along indexes."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import event, select, text

from erp.stock import service as stock
from erp.stock.rules import MoveKind
from mes.packing.model import Content, Package
from mes.shipping import service as shipping
from mes.shipping.model import Claim, Delivery, LoadPackage, Receipt, Return
from mes.shipping.rules import ClaimKind, Condition
from mes.tracing import queries
from mes.tracing.rules import Chapter, LotKnown, told
from tests.conftest import NOON, ON_POSTGRES
from tests.factories.people import make_person
from tests.factories.stock import make_article, make_lot
from tests.mes.tracing.world import D, issue, make_layout, make_world


@pytest.fixture
def world(session):
    return make_world(session)


def story(session, kind, row_id):
    return told(queries.trace(session, kind, row_id))


def box_of(session, piece):
    return session.query(Package).join(Content).filter(Content.piece_id == piece.id).one()


def test_a_piece_tells_its_lot_board_people_box_and_vehicle(session, world):
    found = story(session, "piece", world.piece.id)
    box = box_of(session, world.piece)
    assert [event.code for event in found[Chapter.PIECE]] == [world.piece.code]
    assert world.order.number in found[Chapter.PIECE][0].detail
    (lot,) = found[Chapter.LOT]
    assert (lot.code, lot.detail, lot.extra, lot.ref_id) == (
        world.lot.code,
        "DN-4711",
        "衢州板材行",
        world.lot.id,
    )
    (sheet,) = found[Chapter.SHEET]
    assert (sheet.code, sheet.name.zh, sheet.at) == (
        world.layout.code,
        world.article.code,
        world.layout.cut_at,
    )
    (operation,) = found[Chapter.OPERATION]
    assert (operation.code, operation.person, operation.at) == ("EDGE", "刘敏", NOON)
    assert [(event.code, event.ref_id) for event in found[Chapter.BOX]] == [(box.code, box.id)]
    (load,) = found[Chapter.LOAD]
    assert (load.code, load.ref_id) == (world.load.number, world.load.id)
    assert "浙H·A1234" in load.detail
    kinds = {event.code for event in found[Chapter.SCAN]}
    assert {"PACK_ADD", "PACK_SEAL", "LOAD"} <= kinds


def test_a_piece_tells_what_its_dealer_said_claimed_and_sent_back(session, world):
    shipping.ship(session, world.load.id, by=None, at=NOON)
    box, by = box_of(session, world.piece), make_person(session, name="赵库").id
    delivery = session.scalars(select(Delivery.id).where(Delivery.load_id == world.load.id)).one()
    session.add_all(
        [
            Receipt(delivery_id=delivery, package_id=box.id, is_right=False, said_at=NOON, said_by="周店"),
            Claim(
                delivery_id=delivery,
                package_id=box.id,
                kind=ClaimKind.DAMAGED,
                note="角破",
                claimed_at=NOON + timedelta(minutes=1),
                claimed_by="周店",
                is_late=False,
            ),
            Return(
                package_id=box.id,
                load_id=world.load.id,
                delivery_id=delivery,
                condition=Condition.DAMAGED,
                reason="退回重做",
                loaded_at=NOON,
                returned_at=NOON + timedelta(days=1),
                returned_by_id=by,
            ),
        ]
    )
    session.flush()
    said = [
        (one.extra, one.detail, one.person)
        for one in story(session, "piece", world.piece.id)[Chapter.RECEIPT]
    ]
    assert sorted(said) == [
        ("CLAIM damaged open", "角破", "周店"),
        ("RETURN damaged", "退回重做", "赵库"),
        ("WRONG", box.code, "周店"),
    ]


def test_a_lot_names_the_dealers_and_what_has_left(session, world):
    (use,) = queries.dealers(session, "lot", world.lot.id)
    assert (use.order_number, use.dealer_id) == (world.order.number, world.order.dealer_id)
    assert (use.set_count, use.piece_count, use.package_count, use.shipped_count) == (1, 1, 1, 0)
    shipping.ship(session, world.load.id, by=None, at=NOON)
    session.expire_all()
    (use,) = queries.dealers(session, "lot", world.lot.id)
    assert (use.shipped_count, use.shipped_at) == (1, NOON)


def test_what_the_dealer_said_of_a_package_closes_its_story(session, world):
    box = box_of(session, world.piece)
    loaded = session.query(LoadPackage).filter_by(package_id=box.id).one()
    said = {"delivery_id": loaded.delivery_id, "package_id": box.id, "said_at": NOON, "said_by": "店员小吴"}
    session.add(Receipt(**said, is_right=False))
    session.flush()
    (receipt,) = story(session, "piece", world.piece.id)[Chapter.RECEIPT]
    assert (receipt.person, receipt.detail, receipt.extra, receipt.ref_id) == (
        "店员小吴",
        box.code,
        "WRONG",
        world.load.id,
    )


def test_a_sheet_names_the_same_order(session, world):
    (use,) = queries.dealers(session, "sheet", world.layout.id)
    assert (use.order_id, use.piece_count) == (world.order.id, 1)


def test_where_two_lots_were_issued_to_the_batch_both_are_named(session, world):
    second = make_lot(session, world.article, world.shelf, "9")
    issue(session, world, second, 2)
    codes = {event.code for event in story(session, "piece", world.piece.id)[Chapter.LOT]}
    assert codes == {world.lot.code, second.code}


def test_a_lot_of_another_article_or_of_no_batch_is_not_named(session, world):
    other = make_lot(session, make_article(session), world.shelf, "9")
    unissued = make_lot(session, world.article, world.shelf, "9")
    codes = {event.code for event in story(session, "piece", world.piece.id)[Chapter.LOT]}
    assert codes == {world.lot.code}
    assert queries.dealers(session, "lot", other.id) == queries.dealers(session, "lot", unissued.id) == []


def test_an_offcut_is_the_lot_of_what_was_cut_from_it(session):
    world = make_world(session, is_shipped=False)
    offcut = make_lot(session, world.article, world.shelf, "1")
    offcut.length_mm, offcut.width_mm = D(1200), D(600)
    world.batch.number += "x"
    make_layout(session, world, offcut)
    session.flush()
    (use,) = queries.dealers(session, "lot", offcut.id)
    assert use.order_id == world.order.id
    codes = {event.code for event in story(session, "piece", world.piece.id)[Chapter.LOT]}
    assert codes == {world.lot.code, offcut.code}


def test_the_lot_that_was_scanned_at_the_saw_is_the_very_one(session, world):
    second = make_lot(session, world.article, world.shelf, "9")
    issue(session, world, second, 2)
    world.layout.board_lot_id = second.id
    session.flush()
    (lot,) = story(session, "piece", world.piece.id)[Chapter.LOT]
    assert (lot.code, lot.person) == (second.code, LotKnown.SCANNED)
    assert [use.order_id for use in queries.dealers(session, "lot", second.id)] == [world.order.id]
    assert queries.dealers(session, "lot", world.lot.id) == []  # it was issued, and lies beside the saw


def test_how_a_lot_is_known_is_told(session, world):
    (lot,) = story(session, "piece", world.piece.id)[Chapter.LOT]
    assert lot.person == LotKnown.ISSUED
    offcut = make_lot(session, world.article, world.shelf, "1")
    offcut.length_mm, offcut.width_mm = D(1200), D(600)
    world.layout.lot_id, world.layout.board_lot_id = offcut.id, world.lot.id
    session.flush()
    known = {event.code: event.person for event in story(session, "piece", world.piece.id)[Chapter.LOT]}
    assert known == {offcut.code: LotKnown.OFFCUT, world.lot.code: LotKnown.SCANNED}


def test_what_a_batch_gave_back_altogether_is_still_told(session, world):
    """It was with the batch: that none of it was used is not known of a single board."""
    used = {"subject": "mes.planning.batch", "subject_id": world.batch.id, "by": None, "at": NOON}
    row = stock.give_back(session, world.lot.id, world.shelf.id, D(3), **used)
    assert row.kind is MoveKind.RETURN
    assert len(queries.dealers(session, "lot", world.lot.id)) == 1


def test_a_package_and_a_set_tell_all_their_pieces(session, world):
    box = box_of(session, world.piece)
    pieces = {one.piece_id for one in session.query(Content).filter(Content.package_id == box.id)}
    found = story(session, "package", box.id)
    assert len(found[Chapter.PIECE]) == len(pieces)
    assert [event.code for event in found[Chapter.BOX]] == [box.code]
    whole = story(session, "set", world.piece.set_id)
    assert len(whole[Chapter.BOX]) > 1
    assert len(whole[Chapter.PIECE]) > len(pieces)


def test_a_label_is_found_by_its_code(session, world):
    box = box_of(session, world.piece)
    told_by = {
        world.piece.code: ("piece", world.piece.id),
        box.code: ("package", box.id),
        world.lot.code: ("lot", world.lot.id),
        world.layout.code: ("sheet", world.layout.id),
    }
    for code, (kind, row_id) in told_by.items():
        assert queries.found(session, code) == queries.Found(kind, row_id)
    assert queries.found(session, world.load.code) is None
    assert queries.found(session, "P") is None


ASKED = ("piece", "set", "package", "lot", "sheet")


def statement(kind, row_id):
    asked = queries.uses(kind) if kind in ("lot", "sheet") else queries.story(kind)
    return asked.params(row_id=row_id)


def asked_id(session, world, kind):
    return {
        "piece": world.piece.id,
        "set": world.piece.set_id,
        "package": box_of(session, world.piece).id,
        "lot": world.lot.id,
        "sheet": world.layout.id,
    }[kind]


@pytest.mark.parametrize("kind", ASKED)
def test_each_is_one_statement(session, world, kind):
    row_id = asked_id(session, world, kind)
    session.flush()
    sent = []
    listen = lambda *args: sent.append(args[2])  # noqa: E731
    engine = session.get_bind().engine
    event.listen(engine, "before_cursor_execute", listen)
    ask = queries.dealers if kind in ("lot", "sheet") else queries.trace
    ask(session, kind, row_id)
    event.remove(engine, "before_cursor_execute", listen)
    assert len(sent) == 1


@pytest.mark.parametrize("kind", ASKED)
def test_no_table_is_read_through(session, world, kind):
    """The plan says it, not the clock: every table is entered by an index.

    PostgreSQL reads small tables through by choice; told not to, it still would where no index serves. What it
    chooses with its statistics among a million scans, the benchmark shows.
    """
    sql = statement(kind, asked_id(session, world, kind)).compile(
        session.get_bind(), compile_kwargs={"literal_binds": True}
    )
    if ON_POSTGRES:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = [row[0] for row in session.execute(text(f"EXPLAIN {sql}"))]
        assert not [line for line in plan if re.search(r"Seq Scan on (erp|mes|core)_", line)], plan
    else:
        plan = [row[3] for row in session.execute(text(f"EXPLAIN QUERY PLAN {sql}"))]
        # a scan is of what a CTE found, never of a table; an automatic index would be built anew each time
        assert not [line for line in plan if re.match(r"SCAN (?:erp|mes|core)_", line)], plan
        # nor is an index of two columns entered by the first alone: half of all scans are of pieces
        halves = ("(object_type=?)", "(subject=?)", "(material_id=?)")
        assert not [line for line in plan if line.endswith(halves)], plan
        assert not [line for line in plan if "AUTOMATIC" in line and re.search(r"(erp|mes|core)_", line)], (
            plan
        )
    assert plan
