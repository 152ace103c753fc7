"""Plain data (YAML or JSON) into frozen dataclasses and back: one shape, and every fault named by its place.

The field names of a dataclass are the keys of the file; its types decide how a scalar is read, so that
`no` is a word where a word is wanted and 10.10 never becomes a float.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import yaml

from core.choices import Choice
from core.errors import AppError, RuleViolation
from core.i18n import N_
from erp.catalogue.rules.formula import Formula, FormulaFault, Template, compile_formula, compile_template

T = TypeVar("T")
LARGEST_TEXT = 1_000_000  # characters; the demo factory has about 30,000
MOST_NODES = 200_000
_NUMBER = re.compile(r"[+-]?\d{1,12}(\.\d{1,6})?")
_TRUTHS = {"true": True, "false": False}


class KeyMissing(RuleViolation):
    """A record lacks a field that it must have."""

    code = "erp.catalogue.key_missing"
    message = N_("“%(key)s” is missing.")


class KeyUnknown(RuleViolation):
    """A record has a field that nobody reads; most often a slip of the pen."""

    code = "erp.catalogue.key_unknown"
    message = N_("“%(key)s” is not known here; known are: %(known)s.")


class WrongShape(RuleViolation):
    """A scalar, list or record stands where another is wanted."""

    code = "erp.catalogue.wrong_shape"
    message = N_("%(expected)s was expected, “%(got)s” was found.")


class Unreadable(RuleViolation):
    """The text is no YAML at all, or more of it than anybody would write."""

    code = "erp.catalogue.unreadable"
    message = N_("The file cannot be read: %(detail)s.")


class Wanted(Choice):
    """What a place in the file must hold."""

    RECORD = "record", N_("A record of names and values")
    LIST = "list", N_("A list")
    TEXT = "text", N_("A text")
    NUMBER = "number", N_("A number")
    TRUTH = "truth", N_("true or false")
    DAY = "day", N_("A day such as 2026-11-28")
    WORD = "word", N_("One of the known words")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a file: where, and the refusal that says what."""

    path: str
    line: int | None
    refusal: AppError

    def __str__(self) -> str:
        """Return the fault in English, for logs."""
        return (
            f"{self.path} (line {self.line}): {self.refusal}" if self.line else f"{self.path}: {self.refusal}"
        )


@dataclass(frozen=True, slots=True)
class Node:
    """One value of a file with its place; a scalar is kept as its text, nothing as None."""

    value: dict[str, Node] | list[Node] | str | None
    path: str
    line: int | None = None


class Reader:
    """Reads nodes into typed values and gathers the faults instead of stopping at the first."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.nodes: dict[int, Node] = {}  # where each record came from, by its id()

    def fault(self, node: Node, refusal: AppError) -> None:
        """Note that something is wrong at `node`."""
        self.faults.append(Fault(node.path, node.line, refusal))

    def record(self, wanted: type[T], node: Node) -> T | None:
        """Return the dataclass that `node` holds, or None after noting what is wrong."""
        if not isinstance(node.value, dict):
            self.fault(node, WrongShape(expected=Wanted.RECORD, got=_shown(node)))
            return None
        hints, known = _shape(cast("Any", wanted))
        for key in node.value.keys() - hints.keys():
            self.fault(node.value[key], KeyUnknown(key=key, known=", ".join(hints)))
        values: dict[str, Any] = {}
        before = len(self.faults)
        for name, hint in hints.items():
            if name in node.value:
                values[name] = self.value(hint, node.value[name])
            elif known[name]:
                self.fault(node, KeyMissing(key=name))
        if len(self.faults) > before:
            return None
        made = wanted(**values)
        self.nodes[id(made)] = node
        return made

    def at(self, record: object, *keys: str) -> Node:
        """Return the place of a record that was read, or of the field of it that `keys` lead to."""
        node = self.nodes[id(record)]
        for key in keys:
            if isinstance(node.value, dict):
                node = node.value.get(key, node)
            elif isinstance(node.value, list):  # an ordered mapping as pairs
                pairs = [one.value for one in node.value if isinstance(one.value, list)]
                node = next((pair[1] for pair in pairs if len(pair) == 2 and pair[0].value == key), node)
        return node

    def value(self, hint: Any, node: Node) -> Any:
        """Return the value of type `hint` that `node` holds; what is returned after a fault is not used."""
        origin = get_origin(hint)
        if origin in (Union, UnionType):
            inner = next(one for one in get_args(hint) if one is not NoneType)
            return None if node.value is None else self.value(inner, node)
        if origin is tuple:
            return tuple(self.value(get_args(hint)[0], one) for one in self._list(node))
        if origin is Mapping:
            return self._mapping(get_args(hint), node)
        if is_dataclass(hint) and hint not in (Formula, Template):
            return self.record(cast("type[Any]", hint), node)
        return self._scalar(hint, node)

    def _list(self, node: Node) -> list[Node]:
        if isinstance(node.value, list):
            return node.value
        self.fault(node, WrongShape(expected=Wanted.LIST, got=_shown(node)))
        return []

    def _mapping(self, hints: tuple[Any, ...], node: Node) -> dict[Any, Any]:
        key_hint, hint = hints
        made = {}
        for key, one in self._pairs(node):
            if issubclass(key_hint, Choice) and key not in list(key_hint):
                self.fault(one, KeyUnknown(key=key, known=", ".join(key_hint)))
            else:
                made[key_hint(key)] = self.value(hint, one)
        return made

    def _pairs(self, node: Node) -> list[tuple[str, Node]]:
        """Return an ordered mapping: a record in YAML, a list of pairs in JSON (which may lose the order)."""
        if isinstance(node.value, dict):
            return list(node.value.items())
        pairs = []
        for one in self._list(node):
            if isinstance(one.value, list) and len(one.value) == 2 and isinstance(one.value[0].value, str):
                pairs.append((one.value[0].value, one.value[1]))
            else:
                self.fault(one, WrongShape(expected=Wanted.RECORD, got=_shown(one)))
        return pairs

    def _scalar(self, hint: Any, node: Node) -> Any:
        text = node.value
        if not isinstance(text, str):
            self.fault(node, WrongShape(expected=_wanted(hint), got=_shown(node)))
            return None
        try:
            return _read_scalar(hint, text)
        except FormulaFault as fault:
            self.fault(node, fault)
        except ValueError:
            expected = ", ".join(hint) if issubclass(hint, Choice) else _wanted(hint)
            self.fault(node, WrongShape(expected=expected, got=_shown(node)))
        return None


def node_of_yaml(text: str) -> Node:
    """Return the tree of a YAML text with its lines. Raises Unreadable."""
    if len(text) > LARGEST_TEXT:
        raise Unreadable(detail=f"{len(text)} > {LARGEST_TEXT}")
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        if root is None:
            raise Unreadable(detail="empty")
        return _from_yaml(root, "", [0])
    except yaml.YAMLError as wrong:
        raise Unreadable(detail=" ".join(str(wrong).split())[:300]) from None
    except RecursionError:
        raise Unreadable(detail="too deep") from None


def node_of_data(data: object, path: str = "") -> Node:
    """Return the tree of plain data, as JSON gives it back."""
    if isinstance(data, dict):
        return Node({str(key): node_of_data(one, _at(path, str(key))) for key, one in data.items()}, path)
    if isinstance(data, list | tuple):
        return Node([node_of_data(one, f"{path}[{i}]") for i, one in enumerate(data)], path)
    if isinstance(data, bool):
        return Node(str(data).lower(), path)
    return Node(None if data is None else str(data), path)


def plain(value: object, *, pairs: bool = True) -> Any:
    """Return a dataclass as plain data; empty and default fields are left out.

    With `pairs` an ordered mapping becomes a list of pairs, as a JSON column may sort its keys.
    """
    if isinstance(value, Formula | Template):
        return value.text
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return str(value).lower()
    if is_dataclass(value):
        shown = {
            f.name: getattr(value, f.name) for f in fields(value) if getattr(value, f.name) != _default(f)
        }
        return {name: plain(one, pairs=pairs) for name, one in shown.items()}
    if isinstance(value, Mapping):
        made = [(str(key), plain(one, pairs=pairs)) for key, one in value.items()]
        return [list(pair) for pair in made] if pairs else dict(made)
    if isinstance(value, tuple):
        return [plain(one, pairs=pairs) for one in value]
    return str(value) if isinstance(value, Choice) else value


def _from_yaml(node: yaml.Node, path: str, count: list[int]) -> Node:
    """Return our node; `count` holds how many there are, as aliases can make few lines endless."""
    count[0] += 1
    if count[0] > MOST_NODES:
        raise Unreadable(detail=f"> {MOST_NODES}")
    line = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        made: dict[str, Node] = {}
        for key, value in node.value:
            name = str(key.value)
            if name in made:
                raise Unreadable(detail=f"“{name}” twice, line {key.start_mark.line + 1}")
            made[name] = _from_yaml(value, _at(path, name), count)
        return Node(made, path, line)
    if isinstance(node, yaml.SequenceNode):
        return Node([_from_yaml(one, f"{path}[{i}]", count) for i, one in enumerate(node.value)], path, line)
    is_nothing = getattr(node, "style", None) is None and node.value in ("", "null", "~")
    return Node(None if is_nothing else str(node.value), path, line)


def _read_scalar(hint: Any, text: str) -> Any:
    """Return the scalar. Raises ValueError, FormulaFault."""
    if hint is Formula:
        return compile_formula(text)
    if hint is Template:
        return compile_template(text)
    if hint is bool:
        if text.lower() not in _TRUTHS:
            raise ValueError(text)
        return _TRUTHS[text.lower()]
    if hint is date:
        return date.fromisoformat(text)
    if hint in (Decimal, int):
        if not _NUMBER.fullmatch(text) or (hint is int and "." in text):
            raise ValueError(text)
        return hint(text)
    return hint(text)


def _wanted(hint: Any) -> Wanted:
    if hint in (Decimal, int):
        return Wanted.NUMBER
    if hint is bool:
        return Wanted.TRUTH
    if hint is date:
        return Wanted.DAY
    return Wanted.WORD if isinstance(hint, type) and issubclass(hint, Choice) else Wanted.TEXT


@cache
def _shape(wanted: Any) -> tuple[dict[str, Any], dict[str, bool]]:
    """Return the types of a dataclass's fields, and which of them must be given."""
    required = {f.name: f.default is MISSING and f.default_factory is MISSING for f in fields(wanted)}
    hints = get_type_hints(wanted)
    return {name: hints[name] for name in required}, required


def _default(field_: Any) -> Any:
    return field_.default_factory() if field_.default_factory is not MISSING else field_.default


def _at(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _shown(node: Node) -> str:
    if isinstance(node.value, dict):
        return "{…}"
    return "[…]" if isinstance(node.value, list) else str(node.value)[:60]
