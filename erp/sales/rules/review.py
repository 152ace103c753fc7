"""A row in review: what stays said, what is judged anew, what was confirmed, after each correction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum

from erp.sales.rules.issues import Field, Issue, IssueCode, Severity
from erp.sales.rules.judging import LineValues, correct, recheck
from erp.sales.rules.vocabulary import Vocabulary

# What was said about the reading of a cell; it stays until that cell's value is typed anew.
OF_READING = frozenset(
    {
        IssueCode.SIZE_UNREADABLE,
        IssueCode.DIM_ORDER_AMBIGUOUS,
        IssueCode.DIM_ORDER_READ,
        IssueCode.UNIT_SUSPECT,
        IssueCode.UNIT_READ,
        IssueCode.DIM_BASIS_UNKNOWN,
        IssueCode.UNKNOWN_MODEL,
        IssueCode.MODEL_READ,
        IssueCode.UNKNOWN_COLOUR,
        IssueCode.COLOUR_READ,
        IssueCode.HANDING_AMBIGUOUS,
        IssueCode.HANDING_READ,
        IssueCode.QTY_UNREADABLE,
        IssueCode.QTY_ASSUMED,
        IssueCode.FORMULA_NO_VALUE,
        IssueCode.MERGED_VALUE,
        IssueCode.LEARNED_READ,
        IssueCode.OPTION_READ,
        IssueCode.OPTION_UNKNOWN,
        IssueCode.PRICE_UNREADABLE,
        IssueCode.HINGE_SIDE_DIFFERS,
        IssueCode.LEARNED_USUAL,
        IssueCode.PICTURE_ON_ROW,
        IssueCode.HIDDEN_ROW,
        IssueCode.DUPLICATE_LINE,
    }
)
OF_BOTH_SIZES = frozenset({IssueCode.DIM_ORDER_AMBIGUOUS, IssueCode.DIM_ORDER_READ})
SIZES = frozenset({Field.WIDTH, Field.HEIGHT})


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A row after a correction."""

    values: LineValues
    issues: tuple[Issue, ...]
    changed: frozenset[Field]


def amend(
    values: LineValues, issues: Iterable[Issue], typed: Mapping[Field, str], vocabulary: Vocabulary
) -> Reviewed:
    """Take what the clerk typed; fields that say what they said before are left as they are."""
    said: list[Issue] = []
    changed = {field for field, text in typed.items() if text != values.text(field)}
    for field in Field:  # the model first: it decides which locks there are
        if field in changed:
            corrected = correct(values, field, typed[field], vocabulary)
            values = corrected.values
            said += corrected.issues
    return Reviewed(values, _again(values, issues, changed, said, vocabulary), frozenset(changed))


def _again(
    values: LineValues,
    before: Iterable[Issue],
    changed: Collection[Field],
    said: list[Issue],
    vocabulary: Vocabulary,
) -> tuple[Issue, ...]:
    earlier = tuple(before)
    reading = [one for one in earlier if one.code in OF_READING and not _is_answered(one, changed)] + said
    stopped = {one.field for one in reading if one.severity is Severity.STOP}
    known = {(one.code, one.field) for one in reading}
    cells = {one.field: one.cell for one in earlier if one.cell}
    judged = [
        replace(one, cell=cells.get(one.field, ""))
        for one in recheck(values, vocabulary)
        if one.field not in stopped and (one.code, one.field) not in known
    ]
    return tuple(keep_settled(reading + judged, earlier))


def _is_answered(one: Issue, changed: Collection[Field]) -> bool:
    if one.code in OF_BOTH_SIZES:
        return bool(SIZES & set(changed))
    if one.code in (IssueCode.HIDDEN_ROW, IssueCode.DUPLICATE_LINE, IssueCode.PICTURE_ON_ROW):
        return False
    return one.field in changed


def keep_settled(issues: Iterable[Issue], before: Iterable[Issue]) -> list[Issue]:
    """Return the issues with those marked that were confirmed before and still say the same."""
    settled = {_said(one) for one in before if one.is_settled}
    return [replace(one, is_settled=True) if _said(one) in settled else one for one in issues]


def _said(one: Issue) -> tuple[object, ...]:
    """Return what an issue says; PostgreSQL gives the facts of a kept one back in an order of its own."""
    return one.code, one.field, frozenset(one.facts)


class Act(Enum):
    """What can be done about a row, or about a question, with one press."""

    OFFER = "offer"
    SETTLE = "settle"
    SKIP = "skip"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class Action:
    """One press: which act, for which issue, which of its offers."""

    act: Act
    code: str = ""
    field: str = ""
    number: int = 0

    def is_about(self, one: Issue) -> bool:
        """Whether the issue is the one that was pressed."""
        return one.code.value == self.code and (one.field.value if one.field else "") == self.field


def read_action(text: str) -> Action | None:
    """Return what a button's value says (`offer:LEAF_SIZE_SUSPECT:width_mm:0`), or None for anything else."""
    word, code, field, number = (*text.split(":", 3), "", "", "")[:4]
    act = next((one for one in Act if one.value == word), None)
    return None if act is None else Action(act, code, field, int(number) if number.isdecimal() else 0)


def offered(issues: Iterable[Issue], action: Action) -> dict[Field, str]:
    """Return the correction that was pressed; nothing when it is offered no more."""
    found = next((one for one in issues if action.is_about(one) and action.number < len(one.offers)), None)
    return {change.field: change.value for change in found.offers[action.number]} if found else {}


def settle(issues: Iterable[Issue], action: Action | None = None) -> tuple[Issue, ...]:
    """Return the issues with one question, or all of them, confirmed as read."""
    return tuple(
        replace(one, is_settled=True)
        if one.severity is Severity.ASK and (action is None or action.is_about(one))
        else one
        for one in issues
    )


def count_open(issues: Iterable[Issue]) -> tuple[int, int]:
    """Return how many places must be corrected, and how many confirmed."""
    still = [one.severity for one in issues if one.is_open]
    return still.count(Severity.STOP), still.count(Severity.ASK)
