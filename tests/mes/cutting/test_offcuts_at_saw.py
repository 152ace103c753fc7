"""An offcut's label at the saw: the right one, a wrong one, one that another plan holds, one that nothing wants."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.codes import Letter, make
from erp.materials.model import Article
from mes.cutting import service
from mes.cutting.model import CutLayout, CutPlan, Offcut
from mes.cutting.queries import offcuts as offcut_queries
from mes.cutting.rules.offcuts import OffcutEnd, OffcutState
from mes.cutting.service import offcuts
from mes.scanning import queries as scanning_queries
from mes.scanning import service as scanning
from mes.scanning.rules import ScanKind
from tests.conftest import NOON
from tests.factories.factory import station
from tests.factories.people import make_person
from tests.factories.scanner import Scanner
from tests.factories.stock import make_article, make_lot, make_place
from tests.mes.cutting.test_offcuts import cut_all, faults, in_stock, planned
from tests.mes.cutting.test_service import make_batch


@pytest.fixture
def saw(app, session):
    """Offcuts of a first batch, some of them in the plans of a second; a man with a scanner at the saw."""
    cut_all(session, planned(app, session))

    class Saw:
        batch = planned(app, session)
        scanner = Scanner(
            session,
            make_person(session, roles=("operator",)),
            frozenset({"mes.scanning.scan", "mes.production.report"}),
        )
        device = scanning.enrol(session, station(session, operation="CUT").id, "锯", by=None, at=NOON)
        where = scanning_queries.where(session, device.key)

        def scan(self, code, context=None):
            return self.scanner.scan(ScanKind.CUT_DONE, code, context, where=self.where)

    return Saw()


def held(session):
    """The offcuts that plans hold, each with the sheet that is cut from it."""
    rows = select(Offcut, CutLayout).join(CutLayout, CutLayout.lot_id == Offcut.lot_id)
    return session.execute(rows.where(Offcut.state == OffcutState.HELD).order_by(Offcut.id)).all()


def whole(session, batch):
    """A sheet of a batch that is cut from a whole board."""
    rows = select(CutLayout).join(CutPlan).where(CutPlan.batch_id == batch.id, CutLayout.lot_id.is_(None))
    return session.scalars(rows.order_by(CutLayout.id)).first()


def test_the_right_one_is_cut_with_or_without_its_sheet_in_hand(session, saw):
    (rest, layout), *others = held(session)
    assert saw.scan(rest.code, layout.code)["outcome"] == "ACCEPT"
    assert (rest.state, layout.cut_at) == (OffcutState.USED, NOON)
    assert saw.scan(rest.code)["block_code"] == "E28"
    for other, other_layout in others:
        assert saw.scan(other.code)["outcome"] == "ACCEPT"
        assert other_layout.cut_at == NOON
    assert faults(session) == []


def test_a_wrong_one_is_refused_with_the_one_that_is_expected(session, saw):
    (rest, layout), *_ = held(session)
    free = next(one for one in in_stock(session) if one.id != rest.id)
    said = saw.scan(free.code, layout.code)
    assert (said["outcome"], said["block_code"]) == ("BLOCK", "E22")
    assert said["expected"]["facts"] == {"code": rest.code}
    assert (rest.state, layout.cut_at, free.state) == (OffcutState.HELD, None, OffcutState.FREE)
    # a whole board is wanted, an offcut of another sheet was taken
    said = saw.scan(rest.code, whole(session, saw.batch).code)
    assert (said["block_code"], said["expected"]["msgid"]) == ("E22", "A whole sheet or bar")
    assert faults(session) == []


def test_one_that_another_plan_holds_is_refused_with_that_plan(app, session, saw):
    (rest, layout), *_ = held(session)
    other, _ = make_batch(session)
    plans = service.plan_batch(session, other.id, by=None, at=NOON)  # still being computed
    theirs = session.scalars(
        select(Offcut).where(Offcut.plan_id.in_([plan.id for plan in plans])).order_by(Offcut.id)
    ).first()
    said = saw.scan(theirs.code, layout.code)
    number = session.get(CutPlan, theirs.plan_id).number
    assert (said["block_code"], said["got"]["facts"]["plan"]) == ("E22", number)
    assert said["expected"]["facts"] == {"code": rest.code}
    assert saw.scan(theirs.code)["block_code"] == "E22"
    assert theirs.state is OffcutState.HELD


def test_one_that_nothing_wants_is_refused_however_old_and_one_that_is_gone_too(session, saw):
    free = in_stock(session)[0]
    free.kept_at = NOON - timedelta(days=60)
    session.flush()
    assert offcut_queries.shown(session, free.id).is_dead(NOON)
    said = saw.scan(free.code)
    assert (said["block_code"], said["todo"]["msgid"]) == (
        "E22",
        "Put it back: no plan takes it. The next plan may.",
    )
    offcuts.end(session, free.id, OffcutEnd.SCRAPPED, "受潮", by=None, at=NOON)
    session.flush()
    assert saw.scan(free.code)["block_code"] == "E24"
    planned_only = session.scalars(select(Offcut).where(Offcut.state == OffcutState.PLANNED)).first()
    assert saw.scan(planned_only.code)["block_code"] == "E23"


def test_the_list_shows_the_dead_ones_by_age(session, saw, client_for):
    old, older, fresh = in_stock(session)[:3]
    old.kept_at, older.kept_at = NOON - timedelta(days=4000), NOON - timedelta(days=5000)
    fresh.kept_at = NOON + timedelta(days=3000)
    session.commit()
    page = client_for("keeper", locale="en").get("/mes/cutting/offcuts/?view=DEAD").text
    assert page.index(older.code) < page.index(old.code)
    assert fresh.code not in page


# --- the lot of the boards in hand -----------------------------------------------------------


def lot_of(session, article_id, code="9"):
    return make_lot(session, session.get(Article, article_id), make_place(session), code)


def test_a_sheet_is_tied_to_the_lot_that_was_scanned_before_it(session, saw):
    layout = whole(session, saw.batch)
    lot = lot_of(session, layout.article_id)
    assert saw.scan(layout.code, lot.code)["outcome"] == "ACCEPT"
    session.refresh(layout)
    assert (layout.board_lot_id, layout.cut_at) == (lot.id, NOON)


def test_a_lot_of_other_boards_is_refused_and_the_sheet_stays_uncut(session, saw):
    layout = whole(session, saw.batch)
    article = make_article(session)
    lot = make_lot(session, article, make_place(session), "9")
    answer = saw.scan(layout.code, lot.code)
    assert (answer["outcome"], answer["block_code"]) == ("BLOCK", "E22")
    assert answer["got"]["facts"] == {"code": lot.code, "article": article.code}
    assert saw.scan(layout.code, make(Letter.LOT, 987654))["block_code"] == "E22"
    session.refresh(layout)
    assert (layout.cut_at, layout.board_lot_id) == (None, None)
    assert saw.scan(layout.code)["outcome"] == "ACCEPT"  # the lot is taken off the screen


def test_an_offcut_has_the_lot_of_the_board_that_it_came_off(session, saw):
    rest, layout = held(session)[0]
    board = lot_of(session, layout.article_id)
    session.get(CutLayout, rest.layout_id).board_lot_id = board.id
    other = lot_of(session, layout.article_id, "8")
    session.flush()
    assert (
        saw.scan(rest.code, other.code)["outcome"] == "ACCEPT"
    )  # what is in hand is no matter: it is the offcut
    session.refresh(layout)
    assert (layout.lot_id, layout.board_lot_id) == (rest.lot_id, board.id)
