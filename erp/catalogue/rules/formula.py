"""The formula language of part rules: small, exact, and unable to do anything but calculate.

A formula is read once into a tree, every node of which is on a short list, and turned into closures.
Numbers are Decimals all the way; a division keeps 40 digits.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import (
    ROUND_CEILING,
    ROUND_FLOOR,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DecimalException,
    DivisionByZero,
    DivisionUndefined,
    InvalidOperation,
    Overflow,
    localcontext,
)
from functools import lru_cache
from typing import Any

from core.choices import Choice
from core.errors import RuleViolation
from core.i18n import N_

Value = Decimal | bool | str
Table = tuple["Value | Table", ...]  # the right side of `in`, or the rows of a band: (from, value)
Names = Mapping[str, Value | Table]
Run = Callable[[Names], Value | Table]

LONGEST_TEXT = 600  # characters; the longest sensible rule has about 200
DEEPEST = 24  # levels of brackets and calls; a person loses the thread at six
LARGEST = Decimal("1e12")  # no literal, and no size of a door, comes near it
MOST_DIGITS = 15  # of a literal, and of its exponent; a float (ast) keeps as many exactly
CONTEXT = Context(prec=40, Emin=-60, Emax=60, traps=[DivisionByZero, InvalidOperation, Overflow])


class FormulaReason(Choice):
    """Why a formula cannot be used."""

    EMPTY = "empty", N_("it is empty")
    TOO_LONG = "too_long", N_("it is too long")
    TOO_DEEP = "too_deep", N_("it is nested too deeply")
    SYNTAX = "syntax", N_("it cannot be read")
    NOT_ALLOWED = "not_allowed", N_("it uses something that formulas do not have")
    NUMBER_TOO_LARGE = "number_too_large", N_("a number is too large")
    UNKNOWN_NAME = "unknown_name", N_("a name is unknown")
    UNKNOWN_FUNCTION = "unknown_function", N_("a function is unknown")
    ARGUMENTS = "arguments", N_("a function has the wrong number of values")
    NOT_A_NUMBER = "not_a_number", N_("a number was expected")
    NOT_A_TRUTH = "not_a_truth", N_("a condition was expected")
    NOT_A_TEXT = "not_a_text", N_("a word was expected")
    NOT_COMPARABLE = "not_comparable", N_("things of different kinds are compared")
    DIVISION_BY_ZERO = "division_by_zero", N_("it divides by zero")
    OVERFLOW = "overflow", N_("the result is too large")
    NO_BAND = "no_band", N_("no row of the table fits")


class FormulaFault(RuleViolation):
    """A formula that cannot be read or worked out."""

    code = "erp.catalogue.formula_fault"
    message = N_("The formula “%(formula)s” cannot be used: %(reason)s (%(detail)s).")


class _Bad(Exception):
    """Found inside a formula; Formula turns it into a FormulaFault that quotes the text."""

    def __init__(self, reason: FormulaReason, detail: object) -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, str(detail)[:80]


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula, read and ready: its text, the names it needs, and how to work it out."""

    text: str
    names: frozenset[str] = field(compare=False)
    run: Run = field(compare=False, repr=False)
    tree: ast.expr = field(compare=False, repr=False)  # what proving.py reads; every node is a known one

    def evaluate(self, names: Names) -> Value:
        """Return the value with these names. Raises FormulaFault."""
        try:
            with localcontext(CONTEXT):
                value = self.run(names)
            if isinstance(value, tuple):
                raise _Bad(FormulaReason.NOT_ALLOWED, value)
        except _Bad as bad:
            raise FormulaFault(formula=self.text, reason=bad.reason, detail=bad.detail) from None
        except DecimalException as wrong:
            zero = isinstance(wrong, DivisionByZero | DivisionUndefined) or "DivisionUndefined" in str(wrong)
            reason = FormulaReason.DIVISION_BY_ZERO if zero else FormulaReason.OVERFLOW
            raise FormulaFault(formula=self.text, reason=reason, detail="÷" if zero else "") from None
        return value

    def number(self, names: Names) -> Decimal:
        """Return the value, which must be a number. Raises FormulaFault."""
        value = self.evaluate(names)
        if isinstance(value, Decimal):
            return value
        raise FormulaFault(formula=self.text, reason=FormulaReason.NOT_A_NUMBER, detail=str(value))

    def truth(self, names: Names) -> bool:
        """Return the value, which must be true or false. Raises FormulaFault."""
        value = self.evaluate(names)
        if isinstance(value, bool):
            return value
        raise FormulaFault(formula=self.text, reason=FormulaReason.NOT_A_TRUTH, detail=str(value))


@lru_cache(maxsize=4096)
def compile_formula(text: str) -> Formula:
    """Read a formula; the same text gives the same object. Raises FormulaFault."""
    try:
        tree = _parse(text)
        compiler = _Compiler(text)
        run = compiler.compile(tree, 0)
    except _Bad as bad:
        raise FormulaFault(formula=_quoted(text), reason=bad.reason, detail=bad.detail) from None
    return Formula(text, frozenset(compiler.names), run, tree)


def _quoted(text: str) -> str:
    """Return the beginning of a text that may hold anything, as a page can show it."""
    return text[:80].encode("utf-8", "replace").decode("utf-8").replace("\0", "?")


_HOLE = re.compile(r"\{([A-Za-z][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class Template:
    """A code with holes, such as `MB22-{colour}`: each hole takes a word or a whole number."""

    text: str

    @property
    def names(self) -> frozenset[str]:
        """The names of the holes."""
        return frozenset(_HOLE.findall(self.text))

    def fill(self, names: Names) -> str:
        """Return the code with its holes filled. Raises FormulaFault."""
        return _HOLE.sub(lambda hole: self._word(hole[1], names), self.text)

    def _word(self, name: str, names: Names) -> str:
        value = names.get(name)
        if isinstance(value, str):
            return value
        if isinstance(value, Decimal) and value == value.to_integral_value():
            return str(int(value))
        reason = FormulaReason.UNKNOWN_NAME if value is None else FormulaReason.NOT_A_TEXT
        raise FormulaFault(formula=self.text, reason=reason, detail=name)


def compile_template(text: str) -> Template:
    """Read a code with holes. Raises FormulaFault."""
    if len(text) > LONGEST_TEXT:
        raise FormulaFault(formula=_quoted(text), reason=FormulaReason.TOO_LONG, detail=len(text))
    if not text.isprintable():
        raise FormulaFault(formula=_quoted(text), reason=FormulaReason.NOT_ALLOWED, detail=ascii(text)[:40])
    if set(_HOLE.sub("", text)) & set("{}"):
        raise FormulaFault(formula=_quoted(text), reason=FormulaReason.SYNTAX, detail="{ }")
    return Template(text)


def _parse(text: str) -> ast.expr:
    """Return the tree of a text of decent size."""
    if len(text) > LONGEST_TEXT:
        raise _Bad(FormulaReason.TOO_LONG, len(text))
    if not text.strip():
        raise _Bad(FormulaReason.EMPTY, "")
    _scan(text)
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError) as wrong:
        raise _Bad(FormulaReason.SYNTAX, wrong) from None
    except (RecursionError, MemoryError):
        raise _Bad(FormulaReason.TOO_DEEP, DEEPEST) from None


_WORD = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"")
_BRACKETS = {"(": 1, ")": -1}
_SIGNS = re.compile(r"(?:[-+~]\s*|\bnot\b\s*){25}")  # DEEPEST and one more


def _scan(text: str) -> None:
    """Refuse by its characters alone what a parser should not be asked to read.

    Outside of quoted words a formula is plain ASCII: Python would read a full-width Ｗ as W.
    """
    if "\\" in text or not text.replace("\n", " ").isprintable():
        raise _Bad(FormulaReason.NOT_ALLOWED, "\\" if "\\" in text else ascii(text)[:40])
    bare = _WORD.sub("", text)
    if not bare.isascii():
        raise _Bad(FormulaReason.NOT_ALLOWED, next(one for one in bare if not one.isascii()))
    depth = deepest = 0
    for one in bare:
        depth += _BRACKETS.get(one, 0)
        deepest = max(depth, deepest)
    if deepest > DEEPEST or _SIGNS.search(bare):
        raise _Bad(FormulaReason.TOO_DEEP, DEEPEST)


class _Compiler:
    """Turns the tree of one formula into closures and remembers the names it meets."""

    def __init__(self, text: str) -> None:
        self.text = text.strip()
        self.names: set[str] = set()

    def compile(self, node: ast.expr, depth: int) -> Run:
        """Return the closure of one node; refuse every node that is not listed here."""
        if depth > DEEPEST:
            raise _Bad(FormulaReason.TOO_DEEP, DEEPEST)
        nodes: dict[type[ast.expr], Callable[[Any, int], Run]] = {
            ast.Constant: self._constant,
            ast.Name: self._name,
            ast.Tuple: self._tuple,
            ast.UnaryOp: self._unary,
            ast.BinOp: self._binary,
            ast.BoolOp: self._bool,
            ast.Compare: self._compare,
            ast.Call: self._call,
        }
        make = nodes.get(type(node))
        if make is None:
            raise _Bad(FormulaReason.NOT_ALLOWED, ast.get_source_segment(self.text, node) or "")
        return make(node, depth + 1)

    def _constant(self, node: ast.Constant, _depth: int) -> Run:
        value = node.value
        if isinstance(value, bool | str):
            kept: Value = value
        elif isinstance(value, int):
            kept = Decimal(value)
        elif isinstance(value, float):  # its own digits, not the float's
            kept = Decimal(ast.get_source_segment(self.text, node) or "")
        else:
            raise _Bad(FormulaReason.NOT_ALLOWED, value)
        if isinstance(kept, Decimal) and not _is_decent(kept):
            raise _Bad(FormulaReason.NUMBER_TOO_LARGE, ast.get_source_segment(self.text, node))
        return lambda _names: kept

    def _name(self, node: ast.Name, _depth: int) -> Run:
        name = node.id
        if name.startswith("_"):
            raise _Bad(FormulaReason.NOT_ALLOWED, name)
        self.names.add(name)

        def look(names: Names) -> Value | Table:
            try:
                return names[name]
            except KeyError:
                raise _Bad(FormulaReason.UNKNOWN_NAME, name) from None

        return look

    def _tuple(self, node: ast.Tuple, depth: int) -> Run:
        runs = [self.compile(part, depth) for part in node.elts]
        return lambda names: tuple(run(names) for run in runs)

    def _unary(self, node: ast.UnaryOp, depth: int) -> Run:
        run = self.compile(node.operand, depth)
        if isinstance(node.op, ast.Not):
            return lambda names: not _truth(run(names))
        if isinstance(node.op, ast.USub):
            return lambda names: -_number(run(names))
        if isinstance(node.op, ast.UAdd):
            return lambda names: _number(run(names))
        raise _Bad(FormulaReason.NOT_ALLOWED, "~")

    def _binary(self, node: ast.BinOp, depth: int) -> Run:
        a, b = self.compile(node.left, depth), self.compile(node.right, depth)
        if isinstance(node.op, ast.Add):
            return lambda names: _number(a(names)) + _number(b(names))
        if isinstance(node.op, ast.Sub):
            return lambda names: _number(a(names)) - _number(b(names))
        if isinstance(node.op, ast.Mult):
            return lambda names: _number(a(names)) * _number(b(names))
        if isinstance(node.op, ast.Div):
            return lambda names: _number(a(names)) / _number(b(names))
        raise _Bad(FormulaReason.NOT_ALLOWED, ast.get_source_segment(self.text, node))

    def _bool(self, node: ast.BoolOp, depth: int) -> Run:
        runs = [self.compile(part, depth) for part in node.values]
        if isinstance(node.op, ast.And):
            return lambda names: all(_truth(run(names)) for run in runs)
        return lambda names: any(_truth(run(names)) for run in runs)

    def _compare(self, node: ast.Compare, depth: int) -> Run:
        sides = [self.compile(side, depth) for side in (node.left, *node.comparators)]
        tests = [_COMPARISONS.get(type(op)) for op in node.ops]
        if None in tests:
            raise _Bad(FormulaReason.NOT_ALLOWED, ast.get_source_segment(self.text, node))

        def compare(names: Names) -> bool:
            left = sides[0](names)
            for test, side in zip(tests, sides[1:], strict=True):
                right = side(names)
                if test is None or not test(left, right):
                    return False
                left = right
            return True

        return compare

    def _call(self, node: ast.Call, depth: int) -> Run:
        if not isinstance(node.func, ast.Name) or node.func.id not in _FUNCTIONS:
            raise _Bad(FormulaReason.UNKNOWN_FUNCTION, ast.get_source_segment(self.text, node.func) or "")
        function, fewest, most = _FUNCTIONS[node.func.id]
        if node.keywords or not fewest <= len(node.args) <= most:
            raise _Bad(FormulaReason.ARGUMENTS, node.func.id)
        runs = [self.compile(argument, depth) for argument in node.args]
        if function is None:  # if_ works out only the side it takes, so that it can guard a division
            return lambda names: runs[1](names) if _truth(runs[0](names)) else runs[2](names)
        return lambda names: function([run(names) for run in runs])


def _is_decent(number: Decimal) -> bool:
    """Return whether a literal is one that a person writes: `1e-999999999` is not."""
    exponent = number.as_tuple().exponent
    is_short = isinstance(exponent, int) and abs(exponent) <= MOST_DIGITS
    return is_short and number < LARGEST and len(number.as_tuple().digits) <= MOST_DIGITS


def _number(value: Value | Table) -> Decimal:
    if isinstance(value, Decimal):
        return value
    raise _Bad(FormulaReason.NOT_A_NUMBER, value)


def _truth(value: Value | Table) -> bool:
    if isinstance(value, bool):
        return value
    raise _Bad(FormulaReason.NOT_A_TRUTH, value)


def _equal(a: Value | Table, b: Value | Table) -> bool:
    for kind in (bool, Decimal, str):
        if isinstance(a, kind) and isinstance(b, kind):
            return a == b
    raise _Bad(FormulaReason.NOT_COMPARABLE, f"{a} = {b}")


def _among(a: Value | Table, b: Value | Table) -> bool:
    if not isinstance(b, tuple):
        raise _Bad(FormulaReason.NOT_COMPARABLE, b)
    return any(_equal(a, one) for one in b)


_COMPARISONS: dict[type[ast.cmpop], Callable[[Value | Table, Value | Table], bool]] = {
    ast.Eq: _equal,
    ast.NotEq: lambda a, b: not _equal(a, b),
    ast.Lt: lambda a, b: _number(a) < _number(b),
    ast.LtE: lambda a, b: _number(a) <= _number(b),
    ast.Gt: lambda a, b: _number(a) > _number(b),
    ast.GtE: lambda a, b: _number(a) >= _number(b),
    ast.In: _among,
    ast.NotIn: lambda a, b: not _among(a, b),
}

Arguments = list[Value | Table]


def half_up(value: Decimal, step: Decimal) -> Decimal:
    """Return `value` rounded to a multiple of `step`, halves away from zero."""
    return (value / step).to_integral_value(ROUND_HALF_UP) * step


def tidy(value: Decimal) -> Decimal:
    """Return `value` without needless zeros, as a sentence should say it: 2440, not 2440.0."""
    return Decimal(f"{value.normalize():f}")


def _snap(arguments: Arguments, rounding: str) -> Decimal:
    x, step, *rest = (_number(one) for one in arguments)
    origin = rest[0] if rest else Decimal(0)
    if step <= 0:
        raise _Bad(FormulaReason.DIVISION_BY_ZERO, step)
    steps, left = divmod(x - origin, step)  # exact; divmod of Decimals leans toward zero
    if left < 0 and rounding == ROUND_FLOOR:
        steps -= 1
    elif left > 0 and rounding == ROUND_CEILING:
        steps += 1
    return steps * step + origin


def _round(arguments: Arguments) -> Decimal:
    x, *rest = (_number(one) for one in arguments)
    places = rest[0] if rest else Decimal(0)
    if places not in range(7):
        raise _Bad(FormulaReason.ARGUMENTS, "round")
    return half_up(x, Decimal(1).scaleb(-int(places)))


def _band(arguments: Arguments) -> Value:
    rows, x = arguments[0], _number(arguments[1])
    if not isinstance(rows, tuple):
        raise _Bad(FormulaReason.NOT_COMPARABLE, rows)
    found: Value | Table | None = None
    for row in rows:
        if not isinstance(row, tuple) or len(row) != 2:
            raise _Bad(FormulaReason.NOT_COMPARABLE, row)
        if _number(row[0]) <= x:
            found = row[1]
    if found is None or isinstance(found, tuple):
        raise _Bad(FormulaReason.NO_BAND, x)
    return found


_FUNCTIONS: dict[str, tuple[Callable[[Arguments], Value] | None, int, int]] = {
    # name: what it does, fewest and most values
    "min": (lambda a: min(_number(one) for one in a), 1, 20),
    "max": (lambda a: max(_number(one) for one in a), 1, 20),
    "ceil": (lambda a: _number(a[0]).to_integral_value(ROUND_CEILING), 1, 1),
    "floor": (lambda a: _number(a[0]).to_integral_value(ROUND_FLOOR), 1, 1),
    "round": (_round, 1, 2),
    "snap_down": (lambda a: _snap(a, ROUND_FLOOR), 2, 3),
    "snap_up": (lambda a: _snap(a, ROUND_CEILING), 2, 3),
    "band": (_band, 2, 2),
    "if_": (None, 3, 3),
}


def applied(name: str, *numbers: Decimal) -> Decimal:
    """Return what a function of the language gives for numbers. Raises DecimalException where it cannot."""
    function = _FUNCTIONS[name][0]
    if function is None:
        raise KeyError(name)
    return _number(function(list(numbers)))
