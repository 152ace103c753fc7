"""Listening to the broker: messages are taken in slices, and confirmed to the broker once they are kept."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

import structlog
from flask import Flask
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy.orm import Session

from core.clock import day_of, now
from core.work import run
from mes.machines import service
from mes.machines.rules.signals import Message
from mes.machines.rules.sparkplug import REBIRTH, SPARKPLUG_TOPICS, SparkplugReader, encode
from mes.machines.rules.topics import PLAIN_TOPICS, MessageUnreadable, read_plain

T = TypeVar("T")
LOG = structlog.get_logger()
MOST = 1000  # messages of one slice
PATIENCE_S = (
    0.25  # a slice waits so long for more: four commits a second leave the database to those who scan
)
WINDOW = 20  # unconfirmed messages that a broker sends ahead unless it is set up otherwise
QUIET_S = 0.005  # with so many at hand, and nothing new for so long, it waits for us to confirm them
LOOK_EVERY_S = 30.0  # how often we look for silent machines, and say that we run
FORGET_EVERY_S = 3600.0
LONGEST_PAUSE_S = 30  # between two tries to reach the broker
QOS = 1  # the broker keeps a message until it is confirmed
AT_ONCE = 2000  # unconfirmed messages that the broker may send ahead: a slice and more
MILLISECONDS = 1000


@dataclass(frozen=True, slots=True)
class Heard:
    """One message as the broker gave it."""

    topic: str
    payload: bytes
    number: int  # by which it is confirmed
    qos: int


class Listener:
    """One connection to the broker; `listen` runs until it is stopped. A lost connection comes back by itself."""

    def __init__(self, app: Flask, url: str, name: str = "mortise") -> None:
        self.app, self.url, self.name = app, url, name
        self.stopped, self.listening = threading.Event(), threading.Event()
        self._heard: queue.SimpleQueue[Heard] = queue.SimpleQueue()
        self._changed = threading.Event()  # the connection came or went
        self._sparkplug = SparkplugReader()
        self._warned: set[str] = set()
        self._unreadable = 0
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=name, clean_session=False, manual_ack=True
        )
        self._client.max_inflight_messages_set(AT_ONCE)
        self._client.on_connect = self._on_connect
        self._client.on_connect_fail = lambda *_: self._warn("the broker is not there; it is asked again")
        self._client.on_disconnect = self._on_disconnect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message

    def listen(self, tell: Callable[[str], None]) -> None:
        """Take messages until `stopped` is set; what is not kept yet stays with the broker."""
        parts = urlsplit(self.url)
        if parts.username:
            self._client.username_pw_set(unquote(parts.username), unquote(parts.password or ""))
        if parts.scheme == "mqtts":
            self._client.tls_set()
        host, port = parts.hostname or "", parts.port or (8883 if parts.scheme == "mqtts" else 1883)
        self._client.reconnect_delay_set(1, LONGEST_PAUSE_S)
        self._client.connect_async(host, port)  # a broker that is not there yet is asked again and again
        tell(f"Listening to {host}:{port}: {PLAIN_TOPICS}, {SPARKPLUG_TOPICS}")
        self._client.loop_start()
        try:
            self._work()
        finally:
            self._client.disconnect()
            self._client.loop_stop()
            self._run(self._note)

    def _on_connect(
        self, client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any
    ) -> None:
        if reason.is_failure:
            LOG.warning("broker_refuses", reason=str(reason))
            return
        client.subscribe([(PLAIN_TOPICS, QOS), (SPARKPLUG_TOPICS, QOS)])

    def _on_subscribe(self, *_told: Any) -> None:
        self.listening.set()  # from now on the broker keeps what comes for us
        self._changed.set()

    def _on_disconnect(self, *_told: Any) -> None:
        self._changed.set()

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        self._heard.put(Heard(message.topic, bytes(message.payload), message.mid, message.qos))

    def _work(self) -> None:
        look_at = forget_at = time.monotonic()
        while not self.stopped.is_set():
            part = self._slice()
            if part:
                self._take(part)
            now_s = time.monotonic()
            if now_s >= look_at or self._changed.is_set():
                self._changed.clear()
                self._run(self._look)
                look_at = now_s + LOOK_EVERY_S
            if now_s >= forget_at:
                self._run(service.forget_repeats)
                forget_at = now_s + FORGET_EVERY_S

    def _run(self, command: Callable[..., T], *arguments: Any) -> T:
        with self.app.app_context():
            return run(command, *arguments, at=now())

    def _look(self, session: Session, *, at: datetime) -> None:
        service.end_silence(session, at=at)
        self._note(session, at=at)

    def _note(self, session: Session, heard: int = 0, passed_over: int = 0, *, at: datetime) -> None:
        is_connected = self._client.is_connected()
        on = day_of(at, self.app.config["TIMEZONE"])
        service.note_listening(session, self.name, is_connected, heard, passed_over, on=on, at=at)

    def _slice(self) -> list[Heard]:
        """Return what came within a moment, at most MOST messages."""
        until = time.monotonic() + PATIENCE_S
        found: list[Heard] = []
        while len(found) < MOST and (left := until - time.monotonic()) > 0:
            try:
                found.append(self._heard.get(timeout=min(left, QUIET_S) if len(found) >= WINDOW else left))
            except queue.Empty:
                break
        return found

    def _take(self, part: list[Heard]) -> None:
        unreadable_before = self._unreadable
        told = [message for heard in part for message in self._read(heard)]
        taken = self._run(self._keep, told, len(part), self._unreadable - unreadable_before)
        for key in taken.unknown:
            self._warn(f"no machine is called {key}")
        for group, edge in sorted(self._sparkplug.rebirths):
            order = encode({REBIRTH: True}, at_ms=int(time.time() * MILLISECONDS))
            self._client.publish(f"spBv1.0/{group}/NCMD/{edge}", order, qos=0)
        self._sparkplug.rebirths.clear()
        for heard in part:
            self._client.ack(heard.number, heard.qos)

    def _keep(
        self, session: Session, told: list[Message], heard: int, unreadable: int, *, at: datetime
    ) -> service.Taken:
        """Keep a slice, and that it was heard, in one transaction."""
        taken = service.take(session, told, at=at)
        self._note(session, heard, taken.passed_over + unreadable, at=at)
        return taken

    def _read(self, heard: Heard) -> list[Message]:
        """Return what a message tells; one that cannot be read is named in the log and passed over."""
        try:
            if heard.topic.startswith("wd/"):
                return [read_plain(heard.topic, heard.payload)]
            return self._sparkplug.read(heard.topic, heard.payload)
        except MessageUnreadable as wrong:
            self._unreadable += 1
            self._warn(f"{heard.topic} cannot be read: {wrong.facts['what']}")
            return []

    def _warn(self, words: str) -> None:
        """Say a thing once: a machine repeats it every second."""
        if words not in self._warned:
            self._warned.add(words)
            LOG.warning("message_passed_over", why=words)
