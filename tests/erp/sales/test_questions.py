"""Questions to the dealer: asked behind a link, answered without a log-in, landing on the line they are about."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from core.audit.queries import history
from core.errors import NotFound
from core.states import StepRefused
from erp.catalogue.rules.document import Handing
from erp.sales import service as sales
from erp.sales.model import ImportRow, Line, Question
from erp.sales.queries import questions as queries
from erp.sales.queries.offer import judged, offer, vocabulary
from erp.sales.queries.orders import OrderFilter, View, order_rows, view_counts
from erp.sales.rules.files import read_sheets
from erp.sales.rules.issues import Change, Field, IssueCode, Severity, issue
from erp.sales.rules.kept import read_issues
from erp.sales.rules.lines import read_order
from erp.sales.rules.orders import LinesUnready
from erp.sales.rules.questions import (
    About,
    Answer,
    AnswersUndecided,
    AnswersUnreadable,
    AnswerUnfit,
    Asking,
    AskingOver,
    CloseReasonMissing,
    LinkExpired,
    LinkRevoked,
    LinkUnknown,
    NameMissing,
    NothingAnswered,
    NothingAsked,
    PlaceMoved,
    PlaceUnknown,
    QuestionSettled,
    QuestionsOpen,
    QuestionState,
    RejectReasonMissing,
    WordingMissing,
    seen_as,
    typed_by,
    waiting,
)
from erp.sales.rules.states import OrderState
from tests.erp.sales import sheets
from tests.factories.erp_sales import MADE_AT, MADE_ON, line_entry, make_catalogue, make_dealer, make_draft
from tests.factories.people import make_person

BY = {"by": None, "at": MADE_AT}
LATER = MADE_AT + timedelta(hours=2)
DECIDED = MADE_AT + timedelta(hours=3)
TOKEN = "token-of-the-test"


def at(hour):
    return datetime(2026, 11, 20, hour, tzinfo=UTC)


def ask_about_line(session, *, field=Field.WALL, text="墙厚是多少？", **entry):
    """An order with one line, and one question about it."""
    order = make_draft(session, line_entry(**entry))
    line = session.scalars(select(Line).where(Line.order_id == order.id)).one()
    about = About(order_id=order.id)
    sales.ask(session, about, [Asking(text, line_id=line.id, field=field)], TOKEN, **BY)
    return order, line, about, session.scalars(select(Question)).one()


def ask_about_row(session, *line):
    """A sheet of one line in review, and its first open issue asked."""
    make_catalogue(session)
    content = sheets.plain_order(line)
    offered = offer(session)
    read = judged(read_order(read_sheets(content, "柯城.xlsx"), vocabulary(offered)), offered)
    found = sales.start_import(
        session, sales.Upload(make_dealer(session).id, "柯城.xlsx", content), read, **BY
    )
    session.flush()
    about = About(import_id=found.id)
    one = queries.candidates(session, about, offered)[0]
    asking = Asking("怎么开？", row_id=one.place.row_id, field=one.issue.field, issue=one.issue)
    sales.ask(session, about, [asking], TOKEN, **BY)
    return found, about, session.scalars(select(Question)).one()


def seen(session, question):
    """The fingerprint of what a question is about, as a page that is opened now carries it."""
    values = queries.values_at(session, question)
    return seen_as(values) if values else ""


def answer(session, question, *, token=TOKEN, name="陈丽", moment=LATER, **said):
    given = {"seen": seen(session, question), **said}
    return sales.answer(session, token, [Answer(question.id, **given)], name, at=moment)


def accept(session, about, question, **over):
    given = {"seen": seen(session, question), "by": None, "at": DECIDED, **over}
    return sales.accept_answer(session, about, question.id, **given)


def reject(session, about, question, reason="请按完成面量"):
    return sales.reject_answer(session, about, question.id, reason, by=None, at=DECIDED)


NO_HANDING = ("主卧", "M-SINGLE", "暖白", 900, 2100, 240, "", 1, "")


# --- rules ------------------------------------------------------------------


def test_an_offer_means_its_changes_and_a_typed_value_its_field():
    swap = (Change(Field.WIDTH, "900"), Change(Field.HEIGHT, "2100"))
    asked = issue(IssueCode.DIM_ORDER_AMBIGUOUS, Severity.ASK, Field.WIDTH, offers=(swap,))
    assert typed_by(Answer(1, offer=0), Field.WIDTH, asked) == {Field.WIDTH: "900", Field.HEIGHT: "2100"}
    assert typed_by(Answer(1, offer=1), Field.WIDTH, asked) == {}
    assert typed_by(Answer(1, value="880"), Field.WIDTH, asked) == {Field.WIDTH: "880"}
    assert typed_by(Answer(1, value="好"), None, None) == {}


def test_an_order_waits_from_its_question_to_its_next_step():
    steps = [(at(1), "DRAFT", "QUERY"), (at(3), "QUERY", "DRAFT"), (at(5), "DRAFT", "QUERY")]
    assert waiting(steps, at(9)) == [(at(1), at(3)), (at(5), at(9))]
    assert waiting([], at(9)) == []


# --- asking -----------------------------------------------------------------


def test_asking_holds_the_order_and_keeps_only_the_hash_of_the_token(session):
    order, _line, about, question = ask_about_line(session)
    link = queries.link_of(session, about)
    assert order.state is OrderState.QUERY
    assert (question.place, question.state) == ("1 主卧", QuestionState.OPEN)
    assert TOKEN not in link.token_sha256
    assert link.expires_at == MADE_AT + timedelta(days=14)
    assert queries.link_by_token(session, TOKEN) is link


def test_the_same_question_asked_twice_is_one_behind_one_link(session):
    _order, line, about, _question = ask_about_line(session)
    again = Asking("墙厚是多少？", line_id=line.id, field=Field.WALL)
    sent = sales.ask(session, about, [again], "another", **BY)
    assert not sent.is_new_token
    assert session.scalar(select(func.count()).select_from(Question)) == 1
    with pytest.raises(LinkUnknown):
        queries.link_by_token(session, "another")


@pytest.mark.parametrize(
    ("askings", "refusal"),
    [
        ([], NothingAsked),
        ([Asking("")], WordingMissing),
        ([Asking("x" * 501)], WordingMissing),
        ([Asking("宽？", line_id=999)], PlaceUnknown),
        ([Asking("宽？", row_id=999)], PlaceUnknown),
    ],
)
def test_what_cannot_be_asked(session, askings, refusal):
    order = make_draft(session)
    with pytest.raises(refusal):
        sales.ask(session, About(order_id=order.id), askings, TOKEN, **BY)


def test_nothing_is_asked_of_what_is_not_there_or_goes_on(session):
    with pytest.raises(NotFound):
        sales.ask(session, About(order_id=99), [Asking("?")], TOKEN, **BY)
    order = make_draft(session)
    sales.cancel(session, order.id, "", **BY)
    with pytest.raises(StepRefused):
        sales.ask(session, About(order_id=order.id), [Asking("?")], TOKEN, **BY)


# --- the link ---------------------------------------------------------------


def test_a_link_opens_until_it_expires_and_counts_its_views(session):
    _order, _line, about, _question = ask_about_line(session)
    end = queries.link_of(session, about).expires_at
    for _ in "12":
        sales.view_link(session, TOKEN, at=LATER)
    assert queries.link_of(session, about).view_count == 2
    with pytest.raises(LinkExpired):
        sales.view_link(session, TOKEN, at=end)
    with pytest.raises(LinkUnknown):
        sales.view_link(session, "wrong", at=LATER)


def test_a_revoked_link_says_so_and_a_renewed_one_has_another_token(session):
    _order, _line, about, question = ask_about_line(session)
    sales.revoke_link(session, about, **BY)
    with pytest.raises(LinkRevoked):
        sales.view_link(session, TOKEN, at=LATER)
    with pytest.raises(LinkRevoked):
        answer(session, question, value="200")
    sales.renew_link(session, about, "new", **BY)
    sales.view_link(session, "new", at=LATER)
    with pytest.raises(LinkUnknown):
        sales.view_link(session, TOKEN, at=LATER)


def test_asking_again_behind_a_dead_link_renews_it(session):
    _order, _line, about, _question = ask_about_line(session)
    sales.revoke_link(session, about, **BY)
    assert sales.ask(session, about, [Asking("颜色？")], "new", **BY).is_new_token
    assert sales.view_link(session, "new", at=LATER).revoked_at is None


def test_there_is_no_link_where_nothing_was_asked(session):
    about = About(order_id=make_draft(session).id)
    with pytest.raises(NotFound):
        sales.renew_link(session, about, "new", **BY)
    with pytest.raises(NotFound):
        sales.revoke_link(session, about, **BY)


# --- answers about an order -------------------------------------------------


def test_an_answer_frees_the_order_and_changes_nothing_by_itself(session):
    order, line, about, question = ask_about_line(session)
    answer(session, question, value="20cm", remark="已量过")
    assert (line.wall_mm, order.state) == (240, OrderState.DRAFT)
    assert (question.state, question.answered_by, question.answered_at) == (
        QuestionState.ANSWERED,
        "陈丽",
        LATER,
    )
    with pytest.raises(AnswersUndecided):
        sales.confirm(session, order.id, on=MADE_ON, **BY)
    told = next(one for one in history(session, "erp.sales.order", order.id) if one.verb == "answer")
    assert told.changes == {"by": ["", "陈丽"], "1.wall_mm": ["", "20cm"], "1.note": ["", "已量过"]}
    (waiting_one,) = queries.undecided(session, about)
    assert waiting_one.changes == [(Field.WALL, "240", "20cm")]
    assert not waiting_one.is_stale


def test_an_accepted_answer_lands_on_the_line_and_who_and_when_is_kept(session):
    order, line, about, question = ask_about_line(session)
    answer(session, question, value="20cm")
    clerk = make_person(session, login="lin", name="林芳")
    accept(session, about, question, by=clerk.id)
    assert (line.wall_mm, line.touch_count) == (200, 2)
    assert (question.state, question.decided_at, question.decided_by_id) == (
        QuestionState.ACCEPTED,
        DECIDED,
        clerk.id,
    )
    told = next(one for one in history(session, "erp.sales.order", order.id) if one.verb == "accept answer")
    assert (told.person, told.changes) == ("林芳", {"1.wall_mm": ["", "20cm"]})
    assert queries.undecided(session, about) == []
    assert sales.confirm(session, order.id, on=MADE_ON, **BY).state is OrderState.CONFIRMED


def test_an_answer_keeps_what_the_line_said_besides(session):
    order = make_draft(session, line_entry(options={"lock": "SILVER"}, note="急"))
    line = session.scalars(select(Line).where(Line.order_id == order.id)).one()
    about = About(order_id=order.id)
    sales.ask(session, about, [Asking("开向？", line_id=line.id, field=Field.HANDING)], TOKEN, **BY)
    question = session.scalars(select(Question)).one()
    answer(session, question, value="外右")
    accept(session, about, question)
    assert (line.handing, line.options, line.note) == (Handing.OUT_R, {"lock": "SILVER"}, "急")


def test_an_answer_to_a_further_choice_lands_in_the_choices(session):
    _order, line, about, question = ask_about_line(session, field=Field.CORNER, text="碰角？")
    answer(session, question, value="90度")
    accept(session, about, question)
    assert line.options["corner"] == "BUTT90"


def test_an_answer_that_cannot_be_made_is_judged_like_any_correction(session):
    order, _line, about, question = ask_about_line(session, field=Field.HEIGHT)
    answer(session, question, value="2400")
    accept(session, about, question)
    with pytest.raises(LinesUnready):
        sales.confirm(session, order.id, on=MADE_ON, **BY)
    found = queries.candidates(session, About(order_id=order.id), offer(session))
    assert [one.issue.field for one in found] == [Field.HEIGHT]


def test_an_answer_sent_twice_is_taken_once_and_another_one_is_refused(session):
    _order, line, about, question = ask_about_line(session)
    answer(session, question, value="200")
    answer(session, question, value="200", moment=LATER + timedelta(minutes=1))
    assert question.answered_at == LATER
    with pytest.raises(QuestionSettled):
        answer(session, question, value="220")
    accept(session, about, question)
    answer(session, question, value="200", moment=LATER + timedelta(days=1))
    assert (line.wall_mm, line.touch_count, question.state) == (200, 2, QuestionState.ACCEPTED)


def test_an_answer_accepted_twice_lands_once_and_the_first_stands(session):
    _order, line, about, question = ask_about_line(session)
    answer(session, question, value="200")
    accept(session, about, question)
    accept(session, about, question, seen="of an older page", at=DECIDED + timedelta(hours=1))
    assert (line.touch_count, question.decided_at) == (2, DECIDED)
    with pytest.raises(QuestionSettled):
        reject(session, about, question)


def test_a_rejected_answer_opens_the_question_again_with_a_reason_for_the_dealer(session):
    order, line, about, question = ask_about_line(session)
    answer(session, question, value="200")
    for reason in (" ", "x" * 501):
        with pytest.raises(RejectReasonMissing):
            reject(session, about, question, reason)
    reject(session, about, question)
    assert (line.wall_mm, order.state) == (240, OrderState.QUERY)
    assert (question.state, question.reject_reason) == (QuestionState.OPEN, "请按完成面量")
    with pytest.raises(QuestionSettled):
        accept(session, about, question)
    answer(session, question, value="210", moment=DECIDED + timedelta(hours=1))
    assert (question.reject_reason, question.decided_at, order.state) == ("", None, OrderState.DRAFT)
    accept(session, about, question)
    assert line.wall_mm == 210
    verbs = [one.verb for one in history(session, "erp.sales.order", order.id)]
    assert {"answer", "reject answer", "accept answer"} <= set(verbs)


def test_an_answer_is_stale_once_the_line_says_something_else(session):
    order, line, about, question = ask_about_line(session)
    opened = seen(session, question)
    sales.amend_line(session, order.id, line.id, line_entry(width_mm=Decimal(1000)), **BY)
    answer(session, question, value="200", seen=opened)  # the dealer still looked at the old width
    (one,) = queries.undecided(session, about)
    assert one.is_stale
    with pytest.raises(PlaceMoved):
        accept(session, about, question, seen=opened)
    accept(session, about, question)
    assert (line.width_mm, line.wall_mm) == (1000, 200)


def test_another_room_or_remark_makes_no_answer_stale(session):
    order, line, about, question = ask_about_line(session)
    answer(session, question, value="200")
    sales.amend_line(session, order.id, line.id, line_entry(room="次卧", note="急"), **BY)
    assert not queries.undecided(session, about)[0].is_stale


def test_accepting_one_answer_leaves_the_others_of_its_line_fresh(session):
    _order, line, about, wall = ask_about_line(session)
    sales.ask(session, about, [Asking("宽？", line_id=line.id, field=Field.WIDTH)], TOKEN, **BY)
    width = session.scalars(select(Question).where(Question.field == Field.WIDTH)).one()
    answer(session, wall, value="200")
    answer(session, width, value="880")
    accept(session, about, wall)
    assert [one.is_stale for one in queries.undecided(session, about)] == [False]
    accept(session, about, width)
    assert (line.wall_mm, line.width_mm) == (200, 880)


def test_an_answer_that_fits_no_more_is_refused_in_words(session):
    _order, line, about, question = ask_about_line(session, field=Field.COLOUR, text="颜色？")
    answer(session, question, value="SAGE")
    question.answer = {"colour": "GONE"}  # a colour that was taken off the list since
    with pytest.raises(AnswerUnfit) as refused:
        accept(session, about, question)
    assert refused.value.facts == {"place": "1 主卧", "answer": "GONE"}
    assert line.colour_code == "WHITE"


def test_no_answer_is_decided_on_from_another_order_or_one_that_is_given_up(session):
    order, _line, about, question = ask_about_line(session)
    answer(session, question, value="200")
    with pytest.raises(NotFound):
        accept(session, About(order_id=make_draft(session).id), question)
    sales.cancel(session, order.id, "", **BY)
    with pytest.raises(AskingOver):
        accept(session, about, question)
    with pytest.raises(AskingOver):
        reject(session, about, question)


def test_the_list_of_orders_counts_questions_and_answers_and_finds_them(session):
    order, line, about, question = ask_about_line(session)
    sales.ask(session, about, [Asking("宽？", line_id=line.id, field=Field.WIDTH)], TOKEN, **BY)
    other = make_draft(session)
    assert queries.counts_of_orders(session, [order.id, other.id]) == {order.id: queries.Counts(2, 0)}
    answer(session, question, value="200")
    assert queries.counts_of_orders(session, [order.id, other.id]) == {order.id: queries.Counts(1, 1)}
    rows = session.execute(order_rows(session, OrderFilter(View.ANSWERED), MADE_ON)).all()
    assert [found.id for found, _dealer in rows] == [order.id]
    assert view_counts(session, MADE_ON)[View.ANSWERED] == 1


def test_an_answer_about_nothing_in_particular_is_kept_as_it_is_written(session):
    order = make_draft(session)
    sales.ask(session, About(order_id=order.id), [Asking("何时安装？")], TOKEN, **BY)
    question = session.scalars(select(Question)).one()
    answer(session, question, value="下周")
    assert question.answer == {"text": "下周"}
    about = About(order_id=order.id)
    assert not queries.undecided(session, about)[0].is_stale
    assert accept(session, about, question).state is QuestionState.ACCEPTED


def test_what_cannot_be_read_changes_nothing_of_what_was_sent_with_it(session):
    _order, line, about, wall = ask_about_line(session)
    sales.ask(session, about, [Asking("宽？", line_id=line.id, field=Field.WIDTH)], TOKEN, **BY)
    width = session.scalars(select(Question).where(Question.field == Field.WIDTH)).one()
    said = [Answer(wall.id, value="200"), Answer(width.id, value="很宽")]
    with pytest.raises(AnswersUnreadable) as refused:
        sales.answer(session, TOKEN, said, "陈丽", at=LATER)
    assert set(refused.value.issues) == {width.id}
    assert (line.wall_mm, wall.state) == (240, QuestionState.OPEN)


@pytest.mark.parametrize(
    ("said", "name", "refusal"),
    [
        ({"value": "200"}, "  ", NameMissing),
        ({}, "陈丽", NothingAnswered),
    ],
)
def test_what_is_no_answer(session, said, name, refusal):
    *_rest, question = ask_about_line(session)
    with pytest.raises(refusal):
        answer(session, question, name=name, **said)


def test_a_link_answers_no_question_of_another_order(session):
    *_rest, question = ask_about_line(session)
    other = make_draft(session)
    sales.ask(session, About(order_id=other.id), [Asking("?")], "other", **BY)
    with pytest.raises(PlaceUnknown):
        answer(session, question, token="other", value="200")


def test_nothing_is_answered_once_the_order_is_given_up(session):
    order, *_rest, question = ask_about_line(session)
    sales.cancel(session, order.id, "", **BY)
    with pytest.raises(AskingOver):
        answer(session, question, value="200")
    with pytest.raises(AskingOver):
        sales.renew_link(session, About(order_id=order.id), "new", **BY)


# --- answers about a sheet in review ----------------------------------------


def test_an_answer_settles_the_issue_of_its_row(session):
    _found, about, question = ask_about_row(session, *NO_HANDING)
    assert question.issue["code"] == "HANDING_MISSING"
    answer(session, question, value=Handing.IN_L.value)
    accept(session, about, question)
    row = session.get_one(ImportRow, question.row_id)
    assert row.values["handing"] == "IN_L"
    assert [one.code for one in read_issues(row.issues) if one.is_open] == []
    assert queries.open_count(session, about) == 0


def test_right_as_read_settles_what_was_only_asked(session):
    found, about, question = ask_about_row(session, "主卧", "M-SINGLE", "暖白", 900, 2100, 300, "内左", 1, "")
    assert question.issue["code"] == "WALL_RANGE"
    settled = sales.settle_all(session, found.id)
    assert settled == 1
    with pytest.raises(QuestionsOpen):
        sales.take_in(session, found.id, on=MADE_ON, **BY)
    answer(session, question, is_right=True)
    assert question.answer == {"right": "1"}
    with pytest.raises(AnswersUndecided):
        sales.take_in(session, found.id, on=MADE_ON, **BY)
    assert queries.counts_of_imports(session, [found.id]) == {found.id: queries.Counts(0, 1)}
    accept(session, about, question)
    assert sales.take_in(session, found.id, on=MADE_ON, **BY).state is OrderState.DRAFT
    with pytest.raises(AskingOver):
        sales.ask(session, about, [Asking("?")], TOKEN, **BY)


def test_an_issue_is_offered_to_be_asked_until_it_is_asked(session):
    _found, about, _question = ask_about_row(session, *NO_HANDING)
    assert queries.candidates(session, about, offer(session)) == []


# --- closing ----------------------------------------------------------------


def test_an_order_is_not_confirmed_while_a_question_is_open_unless_it_is_closed_with_a_reason(session):
    order, _line, about, question = ask_about_line(session)
    with pytest.raises(QuestionsOpen):
        sales.confirm(session, order.id, on=MADE_ON, **BY)
    with pytest.raises(CloseReasonMissing):
        sales.close_question(session, about, question.id, " ", **BY)
    sales.close_question(session, about, question.id, "电话确认", **BY)
    assert (question.state, question.close_reason) == (QuestionState.CLOSED, "电话确认")
    assert order.state is OrderState.DRAFT
    assert sales.confirm(session, order.id, on=MADE_ON, **BY).state is OrderState.CONFIRMED


def test_a_question_is_closed_once_and_only_by_its_own_order(session):
    _order, _line, about, question = ask_about_line(session)
    with pytest.raises(NotFound):
        sales.close_question(session, About(order_id=make_draft(session).id), question.id, "x", **BY)
    sales.close_question(session, about, question.id, "x", **BY)
    with pytest.raises(QuestionSettled):
        sales.close_question(session, about, question.id, "y", **BY)


def test_the_question_about_a_removed_line_is_closed(session):
    order, line, about, question = ask_about_line(session)
    sales.remove_line(session, order.id, line.id, **BY)
    session.refresh(question)
    assert (question.state, question.line_id) == (QuestionState.CLOSED, None)
    assert queries.open_count(session, about) == 0


def test_the_answer_about_a_removed_line_is_closed(session):
    order, line, about, question = ask_about_line(session)
    answer(session, question, value="200")
    sales.remove_line(session, order.id, line.id, **BY)
    session.refresh(question)
    assert (question.state, queries.undecided(session, about)) == (QuestionState.CLOSED, [])


def test_the_open_list_names_the_dealer_and_leaves_out_what_is_over(session):
    order, *_rest, question = ask_about_line(session)
    listed = queries.listed_questions(session, QuestionState.OPEN)
    assert [(row[0].id, row[2].number, row[4].code) for row in listed] == [(question.id, order.number, "KC")]
    sales.cancel(session, order.id, "", **BY)
    assert queries.listed_questions(session, QuestionState.OPEN) == []
