"""The owner's five figures, and the events behind each."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.clock import now
from core.company.views import company
from core.errors import NotFound
from core.i18n import N_
from core.web import answers, lists
from core.web.access import me, requires
from core.web.templating import day, is_chinese, label, local, named
from core.work import read
from mes.efficiency import pdf, queries, rules
from mes.efficiency.queries import EVENTS, Events, proof, trends
from mes.efficiency.queries.baselines import judged
from mes.efficiency.rules import Metric
from mes.efficiency.rules.trends import Point
from mes.efficiency.views.blueprint import READ, Asked, asked_days, bp
from mes.splitting.rules import minutes

EXPORTED_AT_MOST = 50_000  # rows of a spreadsheet that an office computer still opens


@bp.get("/report")
@requires(READ)
def report() -> ResponseReturnValue:
    """Show the five figures."""
    asked = asked_days()
    found = judged(read(), asked.calendar, at=now())
    recent = trends.recent_weeks(read(), found.daily)
    page = render_template(
        "mes/efficiency/report.html",
        report=found.report,
        lines=trends.trends(recent, trends.by_week(recent), found.changes),
        changes=found.changes,
        asked=asked,
        baseline=rules.NO_BASELINE,
    )
    return page, (400 if asked.errors else 200)


@bp.get("/metrics/<code>")
@requires(READ)
def metric_show(code: str) -> ResponseReturnValue:
    """Show one figure and the very events behind it."""
    metric, asked = _metric(code), asked_days()
    events = _events(metric)
    found = judged(read(), asked.calendar, at=now())
    page = lists.paged(read(), events.rows(asked.window), {"at": events.moment}, default="-at")
    return render_template(
        "mes/efficiency/metric_show.html",
        figure=next(one for one in found.report.figures if one.metric is metric),
        change=found.changes.get(metric),
        line=trends.one_trend(
            found.daily, metric, trends.by_day_or_week(found.daily), found.changes.get(metric)
        ),
        point_words=point_words,
        asked=asked,
        events=events,
        page=page,
        views=_tabs(metric, asked, events),
        splitting=_splitting(asked) if metric is Metric.M1 else None,
        days_at_most=trends.DAYS_AT_MOST,
        rounded=lambda value: rules.rounded(Fraction(value), "0.1"),
        weigh=_weigh,
        minutes=lambda row: rules.rounded(minutes(row.at, row.ended_at), "0.1"),
    )


@bp.get("/metrics/<code>.xlsx")
@requires(READ)
def metric_export(code: str) -> ResponseReturnValue:
    """Answer the events behind a figure as a spreadsheet."""
    metric, asked = _metric(code), asked_days()
    events = _events(metric)
    rows = events.rows(asked.window).order_by(events.moment).limit(EXPORTED_AT_MOST)
    name = f"{metric.value}-{events.code}-{asked.since}-{asked.until}.xlsx"
    return lists.export(name, _columns(events), read().execute(rows).all())


@bp.get("/splitting-work.xlsx")
@requires(READ)
def work_export() -> ResponseReturnValue:
    """Answer the minutes by person and order as a spreadsheet."""
    asked = asked_days()
    columns: dict[str, Any] = {
        _("Who"): lambda one: one.person,
        _("Order"): lambda one: one.number or None,
        _("Minutes"): lambda one: rules.rounded(one.active_min, "0.1"),
    }
    name = f"M1-work-{asked.since}-{asked.until}.xlsx"
    return lists.export(name, columns, queries.splitting(read(), asked.window).spent)


@bp.get("/proof.xlsx")
@requires(READ)
def proof_export() -> ResponseReturnValue:
    """Answer all that the report is made of, so that anybody can recompute it."""
    asked, at = asked_days(), now()
    found = judged(read(), asked.calendar, at=at)
    sheets = proof.sheets(read(), asked.calendar, found, at=at)
    name = f"mortise-proof-{asked.since}-{asked.until}.xlsx"
    return lists.export_sheets(name, ((one.name, one.headings, one.rows) for one in sheets))


@bp.get("/acceptance.pdf")
@requires(READ)
def acceptance_print() -> ResponseReturnValue:
    """Print the acceptance report in the person's language."""
    asked, at = asked_days(), now()
    found = judged(read(), asked.calendar, at=at)
    printing = pdf.Printing(company().named(is_chinese()), local(at), me().name)
    period = _("%(first)s to %(last)s", first=asked.since, last=asked.until)
    lines = trends.trends(found.daily, trends.by_week(found.daily), found.changes)
    printed = pdf.acceptance_paper(found, lines, period, printing)
    return answers.pdf(printed.content, f"acceptance-{asked.since}-{asked.until}.pdf")


def point_words(point: Point) -> tuple[str, str]:
    """Return what stands below a point of a line: when it begins, and of how many it is."""
    return day(point.first), _("n = %(count)s", count=point.sample)


def _splitting(asked: Asked) -> queries.Splitting:
    """Return what stands beside the first figure; of a long window without who spent how long, which is a long list."""
    is_short = len(asked.calendar.days) <= trends.DAYS_AT_MOST
    return queries.splitting(read(), asked.window, is_spent_told=is_short)


def _metric(code: str) -> Metric:
    if code not in set(Metric):
        raise NotFound
    return next(metric for metric in Metric if metric.value == code)


def _events(metric: Metric) -> Events:
    """Return the list that the address asks for, the first one of the figure where it asks for none."""
    wanted = request.args.get("part", "")
    known = {events.code: events for events in EVENTS[metric]}
    return known.get(wanted, EVENTS[metric][0])


def _tabs(metric: Metric, asked: Asked, events: Events) -> list[tuple[str, str, dict[str, str], bool]]:
    counts = queries.counts(read(), metric, asked.window, at_most=lists.COUNT_LIMIT + 1)
    return [
        (_(one.name), lists.count_text(counts[one.code]), asked.arguments | {"part": one.code}, one is events)
        for one in EVENTS[metric]
    ]


def _weigh(row: Any) -> Any:
    """Return what a released line weighs."""
    return rules.rounded(rules.line_weight(queries.split_line(row, row.at)), "0.01")


def _columns(events: Events) -> dict[str, Any]:
    """Return what a spreadsheet of some events shows, by translated heading."""
    return {_(heading): value for heading, value in COLUMNS[events.shape]}


ORDER = (N_("Order"), lambda row: row.number)
WHEN = (N_("When"), lambda row: row.at)
WHO = (N_("Who"), lambda row: row.person)
COLUMNS: dict[
    str, tuple[tuple[str, Callable[[Any], Any]], ...]
] = {  # shape -> msgid and value of each column
    "line": (
        (N_("Released"), lambda row: row.at),
        ORDER,
        (N_("Line"), lambda row: row.position),
        (N_("Kind"), lambda row: label(row.kind)),
        (N_("Sets"), lambda row: row.set_count),
        (N_("Weight"), _weigh),
    ),
    "override": (
        WHEN,
        ORDER,
        (N_("Line"), lambda row: row.position),
        (N_("Set"), lambda row: row.set_position or _("all sets")),
        (N_("Piece"), named),
        (N_("What"), lambda row: label(row.kind)),
        (N_("Why"), lambda row: row.reason),
        WHO,
    ),
    "remake": (
        WHEN,
        ORDER,
        (N_("Set"), lambda row: row.set_number),
        (N_("Piece"), named),
        (N_("Reason"), lambda row: row.defect_code),
        (N_("Remark"), lambda row: row.reason),
        WHO,
    ),
    "release": (
        (N_("Released"), lambda row: row.at),
        ORDER,
        (N_("Version"), lambda row: row.version),
        (N_("Reason"), lambda row: label(row.reason)),
        (N_("Without a touch"), lambda row: _("yes") if row.is_untouched else _("no")),
        (N_("Minutes"), lambda row: row.active_min),
        (N_("Remark"), lambda row: row.note),
        WHO,
    ),
    "state": (
        WHEN,
        (N_("Machine"), lambda row: row.what),
        (N_("State"), lambda row: label(row.state)),
        (N_("Reason"), lambda row: row.reason and label(row.reason)),
        (N_("Told"), lambda row: label(row.source)),
        WHO,
    ),
    "work": (
        (N_("Began"), lambda row: row.at),
        (N_("Ended"), lambda row: row.ended_at),
        WHO,
        (N_("What"), lambda row: _("order entry") if row.kind == "order_entry" else _("splitting")),
        ORDER,
    ),
    "event": (
        WHEN,
        (N_("What"), lambda row: row.what),
        (N_("Belongs to"), lambda row: row.number),
        WHO,
        (N_("Verdict"), lambda row: getattr(row, "block_code", None)),
    ),
}
