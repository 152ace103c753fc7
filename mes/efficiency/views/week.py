"""The week beside the week before, as page and as paper."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.clock import now
from core.company.views import company
from core.errors import InvalidInput
from core.web import answers
from core.web.access import me, requires
from core.web.forms import parse
from core.web.templating import is_chinese, label, local, today, zone
from core.work import read
from mes.efficiency import pdf, rules
from mes.efficiency.forms import DayForm
from mes.efficiency.queries import trends
from mes.efficiency.queries.weekly import Week, week
from mes.efficiency.rules import Figure
from mes.efficiency.rules.baselines import SHARES
from mes.efficiency.views.blueprint import READ, bp
from mes.machines.rules.figures import Loss, clock


@bp.get("/week")
@requires(READ)
def week_show() -> ResponseReturnValue:
    """Show the week that the address asks for, this one where it asks for none."""
    on, errors = today(), {}
    try:
        on = parse(DayForm, request.args.to_dict()).on or on
    except InvalidInput as wrong:
        errors = wrong.fields
    found = week(read(), on, zone(), at=now())
    page = render_template("mes/efficiency/week_show.html", **_shown(found), errors=errors)
    return page, (400 if errors else 200)


def _shown(found: Week) -> dict[str, Any]:
    recent = trends.recent_weeks(read(), found.now.daily)
    return {
        "week": found,
        "lines": trends.trends(recent, trends.by_week(recent), found.now.changes),
        "arguments": {"from": found.first.isoformat(), "to": found.last.isoformat()},
        "previous": found.first - timedelta(days=7),
        "following": None if found.last >= today() else found.first + timedelta(days=7),
        "baseline": rules.NO_BASELINE,
        "difference": difference,
        "clock": clock,
        "loss_name": loss_name,
    }


def difference(figure: Figure, before: Figure) -> str:
    """Return by how much a figure has changed since the week before, in points of a share, else in per cent."""
    return pdf.difference(figure.value, before.value, is_share=figure.metric in SHARES)


def loss_name(loss: Loss) -> str:
    """Return what planned time was lost to."""
    what = loss.reason or loss.state
    return "—" if what is None else label(what)


@bp.get("/week.pdf")
@requires(READ)
def week_print() -> ResponseReturnValue:
    """Print the week in the person's language."""
    at = now()
    on = parse(DayForm, request.args.to_dict()).on or today()
    found = week(read(), on, zone(), at=at)
    recent = trends.recent_weeks(read(), found.now.daily)
    lines = trends.trends(recent, trends.by_week(recent), found.now.changes)
    printing = pdf.Printing(company().named(is_chinese()), local(at), me().name)
    period = _("%(first)s to %(last)s", first=found.first, last=found.last)
    printed = pdf.week_paper(found, lines, period, printing)
    return answers.pdf(printed.content, f"week-{found.first}.pdf")
