"""Commands of questions to dealers. Each locks the sheet or order first, then its link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from core.audit.service import record
from core.errors import NotFound
from erp.catalogue.model import Door
from erp.sales.model import Import, ImportRow, Line, Order, Question, QuestionLink
from erp.sales.queries.offer import LOCK_OPTION, Offer, offer, vocabulary
from erp.sales.queries.orders import SUBJECT, entry
from erp.sales.queries.questions import about_of, line_values, link_by_token, link_of, row_name
from erp.sales.rules.issues import Field, Issue, IssueCode, Severity, issue
from erp.sales.rules.kept import issue_data, read_issue, read_values
from erp.sales.rules.orders import LineEntry, entry_of
from erp.sales.rules.questions import (
    LINK_HOLDS,
    About,
    Answer,
    AnswersUnreadable,
    Asking,
    AskingOver,
    CloseReasonMissing,
    NameMissing,
    NothingAnswered,
    NothingAsked,
    PlaceUnknown,
    QuestionSettled,
    QuestionState,
    check_link,
    check_wording,
    may_be_right,
    read_typed,
    token_sha256,
    typed_by,
)
from erp.sales.rules.review import Act, Action
from erp.sales.rules.states import EDITABLE, ImportState, OrderState, Verb
from erp.sales.service.imports import SUBJECT as IMPORT_SUBJECT
from erp.sales.service.imports import review_row
from erp.sales.service.lines import amend_line
from erp.sales.service.orders import ask_dealer, reopen

NAME_MAX = 40


@dataclass(frozen=True, slots=True)
class Sent:
    """What asking came to: the link, and whether the token that was handed in opens it now."""

    link: QuestionLink
    is_new_token: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """One answer, read but not yet taken: what it corrects."""

    question: Question
    answer: Answer
    typed: Mapping[Field, str]


def _lock(session: Session, about: About) -> Order | Import:
    """Return the order or sheet, locked. Raises NotFound."""
    found: Order | Import | None
    if about.order_id is not None:
        found = session.get(Order, about.order_id, with_for_update=True, populate_existing=True)
    else:
        found = session.get(Import, about.import_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound
    return found


def _check_open(found: Order | Import) -> None:
    """Raise AskingOver unless an answer could land: in an order that may be edited, or a sheet in review."""
    is_open = found.state is ImportState.OPEN if isinstance(found, Import) else found.state in EDITABLE
    if not is_open:
        raise AskingOver


def ask(
    session: Session, about: About, askings: Sequence[Asking], token: str, *, by: int | None, at: datetime
) -> Sent:
    """Put questions behind the one link of a sheet or order; a question that is open already stays one.

    The token is used where there is no link, or none that is good any more. An order is held until all is
    answered. Raises NotFound, NothingAsked, WordingMissing, PlaceUnknown, AskingOver, StepRefused.
    """
    found = _lock(session, about)
    if not askings:
        raise NothingAsked
    places = [_place(session, about, one) for one in askings]
    if isinstance(found, Order):
        _hold(session, found, askings, by=by, at=at)
    _check_open(found)
    link, is_new = _link(session, about, token, by=by, at=at)
    known = {_same(one) for one in session.scalars(_open(link))}
    for one, place in zip(askings, places, strict=True):
        made = Question(
            link_id=link.id,
            row_id=one.row_id,
            line_id=one.line_id,
            place=place,
            field=one.field,
            issue=issue_data(one.issue) if one.issue else {},
            text=one.text,
            state=QuestionState.OPEN,
            asked_at=at,
            asked_by_id=by,
        )
        if _same(made) not in known:
            known.add(_same(made))
            session.add(made)
    session.flush()  # whoever counts the open ones next reads the table
    if isinstance(found, Import):
        changes: dict[str, list[object]] = {"note": ["", " / ".join(one.text for one in askings)]}
        record(
            session,
            subject=IMPORT_SUBJECT,
            subject_id=found.id,
            verb=Verb.ASK.value,
            by=by,
            at=at,
            changes=changes,
        )
    return Sent(link, is_new)


def _same(one: Question) -> tuple[object, ...]:
    """Return what makes two open questions one: the same issue at the same place, or the same words there."""
    said = (one.issue["code"], one.issue["field"]) if one.issue else (one.field, one.text)
    return one.row_id, one.line_id, bool(one.issue), *said


def _place(session: Session, about: About, one: Asking) -> str:
    """Return how a question names its place. Raises WordingMissing, PlaceUnknown."""
    check_wording(one.text)
    if one.row_id is not None:
        row = session.get(ImportRow, one.row_id)
        if row is None or row.import_id != about.import_id:
            raise PlaceUnknown
        return row_name(row)
    if one.line_id is not None:
        line = session.get(Line, one.line_id)
        if line is None or line.order_id != about.order_id:
            raise PlaceUnknown
        return f"{line.position} {line.room}".strip()
    return ""


def _hold(session: Session, order: Order, askings: Sequence[Asking], *, by: int | None, at: datetime) -> None:
    note = " / ".join(one.text for one in askings)
    if order.state is not OrderState.QUERY:
        ask_dealer(session, order.id, note, by=by, at=at)
        return
    changes: dict[str, list[object]] = {"note": ["", note]}
    record(session, subject=SUBJECT, subject_id=order.id, verb=Verb.ASK.value, by=by, at=at, changes=changes)


def _open(link: QuestionLink) -> Select[Question]:
    return select(Question).where(Question.link_id == link.id, Question.state == QuestionState.OPEN)


# --- the link ---------------------------------------------------------------


def _link(
    session: Session, about: About, token: str, *, by: int | None, at: datetime
) -> tuple[QuestionLink, bool]:
    """Return a link that is good now, and whether it got the token."""
    link = link_of(session, about)
    if link is None:
        link = QuestionLink(import_id=about.import_id, order_id=about.order_id, view_count=0)
    elif link.revoked_at is None and at < link.expires_at:
        return link, False
    _put_token(session, link, token, by=by, at=at)
    return link, True


def _put_token(session: Session, link: QuestionLink, token: str, *, by: int | None, at: datetime) -> None:
    link.token_sha256 = token_sha256(token)
    link.created_at, link.created_by_id = at, by
    link.expires_at, link.revoked_at = at + LINK_HOLDS, None
    session.add(link)
    session.flush()  # its questions need its id


def renew_link(session: Session, about: About, token: str, *, by: int | None, at: datetime) -> QuestionLink:
    """Open the questions with a new token; the old one opens nothing any more. Raises NotFound, AskingOver."""
    found = _lock(session, about)
    _check_open(found)
    link = link_of(session, about)
    if link is None:
        raise NotFound
    _put_token(session, link, token, by=by, at=at)
    _told(session, link, Verb.LINK, {"note": ["", "renewed"]}, by=by, at=at)
    return link


def revoke_link(session: Session, about: About, *, by: int | None, at: datetime) -> QuestionLink:
    """Take a link back; sent twice, the first moment stands. Raises NotFound."""
    _lock(session, about)
    link = link_of(session, about)
    if link is None:
        raise NotFound
    if link.revoked_at is None:
        link.revoked_at = at
        _told(session, link, Verb.LINK, {"note": ["", "revoked"]}, by=by, at=at)
    return link


def view_link(session: Session, token: str, *, at: datetime) -> QuestionLink:
    """Count one view of the dealer's page. Raises LinkUnknown, LinkRevoked, LinkExpired."""
    link = link_by_token(session, token)
    check_link(link.expires_at, link.revoked_at, at)
    link.view_count += 1
    link.viewed_at = at
    return link


def _told(
    session: Session,
    link: QuestionLink,
    verb: Verb,
    changes: dict[str, list[object]],
    *,
    by: int | None,
    at: datetime,
) -> None:
    """Write down in the history of the order or sheet what happened."""
    subject = SUBJECT if link.order_id is not None else IMPORT_SUBJECT
    subject_id = link.order_id or link.import_id or 0  # one of them is there
    record(session, subject=subject, subject_id=subject_id, verb=verb.value, by=by, at=at, changes=changes)


# --- answers ----------------------------------------------------------------


def answer(
    session: Session, token: str, answers: Sequence[Answer], name: str, *, at: datetime
) -> list[Question]:
    """Take what a dealer answers: all of it, or nothing; sent twice, it is taken once.

    Each answer is judged like a correction typed by the clerk, and lands on the sheet's row or the order's
    line. When the last question is answered the order is a draft again. Returns the questions that were
    answered. Raises LinkUnknown, LinkRevoked, LinkExpired, AskingOver, NameMissing, NothingAnswered,
    QuestionSettled, AnswersUnreadable.
    """
    link = link_by_token(session, token)
    found = _lock(session, about_of(link))
    session.refresh(link)
    check_link(link.expires_at, link.revoked_at, at)
    _check_open(found)
    given = [one for one in answers if one.says_something]
    if not given:
        raise NothingAnswered
    if not name.strip():
        raise NameMissing
    offering = offer(session)
    for one in _read(session, link, given, offering):
        _land(session, link, one, name.strip()[:NAME_MAX], offering, at=at)
    _let_go(session, link, found, by=None, at=at)
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
            if question.state is QuestionState.ANSWERED and _kept(one, typed) == question.answer:
                continue
            raise QuestionSettled(state=question.state)
        _entry, fault = _judge(session, question, typed, offering)
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


def _judge(
    session: Session, question: Question, typed: Mapping[Field, str], offering: Offer
) -> tuple[LineEntry | None, Issue | None]:
    """Return an order's line as the answer wants it, and what of the answer cannot be read."""
    words = vocabulary(offering)
    if question.row_id is not None:
        row = session.get_one(ImportRow, question.row_id)
        return None, read_typed(read_values(row.values), typed, words)[1]
    if question.line_id is None or not typed:
        return None, None
    line = session.get_one(Line, question.line_id)
    old = entry(line, session.get_one(Door, line.door_id).code)
    values, fault = read_typed(line_values(line, old.door_code), typed, words)
    if fault is not None:
        return None, fault
    model = offering.doors.get(values.model or "")
    options = model.document.options if model else ()
    locks = frozenset(one.code for option in options if option.code == LOCK_OPTION for one in option.values)
    made = entry_of(values, locks)
    if made is None:
        return None, issue(IssueCode.SIZE_MISSING, Severity.STOP, question.field)
    return replace(made, options={**old.options, **made.options}, measures=old.measures), None


def _land(
    session: Session, link: QuestionLink, one: Reading, name: str, offering: Offer, *, at: datetime
) -> None:
    question = one.question
    if link.import_id is not None and question.row_id is not None:
        review_row(
            session, link.import_id, question.row_id, one.typed, _confirmed(session, one), by=None, at=at
        )
    elif link.order_id is not None and question.line_id is not None:
        entered, _fault = _judge(session, question, one.typed, offering)  # after what was answered before it
        if entered is not None:
            amend_line(session, link.order_id, question.line_id, entered, by=None, at=at)
    question.state, question.answered_at, question.answered_by = QuestionState.ANSWERED, at, name
    question.answer, question.remark = _kept(one.answer, one.typed), one.answer.remark
    place = question.place.partition(" ")[0]
    changes: dict[str, list[object]] = {"by": ["", name]}
    changes |= {f"{place}.{word}": ["", text] for word, text in question.answer.items()}
    if question.remark:
        changes[f"{place}.note"] = ["", question.remark]
    _told(session, link, Verb.ANSWER, changes, by=None, at=at)


def _confirmed(session: Session, one: Reading) -> Action | None:
    """Return the press that an answer stands for: the issue is settled when it says the same as was read."""
    asked = read_issue(one.question.issue) if one.question.issue else None
    if asked is None or not may_be_right(asked):
        return None
    values = session.get_one(ImportRow, one.question.row_id).values
    says_same = bool(one.typed) and all(values.get(field.value) == text for field, text in one.typed.items())
    if not (one.answer.is_right or says_same):
        return None
    return Action(Act.SETTLE, asked.code.value, asked.field.value if asked.field else "")


def _let_go(
    session: Session, link: QuestionLink, found: Order | Import, *, by: int | None, at: datetime
) -> None:
    """Put an order back to draft when nothing is asked any more."""
    session.flush()  # the count reads the table
    still = session.scalar(select(func.count()).select_from(_open(link).subquery()))
    if not still and isinstance(found, Order) and found.state is OrderState.QUERY:
        reopen(session, found.id, by=by, at=at)


def close_question(
    session: Session, about: About, question_id: int, reason: str, *, by: int | None, at: datetime
) -> Question:
    """Give a question up without its answer, for a reason. Raises NotFound, CloseReasonMissing, QuestionSettled."""
    found = _lock(session, about)
    link = link_of(session, about)
    question = session.get(Question, question_id, populate_existing=True)
    if link is None or question is None or question.link_id != link.id:
        raise NotFound
    if not reason.strip():
        raise CloseReasonMissing
    if question.state is not QuestionState.OPEN:
        raise QuestionSettled(state=question.state)
    question.state, question.closed_at, question.closed_by_id = QuestionState.CLOSED, at, by
    question.close_reason = reason.strip()
    changes: dict[str, list[object]] = {"note": [question.text, question.close_reason]}
    _told(session, link, Verb.CLOSE_QUESTION, changes, by=by, at=at)
    _let_go(session, link, found, by=by, at=at)
    return question
