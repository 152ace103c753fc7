"""The house rules that a machine can keep."""

import ast
import re
from functools import cache
from pathlib import Path

import grimp
import pytest
from babel.messages.pofile import read_po
from flask_babel import gettext
from sqlalchemy import Boolean, Date, Enum, Float

from core.choices import Choice
from core.db import Fixed, Model, UtcDateTime
from core.errors import AppError
from core.web.access import ANYBODY, LOGGED_IN
from core.web.registry import registry

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("core", "erp", "mes")
SOURCES = sorted(p for name in PACKAGES for p in (ROOT / name).rglob("*.py"))
UNIT = re.compile(r"(^|_)(mm|m2|m3|kg|min|rate|amount|price|qty)$")
OPEN_VIEWS = {
    # open to anybody, and why
    "core_auth.home": "leads to the log-in or to the person's first page",
    "core_auth.login": "the log-in",
    "core_auth.login_check": "the log-in",
    "core_auth.language_set": "a language can be chosen before the log-in",
    "core_assets.vendor": "stylesheets",
    "core_offline.worker": "the service worker: our own code, without data",
    "core_offline.manifest": "how the pages are installed, without data",
    "core_offline.fallback": "what works without the network, without data",
    "core_server.trust": "how a device learns to trust this server, before it does",
    "core_server.authority": "a certificate without a secret",
    "core_health.healthz": "for whoever watches the server",
    "core_health.readyz": "for whoever watches the server",
    "core_health.metrics": "for whoever watches the server",
    "core_api.openapi": "the description of the API, without data",
    "erp_sales_dealer.answer_show": "a dealer has a link with a token instead of a log-in",
    "erp_sales_dealer.answer_send": "likewise",
    "mes_shipping_dealer.receipt_show": "a dealer confirms a delivery by a link with a token",
    "mes_shipping_dealer.receipt_send": "likewise",
    "mes_production.lock": "the badge lock of a tablet",
    "mes_production.badge_in": "the badge log-in of an enrolled tablet",
}


def columns():
    return [c for t in Model.metadata.sorted_tables for c in t.columns]


def views(app):
    return {name: view for name, view in app.view_functions.items() if name != "static"}


def test_every_view_says_who_may_call_it(app):
    assert [name for name, view in views(app).items() if not hasattr(view, "permission")] == []


def test_only_the_known_views_are_open_to_anybody(app):
    found = {name for name, view in views(app).items() if view.permission == ANYBODY}
    assert found <= set(OPEN_VIEWS)


def test_every_permission_is_granted_to_somebody_and_every_grant_is_asked_for(app):
    asked = {view.permission for view in views(app).values()} - {ANYBODY, LOGGED_IN}
    text = "\n".join(p.read_text() for p in SOURCES) + "\n".join(
        p.read_text() for p in (ROOT / "templates").rglob("*.html")
    )
    granted = set().union(*registry(app).grants.values())
    assert asked <= granted
    inits = "".join((ROOT / p / "__init__.py").read_text() for p in ("erp", "mes"))
    unasked = {g for g in granted - asked if text.count(f'"{g}"') <= inits.count(f'"{g}"')}
    assert unasked == set()


def test_a_stranger_gets_into_no_page(app, session):
    client = app.test_client()
    let_in = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if rule.endpoint == "static" or view.permission == ANYBODY:
            continue
        method = "GET" if "GET" in rule.methods else "POST"
        address = re.sub(r"<(?:(\w+):)?\w+>", lambda m: "1" if m[1] == "int" else "x", rule.rule)
        answer = client.open(address, method=method)
        is_login = answer.status_code == 302 and "/login" in answer.location
        if not is_login and answer.status_code not in {400, 401, 403}:
            let_in.append((address, answer.status_code))
    assert let_in == []


def test_a_table_is_named_after_its_home():
    for mapper in Model.registry.mappers:
        package, feature = mapper.class_.__module__.split(".")[:2]
        assert mapper.local_table.name.startswith(f"{package}_{feature}_"), mapper.class_
        assert mapper.class_.__doc__, mapper.class_


def test_a_measure_is_exact_and_says_its_unit():
    for c in columns():
        assert not isinstance(c.type, Float), c
        if isinstance(c.type, Fixed):
            assert UNIT.search(c.name), f"{c}: a measure's name ends in its unit"
        assert isinstance(c.type, UtcDateTime) == c.name.endswith("_at"), c
        assert isinstance(c.type, Date) == c.name.endswith("_on"), c
        is_boolean = isinstance(c.type, Boolean) and not isinstance(c.type, Enum)
        assert is_boolean == c.name.startswith(("is_", "has_")), c


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_only_the_unit_of_work_ends_transactions(path):
    if path in {ROOT / "core/work.py"} or path.parent == ROOT / "core/backup":
        return  # a backup works on databases of its own, outside any request
    for node in ast.walk(ast.parse(path.read_text())):
        assert not (isinstance(node, ast.Attribute) and node.attr in {"commit", "rollback"}), (
            f"{path}:{node.lineno} ends a transaction"
        )


def test_features_meet_only_at_their_counters():
    """Over a feature's border one calls its service, queries, events and rules.

    Its tables may be joined (queries) or pointed at (model), never written.
    """
    graph = grimp.build_graph(*PACKAGES)
    wrong = []
    for importer in graph.modules:
        home = importer.split(".")[:2]
        if home[0] == "core" or len(home) < 2:
            continue
        for imported in graph.find_modules_directly_imported_by(importer):
            other = imported.split(".")
            if other[0] == "core" or other[:2] == home or len(other) < 3:
                continue
            what, by = other[2], importer.split(".")[2] if importer.count(".") > 1 else ""
            if what not in {"service", "queries", "events", "rules", "model", "cli"}:
                wrong.append((importer, imported))
            if what == "model" and by not in {"model", "queries", "service", "panels"} and home[1] != "demo":
                wrong.append((importer, imported))
    assert wrong == []


def test_every_template_compiles(app):
    names = app.jinja_env.list_templates(extensions=["html"])
    assert names
    for name in names:
        app.jinja_env.get_template(name)


@cache
def chinese():
    with (ROOT / "core/translations/zh_Hans_CN/LC_MESSAGES/messages.po").open("rb") as file:
        return read_po(file)


def kinds(cls):
    return {cls}.union(*(kinds(sub) for sub in cls.__subclasses__()))


def ours(cls):
    return {kind for kind in kinds(cls) if kind.__module__.split(".")[0] in PACKAGES}


def test_every_refusal_and_every_choice_is_in_the_catalogue():
    known = {m.id for m in chinese()}
    assert {kind.message for kind in ours(AppError)} - known == set()
    assert {m.label for kind in ours(Choice) for m in kind} - known == set()


def test_every_refusal_has_a_code_of_its_own():
    codes = [kind.code for kind in ours(AppError) if "code" in vars(kind)]
    assert len(codes) == len(set(codes))


def test_chinese_is_complete():
    holes = re.compile(r"%\((\w+)\)[sd]")
    for m in chinese():
        if m.id:
            texts = m.string if isinstance(m.string, tuple) else (m.string,)
            ids = m.id if isinstance(m.id, tuple) else (m.id,)
            assert all(texts), f"untranslated: {m.id!r}"
            assert not m.fuzzy, f"unsure: {m.id!r}"
            assert set(holes.findall(ids[-1])) == set(holes.findall(texts[0])), m.id


def test_chinese_is_really_shown(app):
    with app.test_request_context("/"):
        assert gettext("Not found.") == "未找到。"
