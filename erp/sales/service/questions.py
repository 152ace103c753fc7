"""Commands of questions to dealers. Each locks the sheet or order first, then its link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from core.audit.service import record
from core.errors import NotFound
from erp.sales.model import Import, ImportRow, Line, Order, Question, QuestionLink
from erp.sales.queries.orders import SUBJECT
from erp.sales.queries.questions import link_by_token, link_of, row_name
from erp.sales.rules.kept import issue_data
from erp.sales.rules.questions import (
    LINK_HOLDS,
    About,
    Asking,
    AskingOver,
    CloseReasonMissing,
    NothingAsked,
    PlaceUnknown,
    QuestionSettled,
    QuestionState,
    check_link,
    check_wording,
    token_sha256,
)
from erp.sales.rules.states import EDITABLE, ImportState, OrderState, Verb
from erp.sales.service.imports import SUBJECT as IMPORT_SUBJECT
from erp.sales.service.orders import ask_dealer, reopen


@dataclass(frozen=True, slots=True)
class Sent:
    """What asking came to: the link, and whether the token that was handed in opens it now."""

    link: QuestionLink
    is_new_token: bool


def lock_subject(session: Session, about: About) -> Order | Import:
    """Return the order or sheet, locked. Raises NotFound."""
    found: Order | Import | None
    if about.order_id is not None:
        found = session.get(Order, about.order_id, with_for_update=True, populate_existing=True)
    else:
        found = session.get(Import, about.import_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound
    return found


def check_open(found: Order | Import) -> None:
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
    found = lock_subject(session, about)
    if not askings:
        raise NothingAsked
    places = [_place(session, about, one) for one in askings]
    if isinstance(found, Order):
        hold(session, found, " / ".join(one.text for one in askings), by=by, at=at)
    check_open(found)
    link, is_new = _link(session, about, token, by=by, at=at)
    known = {_same(one) for one in session.scalars(open_of(link))}
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


def hold(session: Session, order: Order, note: str, *, by: int | None, at: datetime) -> None:
    """Have a locked order wait for its dealer. Raises StepRefused."""
    if order.state is not OrderState.QUERY:
        ask_dealer(session, order.id, note, by=by, at=at)
        return
    changes: dict[str, list[object]] = {"note": ["", note]}
    record(session, subject=SUBJECT, subject_id=order.id, verb=Verb.ASK.value, by=by, at=at, changes=changes)


def open_of(link: QuestionLink) -> Select[Question]:
    """Return the select of a link's open questions."""
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
    found = lock_subject(session, about)
    check_open(found)
    link = link_of(session, about)
    if link is None:
        raise NotFound
    _put_token(session, link, token, by=by, at=at)
    told(session, link, Verb.LINK, {"note": ["", "renewed"]}, by=by, at=at)
    return link


def revoke_link(session: Session, about: About, *, by: int | None, at: datetime) -> QuestionLink:
    """Take a link back; sent twice, the first moment stands. Raises NotFound."""
    lock_subject(session, about)
    link = link_of(session, about)
    if link is None:
        raise NotFound
    if link.revoked_at is None:
        link.revoked_at = at
        told(session, link, Verb.LINK, {"note": ["", "revoked"]}, by=by, at=at)
    return link


def view_link(session: Session, token: str, *, at: datetime) -> QuestionLink:
    """Count one view of the dealer's page. Raises LinkUnknown, LinkRevoked, LinkExpired."""
    link = link_by_token(session, token)
    check_link(link.expires_at, link.revoked_at, at)
    link.view_count += 1
    link.viewed_at = at
    return link


def told(
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


# --- questions that are over -----------------------------------------------


def let_go(
    session: Session, link: QuestionLink, found: Order | Import, *, by: int | None, at: datetime
) -> None:
    """Put an order back to draft when nothing is asked any more."""
    session.flush()  # the count reads the table
    still = session.scalar(select(func.count()).select_from(open_of(link).subquery()))
    if not still and isinstance(found, Order) and found.state is OrderState.QUERY:
        reopen(session, found.id, by=by, at=at)


def close_question(
    session: Session, about: About, question_id: int, reason: str, *, by: int | None, at: datetime
) -> Question:
    """Give a question up without its answer, for a reason. Raises NotFound, CloseReasonMissing, QuestionSettled."""
    found = lock_subject(session, about)
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
    told(session, link, Verb.CLOSE_QUESTION, changes, by=by, at=at)
    let_go(session, link, found, by=by, at=at)
    return question
