"""ISO 22400-2: the times of a machine, and one function for each figure, exact.

Every function takes the words of the standard and returns a Fraction, or nothing where its denominator is
nought. Times are minutes; quantities are pieces.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from mes.machines.rules.shifts import Stretch
from mes.machines.rules.states import SETTING_UP, MachineState, Span, StopReason

MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Times:
    """The times of one machine within its planned time, or of several together.

    `planned` is PBT, `busy` AUBT (planned time in which it was not off), `producing` APT, `setup` ASUT, `delayed`
    ADET (on, and neither producing nor being set up), `unknown` what no state is known of.
    """

    planned: Fraction = Fraction(0)
    busy: Fraction = Fraction(0)
    producing: Fraction = Fraction(0)
    setup: Fraction = Fraction(0)
    delayed: Fraction = Fraction(0)
    unknown: Fraction = Fraction(0)

    @property
    def processing(self) -> Fraction:
        """AUPT: production with its set-up."""
        return self.producing + self.setup

    def __add__(self, other: Times) -> Times:
        """Return the times of both."""
        return Times(
            self.planned + other.planned,
            self.busy + other.busy,
            self.producing + other.producing,
            self.setup + other.setup,
            self.delayed + other.delayed,
            self.unknown + other.unknown,
        )


@dataclass(frozen=True, slots=True)
class Made:
    """What a machine made: PQ pieces in all, GQ of them good, each planned to run `planned_run` minutes (PRU)."""

    produced: int = 0
    good: int = 0
    planned_run: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Loss:
    """Planned time in which a machine did not produce: by its reason, or by its state where nobody gave one."""

    state: MachineState | None
    reason: StopReason | None
    length: Fraction  # minutes
    count: int  # stops


def minutes(length: timedelta) -> Fraction:
    """Return a length as exact minutes."""
    return Fraction(length // MICROSECOND, 60_000_000)


def within(found: Sequence[Span], planned: Sequence[Stretch]) -> Iterator[tuple[Span, timedelta]]:
    """Yield what of each span lies in planned time; both are in order, and neither overlaps itself."""
    place = 0
    for span in found:
        while place < len(planned) and planned[place][1] <= span.begin:
            place += 1
        length, ahead = timedelta(0), place
        while ahead < len(planned) and planned[ahead][0] < span.end:
            begin, end = planned[ahead]
            length += min(end, span.end) - max(begin, span.begin)
            ahead += 1
        if length:
            yield span, length


def measure(found: Sequence[Span], planned: Sequence[Stretch]) -> Times:
    """Return the times of one machine out of its spans and its planned time; work outside of it is not counted."""
    kinds: defaultdict[str, timedelta] = defaultdict(timedelta)
    for span, length in within(found, planned):
        kinds[_kind(span)] += length
    producing, setup, delayed = (minutes(kinds[kind]) for kind in ("producing", "setup", "delayed"))
    return Times(
        planned=minutes(sum((end - begin for begin, end in planned), timedelta(0))),
        busy=producing + setup + delayed,
        producing=producing,
        setup=setup,
        delayed=delayed,
        unknown=minutes(kinds["unknown"]),
    )


def _kind(span: Span) -> str:
    """Return what a span counts as."""
    if span.state is None:
        return "unknown"
    if span.state is MachineState.OFFLINE:
        return "off"
    if span.state is MachineState.WORKING:
        return "producing"
    return "setup" if span.reason in SETTING_UP else "delayed"


def losses(found: Sequence[Span], planned: Sequence[Stretch]) -> list[Loss]:
    """Return the planned time that was lost, the largest loss first."""
    return ranked(
        Loss(None if span.reason else span.state, span.reason, minutes(length), 1)
        for span, length in within(found, planned)
        if span.state not in (None, MachineState.WORKING)
    )


def ranked(lost: Iterable[Loss]) -> list[Loss]:
    """Return losses of one machine or of several, those of one kind added up, the largest first."""
    sums: dict[tuple[MachineState | None, StopReason | None], Loss] = {}
    for one in lost:
        key = (one.state, one.reason)
        before = sums.get(key, Loss(one.state, one.reason, Fraction(0), 0))
        sums[key] = Loss(one.state, one.reason, before.length + one.length, before.count + one.count)
    return sorted(sums.values(), key=lambda one: (-one.length, one.state or "", one.reason or ""))


# --- the figures --------------------------------------------------------------------


def _share(part: Fraction | int, whole: Fraction | int) -> Fraction | None:
    return Fraction(part) / Fraction(whole) if whole else None


def availability(times: Times) -> Fraction | None:
    """APT / PBT: how much of the planned time it produced."""
    return _share(times.producing, times.planned)


def utilisation_efficiency(times: Times) -> Fraction | None:
    """APT / AUBT: how much of the time in which it was on it produced."""
    return _share(times.producing, times.busy)


def effectiveness(times: Times, made: Made) -> Fraction | None:
    """PRU · PQ / APT: how fast it ran against its planned run time per piece."""
    return _share(made.planned_run * made.produced, times.producing) if made.planned_run else None


def quality_ratio(made: Made) -> Fraction | None:
    """GQ / PQ: how much of what it made was good."""
    return _share(made.good, made.produced)


def oee(times: Times, made: Made) -> Fraction | None:
    """Availability · effectiveness · quality ratio: the overall equipment effectiveness index."""
    return _product(availability(times), effectiveness(times, made), quality_ratio(made))


def nee(times: Times, made: Made) -> Fraction | None:
    """AUPT / PBT · effectiveness · quality ratio: the net effectiveness index, in which set-up is no loss."""
    return _product(_share(times.processing, times.planned), effectiveness(times, made), quality_ratio(made))


def setup_rate(times: Times) -> Fraction | None:
    """ASUT / AUPT: how much of the processing time went into setting up."""
    return _share(times.setup, times.processing)


def technical_efficiency(times: Times) -> Fraction | None:
    """APT / (APT + ADET): production against production and delays."""
    return _share(times.producing, times.producing + times.delayed)


def _product(*factors: Fraction | None) -> Fraction | None:
    found = Fraction(1)
    for factor in factors:
        if factor is None:
            return None
        found *= factor
    return found


def percent(share: Fraction | None) -> Decimal | None:
    """Return a share as a page tells it: in percent, to a tenth, half up."""
    if share is None:
        return None
    exact = Decimal(share.numerator * 100) / Decimal(share.denominator)
    return exact.quantize(Decimal("0.1"), ROUND_HALF_UP)


def clock(length: Fraction) -> str:
    """Return minutes as hours and minutes, 75 as 1:15; rounded half up."""
    whole = int(length + Fraction(1, 2))
    return f"{whole // 60}:{whole % 60:02d}"
