"""Papers, lists and machine codes, read as a person at a machine reads them."""

import csv
import io

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select, update

from core.files.model import File
from core.jobs.worker import run_waiting
from erp.catalogue.rules.document import Handing
from erp.sales.model import Line
from mes.planning.rules.batching import Chosen
from mes.planning.service import create_batch
from mes.splitting.model import DoorSet, Piece
from mes.worksheets.model import MachineCode, Paper
from tests.conftest import NOON
from tests.core.pdf.paper import page_count, scanned, words
from tests.factories.factory import make_line, make_order, release_order, station
from tests.mes.planning.test_lots import accept, two_colours

CODE = {
    "code": "DOORLINE",
    "name": "门线",
    "name_en": "door line",
    "operation_code": "LOCK",
    "part_group": "LEAF",
    "template": "D{handing|HAND:1s}{LW*10:05d}{LH*10:05d}",
    "tables": "HAND: IN_L=1, IN_R=2",
    "alphabet": "",
    "length_max": "20",
    "is_active": "true",
}
URL = "/mes/worksheets"


def leaf(session, order):
    wanted = select(Piece).where(
        Piece.order_id == order.id, Piece.part_group == "LEAF", Piece.code.is_not(None)
    )
    return session.scalars(wanted.order_by(Piece.id)).first()


def rows_of(answer):
    return CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()


def test_an_operation_sheet_merges_the_orders_of_a_batch_and_can_be_scanned(client_for, session):
    first, second = release_order(session), release_order(session, make_line(set_count=2))
    batch = create_batch(session, [first.id, second.id], by=None, at=NOON)
    session.commit()
    answer = client_for("leader").get(f"{URL}/paper.pdf?kind=operation&operation=LOCK&batch={batch.id}")
    assert answer.content_type == "application/pdf"
    text = words(answer.data)
    # three equal leaves of two orders stand in one group: 830 × 2055 × 42 (opening 900 × 2100)
    assert "共3件，来自2个订单" in text
    assert "2055×830×42·3件" in text
    assert first.number in text
    assert second.number in text
    leaves = session.scalars(
        select(Piece.code).where(Piece.part_group == "LEAF", Piece.code.is_not(None))
    ).all()
    assert [code for code in leaves if code not in text] == []
    read = scanned(answer.data)
    assert len(read) == 2  # bars and square
    assert set(read.values()) <= {*leaves, batch.code}


def numbers(session, order, colour):
    of_colour = select(DoorSet.number).join(Line, Line.id == DoorSet.line_id)
    return set(session.scalars(of_colour.where(DoorSet.order_id == order.id, Line.colour_code == colour)))


def test_the_papers_of_a_batch_are_about_its_own_colour_only(client_for, session):
    order = two_colours(session)  # two sets in white, one in walnut
    batch = accept(session, Chosen(order.id, "WALNUT", 1))
    saw = station(session, operation="CUT")
    session.commit()
    walnut, white = (numbers(session, order, colour) for colour in ("WALNUT", "WHITE"))
    client = client_for("leader")
    of = f"batch={batch.id}"
    for sheet in ("pieces", "requirements", "packages"):
        header, *rows = rows_of(client.get(f"{URL}/{sheet}.xlsx?{of}"))
        assert {row[header.index("樘号")] for row in rows} == walnut, sheet
    for paper in ("kind=route", "kind=operation&operation=LOCK"):
        text = words(client.get(f"{URL}/paper.pdf?{paper}&{of}").data)
        assert [number for number in walnut if number not in text] == []
        assert [number for number in white if number in text] == []
    assert "共1件" in words(client.get(f"{URL}/paper.pdf?kind=operation&operation=LOCK&{of}").data)
    page = client.get(f"/mes/planning/batches/{batch.id}/").text
    assert page.index(saw.name) < page.index(
        "operation=CUT"
    )  # operations stand under the stations that do them


def test_a_long_paper_of_a_batch_is_about_it_in_the_background_too(client_for, session, app):
    order = two_colours(session)
    batch = accept(session, Chosen(order.id, "WALNUT", 1))
    session.commit()
    client = client_for("leader")
    client.post(f"{URL}/papers", data={"batch": batch.id, "kind": "route"})
    run_waiting(app)
    paper = session.scalars(select(Paper)).one()
    text = words(client.get(f"{URL}/papers/{paper.id}/paper.pdf").data)
    assert [number for number in numbers(session, order, "WALNUT") if number not in text] == []
    assert [number for number in numbers(session, order, "WHITE") if number in text] == []


def test_the_leader_prints_what_an_operation_has_to_do_on_the_whole_floor(client_for, session):
    first, second, draft = release_order(session), release_order(session), make_order(session)
    session.commit()
    client = client_for("leader")
    address = f"{URL}/paper.pdf?kind=operation&operation=LOCK&floor=1"
    text = words(client.get(address).data)
    assert first.number in text
    assert second.number in text
    assert draft.number not in text
    leaves = (Piece.part_group == "LEAF", Piece.code.is_not(None))
    session.execute(update(Piece).where(*leaves).values(step_count=3))  # pressed, sized, edged
    session.commit()
    assert "operation=LOCK&amp;floor=1" in client.get("/mes/production/lead/waiting/LOCK").text


def test_what_is_done_stands_on_no_sheet_and_a_sheet_of_nothing_is_refused(client_for, session):
    order = release_order(session)
    piece = leaf(session, order)
    session.execute(update(Piece).where(Piece.id == piece.id).values(step_count=len(piece.route)))
    session.commit()
    answer = client_for("leader").get(f"{URL}/paper.pdf?kind=operation&operation=LOCK&order={order.id}")
    assert answer.status_code == 422
    assert "mes.worksheets.nothing_to_print" in answer.text


def test_a_remake_comes_first_and_is_marked(client_for, session):
    order = release_order(session, make_line(), make_line(width_mm=make_line().width_mm - 100))
    narrow = session.scalars(
        select(Piece).where(Piece.order_id == order.id, Piece.part_group == "LEAF", Piece.code.is_not(None))
    ).all()[-1]
    session.execute(update(Piece).where(Piece.id == narrow.id).values(is_urgent=True))
    session.commit()
    text = words(
        client_for("leader").get(f"{URL}/paper.pdf?kind=operation&operation=LOCK&order={order.id}").data
    )
    assert text.index("730×42") < text.index("830×42")
    assert "补件" in text or "加急" in text


def test_a_paper_speaks_the_language_that_is_asked_for(client_for, session):
    order = release_order(session)
    session.commit()
    for kind, zh, en in (
        ("operation&operation=LOCK", "工序单", "Operationsheet"),
        ("material", "用料单", "Materialsheet"),
        ("route", "流转卡", "Routecards"),
    ):
        address = f"{URL}/paper.pdf?kind={kind}&order={order.id}"
        assert zh in words(client_for("leader").get(address).data)
        assert en in words(client_for("leader").get(f"{address}&language=en").data)


def test_a_route_card_has_every_piece_of_its_set_and_the_sets_code(client_for, session):
    order = release_order(session)
    session.commit()
    paper = client_for("leader").get(f"{URL}/paper.pdf?kind=route&order={order.id}").data
    door_set = session.scalars(select(DoorSet).where(DoorSet.order_id == order.id)).one()
    text = "".join(words(paper, page) for page in range(page_count(paper)))
    pieces = session.scalars(select(Piece).where(Piece.set_id == door_set.id, Piece.code.is_not(None))).all()
    assert [piece.code for piece in pieces if piece.code not in text] == []
    assert door_set.code in scanned(paper).values()
    asked = ("免漆单开门", "暖白", "900×2100mm", "240mm", "黑色静音锁")  # model, colour, sizes, wall, lock
    assert [word for word in asked if word not in "".join(text.split())] == []


@pytest.mark.parametrize("handing", list(Handing))
def test_every_handing_is_drawn(client_for, session, handing):
    order = release_order(session, make_line(handing=handing))
    session.commit()
    assert client_for("leader").get(f"{URL}/paper.pdf?kind=route&order={order.id}").status_code == 200


def test_a_paper_of_an_unknown_kind_or_order_is_not_found(client_for, session):
    order = release_order(session)
    client = client_for("leader")
    assert client.get(f"{URL}/paper.pdf?kind=x&order={order.id}").status_code == 404
    assert client.get(f"{URL}/paper.pdf?kind=route&order=999").status_code == 404
    assert client.get(f"{URL}/paper.pdf?kind=route&orders=SO9999-9999").status_code == 404
    assert client.get(f"{URL}/paper.pdf?kind=route&orders={order.number}").status_code == 200


def test_a_packer_prints_no_work_sheets(client_for, session):
    order = release_order(session)
    assert client_for("packer").get(f"{URL}/paper.pdf?kind=route&order={order.id}").status_code == 403


def test_a_long_paper_is_drawn_in_the_background_and_taken_from_its_page(app, client_for, session):
    order = release_order(session)
    session.commit()
    client = client_for("splitter")
    answer = client.post(f"{URL}/papers", data={"kind": "route", "order": order.id})
    paper = session.scalars(select(Paper)).one()
    assert answer.location == f"{URL}/papers/{paper.id}/"
    assert client.get(f"{URL}/papers/{paper.id}/paper.pdf").status_code == 404
    assert run_waiting(app) == 1
    session.expire_all()
    assert session.get(File, paper.file_id).media_type == "application/pdf"
    assert f"{URL}/papers/{paper.id}/paper.pdf" in client.get(answer.location).text
    assert client.get(f"{URL}/papers/{paper.id}/paper.pdf").data[:5] == b"%PDF-"


def test_more_pages_than_a_person_waits_for_are_refused(client_for, session):
    order = release_order(session, make_line(set_count=201))
    session.commit()
    answer = client_for("leader").get(f"{URL}/paper.pdf?kind=route&order={order.id}")
    assert answer.status_code == 422
    assert "201" in answer.text


def test_lists_are_taken_away_as_spreadsheets(client_for, session):
    order = release_order(session)
    session.commit()
    client = client_for("splitter")
    pieces = rows_of(client.get(f"{URL}/pieces.xlsx?order={order.id}"))
    cut = rows_of(client.get(f"{URL}/pieces.xlsx?only=cut&order={order.id}"))
    assert leaf(session, order).code in {row[3] for row in pieces}
    assert 1 < len(cut) < len(pieces)
    assert len(rows_of(client.get(f"{URL}/requirements.xlsx?order={order.id}"))) > 1
    assert len(rows_of(client.get(f"{URL}/packages.xlsx?order={order.id}"))) > 1


def test_an_order_that_is_not_released_has_no_panel_and_a_released_one_offers_its_papers(client_for, session):
    draft, order = make_order(session), release_order(session)
    session.commit()
    client = client_for("splitter")
    assert "流转卡" not in client.get(f"/erp/sales/orders/{draft.id}/").text
    page = client.get(f"/erp/sales/orders/{order.id}/").text
    assert f"kind=operation&amp;operation=LOCK&amp;order={order.id}" in page
    assert "流转卡" in page


# --- machine codes ------------------------------------------------------------


def test_a_machine_code_is_previewed_kept_and_exported(client_for, session):
    order = release_order(session)
    session.commit()
    client = client_for("splitter")
    # hinges left: 1; leaf 830 × 2055 in tenths
    assert "D10830020550" in client.post(f"{URL}/codes/new", data=CODE | {"preview": "1"}).text
    assert session.scalars(select(MachineCode)).all() == []
    answer = client.post(f"{URL}/codes/new", data=CODE)
    row = session.scalars(select(MachineCode)).one()
    assert answer.location == f"{URL}/codes/{row.id}/"
    text = client.get(f"{URL}/machine-codes.csv?operation=LOCK&order={order.id}").data.decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text)))
    assert lines[1][0] == leaf(session, order).code
    assert lines[1][4] == "D10830020550"
    paper = client.get(f"{URL}/paper.pdf?kind=operation&operation=LOCK&order={order.id}")
    assert "D10830020550" in words(paper.data)


def test_machine_codes_are_labels_of_their_own_that_carry_the_machines_string_alone(client_for, session):
    order, left = release_order(session), release_order(session, make_line(handing=Handing.OUT_L))
    session.commit()
    client = client_for("splitter")
    address = f"{URL}/machine-codes.pdf?operation=LOCK&order="
    assert client.get(f"{address}{order.id}").status_code == 422  # no template yet
    client.post(f"{URL}/codes/new", data=CODE)
    labels = client.get(f"{address}{order.id}").data
    assert page_count(labels) == 1
    # the golden leaf of 830 × 2055, in tenths, hung on the left and pushed in: 1
    assert scanned(labels) == {"QR Code": "D10830020550"}
    text = words(labels)
    assert all(part in text for part in ("D10830020550", "门线", "2055×830", leaf(session, order).code))
    without = client.get(f"{address}{left.id}").data  # OUT_L has no row in the table
    assert (scanned(without), "OUT_L" in words(without)) == ({}, True)


def test_a_fault_is_named_and_nothing_typed_is_lost(client_for, session):
    client = client_for("splitter")
    answer = client.post(f"{URL}/codes/new", data=CODE | {"template": "D{LW*10:05x}"})
    assert answer.status_code == 422
    assert "{LW*10:05x}" in answer.text
    assert "HAND: IN_L=1, IN_R=2" in answer.text
    assert client.post(f"{URL}/codes/new", data=CODE | {"length_max": "x"}).status_code == 400
    assert session.scalars(select(MachineCode)).all() == []


def test_a_piece_that_a_template_does_not_fit_says_why_instead_of_a_wrong_code(client_for, session):
    order = release_order(session, make_line(handing=Handing.OUT_L))
    session.commit()
    client = client_for("splitter")
    client.post(f"{URL}/codes/new", data=CODE)
    text = client.get(f"{URL}/machine-codes.csv?operation=LOCK&order={order.id}").data.decode("utf-8-sig")
    line = list(csv.reader(io.StringIO(text)))[1]
    assert line[4] == ""
    assert "OUT_L" in line[5]


def test_a_machine_code_is_taken_once_and_a_stale_change_is_a_conflict(client_for, session):
    client = client_for("splitter")
    client.post(f"{URL}/codes/new", data=CODE)
    assert client.post(f"{URL}/codes/new", data=CODE).status_code == 422
    row = session.scalars(select(MachineCode)).one()
    good = CODE | {"version": row.version, "length_max": "30"}
    assert client.post(f"{URL}/codes/{row.id}/", data=good).status_code == 303
    assert "DOORLINE" in client.post(f"{URL}/codes/{row.id}/", data=CODE | {"version": 1}).text
    session.expire_all()
    assert session.scalars(select(MachineCode)).one().length_max == 30


def test_a_leader_reads_machine_codes_and_changes_none(client_for, session):
    client_for("splitter").post(f"{URL}/codes/new", data=CODE)
    client = client_for("leader")
    assert "DOORLINE" in client.get(f"{URL}/codes/").text
    assert client.get(f"{URL}/codes/new").status_code == 403
    assert client.post(f"{URL}/codes/new", data=CODE).status_code == 403
