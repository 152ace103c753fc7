"""Pages of baselines: record, show, approve by a second person, withdraw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from core.audit.queries import history
from core.choices import Choice
from core.clock import now
from core.errors import AppError, InvalidInput
from core.files.service import keep
from core.web.access import me, requires
from core.web.errors import status_of, text_of
from core.web.forms import parse
from core.web.lists import paged
from core.web.templating import label, today, zone
from core.work import read, run
from erp.catalogue.rules.document import DoorKind
from mes.efficiency import queries, service
from mes.efficiency.forms import BaselineForm, WhyForm, day_rows, exclusion_rows, left_out
from mes.efficiency.queries import baselines
from mes.efficiency.queries.days import days, timed_days
from mes.efficiency.queries.unusual import signs
from mes.efficiency.queries.window import calendar_of
from mes.efficiency.rules import Metric, rounded
from mes.efficiency.rules.baselines import GRADES, Day, Method, rate, sums
from mes.efficiency.rules.improvement import share_excluded
from mes.efficiency.rules.unusual import Proposal, leave_out, proposals
from mes.efficiency.service import BaselineEntry
from mes.efficiency.views.blueprint import APPROVE, BASELINES, RECORD, bp


@bp.get("/baselines/")
@requires(BASELINES)
def baseline_list() -> ResponseReturnValue:
    """List the baselines, the newest first."""
    page = paged(read(), baselines.baseline_rows(), baselines.SORTS, default="-number")
    return render_template("mes/efficiency/baseline_list.html", page=page, grades=GRADES)


@bp.get("/baselines/new")
@requires(RECORD)
def baseline_new() -> ResponseReturnValue:
    """Show an empty form."""
    return _form({}, {}, 200)


def _form(
    values: Mapping[str, Any],
    errors: Mapping[str, str],
    status: int,
    proposed: Proposed | None = None,
) -> ResponseReturnValue:
    page = render_template(
        "mes/efficiency/baseline_new.html",
        values=values,
        errors=errors,
        metrics=list(Metric),
        methods=list(Method),
        grades=GRADES,
        kinds=list(DoorKind),
        proposed=proposed,
    )
    return page, status


@dataclass(frozen=True, slots=True)
class Proposed:
    """The days that the system has of a period, and those of them that stand out."""

    days: tuple[Day, ...]
    unusual: tuple[Proposal, ...]

    def share(self, one: Proposal) -> Decimal:
        """Return how much of the period's events a day holds, in percent."""
        whole = sum(day.event_count for day in self.days)
        return rounded(Fraction(100 * one.event_count, whole), "0.1") if whole else Decimal(0)


def _proposed(form: BaselineForm) -> Proposed:
    """Return what the system has of a period; days that are typed are the person's own and nothing is proposed."""
    found = _days(form)
    if form.days.strip() or not found:
        return Proposed(found, ())
    calendar = calendar_of(form.first, form.last, zone())
    return Proposed(found, proposals(found, signs(read(), calendar, at=now())))


@bp.post("/baselines/look")
@requires(RECORD)
def baseline_look() -> ResponseReturnValue:
    """Show which days of the period stand out, and why, before it is recorded."""
    try:
        found = _proposed(parse(BaselineForm, request.form))
    except InvalidInput as wrong:
        return _form(request.form, wrong.fields, 400)
    return _form(request.form, {}, 200, found)


@bp.post("/baselines/new")
@requires(RECORD)
def baseline_record() -> ResponseReturnValue:
    """Record a baseline; what was typed comes back when it cannot be."""
    found = None
    try:
        form = parse(BaselineForm, request.form)
        found = _proposed(form)
        days_left, left = leave_out(found.days, found.unusual, left_out(request.form))
        entry = BaselineEntry(
            metric=form.metric,
            method=form.method,
            first=form.first,
            last=form.last,
            days=days_left,
            exclusions=(*left, *exclusion_rows(form.exclusions)),
            note=form.note,
        )
        made = run(_record, entry, request.files.get("evidence"), by=me().id)
    except InvalidInput as wrong:
        return _form(request.form, wrong.fields, 400, found)
    except AppError as wrong:
        return _form(request.form, {"days": text_of(wrong)}, status_of(wrong), found)
    return redirect(url_for(".baseline_show", baseline_id=made))


def _days(form: BaselineForm) -> tuple[Day, ...]:
    """Return the typed days; where none were typed, those that the system has of the period."""
    if form.days.strip():
        return day_rows(form.metric, form.days)
    if form.last < form.first or (form.last - form.first).days > 731:
        return ()
    calendar = calendar_of(form.first, form.last, zone())
    if form.method is Method.STOPWATCH:
        return timed_days(read(), form.metric, calendar)
    if form.method is Method.SYSTEM_EVENTS:
        return days(queries.daily(read(), calendar, at=now()), form.metric)
    raise InvalidInput({"days": _("Enter one line per day, as described below the field.")})


def _record(session: Session, entry: BaselineEntry, sent: Any, *, by: int) -> int:
    at = now()
    if sent is not None and sent.filename:
        file = keep(session, sent.filename, sent.mimetype, sent.read(), by=by, at=at)
        entry = replace(entry, file_id=file.id)
    return service.record_baseline(session, entry, by=by, at=at, today=today()).id


@bp.get("/baselines/<int:baseline_id>/")
@requires(BASELINES)
def baseline_show(baseline_id: int) -> ResponseReturnValue:
    """Show one baseline with its days, its hash and who approved it."""
    return _page(baseline_id, {}, 200)


def _page(baseline_id: int, errors: Mapping[str, str], status: int) -> ResponseReturnValue:
    shown = baselines.baseline(read(), baseline_id)
    numerator, denominator = sums(shown.days)
    value = rate(shown.row.metric, numerator, denominator)
    page = render_template(
        "mes/efficiency/baseline_show.html",
        shown=shown,
        row=shown.row,
        grade=GRADES[shown.row.method],
        value=None if value is None else rounded(value),
        unit=queries.UNITS[shown.row.metric],
        rounded=rounded,
        numerator=numerator,
        denominator=denominator,
        rate=lambda day: rate(shown.row.metric, *sums([day])),
        share=rounded(100 * share_excluded(shown.days, shown.exclusions), "0.1"),
        family=family_name,
        is_mine=shown.row.recorded_by_id == me().id,
        happened=history(read(), service.BASELINE, baseline_id),
        typed=request.form,
        errors=errors,
    )
    return page, status


def family_name(stored: str) -> str:
    """Return a family of products in the person's words."""
    known: Choice | None = next((kind for kind in DoorKind if kind.value == stored), None)
    return label(known) if known is not None else "—"


@bp.post("/baselines/<int:baseline_id>/approve")
@requires(APPROVE)
def baseline_approve(baseline_id: int) -> ResponseReturnValue:
    """Approve a baseline that somebody else recorded."""
    try:
        run(service.approve_baseline, baseline_id, by=me().id, at=now())
    except AppError as wrong:
        return _page(baseline_id, {"approve": text_of(wrong)}, status_of(wrong))
    return redirect(url_for(".baseline_show", baseline_id=baseline_id))


@bp.post("/baselines/<int:baseline_id>/withdraw")
@requires(RECORD)
def baseline_withdraw(baseline_id: int) -> ResponseReturnValue:
    """Withdraw a baseline that nobody approved."""
    try:
        form = parse(WhyForm, request.form)
        run(service.withdraw_baseline, baseline_id, form.reason, by=me().id, at=now())
    except InvalidInput as wrong:
        return _page(baseline_id, wrong.fields, 400)
    except AppError as wrong:
        return _page(baseline_id, {"reason": text_of(wrong)}, status_of(wrong))
    return redirect(url_for(".baseline_show", baseline_id=baseline_id))
