"""The page of the company, and what other edges ask for its papers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Flask, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.clock import now
from core.company import queries, service
from core.company.forms import CompanyForm
from core.company.rules import Company
from core.errors import Conflict, InvalidInput
from core.web.access import me, requires
from core.web.errors import text_of
from core.web.forms import parse
from core.web.templating import is_chinese
from core.work import read, run

bp = Blueprint("core_company", __name__)
MANAGE = "core.company.manage"


def company() -> Company:
    """Return what papers say of their sender."""
    return queries.company(read(), current_app.config["COMPANY"])


def company_name() -> str:
    """Return the factory's name in the language of this request; empty where nobody entered one."""
    return company().named(is_chinese())


def init_app(app: Flask) -> None:
    """Give the templates the factory's name."""
    app.jinja_env.globals["company_name"] = company_name


@bp.get("/")
@requires(MANAGE)
def company_edit() -> ResponseReturnValue:
    """Show what papers say of their sender."""
    row = queries.letterhead(read())
    shown = company()
    values = {name: getattr(shown, name) for name in Company.__slots__}
    return _form(values | {"version": row.version if row else 0}, {}, 200)


def _form(values: Mapping[str, Any], errors: Mapping[str, str], status: int) -> ResponseReturnValue:
    return render_template("core/company/company_edit.html", values=values, errors=errors), status


@bp.post("/")
@requires(MANAGE)
def company_amend() -> ResponseReturnValue:
    """Keep what papers say of their sender; what was typed stays when it is refused."""
    try:
        form = parse(CompanyForm, request.form)
        run(service.amend, form.company, version=form.version, by=me().id, at=now())
    except InvalidInput as wrong:
        return _form(request.form, wrong.fields, 400)
    except Conflict as wrong:
        return _form(request.form, {"name": text_of(wrong)}, 409)
    flash(_("Saved. The next paper carries it."), "done")
    return redirect(url_for(".company_edit"))
