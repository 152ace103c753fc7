"""The pages on which a released order is changed: typed, looked at, put in force, told."""

import io
import re
from decimal import Decimal

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from erp.sales import service as sales
from erp.sales.model import Amendment, Order
from mes.changes.model import Change
from mes.packing.model import Package
from mes.packing.rules import PackageState
from mes.splitting import service as splitting
from mes.splitting.model import Release
from mes.splitting.rules import PieceState
from tests.conftest import NOON
from tests.factories.factory import make_line, make_order, release_order
from tests.factories.people import make_person
from tests.mes.changes.desk import clerk, edit, lines, live, put
from tests.mes.packing.bench import packages, piece
from tests.mes.shipping.dock import make_dock, make_load, sealed_order


def editor(order):
    return f"/erp/sales/orders/{order.id}/change"


def preview(order):
    return f"/mes/changes/orders/{order.id}/change"


def history(order):
    return f"/mes/changes/orders/{order.id}/versions"


def form(**over):
    """What the form of a line sends: the single door, with something typed otherwise."""
    given = {
        "door_code": "M-SINGLE",
        "colour_code": "WHITE",
        "dim_basis": "OPENING",
        "width_mm": "900",
        "height_mm": "2100",
        "wall_mm": "240",
        "handing": "IN_L",
        "set_count": "1",
        "room": "主卧",
    }
    return given | over


def typed(client, order, session, number=0, **over):
    key = lines(session, order)[number].id
    return client.post(f"{editor(order)}/lines/{key}/", data=form(**over), follow_redirects=True)


def hidden(page, name):
    return re.search(f'name="{name}" value="([^"]*)"', page).group(1)


def sending(page, **over):
    """What the button sends: what the page showed, with a reason."""
    given = {"order_version": hidden(page, "order_version"), "seen": hidden(page, "seen"), "due_on": ""}
    return given | {"reason": "dealer_change", "note": "客户来电"} | over


def test_a_clerk_changes_a_height_sees_what_it_does_and_puts_it_in_force(client_for, session):
    order = release_order(session)
    jamb = piece(session, order, "JAMB_L")
    splitting.advance(session, jamb.id, 0, PieceState.CUT, at=NOON)
    session.commit()
    client = client_for("clerk")
    assert editor(order) in client.get(f"/erp/sales/orders/{order.id}/").text
    kept = typed(client, order, session, height_mm="2080").text
    for word in ("已记下", "2100", "2080", "已改", preview(order)):
        assert word in kept
    page = client.get(preview(order)).text
    for word in (jamb.code, "新标签", "已开料", "1 × 已开料", "重做", "不变"):
        assert word in page
    answer = client.post(preview(order), data=sending(page), follow_redirects=True)
    assert answer.request.path == history(order)
    for word in ("第 2 版已生效", "客户来电", "经销商", jamb.code):
        assert word in answer.text
    new = next(one for one in live(session, order).values() if one.rule_code == "JAMB_L")
    assert new.code in answer.text
    assert session.scalars(select(Amendment)).all() == []
    assert "第 2 版" in client.get(f"/erp/sales/orders/{order.id}/").text


def test_the_pages_speak_english(client_for, session):
    order = release_order(session)
    client = client_for("clerk", locale="en")
    typed(client, order, session, height_mm="2080")
    assert "Changed" in client.get(editor(order)).text
    page = client.get(preview(order)).text
    for word in ("What the change does", "Made anew", "nothing that goes is begun", "Waits for other pieces"):
        assert word in page
    answer = client.post(preview(order), data=sending(page), follow_redirects=True)
    for word in ("Version 2 is in force", "Changed by the dealer", "Old label"):
        assert word in answer.text


def test_lines_are_added_dropped_and_taken_back_on_the_page(client_for, session):
    order = release_order(session, make_line(), make_line(width_mm=Decimal("800.0")))
    client = client_for("clerk", locale="en")
    second = lines(session, order)[1].id
    client.post(f"{editor(order)}/lines/", data=form(width_mm="700", room="书房"))
    client.post(f"{editor(order)}/lines/{second}/drop")
    page = client.get(editor(order)).text
    for word in ("Dropped", "Added", "书房"):
        assert word in page
    client.post(f"{editor(order)}/lines/{second}/restore")
    assert "Dropped" not in client.get(editor(order)).text
    client.post(f"{editor(order)}/lines/n1/drop")
    assert "书房" not in client.get(editor(order)).text


def test_a_change_is_forgotten(client_for, session):
    order = release_order(session)
    client = client_for("clerk")
    typed(client, order, session, height_mm="2080")
    answer = client.post(f"{editor(order)}/discard", follow_redirects=True)
    assert "变更已放弃" in answer.text
    assert session.scalars(select(Amendment)).all() == []


def test_what_cannot_be_read_stands_in_the_form_again(client_for, session):
    order = release_order(session)
    client = client_for("clerk")
    answer = typed(client, order, session, height_mm="hoch", note="门洞复尺")
    assert answer.status_code == 400
    assert 'value="hoch"' in answer.text
    assert 'value="门洞复尺"' in answer.text
    assert session.scalars(select(Amendment)).all() == []


def test_a_piece_that_moved_is_named_and_reason_note_and_lines_are_kept(client_for, session):
    order = release_order(session)
    client = client_for("clerk")
    typed(client, order, session, height_mm="2080")
    page = client.get(preview(order)).text
    jamb = piece(session, order, "JAMB_L")
    splitting.advance(session, jamb.id, 0, PieceState.CUT, at=NOON)
    session.commit()
    answer = client.post(preview(order), data=sending(page, reason="split_error", note="拆错了"))
    assert answer.status_code == 422
    assert jamb.code in answer.text
    assert 'value="拆错了"' in answer.text
    assert 'value="split_error" selected' in answer.text
    assert session.scalars(select(Change)).all() == []
    again = client.post(preview(order), data=sending(answer.text), follow_redirects=True)
    assert "第 2 版已生效" in again.text


def test_the_second_clerk_is_told_who_was_first_and_his_entries_stand_on_it(client_for, session):
    order = release_order(session)
    client = client_for("clerk", locale="en")
    typed(client, order, session, width_mm="920")
    page = client.get(preview(order)).text
    other = make_person(session, roles=("clerk",), name="王敏").id
    edit(session, order, other, height_mm=Decimal("2080.0"))
    put(session, order, other)
    session.commit()
    answer = client.post(preview(order), data=sending(page, note="Opening measured again"))
    assert answer.status_code == 409
    for word in ("Nothing of yours is lost", "Opening measured again", "920"):
        assert word in answer.text
    client.post(preview(order), data=sending(answer.text))
    line = lines(session, order)[0]
    session.refresh(line)
    assert (line.width_mm, line.height_mm) == (Decimal("920.0"), Decimal("2080.0"))
    assert session.scalars(select(Release.version).where(Release.order_id == order.id)).all() == [1, 2, 3]


def test_a_loaded_box_is_named_and_the_button_is_missing(client_for, session):
    order = sealed_order(session)
    box = packages(session, order, "LEAF")[0]
    make_dock(session).load(make_load(session, order), box)
    session.commit()
    client = client_for("clerk", locale="en")
    typed(client, order, session, height_mm="2080")
    page = client.get(preview(order)).text
    assert "cannot be changed any more" in page
    assert "Loaded" in page
    assert "Put the change in force</button>" not in page
    assert client.post(preview(order), data=sending(page)).status_code == 422
    assert session.get(Package, box.id, populate_existing=True).state is PackageState.LOADED


def test_without_a_reason_the_page_comes_again(client_for, session):
    order = release_order(session)
    client = client_for("clerk")
    typed(client, order, session, height_mm="2080")
    page = client.get(preview(order)).text
    answer = client.post(preview(order), data=sending(page, reason="other", note=" "))
    assert answer.status_code == 422
    assert "请选择变更原因" in answer.text


def test_an_order_that_is_not_released_has_nothing_to_change_there(client_for, session):
    order = make_order(session)
    client = client_for("clerk")
    assert editor(order) not in client.get(f"/erp/sales/orders/{order.id}/").text
    for address in (editor(order), preview(order)):
        assert "草稿请在订单页修改" in client.get(address, follow_redirects=True).text
    assert "此订单还没有下达" in client.get(history(order)).text


@pytest.mark.parametrize("role", ["owner", "packer", "operator", "keeper", "loader", "leader"])
def test_nobody_else_changes(client_for, session, role):
    order = release_order(session)
    client = client_for(role)
    for address in (editor(order), preview(order)):
        assert client.get(address).status_code == 403
    assert client.post(preview(order), data={"reason": "other"}).status_code == 403
    assert client.post(f"{editor(order)}/lines/", data=form()).status_code == 403


def test_what_became_of_every_piece_is_taken_away_as_a_spreadsheet(client_for, session):
    order = release_order(session)
    client = client_for("clerk", locale="en")
    old = piece(session, order, "JAMB_L").code
    typed(client, order, session, height_mm="2080")
    client.post(preview(order), data=sending(client.get(preview(order)).text))
    answer = client.get(f"{history(order)}.xlsx")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    head = {name: place for place, name in enumerate(rows[0])}
    jamb = next(row for row in rows[1:] if row[head["Code"]] == "JAMB_L")
    new = next(one for one in live(session, order).values() if one.rule_code == "JAMB_L")
    assert (jamb[head["Version"]], jamb[head["Old label"]], jamb[head["New label"]]) == (2, old, new.code)
    assert jamb[head["What becomes of it"]] == "Made anew"
    head_piece = next(row for row in rows[1:] if row[head["Code"]] == "HEAD")
    assert head_piece[head["Old label"]] == head_piece[head["New label"]]
    assert len(rows) == 1 + len(live(session, order))


def test_a_line_whose_sets_were_all_taken_back_is_shown_as_cancelled(client_for, session):
    order = release_order(session, make_line(), make_line(width_mm=Decimal("800.0")))
    client = client_for("clerk", locale="en")
    by = clerk(session)
    sales.drop_line(session, order.id, str(lines(session, order)[1].id), by=by, at=NOON)
    put(session, order, by)
    session.commit()
    page = client.get(f"/erp/sales/orders/{order.id}/").text
    assert "Cancelled" in page
    assert session.get(Order, order.id).set_count == 1
    assert len(lines(session, order)) == 2
