"""Questions to a dealer: what is asked, when a link is good, how an answer is read. Lengths are mm, Decimal."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.choices import Choice
from core.errors import Conflict, RuleViolation
from core.i18n import N_
from erp.sales.rules.issues import Field, Issue, Severity
from erp.sales.rules.judging import LineValues, correct
from erp.sales.rules.vocabulary import Vocabulary

LINK_HOLDS = timedelta(days=14)
TEXT_MAX = 500
BESIDE = frozenset({Field.ROOM, Field.NOTE, Field.PRICE})  # of no consequence to what an answer was given on


class QuestionState(Choice):
    """How far a question has come."""

    OPEN = "OPEN", N_("Waiting for the answer")
    ANSWERED = "ANSWERED", N_("Answered, to be accepted or rejected")
    ACCEPTED = "ACCEPTED", N_("Answer accepted")
    CLOSED = "CLOSED", N_("Closed without an answer")


class LinkUnknown(RuleViolation):
    """No link has this token; a renewed link's old token is one of these."""

    code = "erp.sales.link_unknown"
    message = N_(
        "This link is not known, or was replaced by a newer one. Ask the factory for the latest link."
    )


class LinkExpired(RuleViolation):
    """The link's time is over."""

    code = "erp.sales.link_expired"
    message = N_("This link has expired. Ask the factory for a new one.")


class LinkRevoked(RuleViolation):
    """The clerk took the link back."""

    code = "erp.sales.link_revoked"
    message = N_("This link was withdrawn by the factory. Ask them for a new one if you expected to answer.")


class AskingOver(RuleViolation):
    """The order went on, or the sheet was taken in or dropped: nothing is asked about it any more."""

    code = "erp.sales.asking_over"
    message = N_(
        "Nothing is asked about this any more: it was settled without these answers. Nothing was changed."
    )


class NothingAsked(RuleViolation):
    """A link was wanted without a question."""

    code = "erp.sales.nothing_asked"
    message = N_("Tick at least one question, or write one of your own.")


class WordingMissing(RuleViolation):
    """A question without words, or with too many."""

    code = "erp.sales.wording_missing"
    message = N_("A question needs its wording: 1 to %(limit)s characters are expected, %(came)s came.")


class PlaceUnknown(RuleViolation):
    """A question points at a row or line of something else."""

    code = "erp.sales.place_unknown"
    message = N_("One question is about a row or line that is not here any more. Look again, then ask.")


class NameMissing(RuleViolation):
    """An answer without a name."""

    code = "erp.sales.name_missing"
    message = N_("Write your name, so that the factory knows who answered.")


class NothingAnswered(RuleViolation):
    """The page was sent without any answer."""

    code = "erp.sales.nothing_answered"
    message = N_(
        "Answer at least one question, then send. Questions that you leave empty can be answered later."
    )


class QuestionSettled(RuleViolation):
    """The question has another answer already, or is closed."""

    code = "erp.sales.question_settled"
    message = N_("This question is “%(state)s” already. Nothing was changed; look at the page again.")


class CloseReasonMissing(RuleViolation):
    """A question is closed without saying why."""

    code = "erp.sales.close_reason_missing"
    message = N_("Say why the question is closed without an answer.")


class QuestionsOpen(RuleViolation):
    """The dealer has not answered everything yet."""

    code = "erp.sales.questions_open"
    message = N_(
        "%(number)s waits for the dealer: %(count)s questions are open. "
        "Wait for the answers, or close the questions with a reason."
    )


class AnswersUndecided(RuleViolation):
    """The dealer answered, and nobody has accepted or rejected it yet."""

    code = "erp.sales.answers_undecided"
    message = N_(
        "%(number)s has %(count)s answers of the dealer that nobody has accepted or rejected. Decide on them first."
    )


class RejectReasonMissing(RuleViolation):
    """An answer is rejected without telling the dealer why."""

    code = "erp.sales.reject_reason_missing"
    message = N_(
        "Say why the answer is rejected: the dealer reads it beside the question. 1 to %(limit)s characters "
        "are expected, %(came)s came."
    )


class AnswerUnfit(RuleViolation):
    """An answer that could be read when it came cannot be put on the line as it stands now."""

    code = "erp.sales.answer_unfit"
    message = N_(
        "The answer “%(answer)s” cannot be put on %(place)s as it stands now. "
        "Correct it there by hand, or reject the answer."
    )


class PlaceMoved(Conflict):
    """Somebody changed the line while the clerk looked at the answer."""

    code = "erp.sales.place_moved"
    message = N_("%(place)s was changed a moment ago. Look at it again, then accept or reject the answer.")


class AnswersUnreadable(RuleViolation):
    """Some answers cannot be read; `issues` says what is wrong with each, by the question's id."""

    code = "erp.sales.answers_unreadable"
    message = N_("Some answers cannot be read. Please correct the marked ones; nothing was sent yet.")

    def __init__(self, issues: Mapping[int, Issue]) -> None:
        super().__init__()
        self.issues = issues


@dataclass(frozen=True, slots=True)
class About:
    """What a link asks about: one sheet in review, or one order."""

    import_id: int | None = None
    order_id: int | None = None


@dataclass(frozen=True, slots=True)
class Asking:
    """One question to be sent: about a row, a line or (neither) the whole, with the issue that raised it."""

    text: str
    row_id: int | None = None
    line_id: int | None = None
    field: Field | None = None
    issue: Issue | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a dealer says to one question: one of its offers, "right as read", or a typed value; and a remark."""

    question_id: int
    value: str = ""
    offer: int | None = None
    is_right: bool = False
    remark: str = ""
    seen: str = ""  # fingerprint of the row or line that the dealer saw; "" for none

    @property
    def says_something(self) -> bool:
        """Whether there is anything to take."""
        return bool(self.value or self.remark or self.is_right) or self.offer is not None


def seen_as(values: LineValues) -> str:
    """Return the fingerprint of what a line asks for; its room, remark and expected price make no difference."""
    told = {field.value: values.text(field) for field in Field if field not in BESIDE}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def token_sha256(token: str) -> str:
    """Return what is kept of a link's token: the token itself is known to nobody but its holders."""
    return hashlib.sha256(token.encode()).hexdigest()


def check_link(expires_at: datetime, revoked_at: datetime | None, at: datetime) -> None:
    """Raise LinkRevoked or LinkExpired unless a link is good at that moment."""
    if revoked_at is not None:
        raise LinkRevoked
    if at >= expires_at:
        raise LinkExpired


def check_reject_reason(text: str) -> None:
    """Raise RejectReasonMissing unless a reason says something and is short enough to be read."""
    if not 1 <= len(text) <= TEXT_MAX:
        raise RejectReasonMissing(limit=TEXT_MAX, came=len(text))


def check_wording(text: str) -> None:
    """Raise WordingMissing unless a question says something and is short enough to be read."""
    if not 1 <= len(text) <= TEXT_MAX:
        raise WordingMissing(limit=TEXT_MAX, came=len(text))


def may_be_right(issue: Issue | None) -> bool:
    """Whether "it is right as read" answers the issue."""
    return issue is not None and issue.severity is Severity.ASK


def typed_by(answer: Answer, field: Field | None, issue: Issue | None) -> dict[Field, str]:
    """Return the correction that an answer means; nothing where it only confirms or remarks."""
    if answer.offer is not None and issue is not None and answer.offer < len(issue.offers):
        return {change.field: change.value for change in issue.offers[answer.offer]}
    if answer.value and field is not None:
        return {field: answer.value}
    return {}


def corrections(kept: Mapping[str, str]) -> dict[Field, str]:
    """Return what a kept answer corrects, by field; nothing where it only confirms or remarks."""
    return {field: kept[field.value] for field in Field if field.value in kept}


def read_typed(
    values: LineValues, typed: Mapping[Field, str], vocabulary: Vocabulary
) -> tuple[LineValues, Issue | None]:
    """Return the values with a correction read into them, and the first thing that cannot be read."""
    said: list[Issue] = []
    for field in Field:  # the model first: it decides which locks there are
        if field in typed:
            corrected = correct(values, field, typed[field], vocabulary)
            values = corrected.values
            said += [one for one in corrected.issues if one.severity is Severity.STOP]
    return values, (said[0] if said else None)


def waiting(states: Iterable[tuple[datetime, Any, Any]], until: datetime) -> list[tuple[datetime, datetime]]:
    """Return when an order waited for its dealer, out of its steps (when, from, to), the first first."""
    spans: list[tuple[datetime, datetime]] = []
    since: datetime | None = None
    for moment, _before, state in states:
        if state == "QUERY" and since is None:
            since = moment
        elif state != "QUERY" and since is not None:
            spans.append((since, moment))
            since = None
    if since is not None and since < until:
        spans.append((since, until))
    return spans
