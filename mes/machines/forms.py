"""What the machines' pages send."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from core.web.forms import Form, Name, Text
from mes.machines.rules.shifts import ShiftTimes
from mes.machines.rules.states import MachineState, StopReason
from mes.machines.service import MachineFacts


def _empty_is_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _breaks(text: object) -> object:
    """Return "12:00-13:00, 17:00-17:30" as pairs; full-width signs are read too."""
    plain = (
        str(text)
        .replace("，", ",")
        .replace("、", ",")
        .replace("：", ":")
        .replace("～", "-")
        .replace("—", "-")
    )
    return [part.strip().split("-") for part in plain.split(",") if part.strip()]


def _whole_minutes(moment: time) -> time:
    return moment.replace(second=0, microsecond=0, tzinfo=None)


Clock = Annotated[time, AfterValidator(_whole_minutes)]


class MachineForm(Form):
    """One machine."""

    key: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
    name: Name
    name_en: Text = ""
    station_id: Annotated[int | None, BeforeValidator(_empty_is_none)] = None
    is_key: bool = False
    planned_run_min: Annotated[Decimal, Field(ge=0, le=10_000, decimal_places=3)] = Decimal(0)
    is_active: bool = False

    @property
    def facts(self) -> MachineFacts:
        """The machine as the command takes it."""
        return MachineFacts(
            self.key,
            self.name,
            self.name_en,
            self.station_id,
            self.is_key,
            self.planned_run_min,
            self.is_active,
        )


class PressForm(Form):
    """What was pressed at the tablet: a state, or the reason of a stop."""

    state: Annotated[MachineState | None, BeforeValidator(_empty_is_none)] = None
    reason: Annotated[StopReason | None, BeforeValidator(_empty_is_none)] = None


class ShiftForm(Form):
    """One shift with its breaks."""

    name: Name
    machine_id: Annotated[int | None, BeforeValidator(_empty_is_none)] = None
    begins: Clock
    ends: Clock
    breaks: Annotated[list[tuple[Clock, Clock]], BeforeValidator(_breaks), Field(max_length=10)] = []
    weekday: Annotated[
        list[Annotated[int, Field(ge=1, le=7)]], BeforeValidator(_as_list), Field(min_length=1)
    ]
    from_on: date

    @property
    def times(self) -> ShiftTimes:
        """The shift as the rules take it."""
        return ShiftTimes(
            self.begins,
            self.ends,
            tuple(self.breaks),
            frozenset(day - 1 for day in self.weekday),
            self.from_on,
        )


class EndForm(Form):
    """The last day of a shift."""

    until_on: date
