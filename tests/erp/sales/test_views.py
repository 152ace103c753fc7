import io
import json
from decimal import Decimal

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import func, select

from erp.sales import service as sales
from erp.sales.cli import orders as orders_cli
from erp.sales.model import Import, ImportRow, Line, Order
from erp.sales.rules.states import ImportState, OrderState
from tests.erp.sales import sheets
from tests.factories.erp_sales import (
    MADE_AT,
    line_entry,
    make_catalogue,
    make_confirmed,
    make_dealer,
    make_draft,
)

HEAD = {"customer": "郑女士", "site": "御江府", "due_on": "2026/12/12", "form_key": "key1"}
LINE = {
    "door_code": "M-SINGLE",
    "colour_code": "WHITE",
    "dim_basis": "OPENING",
    "width_mm": "900",
    "height_mm": "２１００",
    "wall_mm": "240",
    "handing": "IN_L",
    "set_count": "2",
    "room": "主卧",
    "option_lock": "SILVER",
}


@pytest.fixture
def ground(session):
    """The catalogue and a dealer."""
    make_catalogue(session)
    dealer = make_dealer(session)
    session.commit()
    return dealer


def soup(answer):
    assert answer.status_code == 200, answer.text[:2000]
    return BeautifulSoup(answer.text, "html.parser")


def send_sheet(client, dealer, content=None, name="柯城.xlsx", **data):
    given = {"dealer_id": dealer.id, "sheet": (io.BytesIO(content or sheets.messy_order()), name)} | data
    return client.post("/erp/sales/imports/new", data=given)


def order_count(session):
    return session.scalar(select(func.count()).select_from(Order))


# --- orders by hand ---------------------------------------------------------


def test_an_order_is_entered_by_hand_from_head_to_confirmation(client_for, session, ground):
    client = client_for("clerk")
    answer = client.post("/erp/sales/orders/new", data=HEAD | {"dealer_id": ground.id})
    order = session.scalars(select(Order)).one()
    assert answer.location == f"/erp/sales/orders/{order.id}/?line=new"
    assert "新" in client.get(answer.location).text
    client.post(f"/erp/sales/orders/{order.id}/lines/", data=LINE)
    line = session.scalars(select(Line)).one()
    assert (line.height_mm, line.options, line.set_count) == (2100, {"lock": "SILVER"}, 2)
    page = soup(client.get(f"/erp/sales/orders/{order.id}/"))
    assert page.select_one(".lineup svg.drawing")
    assert page.select_one("aside svg.drawing")
    assert client.post(f"/erp/sales/orders/{order.id}/confirm").status_code == 302
    session.refresh(order)
    assert order.state is OrderState.CONFIRMED


def test_a_head_sent_twice_makes_one_order(client_for, session, ground):
    client = client_for("clerk")
    places = {
        client.post("/erp/sales/orders/new", data=HEAD | {"dealer_id": ground.id}).location for _ in "12"
    }
    assert (len(places), order_count(session)) == (1, 1)


@pytest.mark.parametrize("width", ["0", "-1", "1e9", "1000000000", "", "宽", "NaN", "900.55"])
def test_a_line_that_cannot_be_read_is_shown_again_with_what_was_typed(client_for, session, ground, width):
    order = make_draft(session, line_entry())
    session.commit()
    answer = client_for("clerk").post(f"/erp/sales/orders/{order.id}/lines/", data=LINE | {"width_mm": width})
    page = BeautifulSoup(answer.text, "html.parser")
    assert answer.status_code == 400
    assert page.select_one("#width_mm")["aria-invalid"] == "true"
    assert page.select_one("#width_mm")["value"] == width
    assert page.select_one("#height_mm")["value"] == "２１００"
    assert session.scalar(select(func.count()).select_from(Line)) == 1


def test_a_line_that_cannot_be_made_says_why_beside_itself(client_for, session, ground):
    order = make_draft(session, line_entry(height_mm=2400))
    session.commit()
    client = client_for("clerk")
    page = soup(client.get(f"/erp/sales/orders/{order.id}/"))
    assert "2458" in page.select_one(".cell-issue").text
    assert client.post(f"/erp/sales/orders/{order.id}/confirm").status_code == 422


def test_lines_are_changed_copied_and_removed_by_their_buttons(client_for, session, ground):
    order = make_draft(session)
    session.commit()
    client = client_for("clerk")
    line = session.scalars(select(Line)).one()
    base = f"/erp/sales/orders/{order.id}/lines/{line.id}"
    assert client.post(f"{base}/", data=LINE | {"width_mm": "800"}).status_code == 302
    assert client.post(f"{base}/copy").status_code == 302
    assert client.post(f"{base}/remove").status_code == 302
    session.expire_all()
    assert [(one.position, one.width_mm) for one in session.scalars(select(Line))] == [(2, 800)]


def test_an_order_goes_through_its_steps_by_its_buttons(client_for, session, ground):
    order = make_confirmed(session)
    session.commit()
    client = client_for("clerk")
    seen = []
    for verb in ("ask", "reopen", "cancel"):
        client.post(f"/erp/sales/orders/{order.id}/{verb}", data={"reason": "墙厚？"})
        session.expire_all()
        seen.append(order.state.value)
    assert seen == ["QUERY", "DRAFT", "CANCELLED"]
    assert client.post(f"/erp/sales/orders/{order.id}/confirm").status_code == 422


def test_a_head_changed_meanwhile_is_a_conflict(client_for, session, ground):
    order = make_draft(session)
    session.commit()
    client = client_for("clerk")
    stale = HEAD | {"dealer_id": ground.id, "version": order.version - 1}
    assert client.post(f"/erp/sales/orders/{order.id}/head", data=stale).status_code == 409


# --- the list ---------------------------------------------------------------


def test_the_list_keeps_its_state_in_the_address(client_for, session, ground):
    first = make_draft(session, customer="郑女士")
    make_draft(session, customer="王先生")
    session.commit()
    client = client_for("owner")
    page = soup(client.get("/erp/sales/orders/?q=郑&view=all&sort=-due"))
    assert [link.text for link in page.select("a.ref")] == [first.number]
    assert page.select_one("#q")["value"] == "郑"
    assert page.select_one("th[aria-sort]").text.strip().endswith("↓")


def test_an_empty_list_says_what_to_do(client_for, session, ground):
    page = soup(client_for("clerk").get("/erp/sales/orders/"))
    assert page.select_one(".empty a")["href"] == "/erp/sales/imports/new"


def test_the_list_is_exported(client_for, session, ground):
    make_draft(session, customer="=1+1")
    session.commit()
    answer = client_for("owner").get("/erp/sales/orders/export?view=all")
    assert answer.content_type.endswith("sheet")
    assert answer.data[:2] == b"PK"


@pytest.mark.parametrize(
    "query", ["page=0", "page=x", "sort=nothing", "dealer=x", "state=X", "from=x", "q=%25%27"]
)
def test_a_strange_address_is_no_fault(client_for, session, ground, query):
    assert client_for("owner").get(f"/erp/sales/orders/?{query}").status_code == 200


def test_the_search_box_finds_an_order(client_for, session, ground):
    order = make_draft(session)
    session.commit()
    answer = client_for("clerk").get(f"/find?q={order.number}")
    assert answer.location == f"/erp/sales/orders/{order.id}/"


# --- sheets -----------------------------------------------------------------


def test_a_messy_sheet_is_reviewed_and_becomes_an_order(client_for, session, ground):
    client = client_for("clerk")
    place = send_sheet(client, ground).location
    page = soup(client.get(place))
    assert "没有此色" in page.text or "岩板灰" in page.text
    bad = page.select_one("td.bad select[name=colour]")
    why = page.find(id=bad["aria-describedby"])
    assert "D13" in why.text  # the issue stands under the cell that it comes from
    found = session.scalars(select(Import)).one()
    assert client.post(f"{place}take").status_code == 422
    rows = {row.values["room"]: row.id for row in session.scalars(select(ImportRow))}
    corrections = {
        "卫生间": {"colour": "GREY", "handing": "IN_R", "lock": "BLACK"},
        "老人房": {"handing": "IN_L", "do": "offer:LEAF_SIZE_SUSPECT:width_mm:0"},
        "客厅": {"do": "offer:REMARK_SAYS_MORE:note:0"},
        "餐厅": {"height_mm": "2380"},
        "阳台": {"wall_mm": "120"},
    }
    for room, typed in corrections.items():
        assert client.post(f"{place}rows/{rows[room]}", data=typed).status_code == 302
    client.post(f"{place}settle")
    first = client.post(f"{place}take").location
    assert client.post(f"{place}take").location == first  # sent twice, it is the same order
    session.expire_all()
    order = session.scalars(select(Order)).one()
    assert (order.set_count, found.state, first) == (11, ImportState.TAKEN, f"/erp/sales/orders/{order.id}/")
    page = soup(client.get(first))
    assert "柯城.xlsx" in page.text
    assert "E7" in page.text


def test_a_button_beside_a_doubtful_unit_says_which_unit_it_takes(client_for, session, ground):
    client = client_for("clerk")
    page = soup(client.get(send_sheet(client, ground).location))
    offers = {one.text for one in page.select("tr.issue button[value^='offer:UNIT_SUSPECT']")}
    assert offers == {"90 mm", "210 mm", "24 mm"}


def test_a_correction_answers_with_the_row_as_it_stands(client_for, session, ground):
    client = client_for("clerk")
    place = send_sheet(client, ground).location
    row = session.scalars(select(ImportRow).where(ImportRow.row_number == 17)).one()
    answer = client.post(f"{place}rows/{row.id}", json={"wall_mm": "１２cm", "do": ""})
    assert 'value="120"' in answer.json["row"]
    assert 'td class="bad"' not in answer.json["row"]
    assert "views" in answer.json["head"]
    session.expire_all()
    assert row.values["wall_mm"] == "120"  # saved at once


def test_what_is_no_order_sheet_is_refused_with_the_reason_at_the_field(client_for, session, ground):
    client = client_for("clerk")
    for content, status in (
        (b"%PDF-1.7", 422),
        (sheets.table([]), 422),
        (sheets.zip_bomb(), 422),
        (sheets.many_lines(10_000), 422),
        (sheets.table([("a", "b"), (1, 2)]), 422),
    ):
        answer = send_sheet(client, ground, content)
        page = BeautifulSoup(answer.text, "html.parser")
        assert (answer.status_code, bool(page.select_one("#sheet-error"))) == (status, True)
        assert page.select_one("#dealer_id option[selected]")["value"] == str(ground.id)
    assert session.scalar(select(func.count()).select_from(Import)) == 0


def test_a_form_without_a_file_is_shown_again(client_for, session, ground):
    answer = client_for("clerk").post("/erp/sales/imports/new", data={"dealer_id": ground.id})
    assert answer.status_code == 400


def test_the_same_file_again_is_said(client_for, session, ground):
    client = client_for("clerk")
    send_sheet(client, ground)
    page = soup(client.get(send_sheet(client, ground).location))
    assert page.select(".note.attn a[href*='/imports/']")


def test_the_choice_of_rows_stands_in_the_address(client_for, session, ground):
    client = client_for("clerk")
    place = send_sheet(client, ground).location
    page = soup(client.get(f"{place}?only=stop"))
    assert {body["id"] for body in page.select("tbody[data-row]")} == {
        f"row-{row.id}"
        for row in session.scalars(select(ImportRow))
        if row.row_number in (13, 14, 16, 17, 12)
    }


def test_facts_and_sheet_questions_are_answered(client_for, session, ground):
    headings = ("房间", "型号", "颜色", "宽", "高", "墙厚", "开向", "数量")
    content = sheets.plain_order(("主卧", "免漆单开门", "暖白", 900, 2100, 240, "内左", 1), headings=headings)
    client = client_for("clerk")
    place = send_sheet(client, ground, content).location
    client.post(f"{place}facts", data={"customer": "王先生", "due_on": "2026年12月1日"})
    client.post(f"{place}sheet", data={"do": "settle:DIM_BASIS_ASSUMED:dim_basis"})
    client.post(f"{place}take")
    order = session.scalars(select(Order)).one()
    assert (order.customer, order.due_on.isoformat()) == ("王先生", "2026-12-01")


def test_a_dropped_sheet_is_listed_and_closed(client_for, session, ground):
    client = client_for("clerk")
    place = send_sheet(client, ground).location
    client.post(f"{place}drop")
    assert "柯城.xlsx" in soup(client.get("/erp/sales/imports/")).text
    assert client.post(f"{place}take").status_code == 422


# --- both languages, and who may --------------------------------------------


@pytest.mark.parametrize("locale", ["zh_Hans_CN", "en"])
def test_every_page_opens_in_both_languages(client_for, session, ground, locale):
    order = make_draft(session, line_entry(), line_entry(door_code="M-CASED", handing=None))
    session.commit()
    client = client_for("clerk", locale=locale)
    place = send_sheet(client, ground).location
    for address in (
        "/erp/sales/orders/",
        "/erp/sales/orders/new",
        f"/erp/sales/orders/{order.id}/",
        f"/erp/sales/orders/{order.id}/?line=new",
        f"/erp/sales/orders/{order.id}/head",
        "/erp/sales/imports/",
        "/erp/sales/imports/new",
        place,
    ):
        assert client.get(address).status_code == 200, address


def test_who_may_only_look_changes_nothing(client_for, session, ground):
    order = make_draft(session)
    session.commit()
    owner = client_for("owner")
    assert owner.get(f"/erp/sales/orders/{order.id}/").status_code == 200
    for verb in ("confirm", "ask", "cancel", "reopen", "lines/", "head"):
        assert owner.post(f"/erp/sales/orders/{order.id}/{verb}", data=LINE).status_code == 403, verb
    assert owner.post("/erp/sales/imports/new").status_code == 403
    assert "form" not in {
        tag.name for tag in soup(owner.get(f"/erp/sales/orders/{order.id}/")).select("main form")
    }


def test_a_packer_sees_no_order(client_for, session, ground):
    order = make_draft(session)
    session.commit()
    packer = client_for("packer")
    for address in ("/erp/sales/orders/", f"/erp/sales/orders/{order.id}/", "/erp/sales/imports/"):
        assert packer.get(address).status_code == 403


def test_an_order_that_is_not_there_is_not_found(client_for, session, ground):
    client = client_for("clerk")
    assert client.get("/erp/sales/orders/999/").status_code == 404
    assert client.post("/erp/sales/orders/999/confirm").status_code == 404
    assert client.get("/erp/sales/imports/999/").status_code == 404


# --- the command line -------------------------------------------------------


def run_import(app, folder, content, *options):
    file = folder / "order.xlsx"
    file.write_bytes(content)
    return app.test_cli_runner().invoke(orders_cli, ["import", str(file), "--dealer", "KC", *options])


def test_a_clean_sheet_is_imported_by_command(app, session, ground, tmp_path):
    content = sheets.plain_order(("主卧", "免漆单开门", "暖白", 900, 2100, 240, "内左", 1, ""))
    result = run_import(app, tmp_path, content, "--json")
    assert result.exit_code == 0, result.output
    order = session.scalars(select(Order)).one()
    assert json.loads(result.output)["order"] == order.number


def test_a_messy_sheet_waits_for_review_and_the_command_says_so(app, session, ground, tmp_path):
    result = run_import(app, tmp_path, sheets.messy_order())
    assert (result.exit_code, order_count(session)) == (1, 0)
    assert "/erp/sales/imports/" in result.output
    assert "G17 FORMULA_NO_VALUE" in result.output
    assert session.scalar(select(func.count()).select_from(Import)) == 1


def test_a_dry_run_keeps_nothing(app, session, ground, tmp_path):
    result = run_import(app, tmp_path, sheets.messy_order(), "--dry-run", "--json")
    assert result.exit_code == 1
    assert len(json.loads(result.output.splitlines()[0])["lines"]) == 10
    assert session.scalar(select(func.count()).select_from(Import)) == 0


def test_an_unknown_dealer_ends_the_command(app, session, ground, tmp_path):
    file = tmp_path / "order.xlsx"
    file.write_bytes(sheets.messy_order())
    result = app.test_cli_runner().invoke(orders_cli, ["import", str(file), "--dealer", "NO"])
    assert (result.exit_code, "NO" in result.output) == (1, True)


# --- other ways in ----------------------------------------------------------


def test_pasted_cells_are_reviewed_like_a_file(client_for, session, ground):
    text = "\n".join("\t".join(str(cell) for cell in row) for row in (sheets.HEADINGS, sheets.GOOD_LINE))
    given = {"dealer_id": ground.id, "pasted": text}
    client = client_for("clerk")
    answer = client.post("/erp/sales/imports/new", data=given)
    assert answer.status_code == 302
    assert "UTF-8" in soup(client.get(answer.location)).text
    assert session.scalars(select(ImportRow)).one().source["room"] == {"cell": "A2", "text": "主卧"}


def test_pasted_words_are_refused_and_kept(client_for, ground):
    given = {"dealer_id": ground.id, "pasted": "主卧 900 2100"}
    answer = client_for("clerk").post("/erp/sales/imports/new", data=given)
    assert answer.status_code == 422
    page = BeautifulSoup(answer.text, "html.parser")
    assert page.select_one("textarea[name=pasted]").text.strip() == "主卧 900 2100"
    assert page.select_one("#pasted-error")


def test_an_order_is_copied_from_its_page(client_for, session, ground):
    order = make_draft(session)
    session.commit()
    client, address = client_for("clerk"), f"/erp/sales/orders/{order.id}/copy"
    page = soup(client.get(address))
    (box,) = page.select("input[name=line]")
    key = page.select_one("input[name=form_key]")["value"]
    answers = [client.post(address, data={"form_key": key, "line": box["value"]}) for _ in range(2)]
    assert answers[0].location == answers[1].location != f"/erp/sales/orders/{order.id}/"
    assert order_count(session) == 2


def test_a_copy_without_a_line_is_refused_on_its_page(client_for, session, ground):
    order = make_draft(session)
    session.commit()
    answer = client_for("clerk").post(f"/erp/sales/orders/{order.id}/copy", data={"form_key": "k"})
    assert answer.status_code == 400
    assert BeautifulSoup(answer.text, "html.parser").select_one(".field-error")
    assert client_for("owner").get(f"/erp/sales/orders/{order.id}/copy").status_code == 403


def test_a_line_that_was_changed_meanwhile_is_not_overwritten_and_nothing_typed_is_lost(client_for, session):
    order = make_draft(session)
    session.commit()
    line = session.scalars(select(Line)).one()
    client, place = client_for("clerk", locale="en"), f"/erp/sales/orders/{order.id}/"
    form = BeautifulSoup(client.get(place).text, "html.parser").select_one("form#line")
    opened = {box["name"]: box.get("value", "") for box in form.select("input[name]")}
    typed = opened | {
        "door_code": "M-SINGLE",
        "colour_code": "WHITE",
        "handing": "IN_L",
        "dim_basis": "OPENING",
        "note": "急",
    }
    sales.amend_line(session, order.id, line.id, line_entry(width_mm=Decimal(1000)), by=None, at=MADE_AT)
    session.commit()
    refused = client.post(f"{place}lines/{line.id}/", data=typed)
    assert refused.status_code == 400
    assert "changed since you opened it" in refused.text
    again = BeautifulSoup(refused.text, "html.parser").select_one("form#line")
    assert (again.select_one("[name=note]")["value"], again.select_one("[name=width_mm]")["value"]) == (
        "急",
        "900",
    )
    typed["seen"] = again.select_one("[name=seen]")["value"]
    assert client.post(f"{place}lines/{line.id}/", data=typed).status_code == 302
    session.expire_all()
    assert session.scalars(select(Line)).one().width_mm == 900


def test_an_order_is_found_by_a_remark_of_its_lines(client_for, session):
    order = make_draft(session, line_entry(note="靠窗那樘先做"))
    session.commit()
    client = client_for("clerk")
    assert order.number in client.get("/erp/sales/orders/?q=靠窗").text
    assert order.number not in client.get("/erp/sales/orders/?q=后做").text
