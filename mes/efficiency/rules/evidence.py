"""How much evidence an accuracy needs: the exact one-sided binomial bound, without a float."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import lru_cache
from math import comb


@dataclass(frozen=True, slots=True)
class ProofParameters:
    """What an accuracy must be proved to be, and how surely."""

    target: Fraction = Fraction(99, 100)
    doubt: Fraction = Fraction(5, 100)  # one-sided: 95 % sure


PROOF = ProofParameters()
BOUND_STEPS = 100_000  # a bound is told to 0.001 %


def rounded(value: Fraction, step: str = "0.01") -> Decimal:
    """Return an exact number as it is told, half up."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return exact.quantize(Decimal(step), ROUND_HALF_UP)


def chance(checked: int, bad: int, error_rate: Fraction) -> Fraction:
    """Return how likely at most `bad` errors are among `checked`, exactly, when the truth is `error_rate`."""
    wrong, whole = error_rate.numerator, error_rate.denominator
    right = whole - wrong
    ways = sum(comb(checked, k) * wrong**k * right ** (checked - k) for k in range(min(bad, checked) + 1))
    return Fraction(ways, whole**checked)


def is_proved(checked: int, bad: int, by: ProofParameters = PROOF) -> bool:
    """Say whether the accuracy is above the target, by the one-sided exact binomial bound."""
    return checked > 0 and chance(checked, bad, 1 - by.target) < by.doubt


@lru_cache(maxsize=256)
def checks_needed(bad: int, by: ProofParameters = PROOF) -> int:
    """Return how many checks prove the target when `bad` of them find an error."""
    low, high = bad, max(1, bad)
    while not is_proved(high, bad, by):
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_proved(middle, bad, by) else (middle, high)
    return high


@lru_cache(maxsize=256)
def lower_bound(checked: int, bad: int, by: ProofParameters = PROOF) -> Decimal:
    """Return the accuracy in % that is sure at 95 % (one-sided Clopper–Pearson), rounded down to 0.001."""
    low, high = 0, BOUND_STEPS  # error rates in steps; at `high` the errors seen would be unlikely few
    while high - low > 1:
        middle = (low + high) // 2
        likely = chance(checked, bad, Fraction(middle, BOUND_STEPS)) >= by.doubt
        low, high = (middle, high) if likely else (low, middle)
    sure = Fraction(BOUND_STEPS - high, BOUND_STEPS) if checked > bad else Fraction(0)
    exact = Decimal(sure.numerator * 100) / Decimal(sure.denominator)
    return exact.quantize(Decimal("0.001"), ROUND_FLOOR)
