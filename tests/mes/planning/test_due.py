"""Due dates on pages: the promise on the order's page, the load, the calendar, marks and who may change them."""

from datetime import timedelta
from decimal import Decimal

from sqlalchemy import select

from core.clock import day_of, now
from erp.catalogue.rules.document import DoorKind, Finish
from erp.sales import service as sales
from mes.planning import service
from mes.planning.model import CalendarDay, Capacity
from mes.planning.queries import load
from mes.planning.rules.capacity import ClassCapacity, DayKind, ProductClass, Risk
from tests.factories.factory import FRIDAY, MORNING, make_order, release_order

BY = {"by": None, "at": MORNING}
TODAY = day_of(now(), "Asia/Shanghai")
SINGLE = ProductClass(DoorKind.SINGLE, Finish.MELAMINE)


def give_capacity(session, sets=10, days=3):
    for one in load.classes_of_catalogue(session):
        service.put_capacity(session, one.kind, one.finish, ClassCapacity(sets, Decimal("0.8"), days), **BY)
    session.flush()


def confirmed(session, **head):
    order = make_order(session, **head)
    sales.confirm(session, order.id, on=FRIDAY, **BY)
    session.flush()
    return order


def test_booking_is_what_confirmed_orders_ask_for_and_drafts_hold_no_place(session):
    give_capacity(session)
    day = TODAY + timedelta(days=12)
    make_order(session, due_on=day)
    before = load.plant(session, TODAY).booked
    confirmed(session, due_on=day)
    after = load.plant(session, TODAY).booked
    assert sum(after.values()) == sum(before.values()) + 1
    assert {key[1] for key in after} == {day}


def test_an_order_does_not_stand_in_its_own_way(session):
    give_capacity(session, sets=1)
    order = confirmed(session)
    first = load.promise(session, order.id, TODAY).earliest_on
    sales.set_due(session, order.id, first, version=order.version, on=TODAY, **BY)
    session.flush()
    assert load.promise(session, order.id, TODAY).earliest_on == first
    other = confirmed(session)
    assert load.promise(session, other.id, TODAY).earliest_on > first


def test_without_a_capacity_no_day_is_offered_and_the_class_is_named(session):
    order = make_order(session)
    said = load.promise(session, order.id, TODAY)
    assert (said.earliest_on, len(said.unknown)) == (None, 1)


def test_the_clerk_sees_the_warning_and_takes_the_day_that_is_offered(session, client_for):
    give_capacity(session)
    order = make_order(session, due_on=TODAY + timedelta(days=200))
    sales.set_due(session, order.id, TODAY, version=order.version, on=TODAY, **BY)
    session.commit()
    client = client_for("clerk", locale="en")
    page = client.get(f"/erp/sales/orders/{order.id}/").text
    assert "earlier than there is capacity" in page
    day = load.promise(session, order.id, TODAY).earliest_on
    sent = {"due_on": day.isoformat(), "version": order.version}
    assert client.post(f"/mes/planning/orders/{order.id}/due", data=sent).status_code == 303
    session.refresh(order)
    assert order.due_on == day
    assert client.post(f"/mes/planning/orders/{order.id}/due", data=sent).status_code == 409
    assert client_for("leader").post(f"/mes/planning/orders/{order.id}/due", data=sent).status_code == 403


def test_an_order_at_risk_is_on_the_load_page_and_marked_in_the_list(session, client_for):
    give_capacity(session, days=8)
    order = confirmed(session, due_on=TODAY + timedelta(days=4))
    session.commit()
    client = client_for("clerk", locale="en")
    assert "too few working days are left" in client.get("/mes/planning/load/").text
    assert "at risk" in client.get("/erp/sales/orders/").text
    assert load.reasons_of(session, [order.id], TODAY) == {order.id: (Risk.NOT_RELEASED,)}


def test_an_order_whose_material_is_lacking_is_at_risk(session):
    give_capacity(session)
    order = release_order(session, due_on=TODAY + timedelta(days=90))  # nothing lies in the store
    found = {one.order.id: one.reasons for one in load.at_risk(session, TODAY)}
    assert found[order.id] == (Risk.MATERIAL,)


def test_the_leader_says_what_a_class_takes_and_the_clerk_only_looks(session, client_for):
    session.commit()
    leader = client_for("leader", locale="en")
    typed = {
        "kind": "SINGLE",
        "finish": "MELAMINE",
        "set_count": "0",
        "warning": "80",
        "production_days": "5",
    }
    wrong = leader.post("/mes/planning/capacity/", data=typed)
    assert (wrong.status_code, "at least 1" in wrong.text) == (400, True)
    assert leader.post("/mes/planning/capacity/", data=typed | {"set_count": "12"}).status_code == 303
    row = session.scalars(select(Capacity)).one()
    assert (row.set_count, row.warning_rate, row.production_days) == (12, Decimal("0.8"), 5)
    clerk = client_for("clerk")
    assert clerk.get("/mes/planning/capacity/").status_code == 200
    assert clerk.post("/mes/planning/capacity/", data=typed).status_code == 403


def test_a_day_of_the_calendar_is_named_once_and_the_last_word_counts(session, client_for):
    leader = client_for("leader", locale="en")
    for kind in ("REST", "HALF"):
        sent = {"day_on": (TODAY + timedelta(days=5)).isoformat(), "kind": kind, "note": "Fair"}
        assert leader.post("/mes/planning/calendar/", data=sent).status_code == 303
    assert session.scalars(select(CalendarDay)).one().kind is DayKind.HALF
    wrong = leader.post("/mes/planning/calendar/", data={"day_on": "soon", "kind": "REST", "note": "Fair"})
    assert (wrong.status_code, 'value="Fair"' in wrong.text) == (400, True)


def test_a_past_day_is_refused_at_its_field_with_what_was_typed(session, client_for):
    order = make_order(session)
    session.commit()
    client = client_for("clerk", locale="en")
    sent = {"dealer_id": order.dealer_id, "customer": "Mrs Zheng", "due_on": "2020-01-02", "form_key": "k"}
    answer = client.post("/erp/sales/orders/new", data=sent)
    assert (answer.status_code, "2020-01-02 is past" in answer.text) == (400, True)
    assert 'value="Mrs Zheng"' in answer.text
