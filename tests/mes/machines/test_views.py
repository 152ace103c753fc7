from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from core.clock import day_of, now
from mes.machines import queries, service
from mes.machines.model import Machine, Shift, StateChange
from mes.machines.rules.signals import Message
from mes.machines.rules.states import MachineState, StopReason
from mes.scanning.model import Device
from tests.factories.machines import make_machine, make_shift
from tests.factories.mes_production import make_device, make_station
from tests.factories.people import make_person
from tests.mes.machines.test_service import at

ROOM = "/mes/machines/"
DAY = "day=2026-11-23"
COOKIE = "mortise_device"


def today():
    return day_of(now(), "Asia/Shanghai")


@pytest.fixture
def saw(session):
    make_shift(session)
    saw = make_machine(session, "saw-1")
    by = make_person(session, roles=("operator",)).id
    service.press(session, saw.id, MachineState.WORKING, None, by=by, at=at(8))
    service.press(session, saw.id, None, StopReason.MATERIAL, by=by, at=at(13))
    session.commit()
    return saw


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("zh_Hans_CN", ("可用率", "等料", "47.1", "推台锯", "技术效率")),
        ("en", ("Availability", "Waiting for material", "47.1", "panel saw", "Technical efficiency")),
    ],
)
def test_the_day_of_a_machine_is_told_in_the_person_s_language(client_for, saw, locale, words):
    client = client_for("leader", locale=locale)
    # it runs from 8:00 to 13:00, an hour of it the break: 240 of 510 min
    page = client.get(f"{ROOM}{saw.id}/?{DAY}").text
    assert [word for word in words if word not in page] == []
    listed = client.get(f"{ROOM}?{DAY}").text
    assert ("47.1" in listed, "<svg" in listed, "4:30" in listed) == (True, True, True)


def test_the_changes_of_a_day_are_a_spreadsheet(client_for, saw):
    answer = client_for("owner").get(f"{ROOM}{saw.id}/changes.xlsx?{DAY}")
    assert (answer.status_code, answer.data[:2]) == (200, b"PK")


def test_who_may_look_press_and_write_down(client_for, saw):
    for role, may_look, may_press, may_write in (
        ("owner", True, False, False),
        ("operator", False, True, False),
        ("leader", True, True, True),
        ("administrator", True, True, True),
        ("packer", False, False, False),
    ):
        client = client_for(role)
        assert (client.get(ROOM).status_code == 200) == may_look, role
        assert (client.get(f"{ROOM}tablet").status_code == 200) == may_press, role
        pressed = client.post(f"{ROOM}{saw.id}/press", data={"state": "OFFLINE"})
        assert (pressed.status_code == 303) == may_press, role
        assert (client.get(f"{ROOM}new").status_code == 200) == may_write, role
        assert (client.post(f"{ROOM}shifts/", data={}).status_code == 400) == may_write, role


def test_the_tablet_of_a_station_shows_its_machine_and_takes_one_press(app, session):
    operator = make_person(session, roles=("operator",))
    station = make_station(session)
    device: Device = make_device(session, station)
    edge = make_machine(session, "edge-1", name="封边机 1", station_id=station.id)
    make_machine(session, "saw-9", name="别处的锯")
    session.commit()
    client = app.test_client()
    client.set_cookie(COOKIE, device.key)
    client.post("/mes/production/lock", data={"badge": operator.badge})
    assert f"{ROOM}tablet" in client.get("/mes/production/station").text
    page = client.get(f"{ROOM}tablet").text
    assert ("封边机 1" in page, "别处的锯" in page, "还没上报" in page) == (True, False, True)
    page = client.post(f"{ROOM}{edge.id}/press", data={"reason": "TOOL"}, follow_redirects=True).text
    assert "换刀" in page
    kept = queries.last_change(session, edge.id)
    assert (kept.state, kept.reason, kept.person_id) == (
        MachineState.STANDBY,
        StopReason.TOOL,
        operator.id,
    )


def test_a_connected_machine_has_no_buttons_of_state(client_for, session, saw):
    service.take(session, [Message("saw-1", state=MachineState.WORKING)], at=now())
    session.commit()
    page = client_for("operator", locale="en").get(f"{ROOM}tablet").text
    assert "It tells its state itself" in page
    assert page.count("disabled") == len(StopReason) + 3  # it runs: no reason either
    before = session.scalar(select(func.count(StateChange.id)))
    answer = client_for("operator", locale="en").post(f"{ROOM}{saw.id}/press", data={"state": "OFFLINE"})
    assert (answer.status_code, "tells its state itself" in answer.text) == (422, True)
    assert session.scalar(select(func.count(StateChange.id))) == before


def test_a_machine_is_written_down_and_changed_and_a_wrong_form_keeps_what_was_typed(client_for, session):
    client = client_for("leader", locale="en")
    form = {"key": "cnc 1", "name": "门机", "planned_run_min": "1.5", "is_key": "1", "is_active": "1"}
    wrong = client.post(f"{ROOM}new", data=form)
    assert (wrong.status_code, 'value="门机"' in wrong.text) == (400, True)
    assert client.post(f"{ROOM}new", data=form | {"key": "cnc-1"}).status_code == 303
    machine = session.scalars(select(Machine)).one()
    assert (machine.key, machine.is_key, str(machine.planned_run_min)) == ("cnc-1", True, "1.500")
    changed = {"key": "cnc-1", "name": "门机 2", "planned_run_min": "0"}
    client.post(f"{ROOM}{machine.id}/edit", data=changed)
    session.expire_all()
    assert (machine.name, machine.is_key, machine.is_active) == ("门机 2", False, False)
    assert client.post(f"{ROOM}new", data=form | {"key": "cnc-1"}).status_code == 422


def test_a_shift_is_set_up_and_ended_and_its_wrong_break_is_refused(client_for, session):
    client = client_for("administrator")
    form = {
        "name": "白班",
        "begins": "08:00",
        "ends": "17:30",
        "breaks": "12：00-13:00，15:00-15:10",
        "weekday": ["1", "2", "6"],
        "from_on": "2026-11-23",
    }
    assert client.post(f"{ROOM}shifts/", data=form).status_code == 303
    shift = session.scalars(select(Shift)).one()
    assert (shift.breaks, shift.weekdays) == ([["12:00", "13:00"], ["15:00", "15:10"]], "126")
    assert client.post(f"{ROOM}shifts/", data=form | {"breaks": "18:00-19:00"}).status_code == 422
    assert client.post(f"{ROOM}shifts/", data=form | {"breaks": "noon"}).status_code == 400
    client.post(f"{ROOM}shifts/{shift.id}/end", data={"until_on": "2026-11-30"})
    session.expire_all()
    assert f"{shift.until_on}" == "2026-11-30"
    assert "2026-11-30" in client.get(f"{ROOM}shifts/").text


def test_a_day_that_cannot_be_read_is_today(client_for, saw):
    assert client_for("owner").get(f"{ROOM}?day=soon").status_code == 200
    tomorrow = (now() + timedelta(days=1)).date()
    assert client_for("owner").get(f"{ROOM}{saw.id}/?day={tomorrow}").status_code == 200


def test_whether_anybody_listens_and_what_came_today_is_told(client_for, session, saw):
    listed = lambda: client_for("owner", locale="en").get(ROOM).text  # noqa: E731
    assert "broker" not in listed()  # nobody ever listened: the states come from buttons
    at, on = now(), today()

    def note(*told, ago):
        service.note_listening(session, "mortise", *told, on=on, at=at - ago)
        session.commit()
        return listed()

    page = note(True, 500, 2, ago=timedelta(seconds=30))
    assert ("connected to the broker" in page, "500 messages today" in page) == (True, True)
    assert "2 of them passed over" in page
    page = note(True, 41, 0, ago=timedelta(seconds=5))
    assert "541 messages today" in page
    assert "the broker is not there" in note(False, ago=timedelta(seconds=4))
    assert "nobody listens to the machines" in note(True, ago=timedelta(seconds=91))


def test_the_messages_of_another_day_are_not_today_s(session):
    on = today()
    for back, count in ((1, 7), (0, 3)):
        service.note_listening(
            session, "mortise", True, count, on=on - timedelta(days=back), at=now() - timedelta(days=back)
        )
    session.flush()
    assert queries.hearing(session, on, now()).message_count == 3
    assert queries.hearing(session, on + timedelta(days=1), now()).message_count == 0


def test_a_machine_runs_its_own_shift_and_the_others_the_factory_s(client_for, session, saw):
    """The saw's own shift: 08:00-10:00 without a break. It runs from 8:00: 120 of 120 min; the edge bander 0 of 510."""
    edge = make_machine(session, "edge-1")
    session.commit()
    form = {"name": "短班", "begins": "08:00", "ends": "10:00", "weekday": "1", "from_on": "2026-11-23"}
    client = client_for("leader", locale="en")
    assert client.post(f"{ROOM}shifts/", data=form | {"machine_id": str(saw.id)}).status_code == 303
    page = client.get(f"{ROOM}shifts/").text
    assert ("panel saw" in page, "the whole factory" in page) == (True, True)
    found = queries.work(session, [saw, edge], at(0), at(24), ZoneInfo("Asia/Shanghai"))
    assert [(one.times.planned, one.times.producing, one.times.unknown) for one in found] == [
        (120, 120, 0),
        (0, 0, 510),
    ]
    assert client.post(f"{ROOM}shifts/", data=form | {"machine_id": "999999"}).status_code == 404
