import io
import json

import pypdfium2
import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select, update

from erp.stock import queries
from erp.stock.model import Balance, Lot, Move, Place
from erp.stock.rules import PlaceKind
from tests.factories.stock import make_article, make_lot, make_place, make_supplier


@pytest.fixture
def keeper(client_for):
    return client_for("keeper")


def receipt(session, **over):
    """A form as the keeper sends it."""
    article, place = make_article(session), make_place(session)
    session.commit()
    return {
        "article": article.code,
        "qty": "40",
        "place_id": place.id,
        "supplier_id": "",
        "reference": "DN-77",
        "form_key": "minted with the form",
    } | over


def test_a_delivery_is_received_and_its_label_offered(session, keeper):
    supplier = make_supplier(session)
    answer = keeper.post("/erp/stock/receive", data=receipt(session, supplier_id=supplier.id))
    lot = session.scalars(select(Lot)).one()
    assert (answer.status_code, f"last={lot.id}" in answer.location) == (303, True)
    assert (lot.supplier_id, lot.supplier_reference) == (supplier.id, "DN-77")
    page = keeper.get(answer.location).text
    assert lot.code in page
    assert f"/erp/stock/lots/{lot.id}/label.pdf" in page


def test_a_form_sent_twice_receives_once(session, keeper):
    form = receipt(session)
    assert [keeper.post("/erp/stock/receive", data=form).status_code for _ in range(2)] == [303, 303]
    assert session.scalar(select(func.sum(Move.moved_qty))) == 40


@pytest.mark.parametrize(
    ("field", "typed"),
    [("qty", "0"), ("qty", "-1"), ("qty", "2.5"), ("qty", "很多"), ("qty", "1e9"), ("article", "no such")],
)
def test_what_is_refused_is_said_and_nothing_typed_is_lost(session, keeper, field, typed):
    answer = keeper.post("/erp/stock/receive", data=receipt(session, **{field: typed}))
    assert answer.status_code in (400, 422)
    assert 'aria-invalid="true"' in answer.text
    assert f'value="{typed}"' in answer.text
    assert 'value="DN-77"' in answer.text
    assert session.scalar(select(func.count()).select_from(Lot)) == 0


def test_words_that_fit_one_article_are_enough_and_several_are_named(session, keeper):
    form = receipt(session)
    code = form["article"]
    assert keeper.post("/erp/stock/receive", data=form | {"article": code.lower()}).status_code == 303
    other = make_article(session)
    session.commit()
    answer = keeper.post("/erp/stock/receive", data=form | {"article": "密度板", "form_key": "another"})
    assert (answer.status_code, other.code in answer.text) == (400, True)


def test_only_those_who_may_receive_move_or_prove_it(session, client_for):
    lot = make_lot(session)
    session.commit()
    clerk, packer = client_for("clerk"), client_for("packer")
    assert clerk.get("/erp/stock/balances").status_code == 200
    assert clerk.get("/erp/stock/receive").status_code == 403
    assert clerk.post("/erp/stock/receive", data=receipt(session)).status_code == 403
    assert clerk.post(f"/erp/stock/lots/{lot.id}/move").status_code == 403
    assert clerk.post("/erp/stock/places", data={"name": "X", "kind": "STORE"}).status_code == 403
    assert packer.get("/erp/stock/balances").status_code == 403
    assert client_for("keeper").get("/erp/stock/verify").status_code == 403
    assert client_for("administrator").get("/erp/stock/verify").status_code == 200


def test_the_list_is_searched_and_exported(session, keeper):
    lot, other = make_lot(session, qty="12"), make_lot(session)
    session.commit()
    page = keeper.get(f"/erp/stock/balances?q={lot.code[:-1]}").text  # the whole label leads to the lot
    assert (lot.code in page, other.code in page) == (True, False)
    assert keeper.get("/erp/stock/balances?q=' OR 1=1 --").status_code == 200
    book = CalamineWorkbook.from_filelike(
        io.BytesIO(keeper.get(f"/erp/stock/balances.xlsx?q={lot.code}").data)
    )
    rows = book.get_sheet_by_index(0).to_python()
    assert (len(rows), rows[1][2], rows[1][4]) == (2, lot.code, "12")


def test_every_page_opens_on_an_empty_store_in_both_languages(client_for):
    for locale in ("zh_Hans_CN", "en"):
        client = client_for("administrator", locale=locale)
        for path in ("balances", "receive", "places", "verify"):
            assert client.get(f"/erp/stock/{path}").status_code == 200


def test_a_lot_is_moved_on_its_page_and_a_wrong_move_taken_back(session, keeper):
    start, end = make_place(session), make_place(session)
    lot = make_lot(session, place=start, qty="10")
    session.commit()
    form = {"from_place_id": start.id, "to_place_id": end.id, "qty": "4"}
    assert keeper.post(f"/erp/stock/lots/{lot.id}/move", data=form).status_code == 303
    move_id = session.scalar(select(func.max(Move.id)))
    assert keeper.post(f"/erp/stock/moves/{move_id}/reverse").status_code == 303
    assert [(row.place.id, row.qty) for row in queries.of_lot(session, lot.id)] == [(start.id, 10)]
    refused = keeper.post(f"/erp/stock/lots/{lot.id}/move", data=form | {"qty": "11"})
    assert (refused.status_code, 'value="11"' in refused.text) == (422, True)
    assert keeper.post(f"/erp/stock/moves/{move_id}/reverse").status_code == 422


def test_a_place_is_set_up_with_a_label_and_its_name_is_its_own(session, keeper):
    form = {"name": "Q-03-2", "kind": "STORE"}
    assert keeper.post("/erp/stock/places", data=form).status_code == 303
    place = session.scalars(select(Place).where(Place.name == "Q-03-2")).one()
    refused = keeper.post("/erp/stock/places", data=form)
    assert (refused.status_code, 'value="Q-03-2"' in refused.text) == (409, True)
    assert keeper.post("/erp/stock/places", data=form | {"kind": "SUPPLIER", "name": "Q"}).status_code == 400
    document = pypdfium2.PdfDocument(keeper.get(f"/erp/stock/places/labels.pdf?place_id={place.id}").data)
    text = document[0].get_textpage().get_text_bounded()
    assert ("Q-03-2" in text, place.code in text) == (True, True)


def test_the_label_of_a_lot_is_60_by_40_and_says_what_came(session, keeper):
    lot = make_lot(session, qty="40", reference="DN-77")
    session.commit()
    page = pypdfium2.PdfDocument(keeper.get(f"/erp/stock/lots/{lot.id}/label.pdf").data)[0]
    text = page.get_textpage().get_text_bounded()
    # 60 mm × 40 mm at 72 / 25.4 points to a millimetre
    assert [round(side * 25.4 / 72) for side in page.get_size()] == [60, 40]
    assert all(words in text for words in (lot.code, "密度板", "40", "DN-77", "2026-11-02"))


def test_stock_verify_proves_or_names_what_differs(session, app):
    lot = make_lot(session, place=make_place(session, PlaceKind.STORE, "Q-01"))
    session.commit()
    good = app.test_cli_runner().invoke(args=["stock", "verify", "--json"])
    assert (good.exit_code, json.loads(good.output)["ok"]) == (0, True)
    session.execute(update(Balance).values(on_hand_qty=Balance.on_hand_qty - 1))
    session.commit()
    bad = app.test_cli_runner().invoke(args=["stock", "verify"])
    assert bad.exit_code == 1
    assert f"lot {lot.code} at Q-01: balance 9, moves add up to 10" in bad.stderr


def test_a_label_in_the_search_leads_to_the_lot_or_the_place(client_for, session):
    lot = make_lot(session)
    place = make_place(session)
    session.commit()
    client = client_for("keeper")
    for code, page in ((lot.code, f"/stock/lots/{lot.id}/"), (place.code, f"/stock/places/{place.id}/")):
        answer = client.get(f"/erp/stock/balances?q={code.lower()}")
        assert (answer.status_code, answer.location.endswith(page)) == (302, True), code
    assert client.get("/erp/stock/balances?q=MB22").status_code == 200
