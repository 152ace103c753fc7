"""Commands of drafts: each refusal, nothing kept when refused, and two publishers of whom one wins."""

import threading
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from core.errors import Conflict, NotFound
from core.work import run
from erp.catalogue import queries, service
from erp.catalogue.model import Door, DoorVersion, LoadedPack
from erp.catalogue.rules.drafts import (
    BaseMoved,
    Change,
    DraftClosed,
    DraftFaulty,
    DraftMoved,
    DraftState,
    EntryTwice,
    EntryUnknown,
    NothingChanged,
    ReasonMissing,
    Section,
    data_differences,
    entry_of,
    rebased,
)
from erp.catalogue.rules.examples import (
    DifferenceKind,
    example_differences,
    record_example,
    set_differences,
)
from erp.catalogue.rules.explode import explode
from erp.catalogue.rules.pack import dump_pack, read_pack
from erp.catalogue.rules.samples import usual
from tests.factories.people import make_person
from tests.factories.small import demo_model, load_catalogue, make_spec

NOON = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)


@pytest.fixture
def me(session):
    load_catalogue(session)
    return make_person(session, roles=("splitter",)).id


def begin(session, me, section=Section.PROFILES, code="P70/45", new_code=""):
    draft = service.begin_draft(session, "Gap of 11", "new foam", by=me, at=NOON)
    service.add_change(session, draft.id, 1, section, code, new_code, by=me, at=NOON)
    session.expire_all()
    return draft


def set_parameter(session, draft, name, value, me):
    """Type another value of one parameter of the profile."""
    data = dict(draft.changes[0].data)
    data["parameters"] = [[key, value if key == name else was] for key, was in data["parameters"]]
    service.save_entry(session, draft.id, draft.version, 0, data, by=me, at=NOON)
    session.expire_all()


def publish(session, draft, me, **reasons):
    return service.publish(session, queries.judge(session, draft), reasons, by=me, at=NOON)


def head_length(session, code="M-SINGLE"):
    """Return the length of the head of a door of 900: 900 - 2*gi - 2*22."""
    door = session.query(Door).filter_by(code=code).one()
    document = queries.document(queries.current_version(session, door.id))
    return next(one.length_mm for one in explode(document, make_spec()).pieces if one.code == "HEAD")


def test_a_published_parameter_makes_a_new_version_of_every_model_of_its_profile(session, me):
    assert head_length(session) == 836  # 900 - 20 - 44
    draft = begin(session, me)
    set_parameter(session, draft, "gi", "11", me)
    assert head_length(session) == 836  # a draft does not count
    codes = publish(session, draft, me)
    session.expire_all()
    assert sorted(codes) == ["M-CASED", "M-DOUBLE", "M-SINGLE", "P-SINGLE", "P-UNEQUAL"]
    assert head_length(session) == 834  # 900 - 22 - 44
    assert draft.state is DraftState.PUBLISHED
    door = session.query(Door).filter_by(code="M-SINGLE").one()
    newest, first = queries.versions(session, door.id)
    assert (newest.draft_id, first.draft_id, newest.loaded_by_id) == (draft.id, None, me)
    assert queries.document(first).parameters["gi"] == 10  # kept for the orders that have it


def test_what_was_published_is_what_a_dump_gives_and_a_load_takes(session, me):
    draft = begin(session, me)
    set_parameter(session, draft, "gi", "11", me)
    publish(session, draft, me)
    dumped = dump_pack(queries.pack(session))
    assert read_pack(dumped).profiles[0].parameters["gi"] == 11
    assert service.load_pack(session, read_pack(dumped), by=me, at=NOON).versions == 0


def test_a_draft_that_changes_nothing_is_not_published(session, me):
    draft = begin(session, me)
    with pytest.raises(NothingChanged):
        publish(session, draft, me)


def test_a_draft_with_a_fault_is_not_published_and_nothing_is_kept(session, me):
    draft = begin(session, me)
    set_parameter(session, draft, "gi", "ten", me)
    packs, versions = session.query(LoadedPack).count(), session.query(DoorVersion).count()
    with pytest.raises(DraftFaulty) as refusal:
        publish(session, draft, me)
    assert "ten" in str(refusal.value)
    assert (session.query(LoadedPack).count(), session.query(DoorVersion).count()) == (packs, versions)
    assert draft.state is DraftState.DRAFT


def test_a_closed_draft_is_not_changed_any_more(session, me):
    draft = begin(session, me)
    service.discard(session, draft.id, draft.version, by=me, at=NOON)
    session.expire_all()
    for command in (service.discard, service.rebase):
        with pytest.raises(DraftClosed):
            command(session, draft.id, draft.version, by=me, at=NOON)


def test_an_old_page_changes_nothing(session, me):
    draft = begin(session, me)
    with pytest.raises(DraftMoved):
        service.save_entry(session, draft.id, draft.version - 1, 0, {}, by=me, at=NOON)
    with pytest.raises(NotFound):
        service.save_entry(session, draft.id, draft.version, 7, {}, by=me, at=NOON)
    with pytest.raises(NotFound):
        service.drop_change(session, draft.id, draft.version, -1, by=me, at=NOON)


def test_a_copy_needs_an_original_and_a_code_of_its_own(session, me):
    draft = service.begin_draft(session, "Copies", "why", by=me, at=NOON)
    with pytest.raises(EntryUnknown):
        service.add_change(session, draft.id, 1, Section.MODELS, "M-NONE", by=me, at=NOON)
    with pytest.raises(EntryTwice):
        service.add_change(session, draft.id, 1, Section.MODELS, "M-SINGLE", "M-DOUBLE", by=me, at=NOON)


def test_an_entry_is_in_a_draft_once(session, me):
    draft = begin(session, me)
    assert (
        service.add_change(session, draft.id, draft.version, Section.PROFILES, "P70/45", by=me, at=NOON) == 0
    )
    assert len(draft.changes) == 1


def test_a_draft_on_rules_that_moved_is_refused_until_they_are_taken_over(session, me):
    slow, quick = begin(session, me), begin(session, me)
    set_parameter(session, slow, "gt", "12", me)
    set_parameter(session, quick, "gi", "11", me)
    publish(session, quick, me)
    session.expire_all()
    with pytest.raises(BaseMoved):
        publish(session, slow, me)
    service.rebase(session, slow.id, slow.version, by=me, at=NOON)
    session.expire_all()
    assert queries.judge(session, slow).applied.moved == ()
    assert dict(slow.changes[0].data["parameters"])["gt"] == "12"


def test_taking_over_keeps_what_was_touched_here_and_takes_the_rest():
    change = Change(Section.PROFILES, "P", {"a": "1", "b": "1", "c": "1"}, {"a": "2", "b": "1", "c": "1"})
    newer = {"a": "1", "b": "9", "d": "4"}
    assert rebased(change, newer).data == {"a": "2", "b": "9", "d": "4"}


def test_another_publication_between_judging_and_publishing_is_a_conflict(session, me):
    draft, other = begin(session, me), begin(session, me, Section.MODELS, "M-CASED", "M-ARCH")
    set_parameter(session, draft, "gi", "11", me)
    judged = queries.judge(session, draft)
    publish(session, other, me)
    with pytest.raises(Conflict):
        service.publish(session, judged, {}, by=me, at=NOON)


def test_an_example_refuses_a_difference_until_a_reason_is_given_and_is_recorded_anew(session, me):
    first = begin(session, me, Section.MODELS, "M-SINGLE")
    service.keep_example(
        session, first.id, first.version, demo_model("M-SINGLE"), make_spec(), by=me, at=NOON
    )
    session.expire_all()
    assert publish(session, first, me) == ()  # the rules are the same; only the example is new
    draft = begin(session, me)
    set_parameter(session, draft, "gi", "11", me)
    with pytest.raises(ReasonMissing):
        publish(session, draft, me)
    key = "M-SINGLE/M-SINGLE-1"
    publish(session, draft, me, **{key: " the foam is thicker "})
    session.expire_all()
    assert draft.accepted == [["M-SINGLE M-SINGLE-1", "the foam is thicker"]]
    model = next(one for one in queries.pack(session).models if one.code == "M-SINGLE")
    (example,) = model.examples
    assert next(one.length_mm for one in example.pieces if one.code == "HEAD") == 834
    assert (
        queries.judge(session, begin(session, me)).verdict.examples == ()
    )  # no difference left, nothing touched


def test_what_is_not_proved_is_accepted_with_a_reason_only(session, me):
    draft = begin(session, me)
    data = dict(draft.changes[0].data)
    data["results"] = [*data["results"], ["odd", "1 / (OW - OH + 1000.05)"]]
    service.save_entry(session, draft.id, draft.version, 0, data, by=me, at=NOON)
    session.expire_all()
    with pytest.raises(ReasonMissing):
        publish(session, draft, me)
    reasons = dict.fromkeys(queries.judge(session, draft).verdict.asks, "no size is typed to a hundredth")
    assert "M-SINGLE" in publish(session, draft, me, **reasons)


def test_a_retired_model_stays_retired_when_other_rules_are_published(session, me):
    door = session.query(Door).filter_by(code="M-CASED").one()
    service.set_retired(session, door.id, True, by=me, at=NOON)
    draft = begin(session, me)
    set_parameter(session, draft, "gi", "11", me)
    assert "M-CASED" in publish(session, draft, me)
    session.expire_all()
    assert not door.is_active
    with pytest.raises(NotFound):
        service.set_retired(session, 9999, True, by=me, at=NOON)


def test_a_draft_shows_piece_by_piece_what_is_same_changed_new_and_gone():
    before = demo_model()
    parts = [one for one in before.parts if one.code != "STOP_H"]
    twin = replace(next(one for one in parts if one.code == "HEAD"), code="HEAD_2")
    after = replace(before, parameters={**before.parameters, "gi": Decimal(11)}, parts=(*parts, twin))
    found = {
        one.code: one for one in set_differences(explode(before, make_spec()), explode(after, make_spec()))
    }
    kinds = [found[code].kind for code in ("JAMB_L", "HEAD", "HEAD_2", "STOP_H")]
    assert kinds == [DifferenceKind.SAME, DifferenceKind.CHANGED, DifferenceKind.NEW, DifferenceKind.GONE]
    assert found["HEAD"].changes["length_mm"] == (836, 834)


def test_two_documents_differ_by_place_with_records_by_their_code():
    before = {"parts": [{"code": "A", "length": "1"}, {"code": "B"}], "parameters": [["gi", "10"]]}
    after = {"parts": [{"code": "B"}, {"code": "A", "length": "2"}], "parameters": [["gi", "11"], ["x", "1"]]}
    assert data_differences(before, after) == [
        ("parts.A.length", "1", "2"),
        ("parameters.gi", "10", "11"),
        ("parameters.x", None, "1"),
    ]
    assert data_differences([["a", "1"], ["b", "2"]], [["b", "2"], ["a", "1"]]) == [("", "a, b", "b, a")]


def test_of_two_publishers_at_once_one_wins(database):
    with database.session as session:
        load_catalogue(session)
        me = make_person(session, roles=("splitter",)).id
        session.commit()
        drafts = [begin(session, me) for _ in range(2)]
        for draft, value in zip(drafts, ("11", "12"), strict=True):
            set_parameter(session, draft, "gi", value, me)
        session.commit()
        judged = [queries.judge(session, one) for one in drafts]
    outcomes, gate = [], threading.Barrier(2)

    def work(one):
        gate.wait()
        with database.app.app_context():
            try:
                outcomes.append(run(service.publish, one, {}, by=me, at=NOON))
            except Conflict as lost:
                outcomes.append(lost)

    threads = [threading.Thread(target=work, args=(one,)) for one in judged]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(isinstance(one, Conflict) for one in outcomes) == [False, True]
    with database.session as session:
        door = session.query(Door).filter_by(code="M-SINGLE").one()
        assert len(queries.versions(session, door.id)) == 2


def test_an_entry_that_does_not_exist_is_none(session, me):
    assert entry_of(queries.pack(session), Section.ROUTES, "NONE") is None


@pytest.mark.parametrize("code", ["M-SINGLE", "M-DOUBLE", "P-UNEQUAL"])
def test_an_example_just_recorded_differs_in_nothing(code):
    document = demo_model(code)
    assert example_differences(document, record_example(document, "ONE", usual(document))) == ()
