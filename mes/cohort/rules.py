"""Exports of a factory's figures: their text, their signature, and what several of them say together."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from core.errors import RuleViolation
from core.i18n import N_
from mes.efficiency.rules import Metric, rounded

FORMAT = "mortise-cohort-1"
BYTES_AT_MOST = 100_000  # an export has about two thousand
FILES_AT_MOST = 300


class NotAnExport(RuleViolation):
    """A file that no factory exported."""

    code = "mes.cohort.not_an_export"
    message = N_("%(name)s is not an export of figures (%(format)s). Choose the file that “Export” gave.")


class Tampered(RuleViolation):
    """The signature does not fit what the file says."""

    code = "mes.cohort.tampered"
    message = N_("%(name)s was changed after its factory signed it. Ask that factory for the file again.")


class TooMany(RuleViolation):
    """More files than are compared at once."""

    code = "mes.cohort.too_many"
    message = N_("At most %(limit)s files are compared at once; %(count)s came.")


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of one factory. `value`, `before` as told; `change`, `low`, `high` in per cent."""

    metric: Metric
    value: Decimal | None
    sample: int
    standing: str
    before: Decimal | None = None
    change: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    grade: str = ""


@dataclass(frozen=True, slots=True)
class Export:
    """The figures of one factory in some days."""

    factory: str  # the number that its key gives
    definition: int
    first: date
    last: date
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Spread:
    """What several factories' values say together."""

    count: int
    mean: Decimal
    median: Decimal
    least: Decimal
    most: Decimal


@dataclass(frozen=True, slots=True)
class Together:
    """One figure over all factories: its value, its improvement, and how many events stand behind."""

    metric: Metric
    values: Spread | None
    changes: Spread | None
    sample: int


def number_of(public: bytes) -> str:
    """Return the number that stands for a factory: it follows from its key and tells nothing else."""
    return hashlib.sha256(public).hexdigest()[:12]


def _public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


def new_key() -> bytes:
    """Return a new private key of a factory, 32 bytes."""
    return Ed25519PrivateKey.generate().private_bytes_raw()


def export_text(private: bytes, definition: int, first: date, last: date, rows: Iterable[Row]) -> str:
    """Return a signed export as it is handed on: JSON that a person can read."""
    key = Ed25519PrivateKey.from_private_bytes(private)
    body = {
        "format": FORMAT,
        "factory": number_of(_public(key)),
        "definition": definition,
        "first": first.isoformat(),
        "last": last.isoformat(),
        "figures": [_plain(row) for row in rows],
        "key": base64.b64encode(_public(key)).decode(),
    }
    signature = base64.b64encode(key.sign(_canonical(body))).decode()
    return json.dumps(body | {"signature": signature}, ensure_ascii=False, indent=1)


def _plain(row: Row) -> dict[str, Any]:
    numbers = {name: getattr(row, name) for name in ("value", "before", "change", "low", "high")}
    told = {name: None if value is None else str(value) for name, value in numbers.items()}
    return {
        "metric": row.metric.value,
        "sample": row.sample,
        "standing": row.standing,
        "grade": row.grade,
        **told,
    }


def _canonical(body: Mapping[str, Any]) -> bytes:
    """Return what is signed: the body without its signature, keys in order, no blanks."""
    kept = {name: value for name, value in body.items() if name != "signature"}
    return json.dumps(kept, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode()


def read_export(content: bytes, name: str) -> Export:
    """Return what a file says, once its signature is proved. Raises NotAnExport, Tampered."""
    body = _body(content, name)
    try:
        public = base64.b64decode(body["key"], validate=True)
        signature = base64.b64decode(body["signature"], validate=True)
        Ed25519PublicKey.from_public_bytes(public).verify(signature, _canonical(body))
        if body["factory"] != number_of(public):
            raise Tampered(name=name)
        return Export(
            body["factory"],
            int(body["definition"]),
            date.fromisoformat(body["first"]),
            date.fromisoformat(body["last"]),
            tuple(_row(one) for one in body["figures"]),
        )
    except InvalidSignature as changed:
        raise Tampered(name=name) from changed
    except (KeyError, TypeError, ValueError, InvalidOperation) as wrong:
        raise NotAnExport(name=name, format=FORMAT) from wrong


def _body(content: bytes, name: str) -> dict[str, Any]:
    try:
        body = json.loads(content.decode("utf-8-sig")) if len(content) <= BYTES_AT_MOST else None
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as wrong:
        raise NotAnExport(name=name, format=FORMAT) from wrong
    if not isinstance(body, dict) or body.get("format") != FORMAT:
        raise NotAnExport(name=name, format=FORMAT)
    return body


def _row(one: Mapping[str, Any]) -> Row:
    numbers = {
        name: None if one[name] is None else Decimal(one[name])
        for name in ("value", "before", "change", "low", "high")
    }
    return Row(
        Metric(one["metric"]),
        sample=int(one["sample"]),
        standing=one["standing"],
        grade=one["grade"],
        **numbers,
    )


def latest(exports: Iterable[Export]) -> tuple[tuple[Export, ...], int]:
    """Return one export of each factory, its latest, by number; and how many others were passed over."""
    kept: dict[str, Export] = {}
    given = Counter[str]()
    for one in exports:
        given[one.factory] += 1
        before = kept.get(one.factory)
        if before is None or (one.last, one.first) > (before.last, before.first):
            kept[one.factory] = one
    return tuple(kept[number] for number in sorted(kept)), given.total() - len(kept)


def together(exports: Sequence[Export]) -> tuple[Together, ...]:
    """Return each figure over all factories; every factory weighs the same."""
    made = []
    for metric in Metric:
        rows = [row for one in exports for row in one.rows if row.metric is metric]
        values = [row.value for row in rows if row.value is not None]
        changes = [row.change for row in rows if row.change is not None]
        made.append(Together(metric, _spread(values), _spread(changes), sum(row.sample for row in rows)))
    return tuple(made)


def _spread(values: Sequence[Decimal]) -> Spread | None:
    if not values:
        return None
    line, middle = sorted(values), len(values) // 2
    median = Fraction(line[middle]) if len(line) % 2 else Fraction(line[middle - 1] + line[middle]) / 2
    mean = Fraction(sum(line, Decimal(0))) / len(line)
    return Spread(len(line), rounded(mean), rounded(median), line[0], line[-1])
