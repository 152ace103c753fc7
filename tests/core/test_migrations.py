"""Migrations go up and down on both databases, with data in the tables."""

from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, func, inspect, select, update

from core.db import Model
from core.files.service import keep
from core.jobs.worker import run_waiting
from core.server.cli import database as commands
from core.words.model import Word
from erp.finance import queries as finance
from erp.finance.model import Charge
from erp.sales import service as sales
from erp.sales.model import Import, ImportRow, Line, Order, Question
from erp.sales.rules.amending import Edit
from erp.sales.rules.issues import Field
from erp.sales.rules.questions import About, Answer, Asking, QuestionState
from erp.sales.rules.states import OrderState
from erp.stock.model import Demand
from mes.changes.service.changing import change
from mes.cutting import service as cutting
from mes.efficiency import queries as efficiency
from mes.efficiency.queries import Window
from mes.planning.model import BatchOrder
from mes.planning.service import create_batch
from mes.splitting.model import Release, ReleasedLine
from tests.conftest import NOON, application
from tests.factories.factory import FRIDAY, make_line, make_order, release_order
from tests.factories.people import make_person
from tests.mes.changes.desk import asking, clerk, edit, plan
from tests.mes.changes.office import cancel, sets_of

BEFORE_ACCOUNTS = "0015"  # the migration below the one that makes them
BY = {"by": None, "at": NOON}
BEFORE_WORDS = "0002"  # the migration below the one that makes them
BEFORE_UNITS = "0017"
BORN = {  # tables of one row each: how far the books are closed, by what the figures' days are folded
    "erp_finance_period": 1,
    "mes_efficiency_roll_up": 1,
}
BEFORE_LOTS = "0024"
BEFORE_EARLY_RELEASES = "0020"


@pytest.fixture
def full(template, tmp_path):
    """A database with an order that was released and another that was not."""
    with application(template, "migrated", tmp_path) as app:
        with app.extensions["sessions"].writing() as session:
            make_person(session, roles=("clerk",))
            release_order(session)
            make_order(session)
            session.commit()
        yield app


def run(app, *words):
    result = app.test_cli_runner().invoke(commands, list(words))
    assert result.exit_code == 0, result.output


def tables(app):
    return set(inspect(app.extensions["sessions"].engine).get_table_names())


def test_down_to_nothing_and_up_again(full):
    assert tables(full) >= set(Model.metadata.tables)
    run(full, "downgrade", "base")
    assert tables(full) <= {"alembic_version"}
    run(full, "upgrade")
    assert tables(full) >= set(Model.metadata.tables)
    with full.extensions["sessions"].reading() as session:
        for table in Model.metadata.sorted_tables:
            rows = session.scalar(select(func.count()).select_from(table))
            assert rows == BORN.get(table.name, 0), table


def test_orders_and_partners_that_were_there_get_the_words_that_the_commands_would_give_them(full):
    wanted = select(Word.subject, Word.subject_id, Word.word).order_by(
        Word.subject, Word.subject_id, Word.word
    )
    with full.extensions["sessions"].reading() as session:
        before = session.execute(wanted).all()
    run(full, "downgrade", BEFORE_WORDS)
    run(full, "upgrade")
    with full.extensions["sessions"].reading() as session:
        assert session.execute(wanted).all() == before
    assert {subject for subject, _, _ in before} == {"erp.sales.order", "erp.parties.party"}


def test_orders_that_were_agreed_before_are_charged_and_cancelled_sets_taken_off(full):
    with full.extensions["sessions"].writing() as session:
        order = release_order(session, make_line(set_count=3))  # 3 × 1320.00
        cancel(session, order, sets_of(session, order)[0])
        session.commit()
    wanted = select(Charge.order_id, Charge.kind, Charge.amount, Charge.charged_at).order_by(
        Charge.order_id, Charge.id
    )
    counts = select(Line.id, Line.cancelled_count).order_by(Line.id)
    totals = select(Order.id, Order.total_amount).order_by(Order.id)

    def kept():
        with full.extensions["sessions"].reading() as session:
            return [session.execute(one).all() for one in (wanted, counts, totals)]

    before = kept()
    assert [(kind, amount) for _, kind, amount, _ in before[0]] == [
        ("AGREED", 1320),
        ("AGREED", 3960),
        ("CHANGED", -1320),
    ]
    run(full, "downgrade", BEFORE_ACCOUNTS)
    with full.extensions["sessions"].reading() as session:
        assert sorted(one.total_amount for one in session.execute(totals) if one.total_amount) == [1320, 3960]
    run(full, "upgrade")
    assert kept() == before
    with full.extensions["sessions"].reading() as session:
        assert finance.prove(session) == []


def test_an_answer_that_had_landed_counts_as_accepted_and_a_correction_as_typed(template, tmp_path):
    with application(template, "answered", tmp_path) as app:
        with app.extensions["sessions"].writing() as session:
            order = make_order(session)
            line = session.scalars(select(Line).where(Line.order_id == order.id)).one()
            about = About(order_id=order.id)
            sales.ask(session, about, [Asking("墙厚？", line_id=line.id, field=Field.WALL)], "t", **BY)
            (question,) = session.scalars(select(Question))
            sales.answer(session, "t", [Answer(question.id, value="200")], "陈丽", at=NOON)
            sheet = make_import_row(session, order.dealer_id)
            session.commit()
            question_id, row_id = question.id, sheet.id
        run(app, "downgrade", "0010")
        run(app, "upgrade")
        with app.extensions["sessions"].reading() as session:
            question = session.get_one(Question, question_id)
            assert (question.state, question.decided_at) == (QuestionState.ACCEPTED, NOON)
            assert session.get_one(ImportRow, row_id).typed_fields == ["colour"]


def make_import_row(session, dealer_id):
    """A row of a sheet whose colour was corrected."""
    file = keep(session, "a.csv", "text/csv", b"a", by=None, at=NOON)
    sheet = Import(dealer_id=dealer_id, file_id=file.id, sheet_name="a", facts={}, issues=[], created_at=NOON)
    session.add(sheet)
    session.flush()
    row = ImportRow(
        import_id=sheet.id,
        row_number=2,
        source={},
        read_values={"colour": "", "room": "主卧"},
        values={"colour": "WHITE", "room": "主卧"},
        typed_fields=["colour"],
        issues=[],
    )
    session.add(row)
    session.flush()
    return row


def test_what_a_batch_needs_is_measured_as_the_command_measures_it(full):
    with full.extensions["sessions"].writing() as session:
        ids = session.scalars(select(Order.id).where(Order.state == OrderState.RELEASED)).all()
        cutting.plan_batch(session, create_batch(session, ids, by=None, at=NOON).id, by=None, at=NOON)
        session.commit()
    run_waiting(full)
    wanted = select(Demand.id, Demand.unit_qty).where(Demand.subject == cutting.BATCH).order_by(Demand.id)
    with full.extensions["sessions"].reading() as session:
        before = session.execute(wanted).all()
    run(full, "downgrade", BEFORE_UNITS)
    run(full, "upgrade")
    with full.extensions["sessions"].reading() as session:
        assert session.execute(wanted).all() == before
    assert any(qty for _, qty in before)


def test_tables_and_migrations_agree(full):
    run(full, "compare")


def test_foreign_keys_hold_after_a_migration(full):
    run(full, "upgrade")
    engine = full.extensions["sessions"].engine
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    assert inspect(engine).get_foreign_keys("mes_splitting_piece")


def test_an_order_in_a_batch_is_there_with_every_colour_that_it_has(full):
    with full.extensions["sessions"].writing() as session:
        order = release_order(session, make_line(), make_line(colour_code="WALNUT"), make_line())
        batch_id, wanted = create_batch(session, [order.id], by=None, at=NOON).id, lots(order.id)
        session.commit()
    run(full, "downgrade", BEFORE_LOTS)
    with full.extensions["sessions"].reading() as session:
        assert session.scalar(select(func.count(BatchOrder.id))) == 1  # its table has no colour now
    run(full, "upgrade")
    with full.extensions["sessions"].reading() as session:
        assert session.execute(wanted).all() == [(batch_id, "WALNUT"), (batch_id, "WHITE")]


def lots(order_id):
    rows = select(BatchOrder.batch_id, BatchOrder.colour_code).where(BatchOrder.order_id == order_id)
    return rows.order_by(BatchOrder.colour_code)


def test_an_order_released_before_there_were_records_is_weighed_on_its_first_day_as_it_stood_then(full):
    """Two doors and one with a transom; two days later the doors are three and have glass, and a line is added."""
    with full.extensions["sessions"].writing() as session:
        order = release_order(
            session,
            make_line(set_count=2),
            make_line(room="次卧", height_mm=Decimal("2300.0"), options={"top_glass": "CLEAR"}),
            at=NOON,
        )
        by = clerk(session)
        edit(session, order, by, set_count=3, options={"glass": "CLEAR"})
        sales.edit_line(session, order.id, None, Edit(make_line(room="新增")), by=by, at=NOON)
        found = plan(session, order, by)
        change(session, found, asking(found), by=by, at=NOON + timedelta(days=2), on=FRIDAY)
        session.commit()
        order_id = order.id
    run(full, "downgrade", BEFORE_EARLY_RELEASES)
    with full.extensions["sessions"].writing() as session:  # as it was before there were lines of a release
        first = select(Release.id).where(Release.order_id == order_id, Release.version == 1)
        session.execute(delete(ReleasedLine).where(ReleasedLine.release_id.in_(first)))
        session.execute(update(ReleasedLine).values(has_transom=False))
        session.commit()
    run(full, "upgrade")
    with full.extensions["sessions"].reading() as session:
        recorded = session.execute(
            select(Release.version, Line.position, ReleasedLine)
            .join(Release, Release.id == ReleasedLine.release_id)
            .join(Line, Line.id == ReleasedLine.line_id)
            .where(Release.order_id == order_id)
            .order_by(Release.version, Line.position)
        ).all()
        assert [
            (version, position, one.set_count, one.has_glass, one.has_transom, one.touch_count)
            for version, position, one in recorded
        ] == [
            (1, 1, 2, False, False, None),
            (1, 2, 1, False, True, None),
            (2, 1, 3, True, False, 1),
            (2, 3, 1, False, False, 1),
        ]
        day, later = NOON - timedelta(hours=4), NOON + timedelta(days=2, hours=-4)
        windows = [Window(one, one + timedelta(days=1), ZoneInfo("Asia/Shanghai")) for one in (day, later)]
        weighed = [
            [(one.set_count, one.has_glass, one.has_transom, one.is_untouched) for one in lines]
            for lines in (efficiency.split_lines(session, window, at=later) for window in windows)
        ]
        assert weighed == [
            [(2, False, False, None), (1, False, True, None)],
            [(1, False, False, False)],
        ]
