from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core.audit.queries import history
from core.codelists.queries import entries
from core.errors import NotFound
from erp.catalogue import queries, service
from erp.catalogue.model import Door, DoorVersion, LoadedPack
from erp.catalogue.rules.explode import check, explode
from erp.catalogue.rules.formula import compile_formula
from erp.catalogue.rules.line import StockTooShort
from erp.materials import queries as materials
from erp.materials.model import Article, Material
from erp.parties import queries as parties
from erp.parties.model import Party
from tests.factories.catalogue import LOADED, demo_pack, load_catalogue, make_spec

LATER = LOADED + timedelta(days=1)


def counts(session):
    tables = (Door, DoorVersion, LoadedPack, Material, Article, Party)
    return [session.scalar(select(func.count()).select_from(table)) for table in tables]


def changed_pack():
    """The demo factory with swing leaves that are two millimetres lower; what slides or has no leaf is as before."""
    pack = demo_pack()
    assemblies = tuple(
        replace(one, results={**one.results, "LH": compile_formula("CL - over - gtop - under - 2")})
        if one.code == "SWING"
        else one
        for one in pack.assemblies
    )
    return replace(pack, assemblies=assemblies)


def swinging():
    return {one.code for one in demo_pack().models if "SWING" in one.uses}


def test_a_pack_brings_the_whole_factory(session):
    pack = demo_pack()
    loaded = service.load_pack(session, pack, by=None, at=LOADED)
    assert (loaded.doors, loaded.versions, loaded.parties) == (len(pack.models), len(pack.models), 6)
    assert (loaded.materials, loaded.colours, loaded.defects) == (len(pack.materials), 6, 20)
    assert [one.code for one in queries.doors(session)] == sorted(one.code for one in pack.models)
    assert len(entries(session, "colour")) == 6
    assert "奶白" in queries.colours(session)["WHITE"].nicknames


def test_a_second_load_changes_nothing(session):
    load_catalogue(session)
    before = counts(session)
    assert service.load_pack(session, demo_pack(), by=None, at=LATER).is_unchanged
    session.flush()
    assert counts(session) == before


def test_only_the_models_whose_rules_changed_get_a_version(session):
    load_catalogue(session)
    loaded = service.load_pack(session, changed_pack(), by=None, at=LATER)
    assert (loaded.versions, loaded.doors, loaded.materials) == (len(swinging()), 0, 0)
    positions = {
        one.code: queries.current_version(session, one.id).position for one in queries.doors(session)
    }
    assert positions == {code: 2 if code in swinging() else 1 for code in positions}
    assert positions["M-CASED"] == positions["M-SLIDING"] == 1


def test_an_earlier_version_still_splits_as_it_did(session):
    load_catalogue(session)
    door = next(one for one in queries.doors(session) if one.code == "M-SINGLE")
    first = queries.current_version(session, door.id)
    service.load_pack(session, changed_pack(), by=None, at=LATER)
    session.expire_all()
    heights = [
        explode(queries.document(one), make_spec()).results["LH"]
        for one in queries.versions(session, door.id)
    ]
    assert heights == [2053, 2055]
    assert queries.versions(session, door.id)[1].id == first.id


def test_going_back_to_earlier_rules_makes_no_third_version(session):
    load_catalogue(session)
    service.load_pack(session, changed_pack(), by=None, at=LATER)
    service.load_pack(session, demo_pack(), by=None, at=LATER)
    door = next(one for one in queries.doors(session) if one.code == "M-SINGLE")
    assert [one.position for one in queries.versions(session, door.id)] == [2, 1]
    assert queries.current_version(session, door.id).position == 1
    assert len(history(session, "erp.catalogue.door", door.id)) == 3


def test_a_document_comes_back_from_the_database_as_it_went_in(session):
    load_catalogue(session)
    session.expire_all()
    by_code = {one.code: one for one in demo_pack().documents}
    for door in queries.doors(session):
        version = queries.current_version(session, door.id)
        assert queries.document(version) == by_code[door.code]
        assert version.sha256 == by_code[door.code].sha256


def test_the_stock_sizes_of_the_database_judge_as_those_of_the_pack(session):
    load_catalogue(session)
    stock = materials.stock_lengths(session)
    assert stock == demo_pack().stock_lengths
    document = next(one for one in demo_pack().documents if one.code == "M-SINGLE")
    refusals = check(document, make_spec("1000", "2400", "300"), stock)
    assert {(type(one), one.facts["longest_mm"]) for one in refusals} == {(StockTooShort, 2440)}


def test_an_article_that_is_no_longer_listed_is_put_to_rest(session):
    load_catalogue(session)
    pack = demo_pack()
    first = replace(pack.materials[0], articles=())
    loaded = service.load_pack(
        session, replace(pack, materials=(first, *pack.materials[1:])), by=None, at=LATER
    )
    assert loaded.materials == 1
    session.flush()
    assert first.code not in materials.stock_lengths(session)


def test_what_people_typed_about_a_partner_survives_another_load(session):
    load_catalogue(session)
    dealer = parties.dealers(session)[0]
    dealer.phone = "139"
    session.flush()
    service.load_pack(session, demo_pack(), by=None, at=LATER)
    assert dealer.phone == "139"


def test_a_dump_is_the_factory_as_it_stands(session):
    load_catalogue(session)
    assert queries.pack(session) == demo_pack()
    parties.dealers(session)[0].phone = "139"
    session.flush()
    assert [one.phone for one in queries.pack(session).parties if one.code == "D001"] == ["139"]


def test_an_empty_database_has_nothing_to_dump(session):
    with pytest.raises(NotFound):
        queries.pack(session)
