"""What comes over MQTT, read without a broker: the plain topic and Sparkplug B."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mes.machines.rules.counters import MachineClock
from mes.machines.rules.signals import Message
from mes.machines.rules.sparkplug import SparkplugReader, decode, encode
from mes.machines.rules.states import MachineState
from mes.machines.rules.topics import MessageUnreadable, read_plain

TOPIC = "wd/jiangshan/saw-1/state"
EIGHT = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
EIGHT_MS = 1_795_392_000_000


def test_the_plain_topic_is_read_in_every_form_of_moment_and_state():
    full = (
        b'{"ts":"2026-11-23T08:00:00+08:00","state":"WORKING","run":true,"good":12,"reject":0,"alarm":null}'
    )
    assert read_plain(TOPIC, full) == Message("saw-1", EIGHT, MachineState.WORKING, True, 12, 0)
    assert read_plain(TOPIC, f'{{"ts":{EIGHT_MS},"state":4,"alarm":"E7"}}'.encode()) == Message(
        "saw-1", EIGHT, MachineState.ERROR, alarm="E7"
    )
    assert read_plain(TOPIC, b"{}") == Message("saw-1")


def test_the_absolute_times_of_opc_40550_are_read_by_their_names_there():
    said = read_plain(
        TOPIC, b'{"state":"READY","AbsoluteProductionTime":61000,"AbsoluteMachineOnTime":90000}'
    )
    clocks = ((MachineClock.PRODUCTION, 61_000), (MachineClock.ON, 90_000))
    assert (said.state, said.clocks) == (MachineState.READY, clocks)
    with pytest.raises(MessageUnreadable) as refusal:
        read_plain(TOPIC, b'{"AbsoluteProductionTime":"1 h"}')
    assert refusal.value.facts["what"] == "AbsoluteProductionTime"
    metrics = encode({"KPI/AbsoluteErrorTime": 7}, at_ms=EIGHT_MS, seq=0)
    (born,) = SparkplugReader().read("spBv1.0/floor/NBIRTH/saw-1", metrics)
    assert born.clocks == ((MachineClock.ERROR, 7),)


@pytest.mark.parametrize(
    ("payload", "what"),
    [
        (b"", "JSON"),
        (b"[1]", "JSON"),
        (b"\xff\xfe", "JSON"),
        (b"[" * 100_000, "JSON"),
        (b'{"state":"BUSY"}', "state"),
        (b'{"state":5}', "state"),
        (b'{"state":true}', "state"),
        (b'{"run":1}', "run"),
        (b'{"good":-1}', "good"),
        (b'{"good":1.5}', "good"),
        (b'{"reject":true}', "reject"),
        (b'{"good":99999999999999999999}', "good"),
        (b'{"ts":"2026-11-23T08:00:00"}', "ts"),
        (b'{"ts":"soon"}', "ts"),
        (b'{"ts":1e3}', "ts"),
        (b'{"ts":99999999999999999999}', "ts"),
    ],
)
def test_what_is_not_as_promised_is_refused_by_name(payload, what):
    with pytest.raises(MessageUnreadable) as refusal:
        read_plain(TOPIC, payload)
    assert refusal.value.facts == {"topic": TOPIC, "what": what}


@given(st.binary(max_size=60))
def test_nothing_that_arrives_breaks_the_reader(data):
    readers = (
        (read_plain, TOPIC),
        (SparkplugReader().read, "spBv1.0/g/NBIRTH/e"),
    )
    for read, topic in readers:
        with suppress(MessageUnreadable):
            assert isinstance(read(topic, data), Message | list)


# --- Sparkplug B: bytes written by hand, by the specification's protobuf --------------------------------------

# timestamp 1000 (field 1), one metric (field 2) of 11 bytes: name "Good" (1), alias 2 (2), Int64 (4) 7 (11); seq 0 (3)
BIRTH = bytes.fromhex("08e807" + "120c" + "0a04476f6f64" + "1002" + "2004" + "5807" + "1800")
# the same device's data: the alias alone tells which metric it is; 9 pieces; seq 1
DATA = bytes.fromhex("08d00f" + "1206" + "1002" + "2004" + "5809" + "1801")


def test_a_payload_written_by_hand_is_read_field_by_field():
    payload = decode(BIRTH)
    assert (payload.at_ms, payload.seq) == (1000, 0)
    (metric,) = payload.metrics
    assert (metric.name, metric.alias, metric.value) == ("Good", 2, 7)


def test_a_birth_names_what_the_data_after_it_calls_by_number():
    reader = SparkplugReader()
    (born,) = reader.read("spBv1.0/floor/NBIRTH/saw-1", BIRTH)
    (told,) = reader.read("spBv1.0/floor/NDATA/saw-1", DATA)
    assert [(one.key, one.good) for one in (born, told)] == [("saw-1", 7), ("saw-1", 9)]
    assert told.at == datetime.fromtimestamp(2, UTC)
    assert reader.rebirths == set()


def test_a_negative_number_is_read_as_one_and_is_no_counter():
    # Int32 (type 3) -1 as the specification sends it: uint32 4294967295
    minus = bytes.fromhex("120e" + "0a04476f6f64" + "2003" + "50ffffffff0f" + "1800")
    assert decode(minus).metrics[0].value == -1
    with pytest.raises(MessageUnreadable):
        SparkplugReader().read("spBv1.0/floor/NBIRTH/saw-1", minus)


def sparkplug(reader, kind, seq, device="", **values):
    topic = f"spBv1.0/floor/{kind}/edge" + (f"/{device}" if device else "")
    return reader.read(topic, encode(values, at_ms=EIGHT_MS, seq=seq))


def test_devices_of_a_node_are_machines_and_die_with_it():
    reader = SparkplugReader()
    assert sparkplug(reader, "NBIRTH", 0) == []
    told = sparkplug(reader, "DBIRTH", 1, "saw-1", State="READY", Good=5)
    assert told == [Message("saw-1", EIGHT, MachineState.READY, good=5)]
    assert sparkplug(reader, "DDATA", 2, "edge-1", Run=True) == [Message("edge-1", EIGHT, is_running=True)]
    dead = reader.read("spBv1.0/floor/NDEATH/edge", encode({"bdSeq": 0}, at_ms=1))
    assert dead == [Message(key, state=MachineState.OFFLINE) for key in ("edge-1", "saw-1")]


def test_a_gap_asks_for_a_new_birth_and_nothing_is_taken_until_then():
    reader = SparkplugReader()
    assert sparkplug(reader, "DDATA", 7, "saw-1", Run=True) == []  # before any birth
    sparkplug(reader, "NBIRTH", 254)
    assert reader.rebirths == set()
    assert len(sparkplug(reader, "DDATA", 255, "saw-1", Run=True)) == 1
    assert len(sparkplug(reader, "DDATA", 0, "saw-1", Run=False)) == 1  # 255 is followed by 0
    assert sparkplug(reader, "DDATA", 2, "saw-1", Run=True) == []
    assert sparkplug(reader, "DDATA", 3, "saw-1", Run=True) == []
    assert reader.rebirths == {("floor", "edge")}


def test_commands_to_the_nodes_are_not_ours():
    assert SparkplugReader().read("spBv1.0/floor/NCMD/edge", b"") == []
