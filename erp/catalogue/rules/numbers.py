"""Numbers over many lines at once: an interval, and beside it how the number goes with each size.

A size runs over `middle + half * e`, with e from -1 to 1. A number is `sum(parts[size] * e) + rest`; what is
left over lies between the two ends of `rest`. Its interval is the narrower of what both say, rounded outward, so
that it holds every value that the evaluator gives. Numbers that go with the same size keep together: the
difference of a frame and its leaf is one number, not a range.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import (
    ROUND_CEILING,
    ROUND_FLOOR,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
)

from erp.catalogue.rules.formula import CONTEXT

DOWN, UP = CONTEXT.copy(), CONTEXT.copy()
DOWN.rounding, UP.rounding = ROUND_FLOOR, ROUND_CEILING
EXACT = Context(prec=60, Emin=-99, Emax=99, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow])
ZERO, ONE = Decimal(0), Decimal(1)
OFF = Decimal("1e-39")  # how far, of a number, the evaluator's rounding to 40 digits can be off
LEAST_OFF = Decimal("1e-90")  # and however small the number is
Parts = Mapping[str, Decimal]


class MayFail(Exception):
    """Somewhere in the range the formula may fail, or no narrow enough range of it is known."""


class NoLine(Exception):
    """No line that order entry takes is in the range."""


@dataclass(frozen=True, slots=True)
class Num:
    """All numbers from `low` to `high`; with at most `places` digits after the point, if that is known."""

    low: Decimal
    high: Decimal
    places: int | None = None
    parts: Parts = field(default_factory=dict)
    rest: tuple[Decimal, Decimal] = (ZERO, ZERO)  # counts only beside parts

    @property
    def is_point(self) -> bool:
        """Whether it is one number."""
        return self.low == self.high

    @property
    def is_whole(self) -> bool:
        """Whether all of them are whole numbers."""
        return self.places == 0


def point(value: Decimal) -> Num:
    """Return one number."""
    return Num(value, value, places_of(value))


def places_of(value: Decimal) -> int:
    """Return how many digits a number has after the point."""
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def size(name: str, low: Decimal, high: Decimal) -> Num:
    """Return a size that runs from one length to another, in steps of 0.1 mm."""
    if low == high:
        return point(low)
    half, middle = (high - low) / 2, (high + low) / 2
    return Num(low, high, 1, {name: half}, (middle, middle))


def _spread(parts: Parts) -> Decimal:
    """Return how far the parts together can be off their middle."""
    total = ZERO
    for one in parts.values():
        total = UP.add(total, one.copy_abs())
    return total


def _is_exact(size_: Decimal, places: int | None) -> bool:
    """Whether the evaluator gives such a number without rounding it to 40 digits."""
    return places is not None and size_.adjusted() + 1 + places <= CONTEXT.prec


def _made(
    low: Decimal, high: Decimal, places: int | None, parts: Parts | None, rest: tuple[Decimal, Decimal]
) -> Num:
    """Return a number from its interval and, if they are known, its parts. Raises NoLine if these exclude it."""
    if parts is None:
        return Num(low, high, places)
    most = max(abs(low), abs(high))
    if not _is_exact(most, places):
        off = UP.add(UP.multiply(most, OFF), LEAST_OFF)
        rest = DOWN.subtract(rest[0], off), UP.add(rest[1], off)
    spread = _spread(parts)
    low, high = max(low, DOWN.subtract(rest[0], spread)), min(high, UP.add(rest[1], spread))
    if low > high:
        raise NoLine
    return Num(low, high, places, parts, rest) if parts else Num(low, high, places)


def _rest(value: Num) -> tuple[Decimal, Decimal]:
    return value.rest if value.parts else (value.low, value.high)


def _most_places(a: Num, b: Num) -> int | None:
    return None if a.places is None or b.places is None else max(a.places, b.places)


def _sum(a: Parts, b: Parts, sign: int) -> Parts | None:
    """Return the parts of a sum or difference; nothing where they cannot be told exactly."""
    made = dict(a)
    try:
        for name, one in b.items():
            made[name] = (EXACT.add if sign > 0 else EXACT.subtract)(made.get(name, ZERO), one)
    except Inexact:
        return None
    return {name: one for name, one in made.items() if one}


def negative(a: Num) -> Num:
    """Return -a."""
    low, high = _rest(a)
    parts = {name: one.copy_negate() for name, one in a.parts.items()}
    return Num(-a.high, -a.low, a.places, parts, (-high, -low))


def add(a: Num, b: Num) -> Num:
    """Return a + b. Raises NoLine."""
    low, high, places = DOWN.add(a.low, b.low), UP.add(a.high, b.high), _most_places(a, b)
    if not a.parts and not b.parts:
        return Num(low, high, places)
    (c, d), (e, f) = _rest(a), _rest(b)
    return _made(low, high, places, _sum(a.parts, b.parts, 1), (DOWN.add(c, e), UP.add(d, f)))


def subtract(a: Num, b: Num) -> Num:
    """Return a - b. Raises NoLine."""
    low, high, places = DOWN.subtract(a.low, b.high), UP.subtract(a.high, b.low), _most_places(a, b)
    if not a.parts and not b.parts:
        return Num(low, high, places)
    (c, d), (e, f) = _rest(a), _rest(b)
    return _made(low, high, places, _sum(a.parts, b.parts, -1), (DOWN.subtract(c, f), UP.subtract(d, e)))


def multiply(a: Num, b: Num) -> Num:
    """Return a * b; it keeps its parts where one of the two is one number. Raises NoLine."""
    if a.is_point:
        a, b = b, a
    places = None if a.places is None or b.places is None else a.places + b.places
    pairs = [(x, y) for x in (a.low, a.high) for y in (b.low, b.high)]
    low, high = min(DOWN.multiply(*one) for one in pairs), max(UP.multiply(*one) for one in pairs)
    if not b.is_point or not a.parts:
        return Num(low, high, places)
    by, ends = b.low, a.rest if b.low >= 0 else (a.rest[1], a.rest[0])
    try:
        parts: Parts | None = {name: EXACT.multiply(one, by) for name, one in a.parts.items()} if by else {}
    except Inexact:
        parts = None
    return _made(low, high, places, parts, (DOWN.multiply(ends[0], by), UP.multiply(ends[1], by)))


def divide(a: Num, b: Num) -> Num:
    """Return a / b; it keeps its parts where b is one number. Raises MayFail, NoLine."""
    if b.low <= 0 <= b.high:
        raise MayFail
    pairs = [(x, y) for x in (a.low, a.high) for y in (b.low, b.high)]
    low, high = min(DOWN.divide(*one) for one in pairs), max(UP.divide(*one) for one in pairs)
    if not b.is_point:
        return Num(low, high)
    places = _shared_places(a, b.low)
    if not a.parts:
        return Num(low, high, places)
    by, ends = b.low, a.rest if b.low > 0 else (a.rest[1], a.rest[0])
    parts, off = {}, LEAST_OFF
    for name, one in a.parts.items():
        parts[name] = CONTEXT.divide(one, by)
        off = UP.add(off, UP.multiply(parts[name].copy_abs(), OFF))
    rest = DOWN.subtract(DOWN.divide(ends[0], by), off), UP.add(UP.divide(ends[1], by), off)
    return _made(low, high, places, parts, rest)


def _shared_places(a: Num, by: Decimal) -> int | None:
    """Return the digits after the point of a number shared by another; nothing if there is no end of them."""
    try:
        return None if a.places is None else a.places + places_of(EXACT.divide(ONE, by))
    except Inexact:
        return None


def near(a: Num, low: Decimal, high: Decimal, below: Decimal, above: Decimal, places: int | None) -> Num:
    """Return a number between two ends that lies near `a`: at most so much below or above it."""
    if not a.parts:
        return Num(low, high, places)
    rest = DOWN.subtract(a.rest[0], below), UP.add(a.rest[1], above)
    return _made(low, high, places, a.parts, rest)


def either(a: Num, b: Num) -> Num:
    """Return the least that holds both."""
    low, high = min(a.low, b.low), max(a.high, b.high)
    places = _most_places(a, b)
    if not a.parts and not b.parts:
        return Num(low, high, places)
    first, second = (a, b) if a.parts else (b, a)
    apart = _sum(second.parts, first.parts, -1)
    if apart is None:
        return Num(low, high, places)
    spread, (c, d) = _spread(apart), _rest(second)
    rest = min(first.rest[0], DOWN.subtract(c, spread)), max(first.rest[1], UP.add(d, spread))
    return Num(low, high, places, first.parts, rest)


def narrowed(a: Num, bounds: tuple[Num, ...]) -> Num:
    """Return `a` where every bound is at least 0, as it is on every line that order entry takes. Raises NoLine."""
    if not a.parts:
        return a
    low, high = max(a.low, _least(a, bounds)), min(a.high, -_least(negative(a), bounds))
    if low > high:
        raise NoLine
    return a if (low, high) == (a.low, a.high) else Num(low, high, a.places, a.parts, a.rest)


def _least(a: Num, bounds: tuple[Num, ...]) -> Decimal:
    """Return what `a` is at least: that of `a - k * bound`, for whatever k above 0 takes a size out of it."""
    parts, low = a.parts, a.rest[0]
    best = DOWN.subtract(low, _spread(parts))
    for _ in range(2):  # a second bound may help after the first
        found = None
        for bound in bounds:
            for name in bound.parts.keys() & parts.keys():
                k = CONTEXT.divide(parts[name], bound.parts[name])
                if k <= 0:
                    continue
                left = _less(parts, bound.parts, k)
                rest = DOWN.subtract(low, UP.multiply(k, bound.rest[1]))
                least = DOWN.subtract(rest, _spread(left))
                if least > best:
                    best, found = least, (left, rest)
        if found is None:
            break
        parts, low = found
    return best


def _less(parts: Parts, bound: Parts, k: Decimal) -> Parts:
    """Return the parts less `k` times those of a bound; where that cannot be told exactly, a little larger."""
    made = {}
    for name in parts.keys() | bound.keys():
        was, taken = parts.get(name, ZERO), bound.get(name, ZERO)
        try:
            made[name] = EXACT.subtract(was, EXACT.multiply(taken, k))
        except Inexact:
            made[name] = _away(was, CONTEXT.multiply(taken, k))
    return made


def _away(was: Decimal, taken: Decimal) -> Decimal:
    """Return `was` less `taken`, which was rounded, as far from zero as it can be."""
    value = CONTEXT.subtract(was, taken)
    off = UP.multiply(UP.add(UP.add(was.copy_abs(), taken.copy_abs()), value.copy_abs()), OFF)
    return UP.add(value, off) if value >= 0 else DOWN.subtract(value, off)
