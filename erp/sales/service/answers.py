"""Commands of dealers' answers: taken from the link, then accepted or rejected by a clerk.

Each locks the sheet or order first. An answer changes nothing until it is accepted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.errors import NotFound
from erp.catalogue.model import Door
from erp.sales.model import Import, Line, Order, Question, QuestionLink
from erp.sales.queries.offer import Offer, entry_for, offer, vocabulary
from erp.sales.queries.orders import entry
from erp.sales.queries.questions import about_of, link_by_token, link_of, values_at
from erp.sales.rules.issues import Field, Issue, IssueCode, Severity, issue
from erp.sales.rules.judging import LineValues
from erp.sales.rules.kept import read_issue
from erp.sales.rules.orders import LineEntry
from erp.sales.rules.questions import (
    About,
    Answer,
    AnswersUnreadable,
    AnswerUnfit,
    NameMissing,
    NothingAnswered,
    PlaceMoved,
    PlaceUnknown,
    QuestionSettled,
    QuestionState,
    check_link,
    check_reject_reason,
    corrections,
    may_be_right,
    read_typed,
    seen_as,
    typed_by,
)
from erp.sales.rules.review import Act, Action
from erp.sales.rules.states import Verb
from erp.sales.service.imports import review_row
from erp.sales.service.lines import amend_line
from erp.sales.service.questions import check_open, hold, let_go, lock_subject, told

NAME_MAX = 40
GIVEN = (QuestionState.ANSWERED, QuestionState.ACCEPTED)


@dataclass(frozen=True, slots=True)
class Reading:
    """One answer, read but not yet taken: what it corrects."""

    question: Question
    answer: Answer
    typed: Mapping[Field, str]


def answer(
    session: Session, token: str, answers: Sequence[Answer], name: str, *, at: datetime
) -> list[Question]:
    """Take what a dealer answers: all of it, or nothing; sent twice, it is taken once.

    Each answer must be readable as the clerk's corrections are, and waits for the clerk; when the last question
    is answered the order waits for its dealer no more. Returns the questions that were answered. Raises
    LinkUnknown, LinkRevoked, LinkExpired, AskingOver, NameMissing, NothingAnswered, QuestionSettled,
    AnswersUnreadable.
    """
    link = link_by_token(session, token)
    found = lock_subject(session, about_of(link))
    session.refresh(link)
    check_link(link.expires_at, link.revoked_at, at)
    check_open(found)
    given = [one for one in answers if one.says_something]
    if not given:
        raise NothingAnswered
    if not name.strip():
        raise NameMissing
    for one in _read(session, link, given, offer(session)):
        _take(session, link, one, name.strip()[:NAME_MAX], at=at)
    let_go(session, link, found, by=None, at=at)
    return [session.get_one(Question, one.question_id) for one in given]


def _read(session: Session, link: QuestionLink, given: Sequence[Answer], offering: Offer) -> list[Reading]:
    """Return the answers, read; those that were taken before are passed over."""
    readings: list[Reading] = []
    wrong: dict[int, Issue] = {}
    for one in given:
        question = session.get(Question, one.question_id, populate_existing=True)
        if question is None or question.link_id != link.id:
            raise PlaceUnknown
        asked = read_issue(question.issue) if question.issue else None
        typed = typed_by(one, question.field, asked)
        if question.state is not QuestionState.OPEN:
            if question.state in GIVEN and _kept(one, typed) == question.answer:
                continue
            raise QuestionSettled(state=question.state)
        values = values_at(session, question)
        fault = _judge(session, question, values, typed, offering)[1] if values is not None else None
        if fault is not None:
            wrong[question.id] = fault
        readings.append(Reading(question, one, typed))
    if wrong:
        raise AnswersUnreadable(wrong)
    return readings


def _kept(one: Answer, typed: Mapping[Field, str]) -> dict[str, str]:
    """Return an answer as it is kept."""
    if typed:
        return {field.value: text for field, text in typed.items()}
    return {"right": "1"} if one.is_right else {"text": one.value} if one.value else {}


def _take(session: Session, link: QuestionLink, one: Reading, name: str, *, at: datetime) -> None:
    """Keep an answer with its author, its time and what the dealer saw when giving it."""
    question = one.question
    question.state, question.answered_at, question.answered_by = QuestionState.ANSWERED, at, name
    question.answer, question.remark = _kept(one.answer, one.typed), one.answer.remark
    question.seen_sha256 = one.answer.seen
    question.decided_at, question.decided_by_id, question.reject_reason = None, None, ""
    changes: dict[str, list[object]] = {"by": ["", name], **_said(question)}
    told(session, link, Verb.ANSWER, changes, by=None, at=at)


def _said(question: Question) -> dict[str, list[object]]:
    """Return what an answer says, as the history of its order or sheet tells it."""
    place = question.place.partition(" ")[0]
    said: dict[str, list[object]] = {f"{place}.{word}": ["", text] for word, text in question.answer.items()}
    if question.remark:
        said[f"{place}.note"] = ["", question.remark]
    return said


# --- the clerk's decision ---------------------------------------------------


def accept_answer(
    session: Session, about: About, question_id: int, seen: str, *, by: int | None, at: datetime
) -> Question:
    """Put an answer on its row or line, as a correction of the clerk's; accepted twice, the first one stands.

    `seen` is the fingerprint of the row or line that the clerk saw. Raises NotFound, AskingOver,
    QuestionSettled, PlaceMoved, AnswerUnfit.
    """
    question, link, found = _answered(session, about, question_id)
    if question.state is QuestionState.ACCEPTED:
        return question
    _check_answered(question, found)
    before = values_at(session, question)
    if before is not None and seen_as(before) != seen:
        raise PlaceMoved(place=question.place)
    if before is not None:
        _land(session, about, question, before, by=by, at=at)
        _move_on(session, question, seen)
    question.state, question.decided_at, question.decided_by_id = QuestionState.ACCEPTED, at, by
    told(session, link, Verb.ACCEPT_ANSWER, _said(question), by=by, at=at)
    return question


def reject_answer(
    session: Session, about: About, question_id: int, reason: str, *, by: int | None, at: datetime
) -> Question:
    """Open a question again, with the reason that the dealer reads; the order waits for its dealer again.

    Raises NotFound, AskingOver, QuestionSettled, RejectReasonMissing.
    """
    question, link, found = _answered(session, about, question_id)
    _check_answered(question, found)
    check_reject_reason(reason.strip())
    question.state, question.decided_at, question.decided_by_id = QuestionState.OPEN, at, by
    question.reject_reason = reason.strip()
    changes: dict[str, list[object]] = {**_said(question), "note": ["", question.reject_reason]}
    told(session, link, Verb.REJECT_ANSWER, changes, by=by, at=at)
    if isinstance(found, Order):
        hold(session, found, question.text, by=by, at=at)
    return question


def _answered(
    session: Session, about: About, question_id: int
) -> tuple[Question, QuestionLink, Order | Import]:
    """Return a question of the locked sheet or order, with its link. Raises NotFound."""
    found = lock_subject(session, about)
    link = link_of(session, about)
    question = session.get(Question, question_id, populate_existing=True)
    if link is None or question is None or question.link_id != link.id:
        raise NotFound
    return question, link, found


def _check_answered(question: Question, found: Order | Import) -> None:
    check_open(found)
    if question.state is not QuestionState.ANSWERED:
        raise QuestionSettled(state=question.state)


def _judge(
    session: Session, question: Question, values: LineValues, typed: Mapping[Field, str], offering: Offer
) -> tuple[LineEntry | None, Issue | None]:
    """Return an order's line as the answer wants it, and what of the answer cannot be read."""
    corrected, fault = read_typed(values, typed, vocabulary(offering))
    if fault is not None or question.line_id is None or not typed:
        return None, fault
    line = session.get_one(Line, question.line_id)
    old = entry(line, session.get_one(Door, line.door_id).code)
    made = entry_for(corrected, offering)
    if made is None:
        return None, issue(IssueCode.SIZE_MISSING, Severity.STOP, question.field)
    options, measures = {**old.options, **made.options}, {**old.measures, **made.measures}
    return replace(made, options=options, measures=measures), None


def _land(
    session: Session, about: About, question: Question, values: LineValues, *, by: int | None, at: datetime
) -> None:
    """Write what an answer corrects to its row or line. Raises AnswerUnfit."""
    typed = corrections(question.answer)
    entered, fault = _judge(session, question, values, typed, offer(session))
    if fault is not None:
        raise AnswerUnfit(place=question.place, answer=" · ".join(typed.values()))
    if about.import_id is not None and question.row_id is not None:
        pressed = _confirmed(question, values, typed)
        review_row(session, about.import_id, question.row_id, typed, pressed, by=by, at=at)
    elif about.order_id is not None and question.line_id is not None and entered is not None:
        amend_line(session, about.order_id, question.line_id, entered, by=by, at=at)


def _confirmed(question: Question, values: LineValues, typed: Mapping[Field, str]) -> Action | None:
    """Return the press that an answer stands for: the issue is settled when it says the same as was read."""
    asked = read_issue(question.issue) if question.issue else None
    if asked is None or not may_be_right(asked):
        return None
    says_same = bool(typed) and all(values.text(field) == text for field, text in typed.items())
    if not ("right" in question.answer or says_same):
        return None
    return Action(Act.SETTLE, asked.code.value, asked.field.value if asked.field else "")


def _move_on(session: Session, question: Question, before: str) -> None:
    """Let the other answers that were given on the same row or line hold for it as it is now."""
    session.flush()  # the values are read anew
    after = values_at(session, question)
    if after is None:
        return
    same = Question.row_id == question.row_id if question.row_id else Question.line_id == question.line_id
    others = select(Question.id).where(
        same, Question.state == QuestionState.ANSWERED, Question.seen_sha256 == before
    )
    session.execute(
        update(Question).where(Question.id.in_(others)).values(seen_sha256=seen_as(after)),
        execution_options={"synchronize_session": "fetch"},
    )
