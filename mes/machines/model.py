"""Tables of machines."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import At, Id, Json, Min, Model, On, choice
from mes.machines.rules.counters import CounterName, MachineClock
from mes.machines.rules.states import MachineState, Source, StopReason


class Machine(Model):
    """One machine of the floor."""

    __tablename__ = "mes_machines_machine"
    __table_args__ = (CheckConstraint("planned_run_min >= 0", name="planned_run_not_negative"),)

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(String(40), unique=True)  # its name in an MQTT topic: saw-1
    name: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")
    station_id: Mapped[int | None] = mapped_column(ForeignKey("mes_scanning_station.id"), index=True)
    is_key: Mapped[bool] = mapped_column(default=True)  # counts in the third figure
    planned_run_min: Mapped[Min] = mapped_column(
        default=0
    )  # PRU, per piece; nought: no effectiveness is told
    is_active: Mapped[bool] = mapped_column(default=True)
    seen_at: Mapped[At | None]  # when its signal was last heard; nothing: its state is told by hand
    said_at: Mapped[At | None]  # the latest moment of which it told its state, by its own clock


class StateChange(Model):
    """One change of one machine's state; a sample that repeats the state is no row."""

    __tablename__ = "mes_machines_state_change"
    __table_args__ = (UniqueConstraint("machine_id", "began_at"),)

    id: Mapped[Id]
    machine_id: Mapped[int] = mapped_column(ForeignKey("mes_machines_machine.id"))
    state: Mapped[MachineState] = mapped_column(choice(MachineState))
    reason: Mapped[StopReason | None] = mapped_column(choice(StopReason))
    alarm: Mapped[str] = mapped_column(String(200), default="")  # in the machine's own words
    source: Mapped[Source] = mapped_column(choice(Source))
    began_at: Mapped[At]  # by the device's clock, unless it runs ahead
    received_at: Mapped[At]  # by the server's clock
    person_id: Mapped[int | None] = mapped_column(ForeignKey("core_auth_person.id"))  # who pressed


class StateRepeat(Model):
    """One moment at which a machine told again the state it was in: the first of a minute, kept for some days.

    A message that comes late finds by it how long it held.
    """

    __tablename__ = "mes_machines_state_repeat"
    __table_args__ = (UniqueConstraint("machine_id", "told_at"),)

    id: Mapped[Id]
    machine_id: Mapped[int] = mapped_column(ForeignKey("mes_machines_machine.id"))
    told_at: Mapped[At] = mapped_column(index=True)  # by the device's clock


class Counter(Model):
    """The first and the last reading of one counter of one machine; it only grows, until it is reset."""

    __tablename__ = "mes_machines_counter"
    __table_args__ = (UniqueConstraint("machine_id", "name"),)

    id: Mapped[Id]
    machine_id: Mapped[int] = mapped_column(ForeignKey("mes_machines_machine.id"))
    name: Mapped[CounterName] = mapped_column(choice(CounterName))
    first_reading: Mapped[int | None] = mapped_column(BigInteger)  # where counting began
    first_at: Mapped[At | None]
    reading: Mapped[int] = mapped_column(BigInteger)
    read_at: Mapped[At]


class ClockReading(Model):
    """The last reading of one of a machine's own clocks."""

    __tablename__ = "mes_machines_clock_reading"
    __table_args__ = (UniqueConstraint("machine_id", "kind"),)

    id: Mapped[Id]
    machine_id: Mapped[int] = mapped_column(ForeignKey("mes_machines_machine.id"))
    kind: Mapped[MachineClock] = mapped_column(choice(MachineClock))
    reading: Mapped[int] = mapped_column(BigInteger)  # ms
    read_at: Mapped[At]


class ClockHour(Model):
    """What one of a machine's own clocks counted, by readings of one hour of the day (UTC)."""

    __tablename__ = "mes_machines_clock_hour"
    __table_args__ = (UniqueConstraint("machine_id", "kind", "hour_at"),)

    id: Mapped[Id]
    machine_id: Mapped[int] = mapped_column(ForeignKey("mes_machines_machine.id"))
    kind: Mapped[MachineClock] = mapped_column(choice(MachineClock))
    hour_at: Mapped[At]
    ms_count: Mapped[int] = mapped_column(BigInteger)


class Output(Model):
    """What one machine made between two readings of its counters; nothing, where they were reset to nought."""

    __tablename__ = "mes_machines_output"
    __table_args__ = (
        CheckConstraint("good_count >= 0 AND reject_count >= 0", name="counts_not_negative"),
        Index("ix_mes_machines_output_machine_id_counted_at", "machine_id", "counted_at"),
    )

    id: Mapped[Id]
    machine_id: Mapped[int] = mapped_column(ForeignKey("mes_machines_machine.id"))
    good_count: Mapped[int]
    reject_count: Mapped[int]
    good_reading: Mapped[int | None] = mapped_column(
        BigInteger
    )  # what the counters showed, if they were told
    reject_reading: Mapped[int | None] = mapped_column(BigInteger)
    counted_at: Mapped[At]


class Listening(Model):
    """One listener to the broker: whether it is connected, and what it heard on the last day it heard anything."""

    __tablename__ = "mes_machines_listening"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(40), unique=True)  # under which the broker keeps messages for it
    is_connected: Mapped[bool]
    alive_at: Mapped[At]  # when it last said so itself
    heard_at: Mapped[At | None]  # when it last took a message
    heard_on: Mapped[On | None]  # the factory's day of that
    message_count: Mapped[int] = mapped_column(default=0)  # of that day
    passed_over_count: Mapped[int] = mapped_column(
        default=0
    )  # of these: unreadable, or of no machine of ours


class Shift(Model):
    """One shift of the factory or of one machine, from a day on; its times never change, a new one replaces it."""

    __tablename__ = "mes_machines_shift"

    id: Mapped[Id]
    machine_id: Mapped[int | None] = mapped_column(
        ForeignKey("mes_machines_machine.id"), index=True
    )  # whose own it is; nothing: the factory's
    name: Mapped[str]
    begins: Mapped[str] = mapped_column(String(5))  # 08:00, by the factory's clock
    ends: Mapped[str] = mapped_column(String(5))  # before `begins`: past midnight
    breaks: Mapped[Json]  # [["12:00", "13:00"]]
    weekdays: Mapped[str] = mapped_column(String(7))  # "123456": 1 is Monday
    from_on: Mapped[On]
    until_on: Mapped[On | None]  # its last day
