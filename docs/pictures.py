"""Takes the pictures of README and of the users' guide, from the demo factory as it runs.

`python -m docs.pictures` in the virtual environment with the test lock; it needs Chromium or Chrome. It makes a
database of its own in a temporary folder, loads the demo, serves it as `serve` does, works on at it with scans and
forms as people do, and writes docs/pictures/*.png.
"""

from __future__ import annotations

import io
import os
import secrets
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page

from tests.bench.serving import free_port, running
from tests.browser.plant import COOKIE, SIZES, ZONE, browsing, scan, view

ROOT = Path(__file__).resolve().parents[1]
PICTURES = Path(__file__).resolve().parent / "pictures"
SHEET = ROOT / "mes" / "demo" / "dealer_order.xlsx"
FLASK = (sys.executable, "-m", "flask", "--app", "wsgi")
STORY = ("--days", "5", "--sets-per-day", "8")
LARGEST_KB = 200
COLOURS = 256
SHARPNESS = {"desktop": 1.5, "tablet": 1.25, "handheld": 2, "phone": 2}
LOCALES = {"zh": "zh_Hans_CN", "en": "en"}
WAIT_MS = 900  # until an answer is drawn


@dataclass
class Demo:
    """The demo as it runs: its address, its database, its password, a browser."""

    url: str
    file: Path
    password: str
    browser: Browser

    def rows(self, query: str, *facts: object) -> list[tuple[object, ...]]:
        """Return rows of its database."""
        connection = sqlite3.connect(self.file)
        try:
            return connection.execute(query, facts).fetchall()
        finally:
            connection.close()

    def one(self, query: str, *facts: object) -> str:
        """Return the one value of its database that a query finds first."""
        found = self.rows(query, *facts)
        if not found:
            raise LookupError(f"the demo has nothing for: {query} {facts}")
        return str(found[0][0])

    @contextmanager
    def page(self, login: str, device: str, language: str = "zh", station: str = "") -> Iterator[Page]:
        """Let one of the cast in at a device: at a station by badge, else by password."""
        size, sharpness = view(SIZES[device]), SHARPNESS[device]
        context = self.browser.new_context(
            base_url=self.url,
            viewport=size,
            device_scale_factor=sharpness,
            locale="zh-CN" if language == "zh" else "en-GB",
            timezone_id=ZONE,
        )
        page = context.new_page()
        self._speak(login, language)
        if station:
            self._badge_in(context, page, login, station)
        else:
            page.goto("/login")
            page.locator("#login").fill(login)
            page.locator("#password").fill(self.password)
            page.locator("#password").press("Enter")
            page.wait_for_url(lambda url: "/login" not in url)
        yield page
        context.close()

    def _speak(self, login: str, language: str) -> None:
        with sqlite3.connect(self.file) as connection:
            connection.execute(
                "UPDATE core_auth_person SET locale = ? WHERE login = ?", (LOCALES[language], login)
            )
        connection.close()

    def _badge_in(self, context: BrowserContext, page: Page, login: str, station: str) -> None:
        key = self.one(
            "SELECT device.key FROM mes_scanning_device device JOIN mes_scanning_station station "
            "ON station.id = device.station_id WHERE station.kind = ? "
            "OR station.operation_codes LIKE ? ORDER BY station.id",
            station,
            f'%"{station}"%',
        )
        badge = self.one(
            "SELECT badge.code FROM core_auth_badge badge JOIN core_auth_person person "
            "ON person.id = badge.person_id WHERE person.login = ? AND badge.is_active",
            login,
        )
        context.add_cookies([{"name": COOKIE, "value": key, "url": self.url}])
        page.goto("/mes/production/lock")
        scan(page, badge)
        page.wait_for_url(lambda url: "/lock" not in url)


@contextmanager
def running_demo() -> Iterator[Demo]:
    """Load the demo into a database of its own, serve it, and start a browser."""
    with TemporaryDirectory(prefix="mortise-pictures-") as folder:
        port, password = free_port(), secrets.token_urlsafe(12)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MORTISE_")}
        env = kept | {
            "MORTISE_VAR_DIR": folder,
            "MORTISE_DEMO_PASSWORD": password,
            "MORTISE_PORT": str(port),
        }
        for command in (("database", "upgrade"), ("demo", "load", *STORY)):
            subprocess.run([*FLASK, *command], cwd=ROOT, env=env, check=True, capture_output=True)  # noqa: S603
        with running([*FLASK, "serve"], port, env), browsing() as browser:
            yield Demo(f"http://127.0.0.1:{port}", Path(folder) / "mortise.db", password, browser)


def keep(page: Page, name: str, *, is_whole: bool = False) -> None:
    """Write what a page shows, in as few colours as it takes."""
    page.mouse.move(0, 0)
    page.wait_for_timeout(WAIT_MS)
    taken = Image.open(io.BytesIO(page.screenshot(full_page=is_whole))).convert("RGB")
    file = PICTURES / f"{name}.png"
    taken.quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)
    size_kb = file.stat().st_size / 1000
    print(f"{file.name}: {taken.width} × {taken.height}, {size_kb:.0f} kB")
    if size_kb > LARGEST_KB:
        raise SystemExit(f"{file.name} is larger than {LARGEST_KB} kB")


# --- the office -------------------------------------------------------------


def orders(demo: Demo) -> None:
    """The list of orders, one order, and one line as it is released."""
    order = demo.one("SELECT id FROM erp_sales_order WHERE state = 'IN_PRODUCTION' ORDER BY id")
    for language in LOCALES:
        with demo.page("clerk", "desktop", language) as page:
            page.goto("/erp/sales/orders/?view=all")
            keep(page, f"orders.{language}")
            page.goto(f"/erp/sales/orders/{order}/")
            keep(page, f"order.{language}")


def import_review(demo: Demo) -> None:
    """A dealer's messy sheet with its doubts under their cells."""
    with demo.page("clerk", "desktop") as page:
        page.goto("/erp/sales/imports/new")
        page.locator("#dealer_id").select_option(index=1)
        page.locator("#sheet").set_input_files(SHEET)
        page.locator("main form button.btn-primary").click()
        page.wait_for_url("**/imports/*/")
        address = page.url
        keep(page, "import.zh")
    with demo.page("clerk", "desktop", "en") as page:
        page.goto(address)
        keep(page, "import.en")


def cut_plan(demo: Demo) -> None:
    """The fullest cut plan of a board, and a batch with all its plans."""
    plan = demo.one(
        "SELECT plan.id FROM mes_cutting_cut_plan plan JOIN erp_materials_material material "
        "ON material.id = plan.material_id WHERE material.kind = 'SHEET' AND plan.state = 'READY' "
        "ORDER BY plan.piece_count DESC"
    )
    for language in LOCALES:
        with demo.page("splitter", "desktop", language) as page:
            page.goto(f"/mes/cutting/plans/{plan}/")
            keep(page, f"cut-plan.{language}")


def leader(demo: Demo) -> None:
    """What waits where since when, which orders will be late, and a piece that was scrapped."""
    piece, operation = _waiting_piece(demo)
    with demo.page("operator", "tablet", station=operation) as page:
        page.goto("/mes/production/scrap")
        page.locator(".reasons a").nth(4).click()
        scan(page, piece)
        page.wait_for_selector("#verdict[data-kind=done]")
    for language in LOCALES:
        with demo.page("leader", "desktop", language) as page:
            page.goto("/mes/production/lead")
            keep(page, f"lead.{language}")


def report(demo: Demo) -> None:
    """The owner's five figures, on the desk and in the hand."""
    for language in LOCALES:
        for device in ("desktop", "phone"):
            with demo.page("owner", device, language) as page:
                page.goto("/mes/efficiency/report")
                keep(page, f"report-{device}.{language}")


# --- the floor --------------------------------------------------------------


def _waiting_piece(demo: Demo) -> tuple[str, str]:
    """Return the code of a piece that is cut, and the operation it waits for."""
    ((code, operation),) = demo.rows(
        "SELECT code, json_extract(route, '$[' || step_count || ']') FROM mes_splitting_piece "
        "WHERE state = 'CUT' AND code IS NOT NULL AND length_mm IS NOT NULL AND part_group = 'FRAME' "
        "ORDER BY id DESC LIMIT 1"
    )
    return str(code), str(operation)


def station(demo: Demo) -> None:
    """An operation that is done, at the tablet of its station."""
    for language in LOCALES:
        code, operation = _waiting_piece(demo)
        with demo.page("operator", "tablet", language, station=operation) as page:
            scan(page, code)
            page.wait_for_selector("#verdict[data-kind=done]")
            keep(page, f"station.{language}")


def _fullest_box(demo: Demo) -> tuple[str, list[str]]:
    """Return a package that nobody has begun and whose pieces are all made, and their codes."""
    package = demo.one(
        "SELECT package.id FROM mes_packing_package package "
        "JOIN mes_packing_content content ON content.package_id = package.id "
        "JOIN mes_splitting_piece piece ON piece.id = content.piece_id "
        "WHERE package.state = 'PLANNED' GROUP BY package.id HAVING min(piece.state) = 'MADE' "
        "AND max(piece.state) = 'MADE' ORDER BY count(*) DESC"
    )
    codes = demo.rows(
        "SELECT piece.code FROM mes_splitting_piece piece JOIN mes_packing_content content "
        "ON content.piece_id = piece.id WHERE content.package_id = ? ORDER BY piece.id",
        package,
    )
    box = demo.one("SELECT code FROM mes_packing_package WHERE id = ?", package)
    return box, [str(row[0]) for row in codes]


def bench(demo: Demo) -> None:
    """The packing bench: a piece that belongs, one that does not; then the package sealed and put away."""
    for language in LOCALES:
        box, pieces = _fullest_box(demo)
        stranger = demo.one(
            "SELECT code FROM mes_splitting_piece WHERE state IN ('MADE', 'CUT') AND code IS NOT NULL "
            "AND set_id NOT IN (SELECT set_id FROM mes_splitting_piece WHERE code = ?) ORDER BY id DESC",
            pieces[0],
        )
        with demo.page("packer", "tablet", language, station="PACK") as page:
            scan(page, box)
            page.wait_for_selector("#job[data-state=OPEN]")
            for count, code in enumerate(pieces, start=1):
                scan(page, code)
                page.wait_for_selector(f"#bench .contents li.in:nth-of-type({count})")
                if count == len(pieces) - 1:
                    keep(page, f"bench-accepted.{language}")
                    scan(page, stranger)
                    page.wait_for_selector("#verdict .no")
                    keep(page, f"bench-refused.{language}")
            page.wait_for_selector("#job[data-complete]")
            page.locator('[data-act="seal"]').click()
            page.locator("form[data-look] button[type=submit]").click()
            page.wait_for_selector("#job[data-state=SEALED]")
        put_away(demo, language, box, pieces[0])


def put_away(demo: Demo, language: str, box: str, piece: str) -> None:
    """A package on its way to its place, at the handheld."""
    place = demo.one("SELECT code FROM erp_stock_place WHERE kind = 'FINISHED' ORDER BY id")
    with demo.page("keeper", "handheld", language, station="STORE") as page:
        page.goto("/mes/warehouse/put-away")
        scan(page, box)
        page.wait_for_selector("[data-step=place][aria-current]")
        keep(page, f"put-away.{language}")
        scan(page, place)
        page.wait_for_selector("[data-step=piece][aria-current]")
        scan(page, piece)
        page.wait_for_selector("#verdict[data-kind=done]")


def dock(demo: Demo) -> None:
    """A truck that is half loaded, at the dock."""
    with demo.page("clerk", "desktop") as page:
        page.goto("/mes/shipping/loads/new")
        page.locator("#vehicle").fill("浙H·62503")
        page.locator("#driver").fill("毛师傅")
        page.locator("main form button.btn-primary").click()
        page.wait_for_url("**/packages")
        for tick in page.locator("main input[type=checkbox]").all()[:12]:
            tick.check()
        page.locator("main form[data-once] button.btn-primary").click()
        page.wait_for_url(lambda url: not url.endswith(("/packages", "/new")))
        load = page.locator("dd.code").first.inner_text()
        keep(page, "load.zh")
    listed = demo.rows(
        "SELECT package.code FROM mes_shipping_load_package line JOIN mes_shipping_load load ON load.id = "
        "line.load_id JOIN mes_packing_package package ON package.id = line.package_id WHERE load.code = ?",
        load,
    )
    for language, part in (("zh", listed[:5]), ("en", listed[5:7])):
        with demo.page("loader", "tablet", language, station="DOCK") as page:
            scan(page, load)
            page.wait_for_selector(f'#job[data-code="{load}"]')
            for (code,) in part:
                scan(page, str(code))
                page.wait_for_timeout(WAIT_MS)
            keep(page, f"dock.{language}")


TOUR: tuple[Callable[[Demo], None], ...] = (
    *(orders, import_review, cut_plan, leader, report),
    *(station, bench, dock),
)


def main() -> None:
    """Take all pictures, or those of the parts that are named."""
    wanted = sys.argv[1:]
    PICTURES.mkdir(exist_ok=True)
    with running_demo() as demo:
        for part in TOUR:
            if not wanted or part.__name__ in wanted:
                part(demo)


if __name__ == "__main__":
    main()
