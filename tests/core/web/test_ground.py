"""What every page stands on: headers, hashed files, health, the API's description, proof of origin, limits."""

import re
from io import BytesIO
from zipfile import ZipFile

import pytest

from core.web.lists import export
from tests.conftest import application, build


@pytest.fixture
def own(template, tmp_path):
    """An application of its own with proof of origin and limits switched on, as a factory runs it."""
    with application(template, "ground", tmp_path) as plain:
        url = plain.config["DATABASE_URL"]
    app = build(url, WTF_CSRF_ENABLED=True, RATELIMIT_ENABLED=True)
    yield app
    app.extensions["sessions"].engine.dispose()


def test_every_answer_carries_the_security_headers(app):
    headers = app.test_client().get("/login").headers
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe-inline" not in headers["Content-Security-Policy"].split("script-src")[1].split(";")[0]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cache-Control"] == "private, no-store"


def test_static_files_carry_the_hash_of_their_content(app):
    page = app.test_client().get("/login").text
    addresses = re.findall(r'(?:href|src)="(/(?:static|vendor)/[^"]+)"', page)
    assert addresses
    for address in addresses:
        assert re.search(r"[?&]v=[0-9a-f]{12}", address), address
        with app.test_client().get(address.replace("&amp;", "&")) as answer:
            assert (answer.status_code, "max-age=31536000" in answer.headers["Cache-Control"]) == (200, True)


def test_no_page_asks_for_anything_from_outside(app):
    page = app.test_client().get("/login").text
    assert re.findall(r'(?:href|src)="https?://', page) == []


def test_text_is_compressed_for_those_who_take_it(app):
    client = app.test_client()
    page = client.get("/login", headers={"Accept-Encoding": "gzip"})
    assert page.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in client.get("/login").headers


def test_a_file_outside_the_known_ones_is_not_served(app):
    assert app.test_client().get("/vendor/..%2f..%2fconfig.py").status_code == 404
    assert app.test_client().get("/vendor/jquery.js").status_code == 404


def test_alive_ready_and_measured(app, session):
    client = app.test_client()
    assert client.get("/healthz").json == {"status": "alive"}
    assert client.get("/readyz").json["status"] == "ready"
    assert "mortise_request_seconds_count" in client.get("/metrics").text


def test_a_database_without_tables_is_not_ready(tmp_path):
    app = build(f"sqlite:///{tmp_path}/empty.db")
    assert app.test_client().get("/readyz").status_code == 503
    app.extensions["sessions"].engine.dispose()


def test_the_api_describes_itself_completely(app):
    described = app.test_client().get("/api/v1/openapi.json").json
    assert described["openapi"] == "3.1.0"
    assert {"/api/v1/scans", "/api/v1/scans/resolve"} <= set(described["paths"])
    text = str(described)
    for name in re.findall(r"#/components/schemas/(\w+)", text):
        assert name in described["components"]["schemas"], name
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], (path, method)
            assert "200" in operation["responses"], (path, method)


def test_a_form_without_its_proof_of_origin_is_refused(own):
    client = own.test_client()
    assert client.post("/login", data={"login": "a", "password": "b"}).status_code == 400
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/login").text)[1]
    answer = client.post("/login", data={"login": "a", "password": "b", "csrf_token": token})
    assert answer.status_code == 403  # read, and refused for another reason


def test_the_way_back_from_a_refused_form_is_the_page_it_came_from(client_for):
    client = client_for("clerk")
    sent = {"base_url": "http://localhost", "data": {"percent": "5", "reason": ""}}
    own, strange = "http://localhost/erp/sales/orders/1/?view=all", "http://elsewhere/erp/sales/orders/1/"
    back = [
        client.post("/erp/sales/orders/1/rebate", headers={"Referer": page}, **sent).text
        for page in (own, strange)
    ]
    assert ['href="/erp/sales/orders/1/?view=all"' in page for page in back] == [True, False]


def test_a_program_needs_a_token_but_no_proof_of_origin(own):
    answer = own.test_client().post(
        "/api/v1/scans",
        json={},
        headers={"Authorization": "Bearer wrong", "Content-Type": "application/json"},
    )
    assert answer.status_code == 401


def test_guessing_passwords_is_slowed_down(own):
    client = own.test_client()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/login").text)[1]
    sent = {"login": "clerk", "password": "guess", "csrf_token": token}
    answers = [client.post("/login", data=sent).status_code for _ in range(11)]
    assert answers == [403] * 10 + [429]


def test_an_exported_cell_cannot_start_a_formula(app):
    with app.test_request_context("/"):
        answer = export("x.xlsx", {"名称": str}, ["=1+1", "+1", "-1", "@x", "门"])
    with ZipFile(BytesIO(answer.data)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        strings = book.read("xl/sharedStrings.xml").decode()
    assert "<f>" not in sheet
    assert "=1+1" in strings
