import io

from python_calamine import CalamineWorkbook

from tests.factories.catalogue import load_catalogue


def test_the_materials_are_listed_with_their_articles(session, client_for):
    load_catalogue(session)
    text = client_for("keeper").get("/erp/materials/materials/?kind=BAR").text
    assert ("AR80-OAK-2440" in text, "4000 mm" in text, "MB22-OAK" in text) == (True, True, False)


def test_a_material_is_found_by_its_article(session, client_for):
    load_catalogue(session)
    text = client_for("keeper", locale="en").get("/erp/materials/materials/?q=core34-2090").text
    assert ("tubular chipboard" in text, "HINGE-4" in text) == (True, False)


def test_the_list_is_sorted_either_way(session, client_for):
    load_catalogue(session)
    client = client_for("keeper")
    for sort, is_rising in (("code", True), ("-code", False)):
        text = client.get(f"/erp/materials/materials/?kind=HARDWARE&sort={sort}").text
        assert (text.index(">BOLT-200<") < text.index(">STOPPER<")) == is_rising


def test_the_list_is_exported(session, client_for):
    load_catalogue(session)
    answer = client_for("keeper").get("/erp/materials/materials.xlsx?kind=SHEET")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    found = [row for row in rows if row[5] == "MB22-OAK-2440x1220"]
    assert found[0][6:8] == ["2440", "1220"]
    assert not any(row[0].startswith("HINGE") for row in rows)


def test_an_empty_list_says_where_materials_come_from(client_for):
    assert "catalogue load" in client_for("keeper").get("/erp/materials/materials/").text
