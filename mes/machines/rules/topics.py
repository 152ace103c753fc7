"""The plain JSON topic: `wd/{factory}/{machine}/state` with {ts, state, run, good, reject, alarm}.

`ts` is ISO 8601 with its zone, or milliseconds since 1970; `state` a word of the five or its number in OPC 40550-1;
`run` true or false; `good` and `reject` absolute counters; `alarm` the machine's own words; besides, the absolute
times of OPC 40550-1 by their names there, such as AbsoluteProductionTime, in milliseconds. Each may be missing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from core.errors import RuleViolation
from core.i18n import N_
from mes.machines.rules.counters import CLOCK_OF, MachineClock
from mes.machines.rules.signals import Message
from mes.machines.rules.states import MachineState

PLAIN_TOPICS = "wd/+/+/state"
LARGEST = 2**53  # what JSON carries exactly
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NUMBERS = tuple(MachineState)  # OFFLINE 0, STANDBY 1, READY 2, WORKING 3, ERROR 4


class MessageUnreadable(RuleViolation):
    """A message that is not what its topic promises; nothing of it is taken."""

    code = "mes.machines.message_unreadable"
    message = N_("Message on %(topic)s cannot be read: %(what)s.")


def read_plain(topic: str, payload: bytes) -> Message:
    """Return a message of the plain topic. Raises MessageUnreadable."""
    parts = topic.split("/")
    if len(parts) != 4 or parts[0] != "wd" or parts[3] != "state" or not parts[2]:
        raise MessageUnreadable(topic=topic, what="topic")
    try:
        told = json.loads(payload)
    except (ValueError, RecursionError) as wrong:
        raise MessageUnreadable(topic=topic, what="JSON") from wrong
    if not isinstance(told, dict):
        raise MessageUnreadable(topic=topic, what="JSON")
    return message_of(topic, parts[2], told, moment_of(told.get("ts"), topic))


def message_of(topic: str, key: str, told: dict[str, Any], at: datetime | None) -> Message:
    """Return what some named values tell of a machine. Raises MessageUnreadable."""
    run, alarm = told.get("run"), told.get("alarm")
    if run is not None and not isinstance(run, bool):
        raise MessageUnreadable(topic=topic, what="run")
    return Message(
        key=key,
        at=at,
        state=_state(told.get("state"), topic),
        is_running=run,
        good=_counter(told.get("good"), "good", topic),
        reject=_counter(told.get("reject"), "reject", topic),
        alarm="" if alarm in (None, False, 0) else str(alarm),
        clocks=tuple(_clocks(told, topic)),
    )


def _clocks(told: dict[str, Any], topic: str) -> Iterator[tuple[MachineClock, int]]:
    for name, value in told.items():
        kind = CLOCK_OF.get(name.lower())
        reading = None if kind is None else _counter(value, name, topic)
        if kind is not None and reading is not None:
            yield kind, reading


def moment_of(told: Any, topic: str) -> datetime | None:
    """Return a moment as a device tells it. Raises MessageUnreadable."""
    if told is None:
        return None
    try:
        if isinstance(told, int) and not isinstance(told, bool):
            return EPOCH + timedelta(milliseconds=told)
        moment = datetime.fromisoformat(told)
    except (TypeError, ValueError, OverflowError) as wrong:
        raise MessageUnreadable(topic=topic, what="ts") from wrong
    if moment.tzinfo is None:
        raise MessageUnreadable(topic=topic, what="ts")
    return moment.astimezone(UTC)


def _state(told: Any, topic: str) -> MachineState | None:
    if told is None:
        return None
    if isinstance(told, int) and not isinstance(told, bool) and 0 <= told < len(NUMBERS):
        return NUMBERS[told]
    found = next((state for state in MachineState if state.value == told), None)
    if found is None:
        raise MessageUnreadable(topic=topic, what="state")
    return found


def _counter(told: Any, name: str, topic: str) -> int | None:
    if told is None:
        return None
    if not isinstance(told, int) or isinstance(told, bool) or not 0 <= told <= LARGEST:
        raise MessageUnreadable(topic=topic, what=name)
    return told
