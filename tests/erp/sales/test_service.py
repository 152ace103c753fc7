from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from core.audit.queries import history
from core.errors import Conflict
from core.files.model import File
from core.states import StepRefused
from erp.catalogue.model import Door
from erp.catalogue.rules.document import Handing
from erp.sales import service as sales
from erp.sales.model import Import, Line, Order
from erp.sales.queries.imports import import_page
from erp.sales.queries.offer import judged, offer, vocabulary
from erp.sales.queries.orders import OrderFilter, View, order_page, order_rows, view_counts
from erp.sales.rules.files import read_sheets
from erp.sales.rules.issues import Field, IssueCode, Severity
from erp.sales.rules.layout import FactName
from erp.sales.rules.lines import read_order
from erp.sales.rules.orders import (
    DealerUnknown,
    DoorUnknown,
    DueInPast,
    ImportClosed,
    ImportUnsettled,
    LineGone,
    LinesUnready,
    NothingToCopy,
    NothingToTake,
    OrderEmpty,
    OrderFrozen,
    OrderHead,
    ReleasedCounts,
)
from erp.sales.rules.review import read_action
from erp.sales.rules.states import ImportState, OrderState
from tests.erp.sales import sheets
from tests.factories.erp_sales import (
    MADE_AT,
    MADE_ON,
    line_entry,
    make_catalogue,
    make_confirmed,
    make_dealer,
    make_draft,
)

BY = {"by": None, "at": MADE_AT}


def make_import(session, content=None):
    make_catalogue(session)
    content = content or sheets.messy_order()
    offered = offer(session)
    read = judged(read_order(read_sheets(content, "柯城.xlsx"), vocabulary(offered)), offered)
    upload = sales.Upload(make_dealer(session).id, "柯城.xlsx", content)
    found = sales.start_import(session, upload, read, **BY)
    session.flush()
    return found


def rows_by_room(session, found):
    return {row.row.values["room"]: row for row in import_page(session, found.id).rows}


def take(session, found):
    return sales.take_in(session, found.id, on=MADE_ON, **BY)


def amend(session, found, place, **typed):
    row = rows_by_room(session, found)[place].row
    fields = {Field[name.upper()]: text for name, text in typed.items()}
    return sales.review_row(session, found.id, row.id, fields, **BY)


def press(session, found, place, action):
    row = rows_by_room(session, found)[place].row
    return sales.review_row(session, found.id, row.id, {}, read_action(action), **BY)


# --- orders by hand ---------------------------------------------------------


def test_an_order_is_numbered_by_its_month(session):
    first, second = make_draft(session), make_draft(session)
    assert (first.number, second.number) == ("SO2611-0001", "SO2611-0002")


def test_a_form_sent_twice_makes_one_order(session):
    dealer = make_dealer(session)
    head = OrderHead(dealer_id=dealer.id)
    orders = [sales.create_order(session, head, on=MADE_ON, form_key="k1", **BY) for _ in range(2)]
    assert orders[0].id == orders[1].id
    assert session.scalar(select(func.count()).select_from(Order)) == 1


def test_an_order_needs_a_known_dealer(session):
    with pytest.raises(DealerUnknown):
        sales.create_order(session, OrderHead(dealer_id=99), on=MADE_ON, **BY)


def test_lines_are_added_amended_copied_and_removed(session):
    order = make_draft(session)
    (line,) = session.scalars(select(Line).where(Line.order_id == order.id))
    sales.amend_line(session, order.id, line.id, line_entry(width_mm=Decimal(800), set_count=2), **BY)
    copied = sales.copy_line(session, order.id, line.id, **BY)
    assert (copied.position, copied.width_mm, copied.room, order.set_count) == (2, 800, "", 4)
    sales.remove_line(session, order.id, line.id, **BY)
    assert [one.position for one in session.scalars(select(Line))] == [2]
    assert order.set_count == 2
    verbs = [one.verb for one in history(session, "erp.sales.order", order.id)]
    assert verbs == ["remove line", "copy line", "amend line", "add line", "create"]


def test_every_change_by_hand_is_a_touch_of_its_line_and_a_save_without_one_is_none(session):
    order = make_draft(session)
    line = sales.add_line(session, order.id, line_entry(), **BY)
    assert line.touch_count == 1
    sales.amend_line(session, order.id, line.id, line_entry(), **BY)
    assert line.touch_count == 1
    usual = offer(session).doors[line_entry().door_code].document.usual_options
    assert usual
    sales.amend_line(session, order.id, line.id, line_entry(options=usual), **BY)  # as its form says it
    assert (line.touch_count, line.options) == (1, line_entry().options)
    sales.amend_line(session, order.id, line.id, line_entry(width_mm=Decimal(850)), **BY)
    assert line.touch_count == 2
    assert sales.copy_line(session, order.id, line.id, **BY).touch_count == 1


def test_what_a_line_was_is_written_down(session):
    order = make_draft(session)
    (line,) = session.scalars(select(Line))
    sales.amend_line(session, order.id, line.id, line_entry(width_mm=Decimal("950.5")), **BY)
    changed = history(session, "erp.sales.order", order.id)[0].changes
    assert changed == {"1.width_mm": ["900.0", "950.5"]}


def test_a_line_needs_a_model_that_is_offered(session):
    order = make_draft(session)
    with pytest.raises(DoorUnknown) as refusal:
        sales.add_line(session, order.id, line_entry(door_code="X-1"), **BY)
    assert refusal.value.facts == {"code": "X-1"}


def test_a_line_of_another_order_is_not_reached(session):
    first, second = make_draft(session), make_draft(session)
    line = session.scalar(select(Line).where(Line.order_id == first.id))
    with pytest.raises(LineGone):
        sales.remove_line(session, second.id, line.id, **BY)


def test_a_good_order_is_confirmed_and_then_frozen(session):
    order = make_confirmed(session, line_entry(set_count=3))
    assert (order.state, order.confirmed_at, order.set_count) == (OrderState.CONFIRMED, MADE_AT, 3)
    with pytest.raises(OrderFrozen) as refusal:
        sales.add_line(session, order.id, line_entry(), **BY)
    assert refusal.value.facts["state"] is OrderState.CONFIRMED


def test_an_order_without_lines_is_not_confirmed(session):
    order = sales.create_order(session, OrderHead(make_dealer(session).id), on=MADE_ON, **BY)
    with pytest.raises(OrderEmpty):
        sales.confirm(session, order.id, on=MADE_ON, **BY)


@pytest.mark.parametrize(
    "wrong",
    [
        {"height_mm": Decimal(2400)},  # architraves of 2400 − 10 − 12 + 80 = 2458 mm; bars are 2440 long
        {"width_mm": Decimal(650)},  # made from 655
        {"handing": None},
        {"colour_code": "SAGE"},  # painted doors only
        {"colour_code": None},
    ],
)
def test_a_line_that_cannot_be_made_holds_the_order_up(session, wrong):
    order = make_draft(session, line_entry(), line_entry(**wrong))
    with pytest.raises(LinesUnready) as refusal:
        sales.confirm(session, order.id, on=MADE_ON, **BY)
    assert refusal.value.facts["lines"] == ["2"]
    assert order.state is OrderState.DRAFT


def test_an_order_goes_to_the_dealer_and_back(session):
    order = make_confirmed(session)
    sales.ask_dealer(session, order.id, "墙厚多少？", **BY)
    assert (order.state, order.confirmed_at) == (OrderState.QUERY, None)
    sales.confirm(session, order.id, on=MADE_ON, **BY)
    sales.reopen(session, order.id, **BY)
    assert order.state is OrderState.DRAFT


def test_a_cancelled_order_stays_cancelled(session):
    order = make_draft(session)
    sales.cancel(session, order.id, "客户退单", **BY)
    with pytest.raises(StepRefused):
        sales.confirm(session, order.id, on=MADE_ON, **BY)


def test_a_released_order_is_not_cancelled(session):
    order = make_confirmed(session)
    release(session, order)
    with pytest.raises(StepRefused):
        sales.cancel(session, order.id, "", **BY)


def test_a_stale_head_is_refused(session):
    order = make_draft(session)
    head = OrderHead(order.dealer_id, customer="王先生")
    with pytest.raises(Conflict):
        sales.amend_head(session, order.id, head, version=order.version - 1, on=MADE_ON, **BY)
    sales.amend_head(session, order.id, head, version=order.version, on=MADE_ON, **BY)
    assert order.customer == "王先生"


# --- progress ---------------------------------------------------------------


def release(session, order, pieces=10, packages=2):
    session.flush()
    counts = ReleasedCounts(set_count=1, piece_count=pieces, package_count=packages)
    sales.mark_released(session, order.id, counts=counts, **BY)


def states(session, order, *told):
    found = []
    for counts in told:
        sales.record_progress(session, order.id, **counts)
        session.refresh(order)
        found.append(order.state.value)
    return found


def test_an_order_is_released_once(session):
    order = make_confirmed(session)
    release(session, order)
    with pytest.raises(StepRefused) as refusal:
        release(session, order)
    assert refusal.value.facts["state"] is OrderState.RELEASED
    assert order.piece_count == 10


def test_a_draft_is_not_released(session):
    with pytest.raises(StepRefused):
        release(session, make_draft(session))


def test_progress_moves_the_order_forward_and_back(session):
    order = make_confirmed(session)
    release(session, order)
    found = states(
        session,
        order,
        {},
        {"made": 3},
        {"sealed": 1},
        {"sealed": 1},
        {"sealed": -1},
        {"sealed": 1},
        {"shipped": 1},
        {"shipped": 1, "at": MADE_AT},
    )
    expected = ["IN_PRODUCTION", "IN_PRODUCTION", "IN_PRODUCTION", "READY"]
    assert found == [*expected, "IN_PRODUCTION", "READY", "READY", "SHIPPED"]
    assert (order.made_count, order.sealed_count, order.shipped_count) == (3, 2, 2)
    assert order.shipped_at == MADE_AT


def test_a_draft_makes_no_progress(session):
    order = make_draft(session)
    assert states(session, order, {"made": 1}) == ["DRAFT"]
    assert order.made_count == 0


# --- sheets -----------------------------------------------------------------


def test_a_sheet_is_kept_byte_for_byte_with_every_value_and_its_cell(session):
    found = make_import(session)
    assert session.get(File, found.file_id).content == sheets.messy_order()
    assert found.facts["dealer_reference"] == {"value": "KC-1120-03", "cell": "B2", "text": "KC-1120-03"}
    row = rows_by_room(session, found)["次卧"].row
    assert row.source["height_mm"] == {"cell": "E7", "text": "2100*900*240"}
    assert (row.values["width_mm"], row.values["height_mm"]) == ("900", "2100")


def test_a_line_longer_than_every_bar_is_stopped_at_import(session):
    row = rows_by_room(session, make_import(session))["餐厅"]
    stops = [one for one in row.issues if one.severity is Severity.STOP]
    assert {(one.code, one.field) for one in stops} == {(IssueCode.CANNOT_BE_MADE, Field.HEIGHT)}
    facts = dict(stops[0].facts)  # 2400 − 10 − 12 + 80
    assert (facts["need_mm"], facts["longest_mm"]) == ("2458", "2440")


def test_a_sheet_with_open_questions_makes_no_order(session):
    found = make_import(session)
    with pytest.raises(ImportUnsettled):
        take(session, found)
    assert session.scalar(select(func.count()).select_from(Order)) == 0


def settle_everything(session, found):
    amend(session, found, "卫生间", colour="浅灰", handing="内右", lock="BLACK")
    amend(session, found, "老人房", width="900", height="2100", handing="内左")
    amend(session, found, "客厅", mother_width="800")
    amend(session, found, "餐厅", height="2380")
    amend(session, found, "阳台", wall="120")
    sales.settle_all(session, found.id)


def test_a_corrected_sheet_becomes_an_order_with_its_file(session):
    found = make_import(session)
    settle_everything(session, found)
    order = take(session, found)
    lines = session.scalars(select(Line).where(Line.order_id == order.id).order_by(Line.position)).all()
    assert (order.number, order.customer, order.dealer_reference) == ("SO2611-0001", "郑女士", "KC-1120-03")
    assert order.due_on.isoformat() == "2026-12-12"
    assert [line.room for line in lines] == [
        "主卧", "次卧", "书房", "儿童房", "客厅", "卫生间", "老人房", "走道", "餐厅", "阳台",
    ]  # fmt: skip
    assert (order.set_count, order.import_id) == (11, found.id)
    assert lines[4].mother_width_mm == 800
    assert (lines[5].handing, lines[5].options) == (Handing.IN_R, {"lock": "BLACK"})
    assert lines[1].source["height_mm"]["cell"] == "E7"
    page = order_page(session, order.id, offer(session))
    assert page.file.name == "柯城.xlsx"
    assert not [line for line in page.lines if line.problems]
    sales.confirm(session, order.id, on=MADE_ON, **BY)


def test_a_line_taken_in_as_the_dealer_wrote_it_was_touched_by_nobody(session):
    found = make_import(session)
    settle_everything(session, found)
    order = take(session, found)
    lines = session.scalars(select(Line).where(Line.order_id == order.id))
    touched = {line.room: line.touch_count for line in lines if line.touch_count}
    # as many as fields were changed: colour, handing and lock; the opening given the other way round; …
    assert touched == {"客厅": 1, "卫生间": 3, "老人房": 3, "餐厅": 1, "阳台": 1}


def test_a_sheet_taken_in_twice_is_one_order(session):
    found = make_import(
        session, sheets.plain_order(("主卧", "免漆单开门", "暖白", 900, 2100, 240, "内左", 1, ""))
    )
    assert take(session, found).id == take(session, found).id
    assert session.scalar(select(func.count()).select_from(Line)) == 1
    with pytest.raises(ImportClosed):
        amend(session, found, "主卧", width="800")


def test_an_offer_is_taken_and_its_issue_goes(session):
    found = make_import(session)
    press(session, found, "老人房", "offer:LEAF_SIZE_SUSPECT:width_mm:0")
    after = rows_by_room(session, found)["老人房"]
    assert (after.row.values["width_mm"], after.row.values["height_mm"]) == ("900", "2100")
    assert {one.code for one in after.issues} == {IssueCode.HANDING_AMBIGUOUS}


@pytest.mark.parametrize(
    "action", ["offer:LEAF_SIZE_SUSPECT:width_mm:7", "offer:X:y:0", "settle:X:y", "nonsense"]
)
def test_what_is_offered_no_more_changes_nothing(session, action):
    found = make_import(session)
    before = dict(rows_by_room(session, found)["老人房"].row.values)
    press(session, found, "老人房", action)
    assert rows_by_room(session, found)["老人房"].row.values == before


def test_what_was_typed_is_kept_with_the_press_that_followed(session):
    found = make_import(session)
    row = rows_by_room(session, found)["老人房"].row
    action = read_action("offer:LEAF_SIZE_SUSPECT:width_mm:0")
    sales.review_row(session, found.id, row.id, {Field.HANDING: "内左"}, action, **BY)
    after = rows_by_room(session, found)["老人房"]
    assert (after.row.values["handing"], after.row.values["width_mm"], after.issues) == ("IN_L", "900", ())


def test_a_confirmed_reading_stays_confirmed_while_it_says_the_same(session):
    found = make_import(session)
    for field in ("width_mm", "height_mm", "wall_mm"):  # 90 210 24, read as cm
        press(session, found, "儿童房", f"settle:UNIT_SUSPECT:{field}")
    amend(session, found, "儿童房", room="儿童房2")
    assert not [one for one in rows_by_room(session, found)["儿童房2"].issues if one.is_open]


def test_a_stop_cannot_be_confirmed_away(session):
    found = make_import(session)
    before = import_page(session, found.id).open_counts
    sales.settle_all(session, found.id)
    assert import_page(session, found.id).open_counts == (before[0], 0)


def test_a_row_left_out_asks_nothing_and_is_not_ordered(session):
    lines = [
        ("主卧", "免漆单开门", "暖白", 900, 2100, 240, "内左", 1, ""),
        ("客卧", "", "", 0, 0, 0, "", 1, ""),
    ]
    found = make_import(session, sheets.plain_order(*lines))
    press(session, found, "客卧", "skip")
    order = take(session, found)
    assert order.set_count == 1


def test_a_sheet_without_rows_left_makes_no_order(session):
    found = make_import(
        session, sheets.plain_order(("主卧", "免漆单开门", "暖白", 900, 2100, 240, "内左", 1, ""))
    )
    press(session, found, "主卧", "skip")
    with pytest.raises(NothingToTake):
        take(session, found)


def test_the_head_is_corrected_as_well(session):
    found = make_import(session)
    sales.correct_fact(
        session, found.id, {FactName.CUSTOMER: "郑先生", FactName.DUE_ON: "2026年12月1日"}, **BY
    )
    assert found.facts["customer"] == {"value": "郑先生", "cell": "D2", "text": "客户:郑女士"}


def test_what_the_sizes_are_of_is_answered_once_for_all_rows(session):
    headings = ("房间", "型号", "颜色", "宽", "高", "墙厚", "开向", "数量")
    line = ("主卧", "免漆单开门", "暖白", 830, 2055, 240, "内左", 1)
    found = make_import(session, sheets.plain_order(line, line, headings=headings))
    page = import_page(session, found.id)
    asked, no_lock = page.issues  # the sheet has no column for locks either: told once, asks nothing
    assert no_lock.code is IssueCode.LOCK_USUAL
    leaf = [offer[0].value for offer in asked.offers].index("LEAF")
    sales.review_sheet(session, found.id, read_action(f"offer:DIM_BASIS_ASSUMED:dim_basis:{leaf}"), **BY)
    page = import_page(session, found.id)
    assert {row.row.values["dim_basis"] for row in page.rows} == {"LEAF"}
    assert page.open_counts == (0, 0)


def test_a_dropped_sheet_makes_no_order(session):
    found = make_import(session)
    sales.drop_import(session, found.id, **BY)
    with pytest.raises(ImportClosed) as refusal:
        take(session, found)
    assert refusal.value.facts == {"state": ImportState.DROPPED}


def test_the_same_file_again_is_recognised(session):
    first, second = make_import(session), make_import(session)
    assert [found.id for found, _ in import_page(session, second.id).seen_before] == [first.id]
    assert session.scalar(select(func.count()).select_from(Import)) == 2


# --- lists ------------------------------------------------------------------


def numbers(session, asked):
    rows = order_rows(session, asked, MADE_ON).order_by(Order.id)
    return [order.number for order, _ in session.execute(rows)]


def test_the_list_is_searched_by_customer_number_and_room(session):
    order = make_draft(session, line_entry(room="1203 主卧"), customer="郑女士")
    make_draft(session, customer="王先生")
    for text in ("郑", "zns", "女士", order.number, order.number[-4:], "1203", "0001", "郑 主卧"):
        assert numbers(session, OrderFilter(View.ALL, text)) == [order.number]
    assert len(numbers(session, OrderFilter(View.ALL, "柯城"))) == 2
    assert numbers(session, OrderFilter(View.ALL, "郑 王")) == []
    assert numbers(session, OrderFilter(View.ALL, "100%' OR 1=1 --")) == []


def test_an_order_is_found_by_its_new_customer_and_no_longer_by_the_old_one(session):
    order = make_draft(session, customer="郑女士")
    session.flush()
    head = OrderHead(dealer_id=order.dealer_id, customer="王先生")
    sales.amend_head(session, order.id, head, version=order.version, on=MADE_ON, **BY)
    assert numbers(session, OrderFilter(View.ALL, "wxs")) == [order.number]
    assert numbers(session, OrderFilter(View.ALL, "郑女士")) == []


def test_an_order_is_found_by_a_room_as_long_as_a_line_has_it(session):
    order = make_draft(session, line_entry(room="1203 主卧"))
    line = session.scalars(select(Line).where(Line.order_id == order.id)).one()
    sales.amend_line(session, order.id, line.id, line_entry(room="1204"), **BY)
    assert numbers(session, OrderFilter(View.ALL, "1204")) == [order.number]
    assert numbers(session, OrderFilter(View.ALL, "1203")) == []


def test_the_views_are_counted(session):
    make_draft(session)
    sales.cancel(session, make_draft(session).id, "", **BY)
    counts = view_counts(session, MADE_ON)
    assert (counts[View.ALL], counts[View.OPEN], counts[View.DRAFT], counts[View.LATE]) == (2, 1, 1, 0)


# --- the due day ------------------------------------------------------------


def test_a_day_that_is_past_is_refused_on_entry_and_today_is_not(session):
    make_draft(session, due_on=MADE_ON)
    with pytest.raises(DueInPast, match="2026-11-19 is past"):
        make_draft(session, due_on=MADE_ON - timedelta(days=1))


def test_an_old_day_may_stay_when_something_else_is_changed(session):
    order = make_draft(session, due_on=MADE_ON)
    later = MADE_ON + timedelta(days=30)
    head = OrderHead(order.dealer_id, customer="王先生", due_on=MADE_ON)
    sales.amend_head(session, order.id, head, version=order.version, on=later, **BY)
    assert order.customer == "王先生"
    head = OrderHead(order.dealer_id, customer="王先生", due_on=MADE_ON + timedelta(days=1))
    with pytest.raises(DueInPast):
        sales.amend_head(session, order.id, head, version=order.version, on=later, **BY)


def test_a_confirmed_order_takes_another_day_and_a_cancelled_one_does_not(session):
    order, day = make_confirmed(session), MADE_ON + timedelta(days=9)
    session.flush()
    sales.set_due(session, order.id, day, version=order.version, on=MADE_ON, **BY)
    session.flush()
    assert order.due_on == day
    with pytest.raises(Conflict):
        sales.set_due(session, order.id, day, version=order.version - 1, on=MADE_ON, **BY)
    with pytest.raises(DueInPast):
        sales.set_due(session, order.id, MADE_ON - timedelta(days=1), version=order.version, on=MADE_ON, **BY)
    sales.cancel(session, order.id, "", **BY)
    session.flush()
    with pytest.raises(OrderFrozen):
        sales.set_due(session, order.id, day, version=order.version, on=MADE_ON, **BY)


# --- an older order as the beginning of a new one ---------------------------


def copied(session, order, *line_ids, key="c1"):
    return sales.copy_order(session, order.id, line_ids, form_key=key, on=MADE_ON, **BY)


def test_chosen_lines_of_an_older_order_become_a_draft(session):
    old = make_draft(session, line_entry(room="主卧"), line_entry(room="次卧"))
    second = session.scalars(select(Line).where(Line.order_id == old.id, Line.room == "次卧")).one()
    made = copied(session, old, second.id).order
    lines = session.scalars(select(Line).where(Line.order_id == made.id)).all()
    assert [(line.position, line.room, line.touch_count) for line in lines] == [(1, "次卧", 0)]
    assert (made.dealer_id, made.customer, made.due_on, made.set_count) == (old.dealer_id, "郑女士", None, 1)
    assert made.state is OrderState.DRAFT


def test_a_copy_sent_twice_is_one_order(session):
    old = make_draft(session)
    (line,) = session.scalars(select(Line))
    assert copied(session, old, line.id).order.id == copied(session, old, line.id).order.id


def test_what_is_no_longer_offered_or_made_is_said_of_a_copy(session):
    old = make_draft(
        session,
        line_entry(room="主卧"),
        line_entry(room="次卧", width_mm=Decimal(5000)),
        line_entry(room="门洞"),
    )
    lines = session.scalars(select(Line).where(Line.order_id == old.id).order_by(Line.position)).all()
    gone = Door(code="GONE", kind=lines[2].kind, name="旧款", name_en="old", is_active=False)
    session.add(gone)
    session.flush()
    lines[2].door_id = gone.id
    made = copied(session, old, *(line.id for line in lines))
    assert (made.left_out, made.unready) == ((3,), (2,))


def test_a_copy_of_nothing_is_refused(session):
    old = make_draft(session)
    with pytest.raises(NothingToCopy):
        copied(session, old)
