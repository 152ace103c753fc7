"""Serving over HTTPS in the factory's own network: certificates, the way there, and a device that trusts them."""

import hashlib
import http.client
import os
import socket
import ssl
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from werkzeug.test import Client

from core.server import certificates, plain, serving
from core.web.registry import registry
from tests.bench.serving import free_port
from tests.conftest import application, build

AT = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
NAMES = ["192.168.1.20", "127.0.0.1", "localhost", "shop-pc.local"]


@pytest.fixture
def files(tmp_path):
    return certificates.Files(tmp_path / "https")


def _server(files):
    return x509.load_pem_x509_certificate(files.server.read_bytes())


def _alternatives(files):
    found = _server(files).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(one.value) for one in found}


def test_the_first_start_makes_authority_and_server_certificate_for_its_owner_only(files):
    assert certificates.keep(files, NAMES, AT)
    assert {p.stat().st_mode & 0o777 for p in files.folder.iterdir()} == {0o600}
    assert files.folder.stat().st_mode & 0o777 == 0o700
    assert _alternatives(files) == set(NAMES)


def test_a_further_start_keeps_both(files):
    certificates.keep(files, NAMES, AT)
    before = files.server.read_bytes(), files.authority.read_bytes()
    assert not certificates.keep(files, NAMES, AT + timedelta(days=300))
    assert (files.server.read_bytes(), files.authority.read_bytes()) == before


@pytest.mark.parametrize(
    ("days", "names"), [(340, NAMES), (1, [*NAMES, "192.168.1.21"])], ids=["ends soon", "another address"]
)
def test_the_server_certificate_is_renewed_and_the_authority_stays(files, days, names):
    certificates.keep(files, NAMES, AT)
    authority, serial = files.authority.read_bytes(), _server(files).serial_number
    later = AT + timedelta(days=days)
    assert certificates.keep(files, names, later)
    assert files.authority.read_bytes() == authority
    assert _server(files).serial_number != serial
    assert _server(files).not_valid_after_utc - later > timedelta(days=390)
    assert _alternatives(files) == set(names)


def test_the_authority_vouches_for_private_networks_only(files):
    certificates.keep(files, [*NAMES, "8.8.8.8", "example.com"], AT)
    assert _alternatives(files) == set(NAMES)
    assert certificates.left_out([*NAMES, "8.8.8.8", "example.com"]) == ["8.8.8.8", "example.com"]
    authority = x509.load_pem_x509_certificate(files.authority.read_bytes())
    limits = authority.extensions.get_extension_for_class(x509.NameConstraints)
    assert limits.critical
    assert "192.168.0.0/16" in {str(one.value) for one in limits.value.permitted_subtrees}


def test_the_fingerprint_is_what_other_programs_show(files):
    certificates.keep(files, NAMES, AT)
    der = ssl.PEM_cert_to_DER_cert(files.authority.read_text())
    shown = certificates.fingerprint(files.authority)
    assert bytes.fromhex(shown.replace(":", "")) == hashlib.sha256(der).digest()


def test_the_plain_port_leads_to_https_and_gives_out_the_authority(files):
    certificates.keep(files, NAMES, AT)
    client = Client(plain.make(8443, str(files.authority)))
    led = client.get("/erp/sales/orders/?q=1", base_url="http://192.168.1.20:8000")
    assert (led.status_code, led.location) == (307, "https://192.168.1.20:8443/erp/sales/orders/?q=1")
    assert client.get("/", base_url="http://[fd00::1]:8000").location == "https://[fd00::1]:8443/"
    assert client.get("/authority.crt").data == files.authority.read_bytes()
    assert client.post("/login", data={"password": "x"}).status_code == 426


def test_the_page_for_devices_shows_fingerprint_and_certificate(template, tmp_path):
    with application(template, "https", tmp_path) as other:
        url = other.config["DATABASE_URL"]
    app = build(url, HTTPS=True, VAR_DIR=str(tmp_path), HOST="127.0.0.1", PORT=8000, HTTPS_PORT=8443)
    files = serving.certificate_files(app.config)
    client = app.test_client()
    assert client.get("/trust").status_code == 404  # not served over HTTPS yet
    certificates.keep(files, NAMES, AT)
    page = client.get("/trust", base_url="https://192.168.1.20:8443").text
    assert certificates.fingerprint(files.authority) in page
    assert "http://192.168.1.20:8000/authority.crt" in page
    assert client.get("/trust/authority").data == files.authority.read_bytes()
    assert "/trust" in client.get("/login").text
    app.extensions["sessions"].engine.dispose()


def test_a_server_of_plain_http_has_no_such_page_and_no_link_to_it(app):
    client = app.test_client()
    assert client.get("/trust").status_code == 404
    assert 'href="/trust"' not in client.get("/login").text


def test_cookies_stay_on_https_when_pages_do(template, tmp_path):
    with application(template, "cookies", tmp_path) as other:
        url = other.config["DATABASE_URL"]
    for https in (False, True):
        app = build(url, HTTPS=https, VAR_DIR=str(tmp_path), HOST="127.0.0.1", PORT=8000, HTTPS_PORT=8443)
        scheme = "https" if https else "http"
        answer = app.test_client().post("/language", data={"locale": "en"}, base_url=f"{scheme}://127.0.0.1/")
        assert ("Secure" in answer.headers["Set-Cookie"]) is https
        app.extensions["sessions"].engine.dispose()


@pytest.mark.parametrize(("workers", "options"), [(1, [[]]), (2, [[], ["--only-jobs"]])])
def test_of_several_workers_only_the_first_does_what_runs_beside_the_jobs(workers, options):
    settings = {"HOST": "127.0.0.1", "PORT": 8000, "THREADS": 4, "PROCESSES": 1, "WORKERS": workers}
    commands = [child.command for child in serving.children(settings, None) if "jobs" in child.command]
    assert [command[command.index("work") + 1 :] for command in commands] == options


@pytest.mark.parametrize(("url", "started"), [("", 0), ("mqtt://127.0.0.1", 1)])
def test_the_listener_to_the_machines_runs_beside_the_server_where_a_broker_is_set(app, url, started):
    settings = {
        "HOST": "127.0.0.1",
        "PORT": 8000,
        "THREADS": 4,
        "PROCESSES": 1,
        "WORKERS": 1,
        "MQTT_URL": url,
    }
    with app.app_context():
        found = serving.children(settings, None, registry().companions)
    beside = [child for child in found if child.command[-2:] == ["machines", "listen"]]
    assert [child.essential for child in beside] == [False] * started  # one that ends is started again


# --- the whole server ---------------------------------------------------------


@pytest.fixture
def served(template, tmp_path):
    """`serve` with HTTPS on, in a factory of its own: the plain port and the secure one."""
    with application(template, "served", tmp_path) as other:
        url = other.config["DATABASE_URL"]
    ports = {"MORTISE_PORT": str(free_port()), "MORTISE_HTTPS_PORT": str(free_port())}
    env = {**os.environ, "MORTISE_DATABASE_URL": str(url), "MORTISE_VAR_DIR": str(tmp_path)}
    env |= {"MORTISE_HTTPS": "on", "MORTISE_THREADS": "4", "MORTISE_PROCESSES": "1", **ports}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "serve"]
    process = subprocess.Popen(command, env=env)  # noqa: S603  (our own command)
    try:
        numbers = tuple(int(port) for port in ports.values())
        _wait_for(numbers, process)
        yield *numbers, serving.certificate_files({"VAR_DIR": str(tmp_path)})
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(ports, process):
    until = time.monotonic() + 60
    for port in ports:
        while True:
            assert process.poll() is None, "the server ended"
            assert time.monotonic() < until, f"nothing answers on port {port}"
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)


def test_a_device_that_trusts_the_authority_gets_a_page_and_a_stranger_refuses(served):
    plain_port, secure_port, files = served
    trusting = ssl.create_default_context(cafile=str(files.authority))
    trusting.verify_flags |= ssl.VERIFY_X509_STRICT
    connection = http.client.HTTPSConnection("127.0.0.1", secure_port, context=trusting, timeout=30)
    connection.request("GET", "/login")
    answer = connection.getresponse()
    assert answer.status == 200
    assert "Mortise" in answer.read().decode()
    connection.close()
    stranger = http.client.HTTPSConnection(
        "127.0.0.1", secure_port, context=ssl.create_default_context(), timeout=30
    )
    with pytest.raises(ssl.SSLCertVerificationError):
        stranger.request("GET", "/login")
    stranger.close()
    first = http.client.HTTPConnection("127.0.0.1", plain_port, timeout=30)
    first.request("GET", "/login")
    led = first.getresponse()
    assert (led.status, led.headers["Location"]) == (307, f"https://127.0.0.1:{secure_port}/login")
    first.close()
