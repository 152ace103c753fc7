"""Formulas worked out over ranges: what a formula can give while its names run over many lines at once.

A number is one of numbers.py; a word or a truth is the set of what it can be. The range holds every value that
`Formula.evaluate` gives for names inside; it may hold more.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, DecimalException
from functools import reduce
from itertools import product

from erp.catalogue.rules.formula import Table, Template, Value, applied
from erp.catalogue.rules.numbers import (
    DOWN,
    ONE,
    UP,
    ZERO,
    MayFail,
    Num,
    add,
    divide,
    either,
    multiply,
    near,
    negative,
    places_of,
    point,
    subtract,
)

MOST_WORDS = 200  # that a template with holes is filled to
SLACK = Decimal("1e-38")  # of the numbers that a step is taken from: what rounding them may shift it by


Words = frozenset[str]
Truths = frozenset[bool]
Row = tuple["Ranged", ...]
Ranged = Num | Words | Truths | Row
Look = Callable[[str], Ranged]
YES: Truths = frozenset({True})
NO: Truths = frozenset({False})
EITHER: Truths = frozenset({True, False})


def exact(value: Value | Table) -> Ranged:
    """Return the range that holds one value only."""
    if isinstance(value, Decimal):
        return point(value)
    if isinstance(value, tuple):
        return tuple(exact(one) for one in value)
    return frozenset({value}) if isinstance(value, str) else frozenset({bool(value)})


def ranged(node: ast.expr, look: Look) -> Ranged:
    """Return what the formula can give, with `look` for the ranges of its names. Raises MayFail."""
    try:
        return _NODES[type(node)](node, look)
    except (DecimalException, KeyError) as wrong:
        raise MayFail from wrong


def number(value: Ranged) -> Num:
    """Return the range of a number. Raises MayFail."""
    if isinstance(value, Num):
        return value
    raise MayFail


def truths(value: Ranged) -> Truths:
    """Return which of true and false it can be. Raises MayFail."""
    if isinstance(value, frozenset) and value <= EITHER:
        return frozenset(bool(one) for one in value)
    raise MayFail


def filled(template: Template, look: Look) -> Words:
    """Return every text that the template can be filled to. Raises MayFail."""
    holes = sorted(template.names)
    words = [_words(look(name)) for name in holes]
    texts = set()
    for count, chosen in enumerate(product(*words)):
        if count == MOST_WORDS:
            raise MayFail
        values: dict[str, Value | Table] = dict(zip(holes, chosen, strict=True))
        texts.add(template.fill(values))
    return frozenset(texts)


def _words(value: Ranged) -> tuple[str, ...]:
    if isinstance(value, Num) and value.is_whole and value.high - value.low < MOST_WORDS:
        return tuple(str(one) for one in range(int(value.low), int(value.high) + 1))
    if isinstance(value, frozenset) and all(isinstance(one, str) for one in value):
        return tuple(sorted(str(one) for one in value))
    raise MayFail


def joined(values: Iterable[Ranged]) -> Ranged:
    """Return the least range that holds all of them. Raises MayFail where they are of different kinds."""
    found = list(values)
    numbers = [one for one in found if isinstance(one, Num)]
    if found and len(numbers) == len(found):
        return reduce(either, numbers)
    members = [one for value in found if isinstance(value, frozenset) for one in value]
    if any(not isinstance(value, frozenset) for value in found):
        raise MayFail
    if all(isinstance(one, str) for one in members):
        return frozenset(str(one) for one in members)
    if all(isinstance(one, bool) for one in members):
        return frozenset(bool(one) for one in members)
    raise MayFail


def _constant(node: ast.Constant, _look: Look) -> Ranged:
    value = node.value
    if isinstance(value, bool | str):
        return exact(value)
    if isinstance(value, int):
        return exact(Decimal(value))
    # A literal with a point has at most 15 digits (formula.MOST_DIGITS), which `repr` gives back exactly.
    return exact(Decimal(repr(value)))


def _unary(node: ast.UnaryOp, look: Look) -> Ranged:
    if isinstance(node.op, ast.Not):
        return frozenset(not one for one in truths(ranged(node.operand, look)))
    value = number(ranged(node.operand, look))
    return negative(value) if isinstance(node.op, ast.USub) else value


def _binary(node: ast.BinOp, look: Look) -> Ranged:
    a, b = number(ranged(node.left, look)), number(ranged(node.right, look))
    return _OPERATIONS[type(node.op)](a, b)


_OPERATIONS: dict[type[ast.operator], Callable[[Num, Num], Num]] = {
    ast.Add: add,
    ast.Sub: subtract,
    ast.Mult: multiply,
    ast.Div: divide,
}


def _bool(node: ast.BoolOp, look: Look) -> Ranged:
    """Work out from left to right; what cannot be reached cannot fail."""
    stops = isinstance(node.op, ast.Or)
    can_stop = False
    for part in node.values:
        found = truths(ranged(part, look))
        can_stop = can_stop or stops in found
        if (not stops) not in found:
            return frozenset({stops})
    return EITHER if can_stop else frozenset({not stops})


def _compare(node: ast.Compare, look: Look) -> Ranged:
    left, found = ranged(node.left, look), YES
    for operator, side in zip(node.ops, node.comparators, strict=True):
        right = ranged(side, look)
        here = _COMPARISONS[type(operator)](left, right)
        if here == NO:
            return NO
        found, left = found | here, right
    return found


def _equal(a: Ranged, b: Ranged) -> Truths:
    if isinstance(a, Num) and isinstance(b, Num):
        if a.is_point and b.is_point and a.low == b.low:
            return YES
        apart = _apart(a, b)
        return NO if apart.low > 0 or apart.high < 0 else EITHER
    if isinstance(a, frozenset) and isinstance(b, frozenset):
        joined((a, b))  # of one kind
        return frozenset(x == y for x, y in product(a, b))
    raise MayFail


def _apart(a: Num, b: Num) -> Num:
    """Return how much larger `b` is than `a`; its sign is theirs, however it is rounded."""
    return subtract(b, a)


def _among(a: Ranged, b: Ranged) -> Truths:
    if not isinstance(b, tuple):
        raise MayFail
    found = [_equal(a, one) for one in b]
    if YES in found:
        return YES
    return NO if all(one == NO for one in found) else EITHER


def _less(a: Ranged, b: Ranged) -> Truths:
    apart = _apart(number(a), number(b))
    if apart.low > 0:
        return YES
    return NO if apart.high <= 0 else EITHER


def _not(found: Truths) -> Truths:
    return frozenset(not one for one in found)


_COMPARISONS: dict[type[ast.cmpop], Callable[[Ranged, Ranged], Truths]] = {
    ast.Eq: _equal,
    ast.NotEq: lambda a, b: _not(_equal(a, b)),
    ast.Lt: _less,
    ast.LtE: lambda a, b: _not(_less(b, a)),
    ast.Gt: lambda a, b: _less(b, a),
    ast.GtE: lambda a, b: _not(_less(a, b)),
    ast.In: _among,
    ast.NotIn: lambda a, b: _not(_among(a, b)),
}


def _call(node: ast.Call, look: Look) -> Ranged:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name == "if_":
        condition, yes, no = node.args
        sides = {True: yes, False: no}
        return joined([ranged(sides[one], look) for one in truths(ranged(condition, look))])
    values = [ranged(one, look) for one in node.args]
    if name == "band":
        return _band(values[0], number(values[1]))
    return _FUNCTIONS[name]([number(one) for one in values])


def _snap(values: list[Num], rounding: str) -> Num:
    x, step = values[0], values[1]
    origin = values[2] if len(values) > 2 else point(ZERO)
    if step.low <= 0:
        raise MayFail
    below, above = (step.high, ZERO) if rounding == ROUND_FLOOR else (ZERO, step.high)
    if not step.is_point or not origin.is_point:
        return Num(DOWN.subtract(x.low, below), UP.add(x.high, above))
    slack = UP.multiply(UP.add(_most(x), UP.add(_most(origin), step.high)), SLACK)
    name = "snap_down" if rounding == ROUND_FLOOR else "snap_up"
    ends = [applied(name, one, step.low, origin.low) for one in (x.low, x.high)]
    places = max(places_of(step.low), places_of(origin.low))
    return near(x, ends[0], ends[1], UP.add(below, slack), UP.add(above, slack), places)


def _most(value: Num) -> Decimal:
    return max(abs(value.low), abs(value.high))


def _round(values: list[Num]) -> Num:
    places = values[1] if len(values) > 1 else point(ZERO)
    if not places.is_point or places.low not in range(7):
        raise MayFail
    step = ONE.scaleb(-int(places.low))
    ends = [applied("round", one, places.low) for one in (values[0].low, values[0].high)]
    return near(values[0], ends[0], ends[1], step, step, int(places.low))


def _band(rows: Ranged, x: Num) -> Ranged:
    """Return what the rows can give that can be the last one to begin at or below `x`."""
    if not isinstance(rows, tuple):
        raise MayFail
    pairs = [(number(row[0]), row[1]) for row in rows if isinstance(row, tuple) and len(row) == 2]
    reached = [at for at, (start, _) in enumerate(pairs) if start.high <= x.low]
    if len(pairs) != len(rows) or not reached:
        raise MayFail
    return joined(
        [value for at, (start, value) in enumerate(pairs) if at >= reached[-1] and start.low <= x.high]
    )


def _smaller(a: Num, b: Num) -> Num:
    apart = _apart(a, b)
    if apart.low >= 0:
        return a
    if apart.high <= 0:
        return b
    both = either(a, b)
    return Num(both.low, min(a.high, b.high), both.places)


def _larger(a: Num, b: Num) -> Num:
    return negative(_smaller(negative(a), negative(b)))


def _integral(name: str, value: Num) -> Num:
    return near(value, applied(name, value.low), applied(name, value.high), ONE, ONE, 0)


_FUNCTIONS: dict[str, Callable[[list[Num]], Num]] = {
    "min": lambda values: reduce(_smaller, values),
    "max": lambda values: reduce(_larger, values),
    "ceil": lambda values: _integral("ceil", values[0]),
    "floor": lambda values: _integral("floor", values[0]),
    "round": _round,
    "snap_down": lambda values: _snap(values, ROUND_FLOOR),
    "snap_up": lambda values: _snap(values, ROUND_CEILING),
}


def _name(node: ast.Name, look: Look) -> Ranged:
    return look(node.id)


def _tuple(node: ast.Tuple, look: Look) -> Ranged:
    return tuple(ranged(one, look) for one in node.elts)


_NODES: dict[type[ast.expr], Callable[..., Ranged]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Tuple: _tuple,
    ast.UnaryOp: _unary,
    ast.BinOp: _binary,
    ast.BoolOp: _bool,
    ast.Compare: _compare,
    ast.Call: _call,
}
