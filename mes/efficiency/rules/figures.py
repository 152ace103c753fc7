"""One function for each of the five figures, exact.

Minutes, weights and rates are Fractions or Decimals; no figure is a float. Parameters are frozen
dataclasses: another factory's time study replaces them, and a baseline is valid for one set of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from core.choices import Choice
from core.i18n import N_
from erp.catalogue.rules.document import DoorKind
from mes.efficiency.rules.evidence import (
    PROOF,
    ProofParameters,
    checks_needed,
    is_proved,
    lower_bound,
    rounded,
)
from mes.scanning.rules import Text


class Metric(Choice):
    """One of the five figures."""

    M1 = "M1", N_("Order-splitting efficiency")
    M2 = "M2", N_("Warehouse efficiency")
    M3 = "M3", N_("Equipment use")
    M4 = "M4", N_("Packing accuracy")
    M5 = "M5", N_("Shipping accuracy")


class Work(Choice):
    """One kind of confirmed transaction of the warehouse."""

    RECEIVE = "RECEIVE", N_("Line received")
    PUT_AWAY = "PUT_AWAY", N_("Lot put away")
    ISSUE = "ISSUE", N_("Line issued")
    RETURN = "RETURN", N_("Line returned")
    COUNT = "COUNT", N_("Line counted")
    STORE_IN = "STORE_IN", N_("Package put into the store")
    LOAD = "LOAD", N_("Package located and loaded")
    REPRINT = "REPRINT", N_("Label reprinted")


class Standing(Choice):
    """How a figure stands; also how it is drawn."""

    NOT_YET = "plain", N_("Not measurable yet")
    OPEN = "attn", N_("Not proved yet")
    PROVED = "done", N_("Proved")
    FAILED = "stop", N_("Below the target")


@dataclass(frozen=True, slots=True)
class SplitParameters:
    """What an order line weighs, in single swing doors; and when the figure may be told.

    The trade's table knows no door parts; they weigh what a casing weighs until a time study says more.
    A line with a change by hand is a non-standard one: it weighs as such, whatever its kind.
    """

    weights: Mapping[DoorKind, Decimal] = field(
        default_factory=lambda: {
            DoorKind.SINGLE: Decimal("1.0"),
            DoorKind.LEAF_ONLY: Decimal("1.0"),
            DoorKind.DOUBLE: Decimal("1.6"),
            DoorKind.UNEQUAL: Decimal("1.6"),
            DoorKind.SLIDING: Decimal("1.5"),
            DoorKind.HANGING: Decimal("1.5"),
            DoorKind.CASED_OPENING: Decimal("0.7"),
            DoorKind.WINDOW_CASING: Decimal("0.7"),
            DoorKind.FRAME_ONLY: Decimal("0.7"),
            DoorKind.TRIM_ONLY: Decimal("0.7"),
            DoorKind.PANEL: Decimal("0.7"),
        }
    )
    non_standard: Decimal = Decimal("3.0")
    glass: Decimal = Decimal("0.2")
    transom: Decimal = Decimal("0.3")
    equal_set: Decimal = Decimal("0.1")  # each further equal set of a line
    least_min: int = 300  # 5 hours: below them chance decides
    gate_days: int = 10  # a line that comes back within them was not right the first time


@dataclass(frozen=True, slots=True)
class WarehouseParameters:
    """Standard minutes of each transaction, to be replaced by a time study."""

    standard_min: Mapping[Work, Decimal] = field(
        default_factory=lambda: {
            Work.RECEIVE: Decimal("3.0"),
            Work.PUT_AWAY: Decimal("2.0"),
            Work.ISSUE: Decimal("1.5"),
            Work.RETURN: Decimal("2.0"),
            Work.COUNT: Decimal("1.0"),
            Work.STORE_IN: Decimal("0.5"),
            Work.LOAD: Decimal("1.0"),
            Work.REPRINT: Decimal("0.5"),
        }
    )


SPLIT, WAREHOUSE = SplitParameters(), WarehouseParameters()


@dataclass(frozen=True, slots=True)
class SplitLine:
    """One released order line, as the first figure counts it."""

    kind: DoorKind
    set_count: int
    has_glass: bool = False
    has_transom: bool = False
    is_young: bool = False  # its gate has not closed yet
    is_untouched: bool | None = None  # nothing: released before touches were recorded
    hand_edit_count: int = 0  # manual overrides that it was released with
    is_split_error: bool = False  # released again, or a piece made again, for a split error, at any time
    came_back: bool = False  # the same within its gate: not right the first time


@dataclass(frozen=True, slots=True)
class SplitSums:
    """Released lines added up, as the first figure takes them."""

    count: int = 0
    weight: Fraction = Fraction(0)  # single doors; lines that came back earn nothing
    young: int = 0
    known: int = 0  # with recorded touches
    untouched: int = 0
    by_hand: int = 0  # changed by hand
    overrides: int = 0
    errors: int = 0
    came_back: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """One number that a figure is made of, and the page part that lists its events."""

    name: str  # msgid
    value: Decimal | int
    unit: str  # msgid, "" for a count
    list_part: str | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """One of the five, as the owner reads it."""

    metric: Metric
    value: Decimal | None  # nothing: not measurable yet
    unit: str  # msgid
    standing: Standing
    verdict: Text
    numerator: Part
    denominator: Part
    sample: int
    sample_of: int
    sample_name: str  # msgid
    missing: tuple[Text, ...]
    evidence: Fraction  # 0 to 1: how much of the needed evidence is there
    further: tuple[Part, ...] = ()


def line_weight(line: SplitLine, by: SplitParameters = SPLIT) -> Fraction:
    """Return what a line weighs, in single swing doors: its class, times the factor of its equal sets."""
    weight = by.non_standard
    if not line.hand_edit_count:
        weight = by.weights[line.kind]
        weight += by.glass if line.has_glass else Decimal(0)
        weight += by.transom if line.has_transom else Decimal(0)
    return Fraction(weight) * (1 + Fraction(by.equal_set) * (line.set_count - 1))


NO_BASELINE = Text(N_("No baseline: nothing was recorded before Mortise, so no improvement can be told."))


def splitting_value(weight: Fraction, active_min: Fraction, by: SplitParameters = SPLIT) -> Decimal | None:
    """Return M1: single doors per hour; nothing below `least_min` recorded minutes."""
    return rounded(weight * 60 / active_min, "0.01") if active_min >= by.least_min else None


def splitting(found: SplitSums, active_min: Fraction, by: SplitParameters = SPLIT) -> Figure:
    """M1: weighted lines released, per hour that people spent on orders and their splitting.

    Below `least_min` recorded minutes it is not told. Lines whose gate is open count, and are named; lines
    that came back for a split error before their gate closed earn nothing.
    """
    hours, least_hours = rounded(active_min / 60, "0.1"), by.least_min // 60
    value = splitting_value(found.weight, active_min, by)
    missing = [NO_BASELINE]
    if found.young:
        young_facts = {"count": found.young, "days": by.gate_days}
        missing.append(
            Text(
                N_("%(count)s lines are younger than %(days)s days: the figure is provisional."), young_facts
            )
        )
    if value is None:
        facts = {"hours": hours, "least": least_hours}
        verdict = Text(N_("not measurable yet: %(hours)s of %(least)s h"), facts)
    else:
        verdict = Text(N_("measured, no baseline"))
    weighted = rounded(found.weight, "0.01")
    return Figure(
        Metric.M1,
        value=value,
        unit=N_("single doors per hour"),
        standing=Standing.NOT_YET if value is None else Standing.OPEN,
        verdict=verdict,
        numerator=Part(N_("Released lines, weighted"), weighted, N_("single doors"), "lines"),
        denominator=Part(N_("Recorded work on orders"), rounded(active_min, "0.1"), N_("min"), "work"),
        sample=found.count,
        sample_of=found.count,
        sample_name=N_("lines"),
        missing=tuple(missing),
        evidence=min(Fraction(1), active_min / by.least_min),
        further=(Part(N_("Provisional lines"), found.young, ""), *split_quality(found)),
    )


def split_quality(found: SplitSums) -> tuple[Part, ...]:
    """Return what stands beside M1: how many lines no hand touched, how many were split wrong, and the rates.

    The first rate is told of the lines whose touches were recorded, the second of all; without a line there is none.
    """
    parts = [
        Part(N_("Lines released without a touch"), found.untouched, "", "untouched"),
        Part(N_("Lines with recorded touches"), found.known, "", "touches"),
        Part(N_("Lines with a change by hand (non-standard)"), found.by_hand, "", "by_hand"),
        Part(N_("Manual overrides"), found.overrides, ""),
        Part(N_("Lines with a split error"), found.errors, "", "errors"),
        Part(N_("Lines that came back within the gate"), found.came_back, ""),
    ]
    if found.known:
        share = rounded(Fraction(100 * found.untouched, found.known), "0.1")
        parts.append(Part(N_("Auto-split rate"), share, "%"))
    if found.count:
        share = rounded(Fraction(100 * found.errors, found.count), "0.1")
        parts.append(Part(N_("Split error rate"), share, "%"))
    return tuple(parts)


def earned_min(counts: Mapping[Work, int], by: WarehouseParameters = WAREHOUSE) -> Fraction:
    """Return the standard minutes of some transactions."""
    return sum((Fraction(by.standard_min[work]) * count for work, count in counts.items()), Fraction(0))


def warehouse_value(earned: Fraction, paid_min: Fraction, unpaid_days: int) -> Decimal | None:
    """Return M2: standard minutes per paid minute; nothing while a day with transactions is unpaid."""
    return rounded(earned / paid_min, "0.001") if paid_min and not unpaid_days else None


def warehouse(
    counts: Mapping[Work, int],
    paid_min: Fraction,
    day_count: int,
    unpaid_days: int = 0,
    by: WarehouseParameters = WAREHOUSE,
) -> Figure:
    """M2: standard minutes of the confirmed transactions, per paid minute of the warehouse.

    Not told while a day with transactions has no paid minutes: the figure would be too good.
    """
    earned = earned_min(counts, by)
    total = sum(counts.values())
    value = warehouse_value(earned, paid_min, unpaid_days)
    is_told = value is not None
    missing, verdict = [NO_BASELINE], Text(N_("measured, no baseline"))
    if not paid_min:
        why = N_("Paid minutes of the warehouse: none in %(days)s days. Enter them under “Paid minutes”.")
        missing.insert(0, Text(why, {"days": day_count}))
        verdict = Text(N_("0 of %(days)s days with paid minutes"), {"days": day_count})
    elif unpaid_days:
        why = N_("On %(days)s days the warehouse worked and no paid minutes were entered.")
        missing.insert(0, Text(why, {"days": unpaid_days}))
        verdict = Text(N_("paid minutes are missing on %(days)s days"), {"days": unpaid_days})
    return Figure(
        Metric.M2,
        value=value,
        unit=N_("standard minutes per paid minute"),
        standing=Standing.OPEN if is_told else Standing.NOT_YET,
        verdict=verdict,
        numerator=Part(N_("Standard minutes earned"), rounded(earned, "0.1"), N_("min"), "transactions"),
        denominator=Part(N_("Paid minutes"), rounded(paid_min, "0.1"), N_("min")),
        sample=total if is_told else 0,
        sample_of=total,
        sample_name=N_("transactions"),
        missing=tuple(missing),
        evidence=Fraction(1) if is_told else Fraction(0),
        further=tuple(Part(work.label, counts.get(work, 0), "", work.value) for work in Work),
    )


def equipment_value(production_min: Fraction, planned_min: Fraction) -> Decimal | None:
    """Return M3 in per cent; nothing without planned time of which anything is known."""
    return rounded(100 * production_min / planned_min, "0.1") if planned_min else None


def equipment(
    production_min: Fraction,
    planned_min: Fraction,
    reporting: int,
    machines: int,
    left_out_min: Fraction = Fraction(0),
    further: tuple[Part, ...] = (),
) -> Figure:
    """M3: availability by machine hours: production time of the key machines over their planned busy time.

    `reporting` of the `machines` told a state within planned time. What was planned before a machine's first report
    is left out, and named.
    """
    value = equipment_value(production_min, planned_min) if reporting else None
    missing = [NO_BASELINE]
    facts = {"count": reporting, "total": machines}
    if left_out_min:
        left_out = {"minutes": rounded(left_out_min, "0.1")}
        why = N_("Left out: %(minutes)s planned min from before the first report of a machine.")
        missing.insert(0, Text(why, left_out))
    if not planned_min + left_out_min:
        missing.insert(0, Text(N_("Planned busy time: no shift of these days is set up.")))
    if reporting < machines or not machines:
        missing.insert(
            0, Text(N_("Machine states: %(count)s of %(total)s key machines report theirs."), facts)
        )
    return Figure(
        Metric.M3,
        value=value,
        unit="%",
        standing=Standing.NOT_YET if value is None else Standing.OPEN,
        verdict=Text(N_("%(count)s of %(total)s machines report"), facts)
        if value is None
        else Text(N_("measured, no baseline")),
        numerator=Part(N_("Production time"), rounded(production_min, "0.1"), N_("min"), "states"),
        denominator=Part(N_("Planned busy time"), rounded(planned_min, "0.1"), N_("min")),
        sample=reporting,
        sample_of=machines,
        sample_name=N_("key machines"),
        missing=tuple(missing),
        evidence=Fraction(reporting, machines) if machines and planned_min else Fraction(0),
        further=further,
    )


def packing(checked: int, bad: int, sealed: int, by: ProofParameters = PROOF) -> Figure:
    """M4: sealed packages found right by an independent look, over those looked at."""
    source = Text(
        N_("Independent looks: %(count)s of %(total)s sealed packages (rechecked blind, or claimed)."),
        {"count": checked, "total": sealed},
    )
    return _accuracy(
        Metric.M4,
        checked,
        bad,
        sealed,
        by,
        source=source,
        sample_name=N_("packages rechecked"),
        total=N_("Packages sealed"),
        list_part="sealed",
    )


def shipping(confirmed: int, bad: int, shipped: int, by: ProofParameters = PROOF) -> Figure:
    """M5: deliveries that arrived without an error, over those whose receipt was confirmed."""
    source = Text(
        N_("Receipts: %(count)s of %(total)s deliveries were confirmed by their dealers."),
        {"count": confirmed, "total": shipped},
    )
    return _accuracy(
        Metric.M5,
        confirmed,
        bad,
        shipped,
        by,
        source=source,
        sample_name=N_("deliveries confirmed"),
        total=N_("Deliveries shipped"),
        list_part="deliveries",
    )


def accuracy_value(checked: int, bad: int) -> Decimal | None:
    """Return M4 or M5 in per cent; nothing without a check."""
    return rounded(100 * Fraction(checked - bad, checked), "0.01") if checked else None


def _accuracy(
    metric: Metric,
    checked: int,
    bad: int,
    total_count: int,
    by: ProofParameters,
    *,
    source: Text,
    sample_name: str,
    total: str,
    list_part: str,
) -> Figure:
    needed = checks_needed(bad, by)
    standing = _standing(checked, bad, by)
    facts = {"count": checked, "needed": needed, "target": rounded(100 * by.target, "0.1").normalize()}
    verdict = {
        Standing.NOT_YET: Text(N_("%(count)s of %(needed)s checks"), facts),
        Standing.OPEN: Text(N_("not enough checks yet: %(count)s of %(needed)s"), facts),
        Standing.PROVED: Text(N_("proved: more than %(target)s %%"), facts),
        Standing.FAILED: Text(N_("below %(target)s %%"), facts),
    }[standing]
    return Figure(
        metric,
        value=accuracy_value(checked, bad),
        unit="%",
        standing=standing,
        verdict=verdict,
        numerator=Part(N_("Found right"), checked - bad, ""),
        denominator=Part(N_("Looked at"), checked, "", "looked" if metric is Metric.M4 else "confirmed"),
        sample=checked,
        sample_of=total_count,
        sample_name=sample_name,
        missing=(source, NO_BASELINE) if checked < needed else (NO_BASELINE,),
        evidence=min(Fraction(1), Fraction(checked, needed)),
        further=(
            Part(total, total_count, "", list_part),
            *([Part(N_("Surely at least"), lower_bound(checked, bad, by), "%")] if checked else []),
        ),
    )


def _standing(checked: int, bad: int, by: ProofParameters) -> Standing:
    if not checked:
        return Standing.NOT_YET
    if is_proved(checked, bad, by):
        return Standing.PROVED
    return Standing.FAILED if Fraction(checked - bad, checked) < by.target else Standing.OPEN


def per_thousand(wrong: int, scans: int) -> Decimal | None:
    """Return the intercept rate: wrong scans that were refused, per 1,000 scans; nothing without a scan."""
    return rounded(Fraction(1000 * wrong, scans), "0.1") if scans else None


def median_hours(minutes: Sequence[Fraction]) -> Decimal | None:
    """Return the median of some lead times, in hours; nothing without any."""
    if not minutes:
        return None
    line, middle = sorted(minutes), len(minutes) // 2
    exact = line[middle] if len(line) % 2 else (line[middle - 1] + line[middle]) / 2
    return rounded(exact / 60, "0.1")
