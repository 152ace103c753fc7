"""The pages of printing, and labels that are sent to a printer instead of shown."""

import re

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from core.printing import service
from core.printing.model import Printer, PrintJob
from core.printing.rules import PrintState, Problem
from mes.scanning.model import Device, Station
from tests.conftest import NOON
from tests.core.printing.test_sending import entry
from tests.factories.people import make_person
from tests.factories.stock import make_place

TYPED = {
    "name": "仓库",
    "host": "192.168.1.60",
    "port": "９１００",
    "language": "TSPL",
    "dots_per_mm": "8",
    "width_mm": "60",
    "height_mm": "40",
    "gap_mm": "2",
    "is_answering": "1",
    "is_active": "1",
}


@pytest.fixture
def printer(session):
    row = service.put_printer(session, None, entry(9100, name="仓库"), by=make_person(session).id, at=NOON)
    make_place(session)
    make_place(session)
    session.commit()
    return row


def _form(page, url):
    found = BeautifulSoup(page, "html.parser").select_one(f'form.print-to[action="{url}"]')
    return {one["name"]: one["value"] for one in found.select("input[name]")}


def test_a_printer_is_set_up_and_changed(client_for, session):
    client = client_for("administrator")
    page = client.post("/core/printing/printers/new", data=TYPED, follow_redirects=True).text
    assert "仓库 已设置好" in page
    row = session.scalars(select(Printer)).one()
    assert (row.port, row.language.value, row.is_answering) == (9100, "TSPL", True)
    changed = {name: value for name, value in TYPED.items() if name != "is_active"}
    client.post(f"/core/printing/printers/{row.id}", data={**changed, "width_mm": "100"})
    session.refresh(row)
    assert (row.width_mm, row.is_active) == (100, False)


def test_what_was_typed_stays_with_the_reason_beside_it(client_for):
    client = client_for("administrator", locale="en")
    answer = client.post("/core/printing/printers/new", data={**TYPED, "port": "lots", "host": "printer one"})
    assert answer.status_code == 400
    page = BeautifulSoup(answer.text, "html.parser")
    assert page.select_one("#port")["value"] == "lots"
    assert "whole number" in page.select_one("#port-error").text
    assert page.select_one("#host-error") is not None
    assert page.select_one("#name")["value"] == "仓库"


def test_a_test_label_has_the_size_of_the_printer(client_for, printer, session):
    client = client_for("administrator")
    page = client.post(f"/core/printing/printers/{printer.id}/test", follow_redirects=True).text
    assert "测试标签已发往 仓库" in page
    assert session.scalars(select(PrintJob)).one().page_count == 1


def test_without_a_printer_nothing_is_offered(client_for):
    page = client_for("keeper").get("/erp/stock/places").text
    assert "print-to" not in page


def test_labels_are_sent_to_the_printer_once_however_often_the_button_is_pressed(
    client_for, printer, session
):
    client = client_for("keeper")
    page = client.get("/erp/stock/places").text
    url = "/erp/stock/places/labels.pdf"
    form = _form(page, url)
    for _ in range(2):
        answer = client.post(url, data=form)
        assert (answer.status_code, answer.location) == (303, "/erp/stock/places")
    job = session.scalars(select(PrintJob)).one()
    assert (job.printer_id, job.state, job.name) == (printer.id, PrintState.QUEUED, "places")
    assert job.page_count == client.get("/erp/stock/places").text.count("labels.pdf?place_id=")
    again = _form(client.get("/erp/stock/places").text, url)
    assert again["key"] != form["key"]  # a new page is a new wish


def test_labels_of_another_size_are_refused_with_what_to_do(client_for, session, printer):
    printer.width_mm, printer.height_mm = 100, 70
    session.commit()
    client = client_for("keeper", locale="en")
    form = _form(client.get("/erp/stock/places").text, "/erp/stock/places/labels.pdf")
    refused = client.post("/erp/stock/places/labels.pdf", data=form)
    assert refused.status_code == 422
    assert "holds labels of 100×70 mm, these are 60×40 mm" in refused.text
    assert session.scalars(select(PrintJob)).all() == []


def test_the_way_back_never_leads_out(client_for, printer):
    client = client_for("keeper")
    form = _form(client.get("/erp/stock/places").text, "/erp/stock/places/labels.pdf")
    for way in ("https://example.com/", "//example.com/"):
        answer = client.post("/erp/stock/places/labels.pdf", data={**form, "next": way})
        assert answer.location == "/core/printing/"


def test_a_station_has_a_printer_of_its_own_which_is_offered_first(client_for, session, printer):
    other = service.put_printer(session, None, entry(9100, name="切割"), by=make_person(session).id, at=NOON)
    station = Station(code="M0000001", name="仓库台", kind="STORE", operation_codes=[])
    session.add(station)
    session.flush()
    session.add(Device(key="here", name="手持机", station_id=station.id, enrolled_at=NOON))
    session.commit()
    administrator = client_for("administrator")
    administrator.post(f"/mes/scanning/stations/{station.id}/printer", data={"printer": other.id})
    session.refresh(station)
    assert station.printer_id == other.id
    keeper = client_for("keeper")
    keeper.set_cookie("mortise_device", "here")
    page = BeautifulSoup(keeper.get("/erp/stock/places").text, "html.parser")
    offered = page.select('form.print-to[action="/erp/stock/places/labels.pdf"] option')
    assert [one.text for one in offered] == ["切割", "仓库"]


def test_somebody_looks_and_the_job_goes_on(client_for, session, printer):
    client = client_for("packer", locale="en")
    job = PrintJob(
        key="unsure-1",
        printer_id=printer.id,
        name="SO2611-0001",
        content=b"",
        page_count=3,
        printed_count=1,
        state=PrintState.UNSURE,
        problem=Problem.LOST,
        created_at=NOON,
    )
    session.add(job)
    session.commit()
    page = client.get("/core/printing/").text
    assert "Label 2 of SO2611-0001: did it come out?" in page
    assert "it may or may not have come out" in page
    client.post(f"/core/printing/jobs/{job.id}/answer", data={"came_out": "1"})
    session.refresh(job)
    assert (job.state, job.printed_count) == (PrintState.QUEUED, 2)
    late = client.post(f"/core/printing/jobs/{job.id}/answer", data={"came_out": "1"})
    assert late.status_code == 409
    client.post(f"/core/printing/jobs/{job.id}/cancel")
    session.refresh(job)
    assert job.state is PrintState.CANCELLED


def test_only_the_administrator_sets_printers_up(client_for, printer):
    client = client_for("keeper")
    assert client.get(f"/core/printing/printers/{printer.id}").status_code == 403
    assert client.post("/core/printing/printers/new", data=TYPED).status_code == 403
    assert re.search(r"仓库", client.get("/core/printing/").text)
