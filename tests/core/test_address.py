"""Where others than this PC find a page."""

import pytest

from core.web import address

HERE = {"HOST": "127.0.0.1", "HTTPS": False, "PORT": 8000, "HTTPS_PORT": 8443}


@pytest.mark.parametrize(
    ("host", "is_local"),
    [
        ("127.0.0.1:8000", True),
        ("localhost", True),
        ("[::1]:8000", True),
        ("192.168.1.20:8000", False),
        ("mortise.lan", False),
    ],
)
def test_this_pc_is_told_from_others(host, is_local):
    assert address.is_local(host) is is_local


def test_an_address_that_others_opened_is_kept():
    assert address.reachable("http://192.168.1.20:8000/", HERE) == "http://192.168.1.20:8000/"


def test_a_server_of_this_pc_alone_has_no_address_for_others():
    assert address.reachable("http://127.0.0.1:8000/", HERE) == ""


def test_on_the_server_itself_the_plants_address_is_named(monkeypatch):
    monkeypatch.setattr(address, "addresses", lambda host: ["127.0.0.1", "192.168.1.20"])
    everywhere = HERE | {"HOST": "0.0.0.0", "HTTPS": True}  # noqa: S104  (not bound)
    assert address.reachable("https://localhost:8443/", everywhere) == "https://192.168.1.20:8443/"
