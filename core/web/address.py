"""Where browsers find this server: the addresses it listens at, and whether others than this PC reach a page."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit


def address_of(host: str, settings: Mapping[str, Any]) -> str:
    """Return the address of the first page as a browser wants it."""
    if settings["HTTPS"]:
        return f"https://{host}:{settings['HTTPS_PORT']}/"
    return f"http://{host}:{settings['PORT']}/"


def addresses(host: str) -> list[str]:
    """Return where a browser finds us: for all interfaces, this machine and its address on the plant's network."""
    if host not in ("0.0.0.0", "::"):  # noqa: S104  (compared, not bound)
        return [host]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # nothing is sent: it only picks the way out
            return ["127.0.0.1", str(probe.getsockname()[0])]
        except OSError:  # no network: this machine alone
            return ["127.0.0.1"]


def is_local(host: str) -> bool:
    """Say whether a host, as an address names it, is the very PC that asks: localhost or 127.0.0.1."""
    name = urlsplit(f"//{host}").hostname or ""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def reachable(asked: str, settings: Mapping[str, Any]) -> str:
    """Return the root of links that others than this PC can open; empty where this PC alone reaches us.

    `asked` is the root of the page's own address: it serves wherever it is not this PC's own.
    """
    if not is_local(urlsplit(asked).netloc):
        return asked
    found = [host for host in addresses(settings["HOST"]) if not is_local(host)]
    return address_of(found[0], settings) if found else ""
