"""A served application and a Chromium that looks at it: fixtures of all browser tests."""

from __future__ import annotations

import functools
import os
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, BrowserType, Page, Response, sync_playwright
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.serving import make_server
from werkzeug.wsgi import ClosingIterator

from core.auth.service import HASHER
from core.pdf.fonts import wheel_font
from mes.scanning import service as scanning
from mes.scanning.model import Station
from tests.conftest import NOON, Database
from tests.factories.people import make_person

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

TABLET = (1280, 800)
HANDHELD = (360, 640)
DESKTOP = (1366, 768)
PHONE = (390, 844)
SIZES = {"tablet": TABLET, "handheld": HANDHELD, "desktop": DESKTOP, "phone": PHONE}
ZONE = "Asia/Shanghai"
QUIET = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
PATIENCE_MS = 8000
BY_STATUS = (
    "Failed to load resource"  # Chromium's words for an answer of 400 and up, which is judged by itself
)
PASSWORD = "pao hua ban 6250"
PIN = "62504"
COOKIE = "mortise_device"
NAMES = {
    "owner": "周建国",
    "clerk": "林芳",
    "splitter": "何晓",
    "keeper": "陈国强",
    "operator": "李伟",
    "packer": "王芳",
    "loader": "赵军",
    "leader": "徐勇",
    "administrator": "吴敏",
    "accountant": "郑洁",
}
FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include><dir>{fonts}</dir><cachedir>{cache}</cachedir>
<match target="pattern"><test name="family"><string>sans-serif</string></test>
<edit name="family" mode="prepend" binding="strong"><string>WenQuanYi Micro Hei</string></edit></match></fontconfig>
"""


# --- a browser --------------------------------------------------------------


@dataclass(frozen=True)
class Starter:
    """How a Chromium is started here."""

    kind: BrowserType
    how: dict[str, Any]

    def with_profile(self, folder: Path, size: tuple[int, int], url: str) -> BrowserContext:
        """Start one that keeps what it stores in a folder, as a tablet's browser does over a restart."""
        context = self.kind.launch_persistent_context(
            folder, viewport=view(size), base_url=url, locale="zh-CN", timezone_id=ZONE, **self.how
        )
        context.set_default_timeout(PATIENCE_MS)
        return context


@contextmanager
def starting() -> Iterator[Starter]:
    """Make ready to start a Chromium that writes Chinese with the font Mortise brings, on a machine that has none."""
    program = os.environ.get("MORTISE_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with TemporaryDirectory(prefix="mortise-fonts-") as folder, sync_playwright() as playwright:
        config = Path(folder) / "fonts.conf"
        config.write_text(FONTS.format(fonts=wheel_font().parent, cache=folder), encoding="utf-8")
        env = {**os.environ, "FONTCONFIG_FILE": str(config)}
        yield Starter(playwright.chromium, {"executable_path": program, "args": list(QUIET), "env": env})


@contextmanager
def browsing() -> Iterator[Browser]:
    """Start a Chromium."""
    with starting() as starter:
        browser = starter.kind.launch(**starter.how)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def starter() -> Iterator[Starter]:
    with starting() as made:
        yield made


@pytest.fixture(scope="session")
def chromium(starter: Starter) -> Iterator[Browser]:
    browser = starter.kind.launch(**starter.how)
    yield browser
    browser.close()


# --- a server ---------------------------------------------------------------


def whole(app: Flask) -> WSGIApplication:
    """Answer with whole bodies: this server leaves a file open whose reader hung up in the middle."""

    def answer(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        with closing(ClosingIterator(app(environ, start))) as parts:
            return [b"".join(parts)]

    return answer


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Serve an application with its forms' proof of origin checked; give its address."""
    app.config["WTF_CSRF_ENABLED"] = True
    served = make_server("127.0.0.1", 0, whole(app), threaded=True)
    thread = threading.Thread(target=served.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{served.port}"
    served.shutdown()
    thread.join()
    served.server_close()


@pytest.fixture
def server(database: Database) -> Iterator[str]:
    """The address of the test's own database."""
    with serving(database.app) as url:
        yield url


# --- pages ------------------------------------------------------------------


def view(size: tuple[int, int]) -> dict[str, int]:
    """Return a size as Chromium wants it."""
    return {"width": size[0], "height": size[1]}


def watch(page: Page, url: str, complaints: list[str]) -> None:
    """Write down whatever is wrong: errors of scripts, answers of 500, things not found, requests to strangers."""

    def answered(response: Response) -> None:
        is_missing = response.status == 404 and not response.url.endswith("/favicon.ico")
        if response.status >= 500 or is_missing:
            complaints.append(f"{response.status} {response.request.method} {response.url}")

    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda said: (
            complaints.append(said.text) if said.type == "error" and BY_STATUS not in said.text else None
        ),
    )
    page.on("response", answered)
    page.on(
        "request",
        lambda asked: (
            None
            if asked.url.startswith((url, "data:", "blob:"))
            else complaints.append(f"outside: {asked.url}")
        ),
    )


@pytest.fixture
def open_page(chromium: Browser, server: str) -> Iterator[Callable[..., Page]]:
    """Open a page of a size; whatever the browser complains of fails the test."""
    complaints: list[str] = []
    contexts = []

    def make(size: tuple[int, int] = DESKTOP, **more: object) -> Page:
        given = {"viewport": view(size), "base_url": server, "locale": "zh-CN", "timezone_id": ZONE}
        context = chromium.new_context(**(given | more))
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        watch(page, server, complaints)
        return page

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


# --- people and devices -----------------------------------------------------


@functools.cache
def hashed(secret: str) -> str:
    """Return the hash of a secret; it takes long, so once."""
    return HASHER.hash(secret)


@dataclass(frozen=True)
class Somebody:
    """A person who can log in by password and by badge."""

    id: int
    login: str
    badge: str


@dataclass
class Live:
    """The demo factory, served: with a device at every station and people as they are needed."""

    app: Flask
    url: str
    devices: dict[str, str] = field(default_factory=dict)  # by kind of station and by operation
    people: dict[tuple[str, str], Somebody] = field(default_factory=dict)

    @property
    def session(self) -> Session:
        """A new writing session; the test closes it."""
        return self.app.extensions["sessions"].writing()

    def person(self, role: str, locale: str = "zh_Hans_CN") -> Somebody:
        """Return the one person of a role who reads this language."""
        if (role, locale) not in self.people:
            login = f"{role}.{locale[:2]}"
            with self.session as session:
                row = make_person(
                    session,
                    roles=(role,),
                    login=login,
                    name=NAMES[role],
                    locale=locale,
                    password_hash=hashed(PASSWORD),
                    pin_hash=hashed(PIN),
                )
                session.commit()
                self.people[role, locale] = Somebody(row.id, login, row.badge)
        return self.people[role, locale]


@pytest.fixture
def live(database: Database, server: str) -> Live:
    made = Live(database.app, server)
    with database.session as session:
        for station in session.scalars(select(Station).order_by(Station.id)):
            key = scanning.enrol(session, station.id, station.name, by=None, at=NOON).key
            for name in (station.kind.value, *station.operation_codes):
                made.devices.setdefault(name, key)
        session.commit()
    return made


@pytest.fixture
def visit(live: Live, open_page: Callable[..., Page]) -> Callable[..., Page]:
    """Let a person in: by password in the office, by badge at the device of a station."""

    def make(
        role: str, device: str = "desktop", locale: str = "zh_Hans_CN", station: str | None = None
    ) -> Page:
        person = live.person(role, locale)
        page = open_page(SIZES[device], locale="zh-CN" if locale == "zh_Hans_CN" else "en-GB")
        if station is None:
            page.goto("/login")
            log_in(page, person)
        else:
            page.context.add_cookies([{"name": COOKIE, "value": live.devices[station], "url": live.url}])
            page.goto("/mes/production/lock")
            scan(page, person.badge)
            page.wait_for_url(lambda url: "/lock" not in url)
        return page

    return make


def log_in(page: Page, person: Somebody) -> None:
    """Fill in the log-in that the page shows."""
    page.locator("#login").fill(person.login)
    page.locator("#password").fill(PASSWORD)
    page.locator("#password").press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)


# --- gestures ---------------------------------------------------------------


@pytest.fixture
def as_person(database: Database, open_page: Callable[..., Page], server: str) -> Callable[..., Page]:
    """Open pages of a person who is logged in, on a handheld unless told otherwise."""

    def make(person_id: int, size: tuple[int, int] = HANDHELD) -> Page:
        page = open_page(size)
        serializer = database.app.session_interface.get_signing_serializer(database.app)
        cookie = serializer.dumps({"_user_id": str(person_id), "_fresh": True})
        page.context.add_cookies([{"name": "session", "value": cookie, "url": server}])
        return page

    return make


def picture(page: Page, name: str) -> None:
    """Keep a picture of the page where MORTISE_PICTURES says so."""
    if folder := os.environ.get("MORTISE_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png")


def scan(page: Page, code: str) -> None:
    """Scan a code once the page listens: the keys and Enter, as close together as a scanner's are.

    The keys are struck inside the page, since a busy machine may put pauses between keys sent one by one, and
    slow typing is no scan. Into a field for badges they go one by one: there the speed does not matter.
    """
    page.wait_for_selector("html[data-scanner=on]")
    if page.evaluate("Boolean(document.activeElement?.closest('[data-scan-into]'))"):
        page.keyboard.type(code)
        page.keyboard.press("Enter")
        return
    page.evaluate(
        """code => {
          for (const key of [...code, "Enter"]) {
            const name = key === "Enter" ? key : /[0-9]/.test(key) ? `Digit${key}` : `Key${key.toUpperCase()}`;
            const strike = new KeyboardEvent("keydown", { key, code: name, bubbles: true, cancelable: true });
            (document.activeElement || document.body).dispatchEvent(strike);
          }
        }""",
        code,
    )


def fits_across(page: Page) -> bool:
    """Say whether nothing has to be scrolled sideways."""
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def fits(page: Page) -> bool:
    """Say whether nothing has to be scrolled and no word is cut."""
    assert cut_off(page) == []
    return fits_across(page) and page.evaluate("document.documentElement.scrollHeight <= window.innerHeight")


def cut_off(page: Page) -> list[str]:
    """Return the words that stand beyond the edge of the screen or of the panel around them."""
    return page.evaluate(
        """() => {
          const unseen = "script, style, template, svg, .visually-hidden, .skip, .scroll";
          const panels = ".contents, .panel, .verdict, .hand-go, .btn";
          const found = [];
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            const home = node.parentElement;
            if (!node.data.trim() || home.closest(unseen)) continue;
            if (!home.checkVisibility({ visibilityProperty: true })) continue;
            const range = document.createRange();
            range.selectNodeContents(node);
            const words = range.getBoundingClientRect();
            const panel = home.closest(panels) || document.documentElement;
            const edge = Math.min(panel.getBoundingClientRect().right, window.innerWidth);
            const beyond = Math.round(words.right - edge);
            if (words.width && beyond > 1) found.push(`${node.data.trim()} (${beyond} px)`);
          }
          return found;
        }"""
    )


def small_targets(page: Page, least_px: int = 56) -> list[str]:
    """Return what can be pressed, is seen, and is too small for a gloved finger."""
    return page.evaluate(
        """(least) => [...document.querySelectorAll("a, button, input, select, summary")]
          .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest(".skip"))
          .map((one) => [one, one.getBoundingClientRect()])
          .filter(([one, box]) => box.width && box.height && (box.width < least || box.height < least))
          .map(([one, box]) => `${one.outerHTML.slice(0, 80)} ${Math.round(box.width)}×${Math.round(box.height)}`)""",
        least_px,
    )
