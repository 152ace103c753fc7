"""A released order keeps the rules that it was split with, whatever is published later."""

from datetime import UTC, datetime

from erp.catalogue import queries as catalogue
from erp.catalogue import service
from erp.catalogue.rules.drafts import Section
from mes.splitting.model import DoorSet, Piece
from tests.factories.factory import release_order
from tests.factories.people import make_person

NOON = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)


def heads(session, order):
    return [one.length_mm for one in session.query(Piece).filter_by(order_id=order.id, rule_code="HEAD")]


def publish_a_gap_of_11(session):
    me = make_person(session, roles=("splitter",)).id
    draft = service.begin_draft(session, "Gap of 11", "new foam", by=me, at=NOON)
    service.add_change(session, draft.id, 1, Section.MODELS, "M-SINGLE", by=me, at=NOON)
    session.expire_all()
    data = dict(draft.changes[0].data)
    data["parameters"] = [*data.get("parameters", []), ["gi", "11"]]
    service.save_entry(session, draft.id, draft.version, 0, data, by=me, at=NOON)
    session.expire_all()
    service.publish(session, catalogue.judge(session, draft), {}, by=me, at=NOON)
    session.expire_all()


def test_an_order_released_before_keeps_its_rules_and_one_released_after_has_the_new_ones(session):
    before = release_order(session)
    version = session.query(DoorSet.door_version_id).filter_by(order_id=before.id).scalar()
    publish_a_gap_of_11(session)
    after = release_order(session)
    assert heads(session, before) == [836]  # 900 - 2*10 - 2*22
    assert heads(session, after) == [834]  # 900 - 2*11 - 2*22
    assert session.query(DoorSet.door_version_id).filter_by(order_id=before.id).scalar() == version
    assert catalogue.document(catalogue.version(session, version)).parameters["gi"] == 10
