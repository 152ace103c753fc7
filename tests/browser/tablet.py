"""A tablet or handheld whose battery can be taken out, and what its page says of the network: for tests without one."""

import os
import signal
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from mes.scanning.model import Scan
from tests.browser.plant import COOKIE, scan

PATIENCE_MS = 20_000  # a browser that starts again on a busy machine


def come_in(page, server, key, badge, name):
    page.context.add_cookies(
        [{"name": COOKIE, "value": key, "url": server, "expires": 4_000_000_000}]  # kept over a restart
    )
    page.goto(f"{server}/mes/production/lock")
    scan(page, badge)
    expect(page.locator(".floor-top, .hand-top")).to_contain_text(name)


def until(page, script):
    """Wait until a script of the page gives something true (Playwright's own waiting would need eval)."""
    for _ in range(PATIENCE_MS // 100):
        if page.evaluate(script):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"never true: {script}")


def is_ready(page):
    """Wait until the page may lose the network: its worker runs, the page is kept, its jobs are held."""
    until(page, "navigator.serviceWorker.controller !== null")
    page.reload()
    page.wait_for_selector("html[data-scanner=on]")
    until(page, "caches.match(location.pathname).then(Boolean)")


def waits(page, count):
    """Wait until so many scans are on the device's disk and unsent."""
    queue = page.locator("[data-queue]")
    if count:
        expect(queue).to_contain_text(str(count), timeout=PATIENCE_MS)
    else:
        expect(queue).to_be_hidden(timeout=PATIENCE_MS)


def logged(database):
    with database.session as session:
        return list(
            session.execute(select(Scan.scan_id, Scan.kind, Scan.code, Scan.outcome).order_by(Scan.id))
        )


def kill(folder):
    """End a browser as a tablet ends whose battery is empty: all its processes at once, nothing is tidied up."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            is_ours = f"--user-data-dir={folder}".encode() in (entry / "cmdline").read_bytes()
        except OSError:  # it ended meanwhile
            continue
        if is_ours:
            os.kill(int(entry.name), signal.SIGKILL)


class Tablet:
    """A tablet whose battery can be taken out; it has its own profile, with what its browser keeps."""

    def __init__(self, starter, folder, size, url):
        self.starter, self.folder, self.size, self.url = starter, folder, size, url
        self.start()

    def start(self):
        self.context = self.starter.with_profile(self.folder, self.size, self.url)
        self.page = self.context.pages[0]

    def die(self):
        """Lose all power in the middle of the work, and start again, still without the network."""
        cookies = self.context.cookies()  # Chromium writes them down only every half a minute
        address = self.page.url
        with self.context.expect_event("close"):
            kill(self.folder)
        self.start()
        self.context.add_cookies(cookies)
        self.context.set_offline(True)
        self.page.goto(address)
        self.page.wait_for_selector("html[data-scanner=on]")


@pytest.fixture
def tablet_of(starter, server, tmp_path):
    """Make a tablet of a size."""
    made = []

    def make(size):
        made.append(Tablet(starter, tmp_path / f"profile-{len(made)}", size, server))
        return made[-1]

    yield make
    for tablet in made:
        tablet.context.close()
