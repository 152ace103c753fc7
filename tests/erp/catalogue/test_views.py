import io

import pytest

from erp.catalogue import queries
from erp.catalogue.rules.pack import pack_of_bytes
from tests.factories.catalogue import PACK_FILE, demo_pack, load_catalogue

SIZES = "width_mm=900&height_mm=2100&wall_mm=240&handing=IN_L&colour=OAK"


@pytest.fixture
def door(session):
    load_catalogue(session)
    return next(one for one in queries.doors(session) if one.code == "M-SINGLE")


def page(client_for, door, query="", *roles, locale="zh_Hans_CN"):
    client = client_for(*(roles or ("clerk",)), locale=locale)
    return client.get(f"/erp/catalogue/doors/{door.id}/?{query}")


def test_the_models_are_listed_in_both_languages(door, client_for):
    assert "免漆单开门" in client_for("clerk").get("/erp/catalogue/doors/").text
    english = client_for("clerk", locale="en").get("/erp/catalogue/doors/?kind=SINGLE").text
    assert ("melamine single door" in english, "melamine double door" in english) == (True, False)


def test_an_empty_list_says_what_to_do(client_for):
    assert "catalogue load" in client_for("clerk").get("/erp/catalogue/doors/").text


def test_a_search_that_finds_nothing_says_so_and_is_no_injection(door, client_for):
    answer = client_for("clerk", locale="en").get("/erp/catalogue/doors/?q=' OR 1=1 --")
    assert (answer.status_code, "No door model fits" in answer.text) == (200, True)


def test_a_model_is_tried_with_usual_sizes_at_first(door, client_for):
    text = page(client_for, door).text
    assert ("2055 × 830" in text, 'class="drawing"' in text, "免漆密度板 22 暖白" in text) == (
        True,
        True,
        True,
    )


def test_a_model_is_tried_with_the_sizes_in_the_address(door, client_for):
    text = page(client_for, door, SIZES.replace("900", "８００"), locale="en").text
    assert ("2055 × 730" in text, "melamine MDF 22, natural oak" in text) == (True, True)


def test_a_size_out_of_limits_is_refused_with_its_limits(door, client_for):
    text = page(client_for, door, SIZES.replace("width_mm=900", "width_mm=1300"), locale="en").text
    assert "The width is 1300 mm; this model is made from 655 to 1100 mm." in text


def test_a_door_too_high_for_the_stock_is_drawn_and_refused(door, client_for):
    query = SIZES.replace("900", "1000").replace("2100", "2400")
    text = page(client_for, door, query, locale="en").text
    assert ("2458 mm" in text, "gives 2440 mm" in text, 'class="drawing"' in text) == (True, True, True)


@pytest.mark.parametrize("size", ["", "0", "-1", "1e9", "wide", "NaN"])
def test_what_is_no_size_is_marked_and_stays_in_its_field(size, door, client_for):
    answer = page(client_for, door, SIZES.replace("width_mm=900", f"width_mm={size}"))
    assert (answer.status_code, 'aria-invalid="true"' in answer.text) == (200, True)
    assert f'value="{size}"' in answer.text


def test_an_earlier_version_of_another_model_is_not_found(door, client_for, session):
    other = next(one for one in queries.doors(session) if one.code == "M-CASED")
    assert page(client_for, door, f"version={other.current_version_id}").status_code == 404
    assert page(client_for, door, f"version={door.current_version_id}").status_code == 200


@pytest.mark.parametrize("code", ["M-CASED", "M-DOUBLE", "P-SINGLE", "P-UNEQUAL"])
def test_every_model_has_a_page(code, door, client_for, session):
    other = next(one for one in queries.doors(session) if one.code == code)
    answer = page(client_for, other)
    assert (answer.status_code, 'class="drawing"' in answer.text, "note stop" in answer.text) == (
        200,
        True,
        False,
    )


def test_who_may_not_read_the_catalogue_is_refused(door, client_for):
    assert page(client_for, door, "", "operator").status_code == 403
    assert client_for("operator").get("/erp/catalogue/doors/").status_code == 403
    assert client_for().get("/erp/materials/materials/").status_code == 403


def send(client, content):
    return client.post("/erp/catalogue/pack", data={"file": (io.BytesIO(content), "pack.yaml")})


def test_a_splitter_loads_a_pack_and_downloads_it_again(client_for, session):
    client = client_for("splitter")
    assert send(client, PACK_FILE.read_bytes()).status_code == 302
    assert len(queries.doors(session)) == len(demo_pack().models)
    assert pack_of_bytes(client.get("/erp/catalogue/pack.yaml").data) == demo_pack()


def test_a_faulty_pack_is_refused_with_its_lines_and_nothing_is_kept(client_for, session):
    text = PACK_FILE.read_text(encoding="utf-8").replace("length: SV\n", "length: SV *\n")
    answer = send(client_for("splitter", locale="en"), text.encode())
    line = text[: text.index("length: SV *")].count("\n") + 1
    assert (answer.status_code, f'<td class="num">{line}</td>' in answer.text) == (422, True)
    assert queries.doors(session) == []


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\xff", b"just a word"])
def test_what_is_no_pack_is_refused(content, client_for):
    assert send(client_for("splitter"), content).status_code == 422


def test_a_form_without_a_file_asks_for_one(client_for):
    assert client_for("splitter").post("/erp/catalogue/pack", data={}).status_code == 400


def test_who_may_not_load_is_refused(client_for, session):
    assert send(client_for("clerk"), PACK_FILE.read_bytes()).status_code == 403
    assert client_for("clerk").get("/erp/catalogue/pack").status_code == 403
    assert queries.doors(session) == []


def test_nothing_loaded_is_nothing_to_download(client_for):
    assert client_for("clerk").get("/erp/catalogue/pack.yaml").status_code == 404
