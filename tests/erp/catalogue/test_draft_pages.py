"""A technologist's pages: nothing typed is lost, the second of two is told, only who may publishes."""

import html
import re

import pytest

from erp.catalogue import queries
from erp.catalogue.model import Draft
from tests.factories.small import load_catalogue


@pytest.fixture
def technologist(session, client_for):
    load_catalogue(session)
    return client_for("splitter", locale="en")


def begin(client):
    answer = client.post("/erp/catalogue/drafts/new", data={"name": "Wider", "reason": "new machine"})
    assert answer.status_code == 302
    return answer.location


def version_of(page):
    return re.search(r'name="version" value="(\d+)"', page)[1]


def add(client, draft, entry, new_code=""):
    data = {"version": version_of(client.get(draft).text), "entry": entry, "new_code": new_code}
    return client.post(f"{draft}add", data=data)


def fields(page):
    """Return every field of the entry's form with what stands in it."""
    form = page.split('<div class="rules')[1].split("</form>")[0]
    found = dict(re.findall(r'<input class="form-control[^>]* name="([^"]+)" value="([^"]*)"', form))
    for name, body in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)" selected', body)
        found[name] = chosen[1] if chosen else ""
    return found | {"version": version_of(form)}


def unescaped(values):
    return {name: html.unescape(text) for name, text in values.items()}


def save(client, address, **over):
    values = unescaped(fields(client.get(address).text))
    return client.post(address, data=values | {name.replace("__", "."): text for name, text in over.items()})


def test_the_clerk_reads_models_but_has_no_drafts(technologist, client_for):
    draft = begin(technologist)
    clerk = client_for("clerk")
    assert [clerk.get(one).status_code for one in ("/erp/catalogue/drafts/", draft, f"{draft}entry")] == [
        403
    ] * 3
    assert clerk.post(f"{draft}publish", data={"version": 1}).status_code == 403


def test_a_draft_without_a_reason_is_refused_and_its_name_stays(technologist):
    answer = technologist.post("/erp/catalogue/drafts/new", data={"name": "Wider", "reason": ""})
    assert (answer.status_code, 'value="Wider"' in answer.text) == (400, True)


@pytest.mark.parametrize(
    ("entry", "tab"),
    [
        ("models/M-SINGLE", tab)
        for tab in ("", "options", "results", "materials", "checks", "parts", "requirements", "requires")
    ]
    + [("profiles/P70/45", tab) for tab in ("", "parameters", "tables", "openings", "results", "checks")]
    + [
        ("assemblies/TRIM", "parts"),
        ("assemblies/PAINTED", "materials"),
        ("packages/FRAME", ""),
        ("routes/STOPS", ""),
    ],
)
def test_a_tab_that_is_saved_untouched_changes_nothing(entry, tab, technologist, session):
    draft = begin(technologist)
    add(technologist, draft, entry)
    assert save(technologist, f"{draft}entry?n=0&tab={tab}").status_code == 302
    session.expire_all()
    (change,) = session.query(Draft).one().changes
    assert change.data == change.base


def test_a_broken_formula_is_kept_and_marked_at_its_field(technologist):
    draft = begin(technologist)
    add(technologist, draft, "profiles/P70/45")
    save(technologist, f"{draft}entry?n=0&tab=results", results__0__1="OW - 2*gii")
    page = technologist.get(f"{draft}entry?n=0&tab=results").text
    assert 'value="OW - 2*gii" aria-invalid="true"' in page
    assert "“gii” is not known at this place" in page
    save(technologist, f"{draft}entry?n=0&tab=results", results__0__1="OW - (2*gi")
    assert 'value="OW - (2*gi" aria-invalid="true"' in technologist.get(f"{draft}entry?n=0&tab=results").text


def test_a_division_by_zero_inside_the_limits_is_shown_with_its_size(technologist):
    draft = begin(technologist)
    add(technologist, draft, "profiles/P70/45")
    save(technologist, f"{draft}entry?n=0&tab=results", results__0__1="OW - 2*gi + 0 / (OW - 937)")
    page = technologist.get(draft).text
    assert "it divides by zero" in page
    assert "937 ×" in page
    answer = technologist.post(f"{draft}publish", data={"version": version_of(page)})
    assert (answer.status_code, "nothing was published" in answer.text) == (422, True)


def test_rows_are_added_copied_moved_and_removed(technologist, session):
    draft = begin(technologist)
    add(technologist, draft, "profiles/P70/45")
    address = f"{draft}entry?n=0&tab=parameters"

    def names():
        session.expire_all()
        return [row[0] for row in session.query(Draft).one().changes[0].data["parameters"]][:4]

    assert names() == ["gi", "gt", "tb", "gs"]
    save(technologist, address, do="down:parameters:0")
    assert names() == ["gt", "gi", "tb", "gs"]
    save(technologist, address, do="remove:parameters:2")
    assert names() == ["gt", "gi", "gs", "gtop"]
    save(technologist, address, do="copy:parameters:0")
    assert names() == ["gt", "gt", "gi", "gs"]
    save(technologist, address, do="add:parameters:0")
    session.expire_all()
    assert session.query(Draft).one().changes[0].data["parameters"][-1] == ["", ""]


def test_of_two_people_on_one_draft_the_second_is_told_and_keeps_what_he_typed(technologist, client_for):
    draft = begin(technologist)
    add(technologist, draft, "profiles/P70/45")
    address = f"{draft}entry?n=0&tab=parameters"
    typed = unescaped(fields(client_for("splitter").get(address).text))
    save(technologist, address, parameters__0__1="11")
    answer = technologist.post(address, data=typed | {"parameters.0.1": "12.5"})
    assert (answer.status_code, 'value="12.5"' in answer.text) == (409, True)
    assert 'value="11"' in technologist.get(address).text


def test_a_change_of_a_profile_lists_every_model_with_its_differing_pieces(technologist):
    draft = begin(technologist)
    add(technologist, draft, "profiles/P70/45")
    save(technologist, f"{draft}entry?n=0&tab=parameters", parameters__0__1="11")
    page = technologist.get(draft).text
    assert all(
        f"model={code}" in page for code in ("M-SINGLE", "M-DOUBLE", "M-CASED", "P-SINGLE", "P-UNEQUAL")
    )
    compared = technologist.get(f"{draft}compare?model=M-SINGLE").text
    # head: FW - 2 tb = 900 - 2*10 - 44 = 836 → 900 - 2*11 - 44 = 834
    assert "836 → 834" in compared
    assert compared.count('class="drawing"') == 2


def test_a_new_model_is_copied_published_and_its_history_says_why(technologist, session):
    draft = begin(technologist)
    add(technologist, draft, "models/M-SINGLE", "M-SLIM")
    version = version_of(technologist.get(draft).text)
    assert technologist.post(f"{draft}publish", data={"version": version}).status_code == 302
    session.expire_all()
    door = next(one for one in queries.doors(session) if one.code == "M-SLIM")
    history = technologist.get(f"/erp/catalogue/doors/{door.id}/history").text
    assert "new machine" in history
    assert technologist.post(f"{draft}publish", data={"version": version}).status_code == 409


def test_an_example_that_comes_out_otherwise_asks_for_a_reason(technologist, session):
    draft = begin(technologist)
    add(technologist, draft, "models/M-SINGLE")
    page = technologist.get(f"{draft}compare?model=M-SINGLE").text
    form = page.split("Keep this as an example")[0].rsplit("<form", 1)[1]
    values = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))
    assert technologist.post(f"{draft}example?model=M-SINGLE", data=values).status_code == 302
    technologist.post(f"{draft}publish", data={"version": version_of(technologist.get(draft).text)})
    second = begin(technologist)
    add(technologist, second, "profiles/P70/45")
    save(technologist, f"{second}entry?n=0&tab=parameters", parameters__0__1="11")
    page = technologist.get(second).text
    assert "melamine single door · 900 × 2100 × 240" in page
    refused = technologist.post(f"{second}publish", data={"version": version_of(page)})
    assert (refused.status_code, "Please write why" in refused.text) == (422, True)
    done = technologist.post(f"{second}publish", data={"version": version_of(page), "reason": "gap of 11"})
    assert done.status_code == 302
    assert "gap of 11" in technologist.get(second).text
    compared = technologist.get(
        f"{second}compare?model=M-SINGLE"
    )  # what it published, beside what stood before it
    assert (compared.status_code, "836 → 834" in compared.text) == (200, True)


def test_one_reason_holds_for_every_difference_but_the_one_that_has_its_own(technologist, session):
    for model in ("M-SINGLE", "M-DOUBLE"):
        draft = begin(technologist)
        add(technologist, draft, f"models/{model}")
        page = technologist.get(f"{draft}compare?model={model}").text
        form = page.split("Keep this as an example")[0].rsplit("<form", 1)[1]
        values = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))
        technologist.post(f"{draft}example?model={model}", data=values)
        technologist.post(f"{draft}publish", data={"version": version_of(technologist.get(draft).text)})
    draft = begin(technologist)
    add(technologist, draft, "profiles/P70/45")
    save(technologist, f"{draft}entry?n=0&tab=parameters", parameters__0__1="11")
    sent = {"version": version_of(technologist.get(draft).text), "reason_0": "tried on two doors"}
    refused = technologist.post(f"{draft}publish", data=sent)
    assert (refused.status_code, 'value="tried on two doors"' in refused.text) == (422, True)
    assert technologist.post(f"{draft}publish", data=sent | {"reason": "gap of 11"}).status_code == 302
    session.expire_all()
    accepted = session.get(Draft, int(draft.split("/")[-2])).accepted
    assert [why for _what, why in accepted] == ["tried on two doors", "gap of 11"]


def test_parts_and_places_are_told_by_name(technologist):
    draft = begin(technologist)
    add(technologist, draft, "assemblies/FRAME")
    save(technologist, f"{draft}entry?n=0&tab=parts", parts__0__length="FH +")
    page = technologist.get(draft).text
    assert "Parts / left jamb / Length" in page
    assert ">frame</td>" in technologist.get("/erp/catalogue/drafts/").text


def test_a_retired_model_is_not_ordered_any_more_and_can_be_brought_back(technologist, session):
    door = next(one for one in queries.doors(session) if one.code == "M-CASED")
    technologist.post(f"/erp/catalogue/doors/{door.id}/retire")
    session.expire_all()
    assert "M-CASED" not in [one.code for one in queries.doors(session)]
    assert next(one for one in queries.pack(session).models if one.code == "M-CASED").is_retired
    technologist.post(f"/erp/catalogue/doors/{door.id}/restore")
    session.expire_all()
    assert "M-CASED" in [one.code for one in queries.doors(session)]


def test_the_names_that_formulas_see_stand_beside_the_fields_with_their_values(technologist):
    draft = begin(technologist)
    add(technologist, draft, "profiles/P70/45")
    page = technologist.get(f"{draft}entry?n=0&tab=results").text
    assert re.search(r'<dt class="code">FW</dt><dd class="num">880</dd>', page)
    assert "MITRE45 / BUTT90" in page
