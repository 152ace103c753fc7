from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from sqlalchemy import select

from core.activity import service as activity
from erp.catalogue.rules.entries import Duty
from erp.sales import service as sales
from erp.sales.model import Line
from erp.sales.queries import hand_edits
from erp.sales.rules.amending import Edit
from mes.changes.service import change
from mes.efficiency import queries
from mes.efficiency.queries import Window
from mes.efficiency.rules import Metric, Work
from mes.efficiency.rules.figures import line_weight
from mes.machines import service as machines
from mes.machines.rules.signals import Message
from mes.machines.rules.states import MachineState
from mes.production import service as production
from mes.production.model import Scrap
from mes.scanning.rules import ScanKind
from mes.shipping import service as shipping
from mes.splitting import queries as splitting
from mes.splitting import service as split
from mes.splitting.model import DoorSet, Piece, ReleasedLine
from mes.splitting.rules import PieceState, ReleaseReason
from tests.conftest import NOON
from tests.factories.factory import FRIDAY, make_line, make_order, release_order
from tests.factories.machines import make_machine, make_shift
from tests.factories.people import make_person
from tests.mes.changes.desk import asking, clerk, edit, entry, lines, plan
from tests.mes.efficiency.reading import report, work_minutes
from tests.mes.packing.bench import make_all, make_bench, packages, pieces_of
from tests.mes.shipping.dock import make_dock, make_load, sealed_order

DAY = Window(
    datetime(2026, 11, 21, 16, tzinfo=UTC),
    datetime(2026, 11, 22, 16, tzinfo=UTC),
    ZoneInfo("Asia/Shanghai"),
)  # 22 Nov in the factory
CASING = make_line(door_code="M-CASED", handing=None, set_count=3)


def work(session, kind, begin, minutes, order_id=None):
    """A person who works at a page for some minutes, a beat a minute."""
    person = make_person(session)
    for minute in range(minutes + 1):
        at = begin + timedelta(minutes=minute)
        activity.beat(session, person.id, kind, "erp.sales.order", order_id, at=at)
    session.flush()


def test_an_empty_factory_says_none_of_none_and_breaks_nothing(session):
    found = report(session, DAY, at=NOON)
    assert [figure.value for figure in found.figures] == [None] * 5
    assert [figure.sample for figure in found.figures] == [0] * 5
    assert (found.bench.rate, found.dock.rate, found.lead_hours) == (None, None, None)


def test_released_lines_of_the_window_are_weighed_and_others_are_not(session):
    release_order(session, make_line(), CASING, at=NOON)
    release_order(session, at=NOON - timedelta(days=2))
    lines = queries.split_lines(session, DAY, at=NOON)
    assert [(line.kind.value, line.set_count, line.is_young) for line in lines] == [
        ("SINGLE", 1, True),
        ("CASED_OPENING", 3, True),
    ]
    figure = report(session, DAY, at=NOON).figures[0]
    assert (figure.numerator.value, figure.sample) == (Decimal("1.84"), 2)  # 1.0 + 0.7 × 1.2
    assert not queries.split_lines(session, DAY, at=NOON + timedelta(days=11))[0].is_young


def test_all_work_on_orders_counts_clipped_to_the_window_and_no_other_work(session):
    work(session, "splitting", NOON, 30, 1)
    work(session, "order_entry", NOON, 12, 2)  # another person, at the same time
    work(session, "packing", NOON, 45)
    work(session, "splitting", DAY.since - timedelta(minutes=8), 20)  # 12 of 20 minutes are inside
    assert work_minutes(session, DAY, at=NOON) == Fraction(30 + 12 + 12)


def test_a_gap_of_more_than_ten_minutes_is_no_work(session):
    person = make_person(session)
    for minute in (0, 5, 16, 20):  # 5 minutes, then a gap of 11, then 4
        activity.beat(session, person.id, "splitting", None, None, at=NOON + timedelta(minutes=minute))
    session.flush()
    assert work_minutes(session, DAY, at=NOON) == 9


def test_confirmed_transactions_count_and_refused_ones_do_not(session):
    order = sealed_order(session)
    load, dock = make_load(session, order), make_dock(session)
    for package in packages(session, order)[:3]:
        assert dock.load(load, package) is None
    assert dock.load(load, packages(session, order)[0]) == "E28"
    counts = queries.counts(session, Metric.M2, DAY)
    assert {work: count for work, count in counts.items() if count} == {Work.LOAD.value: 3}
    assert report(session, DAY, at=NOON).figures[1].numerator.value == Decimal("3.0")  # 3 × 1.0


def test_wrong_scans_feed_the_intercept_rate_and_neutral_ones_do_not(session):
    order = release_order(session)
    other = release_order(session)
    make_all(session, order)
    make_all(session, other)
    bench = make_bench(session)
    frame = bench.fill(packages(session, order, "FRAME")[0])  # 1 open + 4 added
    leaf = pieces_of(session, packages(session, other, "LEAF")[0])[0]
    assert bench.add(frame, leaf) == "E03"
    assert bench.add(frame, pieces_of(session, frame)[0]) == "E28"
    assert bench.block(ScanKind.PACK_ADD, "P00000XX", frame.code) == "E20"
    found = report(session, DAY, at=NOON)
    assert (found.bench.wrong, found.bench.scans) == (1, 8)
    assert found.bench.rate == Decimal("125.0")
    assert found.dock.scans == 0


def test_sealed_packages_and_shipped_deliveries_are_what_could_be_checked(session):
    order = sealed_order(session)
    load, dock = make_load(session, order), make_dock(session)
    for package in packages(session, order):
        assert dock.load(load, package) is None
    assert dock.close(load) is None
    assert report(session, DAY, at=NOON).figures[4].sample_of == 0  # not gone yet
    shipping.ship(session, load.id, by=dock.person.id, at=NOON)
    figures = report(session, DAY, at=NOON).figures
    assert (figures[3].sample, figures[3].sample_of) == (0, 4)
    assert (figures[4].sample, figures[4].sample_of) == (0, 1)


def test_the_lists_behind_a_figure_hold_as_many_events_as_it_counts(session):
    release_order(session, at=NOON)
    work(session, "splitting", NOON, 6)
    found = report(session, DAY, at=NOON)
    for figure in found.figures:
        counts = queries.counts(session, figure.metric, DAY)
        for part in figure.further:
            if part.list_part:
                assert counts[part.list_part] == part.value
    assert queries.counts(session, found.figures[0].metric, DAY) == {
        "lines": 1,
        "untouched": 0,
        "touches": 1,
        "errors": 0,
        "by_hand": 0,
        "overrides": 0,
        "remakes": 0,
        "releases": 1,
        "work": 1,
    }


def release_again(session, order, line, reason, at):
    """A further release of one line, as a change of the order makes it."""
    frozen = [one for one in splitting.prepare(session, order.id).lines if one.line_id == line.id]
    split.record_release(session, order.id, frozen, reason, by=None, at=at)
    session.flush()


def test_only_a_split_error_within_ten_days_costs_the_line_and_only_that_line(session):
    order = release_order(session, make_line(), CASING, at=NOON)
    first, second = session.scalars(select(Line).where(Line.order_id == order.id).order_by(Line.position))
    release_again(session, order, second, ReleaseReason.DEALER_CHANGE, NOON + timedelta(days=1))
    release_again(session, order, first, ReleaseReason.SPLIT_ERROR, NOON + timedelta(days=10))
    lines = queries.split_lines(session, DAY, at=NOON + timedelta(days=11))
    assert [(line.is_split_error, line.came_back) for line in lines] == [(True, True), (False, False)]


def test_a_split_error_after_the_gate_is_one_but_takes_nothing_back(session):
    order = release_order(session, make_line(), at=NOON)
    line = session.scalars(select(Line).where(Line.order_id == order.id)).one()
    release_again(session, order, line, ReleaseReason.SPLIT_ERROR, NOON + timedelta(days=10, minutes=1))
    (told,) = queries.split_lines(session, DAY, at=NOON + timedelta(days=11))
    assert (told.is_split_error, told.came_back) == (True, False)
    assert queries.counts(session, Metric.M1, DAY)["errors"] == 1


def test_a_line_typed_by_hand_is_no_untouched_one(session):
    order = release_order(session, make_line(), CASING, at=NOON)
    row = session.scalars(select(ReleasedLine).order_by(ReleasedLine.id)).first()
    row.touch_count = 0  # as a line that was taken in as the dealer wrote it
    session.flush()
    counts = queries.counts(session, Metric.M1, DAY)
    assert (counts["untouched"], counts["touches"], order.set_count) == (1, 2, 4)


def scrap(session, order, line, defect, at):
    """A jamb of a line's first set, scrapped for a reason of the list."""
    piece = session.scalars(
        select(Piece)
        .join(DoorSet, DoorSet.id == Piece.set_id)
        .where(DoorSet.line_id == line.id, Piece.rule_code == "JAMB_L", Piece.state == PieceState.PLANNED)
    ).first()
    leader = make_person(session, roles=("leader",))
    production.scrap(session, piece.code, defect, where=None, by=leader.id, at=at)
    session.flush()
    return session.scalars(select(Scrap).order_by(Scrap.id.desc())).first()


def test_a_piece_made_again_for_a_split_error_costs_its_line_once(session):
    order = release_order(session, make_line(), CASING, at=NOON)
    first, second = session.scalars(select(Line).where(Line.order_id == order.id).order_by(Line.position))
    scrap(session, order, first, "SPL", NOON + timedelta(days=1))
    scrap(session, order, first, "SPL", NOON + timedelta(days=2))
    release_again(session, order, first, ReleaseReason.SPLIT_ERROR, NOON + timedelta(days=3))
    scrap(session, order, second, "SCR", NOON + timedelta(days=1))  # dropped in the house: no split error
    found = report(session, DAY, at=NOON + timedelta(days=11))
    told = {part.name: part.value for part in found.figures[0].further}
    assert (told["Lines with a split error"], told["Lines that came back within the gate"]) == (1, 1)
    assert told["Split error rate"] == Decimal("50.0")  # one of two lines
    assert found.figures[0].numerator.value == Decimal("0.84")  # 0.7 × 1.2 is left; the single earns nothing
    assert queries.counts(session, Metric.M1, DAY)["remakes"] == 2


def test_a_duty_judged_otherwise_is_what_counts(session):
    order = release_order(session, at=NOON)
    line = session.scalars(select(Line).where(Line.order_id == order.id)).one()
    row = scrap(session, order, line, "DIM", NOON + timedelta(days=1))
    assert row.duty is Duty.OPERATION
    assert not queries.split_lines(session, DAY, at=NOON)[0].is_split_error
    judge = make_person(session, roles=("leader",)).id
    production.judge_duty(session, row.id, Duty.SPLITTING, "图纸看错", by=judge, at=NOON)
    session.flush()
    (told,) = queries.split_lines(session, DAY, at=NOON)
    assert (told.is_split_error, told.came_back) == (True, True)


def test_a_line_changed_by_hand_is_non_standard_and_its_overrides_are_counted(session):
    order = make_order(session, make_line(set_count=2), CASING, at=NOON)
    sales.confirm(session, order.id, on=NOON.date(), by=None, at=NOON)
    session.flush()
    line = session.scalars(select(Line).where(Line.order_id == order.id).order_by(Line.position)).first()
    hand = make_person(session, roles=("splitter",)).id
    for position, code in ((0, "JAMB_L"), (1, "JAMB_R"), (2, "HEAD")):
        session.refresh(order)
        seen = hand_edits.set_page(session, line.id, position).seen_sha256
        place = sales.Place(line.id, position, order.version, seen)
        sales.leave_out(session, place, code, "不要", by=hand, at=NOON)
    session.refresh(order)
    edits = hand_edits.in_force(session, [line.id])[line.id]
    sales.drop_edit(session, edits[2].id, order.version, by=hand, at=NOON)
    session.flush()
    split.release(session, splitting.prepare(session, order.id), by=hand, at=NOON)
    session.flush()
    found = report(session, DAY, at=NOON)
    told = {part.name: part.value for part in found.figures[0].further}
    assert (told["Lines with a change by hand (non-standard)"], told["Manual overrides"]) == (1, 2)
    # non-standard 3.0 × (1 + 0.1) + casing 0.7 × 1.2 = 3.3 + 0.84
    assert found.figures[0].numerator.value == Decimal("4.14")
    counts = queries.counts(session, Metric.M1, DAY)
    assert (counts["by_hand"], counts["overrides"], counts["untouched"]) == (1, 2, 0)


def test_minutes_are_told_by_person_and_order_and_add_up_to_the_denominator(session):
    order = release_order(session, at=NOON)
    work(session, "splitting", NOON, 6, order.id)
    work(session, "order_entry", NOON, 12, order.id)
    work(session, "splitting", NOON, 3)
    found = queries.splitting(session, DAY)
    assert [(one.order_id, one.active_min) for one in found.spent] == [
        (order.id, 12),
        (order.id, 6),
        (None, 3),
    ]
    assert sum(one.active_min for one in found.spent) == work_minutes(session, DAY, at=NOON)


def test_releases_are_told_by_reason(session):
    order = release_order(session, at=NOON)
    line = session.scalars(select(Line).where(Line.order_id == order.id)).one()
    release_again(session, order, line, ReleaseReason.DEALER_CHANGE, NOON + timedelta(hours=1))
    release_again(session, order, line, ReleaseReason.SPLIT_ERROR, NOON + timedelta(hours=2))
    release_again(
        session, order, line, ReleaseReason.SPLIT_ERROR, NOON + timedelta(days=2)
    )  # not in the window
    found = queries.splitting(session, DAY)
    assert (found.first_count, found.untouched_count) == (1, 0)
    assert dict(found.again) == {
        ReleaseReason.SPLIT_ERROR: 1,
        ReleaseReason.DEALER_CHANGE: 1,
        ReleaseReason.OTHER: 0,
    }


def test_a_line_is_weighed_as_it_was_first_released_whatever_the_order_becomes_later(session):
    """22 Nov: a single door is released. Two days later the line gets two sets more, and the order another line."""
    order = release_order(session, make_line(), at=NOON)
    by, later = clerk(session), NOON + timedelta(days=2)
    edit(session, order, by, set_count=3)
    added = entry(session, lines(session, order)[0], room="新增", set_count=1)
    sales.edit_line(session, order.id, None, Edit(added), by=by, at=NOON)
    found = plan(session, order, by)
    change(session, found, asking(found), by=by, at=later, on=FRIDAY)
    session.flush()
    session.expire_all()
    assert [one.live_count for one in lines(session, order)] == [3, 1]
    first_day = queries.split_lines(session, DAY, at=later)
    assert [(one.kind.value, one.set_count) for one in first_day] == [("SINGLE", 1)]
    that_day = Window(DAY.since + timedelta(days=2), DAY.before + timedelta(days=2), DAY.zone)
    assert [(one.kind.value, one.set_count) for one in queries.split_lines(session, that_day, at=later)] == [
        ("SINGLE", 1)
    ]


def test_equipment_use_weighs_the_key_machines_by_their_hours(session):
    make_shift(session, weekdays=range(7))
    noon_shift = DAY.since + timedelta(hours=8)  # 08:00 in the factory; 510 min are planned
    saw, edge = make_machine(session, "saw-1"), make_machine(session, "edge-1")
    make_machine(session, "old-1", is_key=False)
    for machine, state, hours in (
        (saw, MachineState.WORKING, 0),
        (saw, MachineState.ERROR, 4),
        (edge, MachineState.WORKING, 5),
        (saw, MachineState.ERROR, 10),
        (edge, MachineState.WORKING, 10),  # both are heard until after the shift
    ):
        told = Message(machine.key, noon_shift + timedelta(hours=hours), state=state, good=0)
        machines.take(session, [told], at=told.at)
    session.flush()
    figure = report(session, DAY, at=NOON + timedelta(days=2)).figures[2]
    # the saw runs 08:00-12:00, 240 of 510 min; the edge bander, first heard at 13:00, 270 of 270: 510 of 780
    assert (figure.numerator.value, figure.denominator.value) == (Decimal("510.0"), Decimal("780.0"))
    assert (figure.value, figure.sample, figure.sample_of) == (Decimal("65.4"), 2, 2)
    assert figure.missing[0].facts == {"minutes": Decimal("240.0")}
    told = {part.name: part.value for part in figure.further}
    assert (told["Utilisation efficiency"], told["Setup rate"]) == (Decimal("65.4"), Decimal("0.0"))
    assert queries.counts(session, Metric.M3, DAY) == {"states": 3}


def test_a_day_that_lasts_is_planned_up_to_now(session):
    make_shift(session, weekdays=range(7))
    make_machine(session, "saw-1")
    told = Message("saw-1", DAY.since, state=MachineState.READY)
    machines.take(session, [told], at=DAY.since)
    session.flush()
    figure = report(session, DAY, at=DAY.since + timedelta(hours=10)).figures[2]
    assert (figure.value, figure.denominator.value) == (Decimal("0.0"), Decimal("120.0"))


def test_a_transom_is_seen_in_what_was_released(session):
    tall = make_line(height_mm=Decimal("2300.0"), options={"top_glass": "CLEAR"})
    release_order(session, tall, make_line(options={"top_glass": "NONE"}), at=NOON)
    weighed = [line_weight(one) for one in queries.split_lines(session, DAY, at=NOON)]
    assert weighed == [Fraction("1.3"), 1]  # single 1.0 + transom 0.3, and a single
