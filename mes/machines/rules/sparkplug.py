"""Sparkplug B: what an edge node says of its devices, `spBv1.0/{group}/{type}/{edge}/{device}`.

A birth names its metrics and may give each a number (alias) by which the data after it speaks. Messages of a node are
numbered 0 to 255; after a gap, or for a number that no birth named, the node is asked to be born again. Metrics
are called as in the plain topic: state, run, good, reject, alarm, the last part of a longer name. The payload is
protobuf; the few fields that are needed are read and written here by the wire format.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mes.machines.rules.counters import CLOCK_OF
from mes.machines.rules.signals import Message
from mes.machines.rules.states import MachineState
from mes.machines.rules.topics import MessageUnreadable, message_of, moment_of

SPARKPLUG_TOPICS = "spBv1.0/+/+/#"
NAMES = frozenset({"state", "run", "good", "reject", "alarm", *CLOCK_OF})
REBIRTH = "Node Control/Rebirth"
SIGNED = {1: 8, 2: 16, 3: 32, 4: 64}  # Int8 to Int64: bits of a value in two's complement
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5  # wire types
INT64, BOOLEAN, STRING = 4, 11, 12  # data types that are written here


@dataclass(frozen=True, slots=True)
class Metric:
    """One value of a payload; without a name it speaks by its alias."""

    name: str
    alias: int | None
    value: Any  # int, float, bool, str, or nothing


@dataclass(frozen=True, slots=True)
class Payload:
    """One message of a node."""

    at_ms: int | None
    seq: int | None
    metrics: tuple[Metric, ...]


# --- the wire format ----------------------------------------------------------------


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value, shift = 0, 0
    while True:
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place
        if shift > 63:
            raise ValueError("varint")


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """Yield the number and the raw value of each field. Raises ValueError, IndexError."""
    place = 0
    while place < len(data):
        tag, place = _varint(data, place)
        kind = tag & 7
        if kind == VARINT:
            value, place = _varint(data, place)
            yield tag >> 3, value
            continue
        if kind == BYTES:
            length, place = _varint(data, place)
        elif kind in (FIXED64, FIXED32):
            length = 8 if kind == FIXED64 else 4
        else:
            raise ValueError("wire type")
        if place + length > len(data):
            raise ValueError("too short")
        yield tag >> 3, data[place : place + length]
        place += length


def decode(data: bytes) -> Payload:
    """Return a payload. Raises ValueError, IndexError when it is none."""
    at_ms, seq, metrics = None, None, []
    for number, value in _fields(data):
        if number == 1:
            at_ms = value
        elif number == 2:
            metrics.append(_metric(value))
        elif number == 3:
            seq = value
    return Payload(at_ms, seq, tuple(metrics))


def _metric(data: bytes) -> Metric:
    found = dict(_fields(data))
    kind, value = found.get(4), None
    if not found.get(7):  # is_null
        if 10 in found or 11 in found:
            value = _signed(found[10] if 10 in found else found[11], kind)
        elif 12 in found:
            value = struct.unpack("<f", found[12])[0]
        elif 13 in found:
            value = struct.unpack("<d", found[13])[0]
        elif 14 in found:
            value = bool(found[14])
        elif 15 in found:
            value = found[15].decode()
    return Metric(found.get(1, b"").decode(), found.get(2), value)


def _signed(value: int, kind: int | None) -> int:
    bits = SIGNED.get(kind or 0)
    if bits is None:
        return value
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def _number(value: int) -> bytes:
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*made, value])


def _bytes(number: int, value: bytes) -> bytes:
    return _number(number << 3 | BYTES) + _number(len(value)) + value


def _int(number: int, value: int) -> bytes:
    return _number(number << 3 | VARINT) + _number(value)


def encode(metrics: Mapping[str, Any], *, at_ms: int, seq: int | None = None) -> bytes:
    """Return a payload of named whole numbers, yes or no, and texts."""
    made = _int(1, at_ms)
    for name, value in metrics.items():
        metric = _bytes(1, name.encode())
        if isinstance(value, bool):
            metric += _int(4, BOOLEAN) + _int(14, int(value))
        elif isinstance(value, int):
            metric += _int(4, INT64) + _int(11, value)
        else:
            metric += _int(4, STRING) + _bytes(15, str(value).encode())
        made += _bytes(2, metric)
    return made if seq is None else made + _int(3, seq)


# --- the session --------------------------------------------------------------------

Node = tuple[str, str]  # group and edge


@dataclass(slots=True)
class _Born:
    """What is known of a node since its birth."""

    seq: int
    names: dict[tuple[str, int], str] = field(default_factory=dict)  # of each device's aliases
    devices: set[str] = field(default_factory=set)


class SparkplugReader:
    """Follows the births, numbers and deaths of all nodes; `rebirths` gathers the nodes that must be born again."""

    def __init__(self) -> None:
        self._born: dict[Node, _Born] = {}
        self.rebirths: set[Node] = set()

    def read(self, topic: str, data: bytes) -> list[Message]:
        """Return what a message tells of machines, one entry each. Raises MessageUnreadable."""
        parts = topic.split("/")
        if len(parts) not in (4, 5) or parts[0] != "spBv1.0":
            raise MessageUnreadable(topic=topic, what="topic")
        group, kind, edge = parts[1:4]
        device = parts[4] if len(parts) == 5 else ""
        if kind not in ("NBIRTH", "NDATA", "NDEATH", "DBIRTH", "DDATA", "DDEATH"):
            return []  # commands are for the nodes
        try:
            payload = decode(data)
        except (ValueError, IndexError, TypeError, AttributeError, struct.error) as wrong:
            raise MessageUnreadable(topic=topic, what="protobuf") from wrong
        return self._told(topic, (group, edge), kind, device, payload)

    def _told(self, topic: str, node: Node, kind: str, device: str, payload: Payload) -> list[Message]:
        at = moment_of(payload.at_ms, topic)
        if kind == "NDEATH":  # its last will: it was given to the broker before, so its own time is old
            born = self._born.pop(node, None)
            return [Message(key, state=MachineState.OFFLINE) for key in sorted(born.devices if born else ())]
        if kind == "NBIRTH":
            self._born[node] = _Born(payload.seq or 0)
            self.rebirths.discard(node)
        elif not self._follows(node, payload.seq):
            return []
        born = self._born[node]
        if kind == "DDEATH":
            return [Message(device, at, state=MachineState.OFFLINE)]
        values = self._named(born, node, device, payload)
        if not values:
            return []
        key = device or node[1]
        born.devices.add(key)
        return [message_of(topic, key, values, at)]

    def _follows(self, node: Node, seq: int | None) -> bool:
        """Say whether a message is the next of its node; if not, the node must be born again."""
        born = self._born.get(node)
        if born is None or seq != (born.seq + 1) % 256:
            self._born.pop(node, None)
            self.rebirths.add(node)
            return False
        born.seq = seq
        return True

    def _named(self, born: _Born, node: Node, device: str, payload: Payload) -> dict[str, Any]:
        """Return the values that are ours, by name; a birth's aliases are kept."""
        values: dict[str, Any] = {}
        for metric in payload.metrics:
            name = metric.name
            if name and metric.alias is not None:
                born.names[device, metric.alias] = name
            elif not name:
                name = born.names.get((device, metric.alias or 0), "")
                if not name:
                    self.rebirths.add(node)
            short = name.rsplit("/", 1)[-1].lower()
            if short in NAMES:
                values[short] = metric.value
        return values
