"""Dealer and clerks at the same moment, on connections of their own: every answer is taken once and lands once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from threading import Barrier

import pytest
from sqlalchemy import select

from core.audit.queries import history
from core.errors import AppError
from core.work import run
from erp.sales import service as sales
from erp.sales.model import Line, Question
from erp.sales.queries import questions as queries
from erp.sales.rules.issues import Field
from erp.sales.rules.questions import (
    About,
    Answer,
    Asking,
    PlaceMoved,
    QuestionSettled,
    QuestionState,
    seen_as,
)
from tests.factories.erp_sales import MADE_AT, line_entry, make_draft

BY = {"by": None, "at": MADE_AT}
TOKEN = "token-of-the-test"


@dataclass(frozen=True)
class Ground:
    """One order whose dealer was asked for the wall of its line."""

    database: object
    about: About
    line_id: int
    question_id: int
    seen: str

    def together(self, *calls):
        """Run each call on a connection of its own at the same moment; give back what came, refusals too."""
        start = Barrier(len(calls))

        def one(call):
            with self.database.app.app_context():
                start.wait()
                try:
                    return run(call)
                except AppError as refusal:
                    return refusal

        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(one, calls))

    def answering(self, value):
        given = [Answer(self.question_id, value=value, seen=self.seen)]
        return lambda session: sales.answer(session, TOKEN, given, "陈丽", at=MADE_AT)

    def accepting(self):
        return lambda session: sales.accept_answer(session, self.about, self.question_id, self.seen, **BY)

    def rejecting(self):
        return lambda session: sales.reject_answer(session, self.about, self.question_id, "再量", **BY)

    def widening(self):
        entry = line_entry(width_mm=Decimal(1000))
        return lambda session: sales.amend_line(session, self.about.order_id, self.line_id, entry, **BY)

    def after(self):
        """The line and the question as they stand, whether the answer is stale, and the verbs of the history."""
        with self.database.session as session:
            line = session.get_one(Line, self.line_id)
            (asked,) = queries.questions(session, queries.link_of(session, self.about))
            verbs = [one.verb for one in history(session, "erp.sales.order", self.about.order_id, limit=50)]
            return line, asked.question, asked.is_stale, verbs


@pytest.fixture
def ground(database):
    with database.session as session:
        order = make_draft(session)
        line = session.scalars(select(Line)).one()
        about = About(order_id=order.id)
        sales.ask(session, about, [Asking("墙厚？", line_id=line.id, field=Field.WALL)], TOKEN, **BY)
        question = session.scalars(select(Question)).one()
        seen = seen_as(queries.values_at(session, question))
        session.commit()
        return Ground(database, about, line.id, question.id, seen)


def test_an_answer_sent_on_several_connections_is_taken_once(ground):
    came = ground.together(*[ground.answering("200")] * 4)
    assert not [one for one in came if isinstance(one, AppError)]
    line, question, _is_stale, verbs = ground.after()
    assert (question.answer, question.state, line.wall_mm) == (
        {"wall_mm": "200"},
        QuestionState.ANSWERED,
        240,
    )
    assert verbs.count("answer") == 1


def test_of_two_answers_at_once_one_is_taken_and_the_other_refused(ground):
    came = ground.together(*[ground.answering(value) for value in ("200", "210", "220")])
    refused = [one for one in came if isinstance(one, AppError)]
    assert [type(one) for one in refused] == [QuestionSettled] * 2
    _line, _question, _is_stale, verbs = ground.after()
    assert verbs.count("answer") == 1


def test_an_answer_beside_a_change_of_its_line_keeps_both_and_is_stale(ground):
    came = ground.together(ground.answering("200"), ground.widening())
    assert not [one for one in came if isinstance(one, AppError)]
    line, question, is_stale, _verbs = ground.after()
    assert (line.width_mm, line.wall_mm) == (1000, 240)
    assert (question.state, is_stale) == (QuestionState.ANSWERED, True)


def test_an_answer_accepted_by_several_clerks_lands_once(ground):
    ground.together(ground.answering("200"))
    came = ground.together(*[ground.accepting()] * 4)
    assert not [one for one in came if isinstance(one, AppError)]
    line, question, _is_stale, verbs = ground.after()
    assert (line.wall_mm, line.touch_count, question.state) == (200, 2, QuestionState.ACCEPTED)
    assert (verbs.count("accept answer"), verbs.count("amend line")) == (1, 1)


def test_accepted_and_rejected_at_once_it_is_one_of_the_two(ground):
    ground.together(ground.answering("200"))
    came = ground.together(ground.accepting(), ground.rejecting())
    assert [type(one) for one in came if isinstance(one, AppError)] == [QuestionSettled]
    line, question, _is_stale, _verbs = ground.after()
    assert (question.state, line.wall_mm) in (
        (QuestionState.ACCEPTED, 200),
        (QuestionState.OPEN, 240),
    )


def test_accepting_beside_a_change_of_the_line_never_lands_on_what_the_clerk_did_not_see(ground):
    ground.together(ground.answering("200"))
    accepted, changed = ground.together(ground.accepting(), ground.widening())
    assert not isinstance(changed, AppError)
    line, question, is_stale, _verbs = ground.after()
    if isinstance(accepted, PlaceMoved):
        assert (line.wall_mm, question.state, is_stale) == (240, QuestionState.ANSWERED, True)
    else:  # it was first; the clerk's change, typed over the whole line, came after it
        assert (line.wall_mm, question.state) == (240, QuestionState.ACCEPTED)
    assert line.width_mm == 1000
