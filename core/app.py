"""The application factory. It is handed the packages, so that core imports neither."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from flask import Flask

from core import work
from core.activity import views as activity
from core.audit import model as _audit  # noqa: F401  (its tables)
from core.auth import cli as auth_cli
from core.auth import login
from core.auth import views as auth
from core.auth.rules import Role
from core.backup import cli as backup_cli
from core.codelists import model as _codelists  # noqa: F401
from core.company import views as company
from core.db import make_engine
from core.files import views as files
from core.i18n import N_
from core.jobs import cli as jobs_cli
from core.jobs import views as jobs
from core.jobs.registry import accompany
from core.pdf.fonts import register_font
from core.printing import sender
from core.printing import views as printing
from core.server import cli as server_cli
from core.server import views as server
from core.web import access, api, assets, compress, errors, health, logs, offline, search, templating
from core.web.registry import MenuEntry, Registry, blueprints
from core.words import model as _words  # noqa: F401

ROOT = Path(__file__).resolve().parent.parent
UPLOAD_LIMIT = 16 * 2**20  # bytes of one request; a dealer's sheet with photos stays below


def create_app(settings: Mapping[str, Any], packages: Iterable[ModuleType]) -> Flask:
    """Build the application out of its settings and its packages, lowest first."""
    app = Flask("mortise", root_path=str(ROOT))
    app.config.from_mapping(settings)
    app.config["MAX_CONTENT_LENGTH"] = UPLOAD_LIMIT
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.extensions["registry"] = Registry()
    app.extensions["sessions"] = work.Sessions(
        make_engine(app.config["DATABASE_URL"], app.config.get("THREADS", 5))
    )
    for part in (logs, health, compress, assets, access, errors, templating, printing, company):
        part.init_app(app)
    login.init_app(app, str(ROOT / "core" / "translations"))
    app.after_request(work.assert_saved)
    app.teardown_appcontext(work.close_session)
    blueprints(
        app,
        (auth.bp, ""),
        (search.bp, ""),
        (offline.bp, ""),
        (files.bp, "/core/files"),
        (jobs.bp, "/core/jobs"),
        (activity.bp, "/core/activity"),
        (printing.bp, "/core/printing"),
        (company.bp, "/core/company"),
        (server.bp, "/trust"),
        (api.bp, "/api/v1"),
    )
    for command in (server_cli.database, server_cli.serve, jobs_cli.jobs, backup_cli.backup):
        app.cli.add_command(command)
    for group in (auth_cli.people, auth_cli.tokens):
        app.cli.add_command(group)
    if app.config["FONT_FILE"]:  # a wrong one stops the start; the installed one is loaded when first used
        register_font(Path(app.config["FONT_FILE"]))
    registered: Registry = app.extensions["registry"]
    registered.grant(
        "administrator", "core.auth.manage", "core.jobs.read", "core.jobs.stop", "core.files.read"
    )
    for role in Role:
        registered.grant(role.value, printing.USE)
    registered.grant("administrator", printing.MANAGE, company.MANAGE)
    accompany("label printing", sender.send_waiting)
    for package in packages:
        package.register(app)
    registered.menu.append(
        MenuEntry(N_("Company"), "core_company.company_edit", company.MANAGE, N_("System"))
    )
    registered.menu.append(MenuEntry(N_("Printers"), "core_printing.job_list", printing.MANAGE, N_("System")))
    registered.menu.append(MenuEntry(N_("People"), "core_auth.person_list", "core.auth.manage", N_("System")))
    registered.grant("administrator", *(right for rights in registered.grants.values() for right in rights))
    return app
