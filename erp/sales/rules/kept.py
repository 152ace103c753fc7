"""Issues, sources and values as JSON keeps them between two visits of the clerk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from core.i18n import Named
from erp.sales.rules.issues import Change, Fact, Field, Issue, IssueCode, Severity, Word
from erp.sales.rules.judging import LineValues, values_from
from erp.sales.rules.row import Source

FIELDS = {field.value: field for field in Field}
CODES = {code.value: code for code in IssueCode}
SEVERITIES = {severity.value: severity for severity in Severity}


def issue_data(one: Issue) -> dict[str, Any]:
    """Return an issue as plain data."""
    return {
        "code": one.code.value,
        "severity": one.severity.value,
        "field": one.field.value if one.field else "",
        "cell": one.cell,
        "facts": {name: _fact_data(value) for name, value in one.facts},
        "offers": [[[change.field.value, change.value] for change in offer] for offer in one.offers],
        "message": one.message,
        "is_settled": one.is_settled,
    }


def read_issue(data: Mapping[str, Any]) -> Issue:
    """Return the issue that `issue_data` gave."""
    return Issue(
        code=CODES[data["code"]],
        severity=SEVERITIES[data["severity"]],
        field=FIELDS.get(data["field"]),
        cell=data["cell"],
        facts=tuple((name, _read_fact(value)) for name, value in data["facts"].items()),
        offers=tuple(tuple(Change(FIELDS[f], value) for f, value in offer) for offer in data["offers"]),
        message=data["message"],
        is_settled=data["is_settled"],
    )


def issues_data(issues: Iterable[Issue]) -> list[dict[str, Any]]:
    """Return issues as plain data, in their order."""
    return [issue_data(one) for one in issues]


def read_issues(data: Iterable[Mapping[str, Any]]) -> tuple[Issue, ...]:
    """Return the issues that `issues_data` gave."""
    return tuple(read_issue(one) for one in data)


def _fact_data(value: Fact) -> Any:
    match value:
        case Named():
            return {"zh": value.zh, "en": value.en}
        case Word():
            return {"msgid": value.msgid}
        case _:
            return value


def _read_fact(data: Any) -> Fact:
    if isinstance(data, dict):
        return Word(data["msgid"]) if "msgid" in data else Named(data["zh"], data["en"])
    return str(data)


def values_data(values: LineValues) -> dict[str, str]:
    """Return values as texts by field."""
    return dict(values.texts())


def read_values(data: Mapping[str, str]) -> LineValues:
    """Return the values that `values_data` gave."""
    return values_from(data)


def source_data(source: Iterable[Source]) -> dict[str, dict[str, str]]:
    """Return where each value came from, by field."""
    return {one.field.value: {"cell": one.cell, "text": one.text} for one in source}
