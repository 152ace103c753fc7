"""What is wrong with a book: gaps, overlaps, prices that fall when a door grows, models without a price."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from core.choices import Choice
from core.errors import AppError, Conflict, RuleViolation
from core.i18n import N_
from erp.catalogue.rules.prices import Band, BandMode, Oversize, PriceBook
from erp.pricing.rules.prices import LineFacts, charge

TENTH = Decimal("0.1")  # the smallest difference of two sizes


class Measure(Choice):
    """Which measure a set of bands is for."""

    HEIGHT = "height", N_("height")
    WIDTH = "width", N_("width")
    WALL = "wall", N_("wall thickness")


class BandGap(RuleViolation):
    """Between two bands nothing is charged, or the first begins above the standard."""

    code = "erp.pricing.band_gap"
    message = N_(
        "%(measure)s: nothing is said between %(from_mm)s and %(to_mm)s mm. Let the next band begin there."
    )


class BandOverlap(RuleViolation):
    """Two bands speak of the same sizes."""

    code = "erp.pricing.band_overlap"
    message = N_(
        "%(measure)s: two bands hold from %(from_mm)s to %(to_mm)s mm. Let one end where the other begins."
    )


class BandEnds(RuleViolation):
    """The last band has an end, so that a larger size would cost nothing extra."""

    code = "erp.pricing.band_ends"
    message = N_(
        "%(measure)s: above %(from_mm)s mm nothing is charged. Leave the end of the last band empty."
    )


class BandUnusable(RuleViolation):
    """A band lacks its step, or has an amount below zero."""

    code = "erp.pricing.band_unusable"
    message = N_(
        "%(measure)s: the band from %(from_mm)s mm needs an amount of at least 0, "
        "and a step above 0 if it counts steps."
    )


class NotMonotone(RuleViolation):
    """A larger size would cost less than a smaller one."""

    code = "erp.pricing.not_monotone"
    message = N_(
        "%(measure)s: %(larger_mm)s mm would cost %(larger)s, less than %(smaller_mm)s mm with %(smaller)s "
        "(base price %(base)s). Raise the later band."
    )


class ModelUnpriced(RuleViolation):
    """A model that can be ordered has no base price in some colours."""

    code = "erp.pricing.model_unpriced"
    message = N_("%(model)s has no price in: %(colours)s.")


class PriceBelowZero(RuleViolation):
    """A price, or a discount, that nobody means."""

    code = "erp.pricing.price_below_zero"
    message = N_("%(what)s: %(value)s is out of range; prices are at least 0, discounts from 0 to below 1.")


class DayOrder(RuleViolation):
    """A book that would end before it begins."""

    code = "erp.pricing.day_order"
    message = N_("The last day %(to)s lies before the first day %(day)s.")


class ValidityOverlap(Conflict):
    """Another published book holds on some of the same days."""

    code = "erp.pricing.validity_overlap"
    message = N_("%(book)s holds from %(day)s to %(to)s already. Retire it, or let this one begin later.")


class BookFaulty(RuleViolation):
    """A book that cannot be published; `faults` says everything that is wrong."""

    code = "erp.pricing.book_faulty"
    message = N_("The price book %(book)s cannot be published: %(count)s faults.")

    def __init__(self, book: str, faults: Sequence[AppError]) -> None:
        super().__init__(book=book, count=len(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Priced:
    """A model that can be ordered: its colours, and its smallest and largest opening."""

    code: str
    colours: tuple[str, ...]
    smallest: LineFacts
    largest: LineFacts


def faults(book: PriceBook, models: Sequence[Priced]) -> tuple[AppError, ...]:
    """Return everything that stands against publishing a book; empty when it may be.

    That a price never falls when a door grows is proved, not sampled: inside a band a charge is constant or
    counts steps, so it can fall only where one band ends and the next begins, and there it is compared for the
    least and the greatest base price (between them it is linear).
    """
    found: list[AppError] = []
    if book.valid_to is not None and book.valid_to < book.valid_from:
        found.append(DayOrder(day=book.valid_from, to=book.valid_to))
    found += _amounts(book)
    bases = _base_range(book, models)
    for measure, bands in _measures(book).items():
        broken = [*_shape(measure, bands)]
        found += broken or [*_falls(measure, bands, bases)]
    found += _unpriced(book, models)
    return tuple(found)


def _base_range(book: PriceBook, models: Sequence[Priced]) -> tuple[Decimal, Decimal]:
    """Return the least and the greatest base price that one set can have."""
    found = [
        base.price * facts.quantity(base.unit)
        for model in models
        for base in book.bases
        if base.model == model.code
        for facts in (model.smallest, model.largest)
    ]
    return (min(found), max(found)) if found else (Decimal(0), Decimal(0))


def _measures(book: PriceBook) -> Mapping[Measure, Oversize]:
    return {Measure.HEIGHT: book.height, Measure.WIDTH: book.width, Measure.WALL: book.wall}


def _amounts(book: PriceBook) -> Iterator[AppError]:
    for base in book.bases:
        if base.price < 0:
            yield PriceBelowZero(what=base.model, value=base.price)
    for option in book.options:
        if option.price < 0:
            yield PriceBelowZero(what=f"{option.option}={option.value}", value=option.price)
    for level in book.levels:
        if not 0 <= level.rate < 1:
            yield PriceBelowZero(what=level.level, value=level.rate)
    if not 0 <= book.tax_rate < 1:
        yield PriceBelowZero(what="tax", value=book.tax_rate)


def _shape(measure: Measure, over: Oversize) -> Iterator[AppError]:
    """Yield gaps, overlaps and unusable bands, from the standard size up."""
    end: Decimal | None = over.standard_mm
    for band in over.bands:
        is_stepless = band.mode is BandMode.PER_UNIT and (band.step_mm is None or band.step_mm <= 0)
        if band.amount < 0 or is_stepless or (band.hi is not None and band.hi <= band.lo):
            yield BandUnusable(measure=measure, from_mm=band.lo)
        if end is None or band.lo < end:
            yield BandOverlap(measure=measure, from_mm=band.lo, to_mm=end if end is not None else "∞")
        elif band.lo > end:
            yield BandGap(measure=measure, from_mm=end, to_mm=band.lo)
        end = band.hi
    if over.bands and end is not None:
        yield BandEnds(measure=measure, from_mm=end)


def _falls(measure: Measure, over: Oversize, bases: tuple[Decimal, Decimal]) -> Iterator[AppError]:
    """Yield each border of two bands at which the charge would fall, with the two sizes that contradict."""
    for before, after in zip(over.bands, over.bands[1:], strict=False):
        for base in bases:
            smaller = _just_below(before, over.standard_mm, after.lo, base)
            larger = charge(after, over.standard_mm, max(after.lo, over.standard_mm + TENTH), base)[0]
            if larger < smaller:
                facts = {"smaller_mm": after.lo - TENTH, "larger_mm": after.lo}
                yield NotMonotone(measure=measure, base=base, smaller=smaller, larger=larger, **facts)
                break


def _just_below(band: Band, standard_mm: Decimal, border: Decimal, base: Decimal) -> Decimal:
    """Return what a band charges for sizes that come as near to its end as one likes."""
    if band.mode is not BandMode.PER_UNIT:
        return charge(band, standard_mm, border, base)[0]
    step = band.step_mm or Decimal(1)
    return ((border - standard_mm) / step).to_integral_value(ROUND_CEILING) * band.amount


def _unpriced(book: PriceBook, models: Sequence[Priced]) -> Iterator[AppError]:
    for model in models:
        bases = [one for one in book.bases if one.model == model.code]
        if any(not one.colours for one in bases):
            continue
        named = {colour for one in bases for colour in one.colours}
        missing = [colour for colour in model.colours if colour not in named]
        if missing or not bases:
            yield ModelUnpriced(model=model.code, colours=", ".join(missing) or "–")
