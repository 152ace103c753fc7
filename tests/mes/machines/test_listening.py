"""Machines speak over a real broker; everything they say is kept once, also what they said while nobody listened."""

import json
import socket
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from urllib.parse import urlsplit

import pytest
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import func, select

from core.clock import now
from mes.demo.cli import demo
from mes.demo.rules.machines import PLANT, sayings
from mes.machines.cli import machines
from mes.machines.cli.listening import Listener
from mes.machines.model import Listening, Machine, Output, Shift, StateChange
from mes.machines.rules.sparkplug import decode, encode
from mes.machines.rules.states import MachineState
from tests.factories.machines import make_machine
from tests.mes.machines.broker import broker

BEGAN = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
PATIENCE_S = 8.0


@pytest.fixture
def url(tmp_path):
    with broker(tmp_path) as address:
        yield address


@contextmanager
def speaking(url):
    """A client of a machine; what it publishes has reached the broker when `said` returns."""
    parts = urlsplit(url)
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="a-machine")
    client.max_inflight_messages_set(500)
    client.username_pw_set("a-machine", "secret")
    client.connect(parts.hostname, parts.port)
    client.loop_start()
    sent = []

    def say(topic, payload):
        sent.append(client.publish(topic, payload, qos=1))

    def said():
        for one in sent:
            one.wait_for_publish(PATIENCE_S)

    yield client, say, said
    said()
    client.disconnect()
    client.loop_stop()


@contextmanager
def listening(app, url):
    listener = Listener(app, url)
    failures = []

    def listen():
        try:
            listener.listen(lambda _words: None)
        except Exception as wrong:  # noqa: BLE001  (it is raised below, in the test's own thread)
            failures.append(wrong)

    thread = threading.Thread(target=listen)
    thread.start()
    assert listener.listening.wait(PATIENCE_S)
    yield
    listener.stopped.set()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
    if failures:
        raise failures[0]


def wait_for(session_of, question, wanted):
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        with session_of() as session:
            found = session.scalar(question)
        if found == wanted:
            return
        time.sleep(0.1)
    assert found == wanted


def plain(number, **told):
    return json.dumps({"ts": (BEGAN + timedelta(seconds=number)).isoformat(), **told})


def test_what_machines_say_is_kept_once_also_while_nobody_listened(database, url):
    session_of = lambda: database.session  # noqa: E731
    with session_of() as session:
        make_machine(session, "saw-1")
        session.commit()
    topic = "wd/jiangshan/saw-1/state"
    with listening(database.app, url):
        pass  # from now on the broker keeps messages for it
    with speaking(url) as (_client, say, said):
        for number in range(200):  # ten samples of each state, in turn; a piece with every sample
            say(topic, plain(number, run=number // 10 % 2 == 0, good=number))
        say(topic, b"no JSON")
        say("wd/jiangshan/nobody/state", plain(0, run=True))
        said()
        with listening(database.app, url):
            wait_for(session_of, select(func.sum(Output.good_count)), 199)
            say(topic, plain(300, state="ERROR", alarm="E7 extraction"))
            wait_for(session_of, select(func.count(StateChange.id)), 21)
    with listening(database.app, url):  # nothing is left, and nothing comes twice
        time.sleep(1)
    with session_of() as session:
        rows = session.execute(
            select(StateChange.state, StateChange.began_at).order_by(StateChange.began_at)
        ).all()
        assert [row[0] for row in rows[:3]] == [
            MachineState.WORKING,
            MachineState.READY,
            MachineState.WORKING,
        ]
        assert [row[1] for row in rows[:3]] == [BEGAN + timedelta(seconds=10 * number) for number in range(3)]
        assert (len(rows), session.scalar(select(func.sum(Output.good_count)))) == (21, 199)
        assert session.scalar(select(func.count(Machine.id))) == 1
        kept = session.scalars(select(Listening)).one()
        assert (kept.message_count, kept.passed_over_count) == (203, 2)  # one unreadable, one of nobody
        assert kept.is_connected is False  # it was stopped


def test_a_node_that_was_not_born_yet_is_asked_to_be(database, url):
    session_of = lambda: database.session  # noqa: E731
    with session_of() as session:
        make_machine(session, "cnc-1")
        session.commit()
    asked = threading.Event()
    orders = []

    def on_message(_client, _data, message):
        orders.append(decode(message.payload))
        asked.set()

    at_ms = int(BEGAN.timestamp() * 1000)
    with listening(database.app, url), speaking(url) as (client, say, said):
        client.on_message = on_message
        client.subscribe("spBv1.0/floor/NCMD/gateway", 0)
        say("spBv1.0/floor/DDATA/gateway/cnc-1", encode({"Run": True}, at_ms=at_ms, seq=9))
        said()
        assert asked.wait(PATIENCE_S)
        assert [(one.name, one.value) for one in orders[0].metrics] == [("Node Control/Rebirth", True)]
        say("spBv1.0/floor/NBIRTH/gateway", encode({"bdSeq": 0}, at_ms=at_ms, seq=0))
        say("spBv1.0/floor/DBIRTH/gateway/cnc-1", encode({"State": "WORKING"}, at_ms=at_ms, seq=1))
        say("spBv1.0/floor/NDEATH/gateway", encode({"bdSeq": 0}, at_ms=at_ms))
        wait_for(session_of, select(func.count(StateChange.id)), 2)
    with session_of() as session:
        states = session.scalars(select(StateChange.state).order_by(StateChange.began_at)).all()
        assert states == [MachineState.WORKING, MachineState.OFFLINE]


def test_without_a_broker_the_command_says_which_setting_names_one(app):
    result = app.test_cli_runner().invoke(machines, ["listen"])
    assert (result.exit_code, "MORTISE_MQTT_URL" in result.output) == (2, True)


def test_a_plausible_factory_speaks_and_all_of_it_is_kept(database, url):
    with listening(database.app, url):
        result = database.app.test_cli_runner().invoke(demo, ["machines", "--broker", url, "--hours", "3"])
        assert result.exit_code == 0, result.output
        sent = int(result.output.split()[0])
        assert sent > 100
        said = list(takewhile(lambda one: one.at <= now(), sayings(now() - timedelta(hours=3), 6250)))
        changes = sum("state" in dict(one.told) for one in said)
        wait_until(lambda: count(database, StateChange) >= changes - 2)  # a message later or sooner
    with database.session as session:
        machines = session.scalars(select(Machine)).all()
        assert sorted(one.key for one in machines) == sorted(one.key for one in PLANT)
        assert session.scalar(select(func.sum(Output.good_count))) > 100
        assert session.scalar(select(func.count(Shift.id))) == 1


def count(database, kind):
    with database.session as session:
        return session.scalar(select(func.count(kind.id)))


def wait_until(question):
    until = time.monotonic() + PATIENCE_S
    while not question():
        assert time.monotonic() < until
        time.sleep(0.1)


def test_the_machines_of_the_demo_say_the_same_for_the_same_seed_and_count_upwards():
    first, again = (list(islice(sayings(BEGAN, 1), 400)) for _ in range(2))
    assert first == again
    assert [one.at for one in first] == sorted(one.at for one in first)
    for machine in PLANT:
        good = [
            dict(one.told)["good"] for one in first if one.key == machine.key and "good" in dict(one.told)
        ]
        assert good == sorted(good)


def test_a_broker_that_is_not_there_is_told_and_asked_again(database):
    """Nothing answers on the port at first; the listener says so and goes on, until it is stopped."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    listener = Listener(database.app, f"mqtt://127.0.0.1:{port}")
    thread = threading.Thread(target=listener.listen, args=(lambda _words: None,))
    thread.start()
    try:
        wait_for(lambda: database.session, select(Listening.is_connected), False)
        assert thread.is_alive()
    finally:
        listener.stopped.set()
        thread.join(PATIENCE_S)
    assert not thread.is_alive()
