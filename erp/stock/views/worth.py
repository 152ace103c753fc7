"""Pages of stock: what is worth most (ABC), and what lies dead with those who could use it first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.clock import now
from core.web.access import requires
from core.web.lists import export
from core.web.templating import label, local, named
from core.work import read
from erp.stock import queries
from erp.stock.rules import DEAD_DAYS, Abc, plain
from erp.stock.views.blueprint import READ, bp

YEAR = timedelta(days=365)
DAYS = (90, DEAD_DAYS, 365)


def _classed() -> list[queries.Classed]:
    word = next((word for word in Abc if word.value == request.args.get("class")), None)
    found = queries.classed(read(), now() - YEAR, now())
    return [row for row in found if word in (None, row.word)]


@bp.get("/abc")
@requires(READ)
def abc_list() -> ResponseReturnValue:
    """List the articles by the value of what was used of them in a year."""
    return render_template(
        "erp/stock/abc_list.html", rows=_classed(), words=list(Abc), word=request.args.get("class", "")
    )


@bp.get("/abc.xlsx")
@requires(READ)
def abc_export() -> ResponseReturnValue:
    """Answer the same list as a spreadsheet."""
    columns: dict[str, Any] = {
        _("Class"): lambda row: row.word.value,
        _("Article code"): lambda row: row.article.code,
        _("Material"): lambda row: named(row.material),
        _("Unit"): lambda row: label(row.unit),
        _("Used in a year"): lambda row: plain(row.used_qty),
        _("Value of use"): lambda row: row.used_amount,
        _("On hand"): lambda row: plain(row.on_hand_qty),
        _("Value on hand"): lambda row: row.on_hand_amount,
    }
    return export("abc.xlsx", columns, _classed(), amounts=(_("Value of use"), _("Value on hand")))


def _days() -> int:
    return next((days for days in DAYS if str(days) == request.args.get("days")), DEAD_DAYS)


@bp.get("/dead")
@requires(READ)
def dead_list() -> ResponseReturnValue:
    """List what nobody has drawn for long, by value, with the orders and batches that could use it first."""
    found = queries.dead_stock(read(), _days(), now())
    return render_template("erp/stock/dead_list.html", found=found, days=_days(), choices=DAYS, at=now())


@bp.get("/dead.xlsx")
@requires(READ)
def dead_export() -> ResponseReturnValue:
    """Answer the same list as a spreadsheet."""
    at = now()
    columns: dict[str, Any] = {
        _("Lot"): lambda row: row.lot.code,
        _("Article code"): lambda row: row.article.code,
        _("Material"): lambda row: named(row.material),
        _("Place"): lambda row: row.places,
        _("Quantity"): lambda row: plain(row.qty),
        _("Unit"): lambda row: label(row.unit),
        _("Since"): lambda row: local(row.since_at),
        _("Days"): lambda row: row.days(at),
        _("Value"): lambda row: row.amount,
        _("Could use it first"): lambda row: ", ".join(one.name for one in row.wanted_by),
    }
    found = queries.dead_stock(read(), _days(), at)
    return export("dead-stock.xlsx", columns, found.rows, amounts=(_("Value"),))
