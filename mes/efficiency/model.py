"""Tables of efficiency: baselines, which are only added to, what people record by hand, and the kept days."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Annotated

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import At, Fixed, Id, Json, Model, On, choice
from mes.efficiency.rules import Metric
from mes.efficiency.rules.baselines import BaselineState, Day, Exclusion, Method, timed_parts

Sum = Annotated[Decimal, mapped_column(Fixed(18, 6))]  # seconds, doors, counts: each exactly


class Baseline(Model):
    """One figure as it was before, over some days: by whom recorded and approved. Nothing but its state changes."""

    __tablename__ = "mes_efficiency_baseline"
    __table_args__ = (
        CheckConstraint("until_on >= since_on", name="ends_after_start"),
        CheckConstraint("state <> 'approved' OR decided_by_id <> recorded_by_id", name="approved_by_another"),
        Index(
            "uq_mes_efficiency_baseline_approved",
            "metric",
            unique=True,
            sqlite_where=text("state = 'approved'"),
            postgresql_where=text("state = 'approved'"),
        ),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(unique=True)  # BL2611-0003
    metric: Mapped[Metric] = mapped_column(choice(Metric))
    definition: Mapped[int]  # which formulas it was measured by
    method: Mapped[Method] = mapped_column(choice(Method))
    state: Mapped[BaselineState] = mapped_column(choice(BaselineState), default=BaselineState.RECORDED)
    since_on: Mapped[On]
    until_on: Mapped[On]
    parameters: Mapped[Json]  # weights and standard minutes it was measured by
    raw_sha256: Mapped[str]  # of its days
    note: Mapped[str] = mapped_column(default="")
    file_id: Mapped[int | None] = mapped_column(ForeignKey("core_files_file.id"))  # the evidence
    recorded_at: Mapped[At]
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("core_auth_person.id"))
    decided_at: Mapped[At | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))
    reason: Mapped[str] = mapped_column(default="")  # of a withdrawal
    superseded_by_id: Mapped[int | None] = mapped_column(ForeignKey("mes_efficiency_baseline.id"))


class BaselineDay(Model):
    """What one day of a baseline adds to its sums, of one family of products; never changed."""

    __tablename__ = "mes_efficiency_baseline_day"
    __table_args__ = (UniqueConstraint("baseline_id", "worked_on", "family"),)

    id: Mapped[Id]
    baseline_id: Mapped[int] = mapped_column(ForeignKey("mes_efficiency_baseline.id"))
    worked_on: Mapped[On]
    family: Mapped[str] = mapped_column(default="")
    numerator_qty: Mapped[Sum]
    denominator_qty: Mapped[Sum]
    event_count: Mapped[int]

    @property
    def day(self) -> Day:
        """The day, as the rules want it."""
        return Day(self.worked_on, self.numerator_qty, self.denominator_qty, self.event_count, self.family)


class BaselineExclusion(Model):
    """Some events that were left out of a baseline, and why."""

    __tablename__ = "mes_efficiency_baseline_exclusion"

    id: Mapped[Id]
    baseline_id: Mapped[int] = mapped_column(ForeignKey("mes_efficiency_baseline.id"), index=True)
    reason: Mapped[str]
    event_count: Mapped[int]

    @property
    def exclusion(self) -> Exclusion:
        """The exclusion, as the rules want it."""
        return Exclusion(self.reason, self.event_count)


class TimedWork(Model):
    """One stretch of work done the old way, timed by its worker with start and stop, and what came of it."""

    __tablename__ = "mes_efficiency_timed_work"
    __table_args__ = (
        CheckConstraint("ended_at > started_at", name="ends_after_start"),
        Index(
            "uq_mes_efficiency_timed_work_running",
            "person_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_mes_efficiency_timed_work_metric_started_at", "metric", "started_at"),
    )

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey("core_auth_person.id"))
    metric: Mapped[Metric] = mapped_column(choice(Metric))  # M1 or M2
    started_at: Mapped[At]
    ended_at: Mapped[At | None]
    is_late: Mapped[bool] = mapped_column(default=False)  # its end was told afterwards, not stopped
    counts: Mapped[Json] = mapped_column(
        default=dict
    )  # what was done: kind of door or transaction -> how many
    note: Mapped[str] = mapped_column(default="")

    @property
    def microseconds(self) -> int:
        """How long it took; work that still runs has taken none."""
        return 0 if self.ended_at is None else (self.ended_at - self.started_at) // timedelta(microseconds=1)

    @property
    def parts(self) -> Mapping[str, tuple[int, Fraction]]:
        """What was done by family of products: how many, and what they weigh together."""
        return timed_parts(self.metric, self.counts)


class PaidTime(Model):
    """The time that one person was paid for warehouse work on one day."""

    __tablename__ = "mes_efficiency_paid_time"
    __table_args__ = (
        UniqueConstraint("person_id", "worked_on"),
        CheckConstraint("paid_min > 0 AND paid_min <= 1440", name="fits_a_day"),
    )

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey("core_auth_person.id"))
    worked_on: Mapped[On] = mapped_column(index=True)
    paid_min: Mapped[int]
    entered_at: Mapped[At]
    entered_by_id: Mapped[int] = mapped_column(ForeignKey("core_auth_person.id"))


class RollUp(Model):
    """By what the days are folded: the one row of this table, and the lock of whoever folds."""

    __tablename__ = "mes_efficiency_roll_up"

    id: Mapped[Id]
    basis: Mapped[str] = mapped_column(default="")  # zone and weights, `rules.sums.basis`


class FoldedDay(Model):
    """One day of the factory whose sums are kept."""

    __tablename__ = "mes_efficiency_folded_day"

    id: Mapped[Id]
    worked_on: Mapped[On] = mapped_column(unique=True)
    planned: Mapped[str]  # the planned stretches by which its machines were measured
    lead_us: Mapped[
        Json
    ]  # of each order released on it, from entry to release: [microseconds], the shortest first
    folded_at: Mapped[At]


class DaySum(Model):
    """What one folded day adds to one sum: how often, and how much."""

    __tablename__ = "mes_efficiency_day_sum"
    __table_args__ = (UniqueConstraint("worked_on", "name", "key"),)

    id: Mapped[Id]
    worked_on: Mapped[On]
    name: Mapped[str] = mapped_column(String(20))  # `rules.sums.Name`
    key: Mapped[str] = mapped_column(String(20))  # kind of door or of transaction; "" where there is none
    event_count: Mapped[int]
    exact_sum: Mapped[int] = mapped_column(BigInteger)  # millionths of a door, microseconds, or a count


class MachineDay(Model):
    """The times of one machine within the planned time of one folded day, of which anything is known."""

    __tablename__ = "mes_efficiency_machine_day"
    __table_args__ = (UniqueConstraint("worked_on", "machine_id"),)

    id: Mapped[Id]
    worked_on: Mapped[On]
    machine_id: Mapped[int] = mapped_column(ForeignKey("mes_machines_machine.id"))
    planned_us: Mapped[int] = mapped_column(BigInteger)
    busy_us: Mapped[int] = mapped_column(BigInteger)
    producing_us: Mapped[int] = mapped_column(BigInteger)
    setup_us: Mapped[int] = mapped_column(BigInteger)
    delayed_us: Mapped[int] = mapped_column(BigInteger)
    unknown_us: Mapped[int] = mapped_column(BigInteger)
    made_count: Mapped[int]
    good_count: Mapped[int]


class LateEvent(Model):
    """One stretch of time about which something was told late: the days it touches are folded again, then it goes."""

    __tablename__ = "mes_efficiency_late_event"
    __table_args__ = (CheckConstraint("until_at >= since_at", name="ends_after_start"),)

    id: Mapped[Id]
    since_at: Mapped[At]
    until_at: Mapped[At] = mapped_column(index=True)
