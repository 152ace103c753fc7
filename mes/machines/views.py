"""Pages of machines: the day of all, one machine, the tablet beside it, the shifts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.clock import now
from core.errors import InvalidInput
from core.i18n import N_
from core.web import lists
from core.web.access import me, requires
from core.web.forms import parse
from core.web.templating import label, mm, named, today, zone
from core.work import read, run
from mes.machines import queries, service
from mes.machines.forms import EndForm, MachineForm, PressForm, ShiftForm
from mes.machines.model import Machine, StateChange
from mes.machines.queries import MachineWork
from mes.machines.rules import figures
from mes.machines.rules.counters import MachineClock
from mes.machines.rules.figures import Made, Times, clock, minutes, percent
from mes.machines.rules.states import SETTING_UP, MachineState, Span, StopReason
from mes.scanning import queries as scanning
from mes.scanning.rules import DEVICE_COOKIE

bp = Blueprint("mes_machines", __name__)
READ, REPORT, MANAGE = "mes.machines.read", "mes.machines.report", "mes.machines.manage"
DAY = timedelta(days=1)
SHAPES = {  # how the strip of a day draws a state
    MachineState.WORKING: "run",
    MachineState.STANDBY: "idle",
    MachineState.READY: "idle",
    MachineState.ERROR: "down",
}
STATE_OF_CLOCK = {  # which state should have lasted as long as a machine's own clock says
    MachineClock.PRODUCTION: MachineState.WORKING,
    MachineClock.WORKING: MachineState.WORKING,
    MachineClock.READY: MachineState.READY,
    MachineClock.STANDBY: MachineState.STANDBY,
    MachineClock.ERROR: MachineState.ERROR,
    MachineClock.OFF: MachineState.OFFLINE,
}
FIGURES = (
    (N_("Availability"), N_("production time / planned time")),
    (N_("Utilisation efficiency"), N_("production time / time switched on")),
    (N_("Effectiveness"), N_("planned run time of the pieces / production time")),
    (N_("Quality ratio"), N_("good pieces / pieces")),
    (N_("OEE"), N_("availability × effectiveness × quality ratio")),
    (N_("NEE"), N_("the same, with set-up as no loss")),
    (N_("Setup rate"), N_("set-up time / set-up and production time")),
    (N_("Technical efficiency"), N_("production time / production time and delays")),
)


@dataclass(frozen=True, slots=True)
class Day:
    """The day that a page is about, in the factory's time; of today, up to now."""

    on: date

    @property
    def since(self) -> datetime:
        """Its beginning."""
        return datetime.combine(self.on, time(), zone())

    @property
    def before(self) -> datetime:
        """Its end, or now while it lasts."""
        return min(self.since + DAY, max(now(), self.since))

    @property
    def neighbours(self) -> tuple[date, date]:
        """The day before and the day after."""
        return self.on - DAY, self.on + DAY


def _day() -> Day:
    """Return the day of the address; today where it names none, or none that can be read."""
    try:
        return Day(date.fromisoformat(request.args.get("day", "")))
    except ValueError:
        return Day(today())


@bp.get("/")
@requires(READ)
def machine_list() -> ResponseReturnValue:
    """Show what every machine did on a day, and what was lost."""
    session, day = read(), _day()
    some = queries.machines(session)
    found = queries.work(session, some, day.since, day.before, zone())
    times = queries.together([one for one in found if one.machine.is_key])
    return render_template(
        "mes/machines/machine_list.html",
        day_shown=day,
        found=found,
        strip=_strip,
        figures=figures,
        times=times,
        losses=queries.lost(found)[:8],
        told=_loss,
        has_shifts=bool(queries.shifts(session)),
        hearing=queries.hearing(session, today(), now()),
        percent=percent,
        clock=clock,
    )


@bp.get("/<int:machine_id>/")
@requires(READ)
def machine_show(machine_id: int) -> ResponseReturnValue:
    """Show one machine's day: its strip, its figures, its losses, its changes of state."""
    session, day = read(), _day()
    machine = queries.by_id(session, machine_id)
    (found,) = queries.work(session, [machine], day.since, day.before, zone())
    rows = queries.changes_within(machine_id, day.since, day.before)
    return render_template(
        "mes/machines/machine_show.html",
        machine=machine,
        day_shown=day,
        work=found,
        strip=_strip,
        figures=_figures(found.times, found.made),
        losses=found.losses,
        told=_loss,
        clocks=_clocks(found, queries.own_clocks(session, machine_id, day.since, day.before)),
        page=lists.paged(session, rows, {"at": StateChange.began_at}, default="-at"),
        clock=clock,
    )


@bp.get("/<int:machine_id>/changes.xlsx")
@requires(READ)
def change_export(machine_id: int) -> ResponseReturnValue:
    """Answer a machine's changes of state of a day as a spreadsheet."""
    day = _day()
    machine = queries.by_id(read(), machine_id)
    rows = queries.changes_within(machine_id, day.since, day.before).order_by(StateChange.began_at)
    columns: dict[str, Any] = {
        _("When"): lambda row: row[0].began_at,
        _("State"): lambda row: label(row[0].state),
        _("Reason"): lambda row: row[0].reason and label(row[0].reason),
        _("Alarm"): lambda row: row[0].alarm,
        _("Told"): lambda row: label(row[0].source),
        _("Who"): lambda row: row.person,
    }
    return lists.export(f"{machine.key}-{day.on}.xlsx", columns, read().execute(rows).all())


def _figures(times: Times, made: Made) -> list[tuple[str, str, Any]]:
    """Return the eight figures with their names and formulas, in the order of FIGURES."""
    values = (
        figures.availability(times),
        figures.utilisation_efficiency(times),
        figures.effectiveness(times, made),
        figures.quality_ratio(made),
        figures.oee(times, made),
        figures.nee(times, made),
        figures.setup_rate(times),
        figures.technical_efficiency(times),
    )
    return [(name, formula, percent(value)) for (name, formula), value in zip(FIGURES, values, strict=True)]


def _clocks(
    work: MachineWork, own: Mapping[MachineClock, timedelta]
) -> list[tuple[MachineClock, Fraction, Fraction | None]]:
    """Return what the machine's own clocks counted, in minutes, and beside it what its states come to."""
    by_state: defaultdict[MachineState | None, timedelta] = defaultdict(timedelta)
    for span in work.spans:
        by_state[span.state] += span.length
    told = ((kind, own[kind]) for kind in MachineClock if kind in own)
    return [
        (kind, minutes(length), minutes(by_state[STATE_OF_CLOCK[kind]]) if kind in STATE_OF_CLOCK else None)
        for kind, length in told
    ]


def _strip(work: MachineWork, since: datetime) -> list[tuple[float, float, str, str]]:
    """Return a machine's day as the chart draws it: minutes of the day, shape, words."""
    return [
        (_minute(span.begin, since), _minute(span.end, since), _shape(span), _words(span))
        for span in work.spans
        if span.state is not MachineState.OFFLINE
    ]


def _minute(at: datetime, since: datetime) -> float:
    return (at - since).total_seconds() / 60  # a place in a picture, no measure


def _shape(span: Span) -> str:
    if span.state is None:
        return "nosig"
    return "setup" if span.reason in SETTING_UP else SHAPES[span.state]


def _words(span: Span) -> str:
    begin, end = (f"{at.astimezone(zone()):%H:%M}" for at in (span.begin, span.end))
    what = _("nothing known") if span.state is None else label(span.state)
    why = f" · {label(span.reason)}" if span.reason else ""
    return f"{begin}–{end} {what}{why}"


def _loss(one: figures.Loss) -> str:
    """Return what a loss is called: its reason, or the state where nobody gave one."""
    if one.state is None:
        return label(one.reason or StopReason.OTHER)
    sentence: str = _("%(state)s, no reason given", state=label(one.state))
    return sentence


# --- writing machines down ------------------------------------------------------------


@bp.get("/new")
@requires(MANAGE)
def machine_new() -> ResponseReturnValue:
    """Show the form of a new machine."""
    return _machine_form(None, {"is_key": "1", "is_active": "1"}, {})


@bp.post("/new")
@requires(MANAGE)
def machine_add() -> ResponseReturnValue:
    """Write a machine down."""
    return _put_machine(None)


@bp.get("/<int:machine_id>/edit")
@requires(MANAGE)
def machine_edit(machine_id: int) -> ResponseReturnValue:
    """Show what is written of a machine, to be changed."""
    machine = queries.by_id(read(), machine_id)
    names = ("key", "name", "name_en", "station_id", "is_key", "is_active")
    values = {name: getattr(machine, name) for name in names}
    return _machine_form(machine, values | {"planned_run_min": mm(machine.planned_run_min)}, {})


@bp.post("/<int:machine_id>/edit")
@requires(MANAGE)
def machine_put(machine_id: int) -> ResponseReturnValue:
    """Change what is written of a machine."""
    return _put_machine(queries.by_id(read(), machine_id))


def _put_machine(machine: Machine | None) -> ResponseReturnValue:
    try:
        form = parse(MachineForm, request.form)
    except InvalidInput as wrong:
        return _machine_form(machine, request.form, wrong.fields)
    kept = run(service.put_machine, machine.id if machine else None, form.facts, by=me().id, at=now())
    flash(_("%(name)s is saved.", name=named(kept)), "done")
    return redirect(url_for(".machine_show", machine_id=kept.id), 303)


def _machine_form(
    machine: Machine | None, values: Mapping[str, Any], errors: Mapping[str, str]
) -> ResponseReturnValue:
    page = render_template(
        "mes/machines/machine_form.html",
        machine=machine,
        values=values,
        errors=errors,
        stations=scanning.stations(read()),
    )
    return page, 400 if errors else 200


# --- the tablet -----------------------------------------------------------------------


@bp.get("/tablet")
@requires(REPORT)
def tablet() -> ResponseReturnValue:
    """Show one machine's state in large, with a button for each state and each reason of a stop."""
    session = read()
    device = request.args.get("device") or request.cookies.get(DEVICE_COOKIE, "")
    where = scanning.where(session, device) if device else None
    here = queries.at_station(session, where.station_id) if where else ()
    some = here or queries.machines(session)
    wanted = request.args.get("machine", type=int)
    machine = next((one for one in some if one.id == wanted), some[0] if len(some) == 1 else None)
    return render_template(
        "mes/machines/tablet.html",
        where=where,
        machines=some,
        machine=machine,
        last=queries.last_change(session, machine.id) if machine else None,
        is_heard=machine is not None and queries.is_heard(machine, now()),
        stopped=service.STOPPED,
        done=_today(machine) if machine else None,
        reasons=StopReason,
        states=MachineState,
        percent=percent,
        availability=figures.availability,
        device=device if where else "",
        badge=cookie.get("badge", "") if where else "",
        lock_url=url_for("mes_production.lock", device=device) if where else "",
    )


def _today(machine: Machine) -> MachineWork:
    day = Day(today())
    (found,) = queries.work(read(), [machine], day.since, day.before, zone())
    return found


@bp.post("/<int:machine_id>/press")
@requires(REPORT)
def press(machine_id: int) -> ResponseReturnValue:
    """Take a button of the tablet."""
    form = parse(PressForm, request.form)
    run(service.press, machine_id, form.state, form.reason, by=me().id, at=now())
    return redirect(url_for(".tablet", machine=machine_id, device=request.args.get("device")), 303)


# --- shifts ---------------------------------------------------------------------------


@bp.get("/shifts/")
@requires(READ)
def shift_list() -> ResponseReturnValue:
    """Show the shifts, and the form of a new one."""
    return _shift_page({"weekday": ["1", "2", "3", "4", "5", "6"], "from_on": today()}, {})


@bp.post("/shifts/")
@requires(MANAGE)
def shift_add() -> ResponseReturnValue:
    """Set a shift up."""
    typed = {**request.form.to_dict(), "weekday": request.form.getlist("weekday")}
    try:
        form = parse(ShiftForm, typed)
    except InvalidInput as wrong:
        return _shift_page(typed, wrong.fields)
    run(service.add_shift, form.name, form.times, form.machine_id, by=me().id, at=now())
    flash(_("Shift %(name)s is set up.", name=form.name), "done")
    return redirect(url_for(".shift_list"), 303)


@bp.post("/shifts/<int:shift_id>/end")
@requires(MANAGE)
def shift_end(shift_id: int) -> ResponseReturnValue:
    """Say which day is a shift's last."""
    form = parse(EndForm, request.form)
    run(service.end_shift, shift_id, form.until_on, by=me().id, at=now())
    flash(_("Saved."), "done")
    return redirect(url_for(".shift_list"), 303)


def _shift_page(values: Mapping[str, Any], errors: Mapping[str, str]) -> ResponseReturnValue:
    first = {key.split(".")[0]: text for key, text in errors.items()}
    page = render_template(
        "mes/machines/shift_list.html",
        shifts=queries.shift_rows(read()),
        machines=queries.machines(read()),
        values=values,
        errors=first,
    )
    return page, 400 if errors else 200
