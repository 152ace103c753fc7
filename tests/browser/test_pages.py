"""Every page there is, in both languages, at the size of its device: it fits, it speaks one language, nothing breaks.

The pages are those that the application itself has: a new one is looked at from its first day. MORTISE_PICTURES may
name a folder that keeps a picture of each.
"""

import io
import json
import os
import re
from dataclasses import dataclass
from itertools import product

import pytest
from sqlalchemy import String, text

from core.auth.model import Person
from core.db import Model
from tests.browser.plant import (
    COOKIE,
    DESKTOP,
    HANDHELD,
    PASSWORD,
    PATIENCE_MS,
    TABLET,
    ZONE,
    Somebody,
    cut_off,
    fits_across,
    log_in,
    serving,
    small_targets,
    view,
    watch,
)
from tests.conftest import build, copy_of
from tests.erp.sales import sheets

pytestmark = pytest.mark.browser

SAMPLES = {
    # by the name in the address: which rows are looked at
    "door_id": "SELECT min(id) FROM erp_catalogue_door GROUP BY kind",
    "book_id": "SELECT max(id) FROM erp_pricing_book GROUP BY state",
    "draft_id": "SELECT max(id) FROM erp_catalogue_draft GROUP BY state",
    "party_id": "SELECT min(id) FROM erp_parties_party GROUP BY kind",
    "import_id": "SELECT max(id) FROM erp_sales_import",
    "dealer_id": "SELECT min(id) FROM erp_parties_party WHERE kind = 'DEALER'",
    "order_id": "SELECT max(id) FROM erp_sales_order GROUP BY state",
    "line_id": "SELECT min(id) FROM erp_sales_line GROUP BY kind",
    "position": "SELECT 0 UNION SELECT 1",
    "kind": "SELECT 'orders'",
    "subject_id": "SELECT max(id) FROM erp_sales_order GROUP BY state",
    "material_id": "SELECT min(id) FROM erp_materials_material GROUP BY kind",
    "printer_id": "SELECT max(id) FROM core_printing_printer HAVING max(id) IS NOT NULL",
    "receipt_id": "SELECT max(id) FROM erp_finance_receipt GROUP BY party_id",
    "purchase_id": "SELECT max(id) FROM erp_purchasing_order GROUP BY state",
    "lot_id": "SELECT min(id) FROM erp_stock_lot",
    "place_id": "SELECT min(id) FROM erp_stock_place GROUP BY kind",
    "sheet_id": "SELECT min(id) FROM mes_cutting_cut_layout",
    "month": "SELECT '2026-11'",
    "count_id": "SELECT max(id) FROM mes_counting_count GROUP BY state HAVING max(id) IS NOT NULL",
    "offcut_id": "SELECT id FROM mes_cutting_offcut ORDER BY id LIMIT 1",
    "plan_id": "SELECT max(id) FROM mes_cutting_cut_plan GROUP BY material_id",
    "study_id": "SELECT max(id) FROM mes_cutting_study HAVING max(id) IS NOT NULL",
    "batch_id": "SELECT max(id) FROM mes_planning_batch GROUP BY state",
    "package_id": "SELECT min(id) FROM mes_packing_package GROUP BY state",
    "set_id": "SELECT min(id) FROM mes_splitting_door_set",
    "recheck_id": "SELECT max(id) FROM mes_packing_recheck GROUP BY state",
    "claim_id": "SELECT max(id) FROM mes_shipping_claim GROUP BY state",
    "load_id": "SELECT max(id) FROM mes_shipping_load GROUP BY state",
    "person_id": "SELECT min(id) FROM core_auth_person",
    "job_id": "SELECT max(id) FROM core_jobs_job",
    "file_id": "SELECT max(id) FROM core_files_file",
    "baseline_id": "SELECT max(id) FROM mes_efficiency_baseline HAVING max(id) IS NOT NULL",
    "piece_id": "SELECT min(id) FROM mes_splitting_piece",
    "paper_id": "SELECT max(id) FROM mes_worksheets_paper HAVING max(id) IS NOT NULL",
    "code_id": "SELECT max(id) FROM mes_worksheets_machine_code HAVING max(id) IS NOT NULL",
    "machine_id": "SELECT max(id) FROM mes_machines_machine HAVING max(id) IS NOT NULL",
    "operation": "SELECT 'CUT'",
    "code": "SELECT 'M1' UNION SELECT 'M3' UNION SELECT 'M4'",
}
WHO = "administrator"
ALL_ROLES = f"""INSERT INTO core_auth_person_role (person_id, role)
    SELECT mine.id, other.role FROM core_auth_person mine, core_auth_person_role other
    WHERE mine.login = '{WHO}' AND other.role <> '{WHO}'"""  # noqa: S608
A_DEVICE = """SELECT device.key FROM mes_scanning_device device
    JOIN mes_scanning_station station ON station.id = device.station_id WHERE station.kind = 'FLOOR'
    ORDER BY station.id LIMIT 1"""
FURTHER = ("/erp/sales/orders/?view=all", "/find?q=SO26", "/erp/sales/orders/?q=nothing-like-it")
LEFT_OUT = {
    "static",
    "core_assets.vendor",
    "core_server.trust",  # there only where pages are served over HTTPS: tests/core/test_server.py
    "core_server.authority",
    "core_auth.home",
    "core_auth.login",
    "mes_production.lock",
    "erp_sales_dealer.answer_show",
    "mes_shipping_dealer.receipt_show",
}
CHINESE = re.compile(r"[\u3400-\u9fff]")
QUOTED = re.compile(
    r"[“\"][^”\"]*[”\"]|^[A-Z]{1,2}[0-9]+: .*"
)  # somebody's own words, or a cell of their sheet
ENGLISH = re.compile(r"\b[a-z]{3,} [a-z]{2,}\b")
SEEN = """() => {
  const lines = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const home = node.parentElement;
    if (home.closest("script, style, template")) continue;
    const lang = home.closest("[lang]").lang.slice(0, 2);
    if (lang === document.documentElement.lang.slice(0, 2)) lines.push(node.data);
  }
  for (const one of document.querySelectorAll("[aria-label], [title], [placeholder], [data-wait], main")) {
    lines.push(...["aria-label", "title", "placeholder"].map((name) => one.getAttribute(name) || ""));
    for (const [name, value] of Object.entries(one.dataset)) if (!name.endsWith("Url")) lines.push(value);
  }
  return lines.map((line) => line.trim()).filter(Boolean);
}"""


@dataclass
class Tour:
    """The demo factory in the middle of its work, served; its pages by what they are made for."""

    app: object
    url: str
    pages: list[str]
    data: list[str]
    device: str


def _rows(app, query):
    with app.extensions["sessions"].engine.connect() as connection:
        return connection.execute(text(query)).all()


def _addresses(app):
    """Return the address of every page, with rows in the place of its variables."""
    adapter = app.url_map.bind("")
    found = list(FURTHER)
    for rule in app.url_map.iter_rules():
        is_paper = rule.rule.endswith((".pdf", ".xlsx", ".csv", ".json", ".yaml")) or rule.rule.startswith(
            "/api/"
        )
        if "GET" not in rule.methods or rule.endpoint in LEFT_OUT or is_paper:
            continue
        if not rule.arguments:
            found.append(rule.rule)
            continue
        names = sorted(rule.arguments)
        values = [[row[0] for row in _rows(app, SAMPLES[name])] for name in names]
        found += [
            adapter.build(rule.endpoint, dict(zip(names, some, strict=True))) for some in product(*values)
        ]
    return found


def _names(app):
    """Return what people typed: texts of the database that have no English beside them."""
    found = set()
    for table in Model.metadata.sorted_tables:
        for column in table.columns:
            if not isinstance(column.type, String) or column.name.endswith("_en"):
                continue
            twin = f"{column.name}_en"
            where = f"WHERE coalesce({twin}, '') = ''" if twin in table.columns else ""
            rows = _rows(app, f"SELECT DISTINCT {column.name} FROM {table.name} {where}")  # noqa: S608
            found |= {row[0] for row in rows if isinstance(row[0], str) and CHINESE.search(row[0])}
    for (facts,) in _rows(app, "SELECT facts FROM erp_sales_import"):
        found |= {fact["value"] for fact in json.loads(facts).values()}
    return sorted(found, key=len, reverse=True)


@pytest.fixture(scope="module")
def tour(template, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tour")
    settings = {"DEMO_PASSWORD": PASSWORD, "VAR_DIR": str(folder), "HOST": "127.0.0.1", "PORT": 8000}
    app = build(copy_of(template, "tour", folder), **settings)
    loaded = app.test_cli_runner().invoke(args=["demo", "load", "--days", "4", "--sets-per-day", "6"])
    assert loaded.exit_code == 0, loaded.output
    with app.extensions["sessions"].writing() as session:
        session.execute(text(ALL_ROLES))
        session.commit()
    app.config["PROPAGATE_EXCEPTIONS"] = False  # a page that breaks is met as a user meets it
    client = app.test_client()
    client.post("/login", data={"login": WHO, "password": PASSWORD})
    sheet = {"dealer_id": 1, "sheet": (io.BytesIO(sheets.messy_order()), "柯城.xlsx")}
    assert client.post("/erp/sales/imports/new", data=sheet).status_code == 302
    device = _rows(app, A_DEVICE)[0][0]
    client.set_cookie(COOKIE, device)
    pages = [one for one in _addresses(app) if _is_page(client.get(one))]
    with serving(app) as url:
        yield Tour(app, url, pages, _names(app), device)
    app.extensions["sessions"].engine.dispose()


def _is_page(answer):
    return answer.mimetype == "text/html" and "<!doctype html" in answer.text[:200].lower()


# --- one pass ---------------------------------------------------------------


def _keep_picture(page, locale, address):
    if folder := os.environ.get("MORTISE_PICTURES"):
        name = re.sub(r"\W+", "_", address).strip("_")
        page.screenshot(path=f"{folder}/{name}.{locale[:2]}.png")


def _strange(lines, locale, data):
    """Return the words on a page that are of the other language and of our own making."""
    if locale == "zh_Hans_CN":
        return [line for line in lines if ENGLISH.search(line) and not CHINESE.search(line)]
    found = []
    for line in lines:
        rest = QUOTED.sub("", line)
        for name in data:
            rest = rest.replace(name, "")
        if CHINESE.search(rest):
            found.append(line)
    return found


def _faults(page, locale, tour):
    """Return what is wrong with the page that is shown."""
    found = []
    if page.locator("html").get_attribute("lang") != {"en": "en", "zh_Hans_CN": "zh-Hans"}[locale]:
        found.append("lang is wrong")
    is_floor = page.locator("main.floor").count() > 0
    is_hand = page.locator("main.hand").count() > 0
    if is_floor or is_hand:
        page.set_viewport_size(view(TABLET if is_floor else HANDHELD))
        page.reload(wait_until="load")  # floor pages fit their words to the screen they wake up on
        if page.locator("#verdict").count():
            page.wait_for_selector("html[data-scanner=on]", state="attached")
    if not fits_across(page):
        found.append(f"scrolls sideways: {page.evaluate('document.documentElement.scrollWidth')} px")
    found += [f"cut off: {words}" for words in cut_off(page)]
    if is_floor and page.evaluate("document.documentElement.scrollHeight > window.innerHeight"):
        found.append(f"scrolls: {page.evaluate('document.documentElement.scrollHeight')} px high")
    if is_floor:
        found += [f"too small: {one}" for one in small_targets(page)]
    found += [f"strange language: {line}" for line in _strange(page.evaluate(SEEN), locale, tour.data)]
    return found


@pytest.mark.parametrize("locale", ["zh_Hans_CN", "en"])
def test_every_page_fits_its_device_and_speaks_one_language(tour, chromium, locale):
    with tour.app.extensions["sessions"].writing() as session:
        session.query(Person).filter_by(login=WHO).update({"locale": locale})
        session.commit()
    context = chromium.new_context(
        base_url=tour.url,
        viewport=view(DESKTOP),
        locale="zh-CN" if locale == "zh_Hans_CN" else "en-GB",
        timezone_id=ZONE,
    )
    context.add_cookies([{"name": COOKIE, "value": tour.device, "url": tour.url}])
    page, faults, complaints = context.new_page(), {}, []
    page.set_default_timeout(PATIENCE_MS)
    watch(page, tour.url, complaints)
    page.goto("/login?password=1")  # this browser is enrolled: it would ask for a badge
    log_in(page, Somebody(0, WHO, ""))
    for address in tour.pages:
        page.set_viewport_size(view(DESKTOP))
        page.goto(address, wait_until="load")
        if found := _faults(page, locale, tour) + complaints:
            faults[address] = found
        complaints.clear()
        _keep_picture(page, locale, address)
    context.close()
    assert len(tour.pages) > 40
    assert faults == {}, "\n".join(
        f"{address}\n   " + "\n   ".join(found) for address, found in faults.items()
    )
