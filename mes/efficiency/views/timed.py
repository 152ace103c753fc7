"""Pages to record by hand: work done the old way with start and stop, and the paid minutes of the warehouse."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.clock import now
from core.errors import AppError, InvalidInput
from core.web.access import me, requires
from core.web.errors import status_of, text_of
from core.web.forms import parse
from core.web.lists import paged
from core.web.templating import today, zone
from core.work import read, run
from mes.efficiency import service
from mes.efficiency.forms import DayForm, StartForm, StopForm, done_counts, paid_minutes
from mes.efficiency.model import TimedWork
from mes.efficiency.queries import baselines
from mes.efficiency.queries.days import paid_on
from mes.efficiency.rules import Metric, rounded
from mes.efficiency.rules.baselines import timed_kinds
from mes.efficiency.views.blueprint import PAY, TIME, bp
from mes.splitting.rules import minutes

TIMED_METRICS = (Metric.M1, Metric.M2)


@bp.get("/stopwatch")
@requires(TIME)
def stopwatch() -> ResponseReturnValue:
    """Show the person's stopwatch, and the work that was timed."""
    return _stopwatch({}, 200)


def _stopwatch(errors: Mapping[str, str], status: int) -> ResponseReturnValue:
    running = baselines.running(read(), me().id)
    page = render_template(
        "mes/efficiency/stopwatch.html",
        running=running,
        unclosed=baselines.unclosed(read(), now()),
        kinds=() if running is None else timed_kinds(running.metric),
        metrics=TIMED_METRICS,
        page=paged(read(), baselines.timed_rows(), {"at": TimedWork.started_at}, default="-at"),
        length=lambda row: rounded(minutes(row.started_at, row.ended_at), "0.1"),
        done=lambda row: [
            (kind, row.counts[kind.value]) for kind in timed_kinds(row.metric) if kind.value in row.counts
        ],
        typed=request.form,
        errors=errors,
    )
    return page, status


@bp.post("/stopwatch/start")
@requires(TIME)
def stopwatch_start() -> ResponseReturnValue:
    """Start the person's stopwatch."""
    try:
        run(service.start_timed, parse(StartForm, request.form).metric, by=me().id, at=now())
    except AppError as wrong:
        return _stopwatch({"": text_of(wrong)}, status_of(wrong))
    return redirect(url_for(".stopwatch"))


@bp.post("/stopwatch/stop")
@requires(TIME)
def stopwatch_stop() -> ResponseReturnValue:
    """Stop it, with what was done; the end may be told afterwards."""
    try:
        form = parse(StopForm, request.form)
        ended: datetime | None = None if form.ended_at is None else form.ended_at.replace(tzinfo=zone())
        counts = done_counts(request.form)
        run(service.stop_timed, counts, form.note, by=me().id, at=now(), ended_at=ended)
    except InvalidInput as wrong:
        return _stopwatch(wrong.fields, 400)
    except AppError as wrong:
        return _stopwatch({"": text_of(wrong)}, status_of(wrong))
    return redirect(url_for(".stopwatch"))


@bp.get("/paid-minutes")
@requires(PAY)
def paid_show() -> ResponseReturnValue:
    """Show for how many minutes the people of the warehouse were paid on one day."""
    try:
        on = parse(DayForm, request.args.to_dict()).on or today()
    except InvalidInput as wrong:
        return _paid(today(), {}, wrong.fields, 400)
    return _paid(on, {}, {}, 200)


def _paid(on: date, typed: Mapping[str, Any], errors: Mapping[str, str], status: int) -> ResponseReturnValue:
    people = paid_on(read(), on)
    page = render_template("mes/efficiency/paid_show.html", on=on, people=people, typed=typed, errors=errors)
    return page, status


@bp.post("/paid-minutes")
@requires(PAY)
def paid_enter() -> ResponseReturnValue:
    """Enter them."""
    on = today()
    try:
        on = parse(DayForm, request.form).on or on
        run(service.put_paid_time, on, paid_minutes(request.form), by=me().id, at=now(), today=today())
    except InvalidInput as wrong:
        return _paid(on, request.form, wrong.fields, 400)
    except AppError as wrong:
        return _paid(on, request.form, {"": text_of(wrong)}, status_of(wrong))
    return redirect(url_for(".paid_show", on=on))
