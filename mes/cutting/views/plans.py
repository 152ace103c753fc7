"""Pages of cutting: plans, their pictures, papers and labels."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any

from flask import current_app, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.clock import now
from core.company.views import company_name
from core.errors import NotFound
from core.i18n import Named
from core.jobs.rules import JobState
from core.printing.answers import labels as answer_labels
from core.web import answers
from core.web.access import me, requires
from core.web.lists import export, paged
from core.web.templating import label, local, named
from core.work import read, run
from mes.cutting import pdf, queries, service
from mes.cutting.model import CutPlan
from mes.cutting.queries import Part, PlanPage, SheetShown, settings
from mes.cutting.rules import PlanState, dxf, ptx
from mes.cutting.service import results
from mes.cutting.views.blueprint import EXPORT_MOST, PLAN, READ, bp
from mes.nesting.rules.cuts import Cut
from mes.nesting.rules.instance import Kind
from mes.nesting.rules.plan import Plan
from mes.planning import queries as planning

CSV, PTX = "text/csv; charset=utf-8", "application/octet-stream"
BARS_SHOWN = 30  # bars on one page of a plan
SHADES = ("", "b", "c")  # of parts in the picture
TRIM_STAGE = 3  # the last style of line that the picture has


@bp.get("/plans/")
@requires(READ)
def plan_list() -> ResponseReturnValue:
    """List the cut plans, the newest first."""
    session, state = read(), _state()
    rows = queries.listed(request.args.get("q", "").strip(), state)
    return render_template(
        "mes/cutting/plan_list.html",
        page=paged(session, rows, queries.SORTS, default="-number"),
        state=state,
        counts=queries.state_counts(session),
    )


@bp.get("/plans/export.xlsx")
@requires(READ)
def plan_export() -> ResponseReturnValue:
    """Answer the list of plans as a spreadsheet."""
    rows = queries.listed(request.args.get("q", "").strip(), _state()).order_by(CutPlan.id.desc())
    columns = {
        _("Cut plan"): lambda row: row[0].number,
        _("Batch"): lambda row: row[3].number,
        _("Material"): lambda row: named(row[1]),
        _("State"): lambda row: label(row[0].state),
        _("Sheets or bars"): lambda row: row[0].stock_count,
        _("Yield"): lambda row: "" if row[0].yield_rate is None else f"{row[0].yield_rate:.1%}",
        _("Parts to cut"): lambda row: row[0].piece_count,
    }
    return export("cut-plans.xlsx", columns, read().execute(rows.limit(EXPORT_MOST)).all())


@bp.post("/batches/<int:batch_id>/plan")
@requires(PLAN)
def batch_plan(batch_id: int) -> ResponseReturnValue:
    """Have the cut plans of a batch computed, or those of what came since."""
    plans = run(service.plan_batch, batch_id, by=me().id, at=now())
    flash(_("%(count)s cut plans are being computed.", count=len(plans)), "done")
    return redirect(url_for("mes_planning.batch_show", batch_id=batch_id), 303)


@bp.post("/remakes/plan")
@requires(PLAN)
def remakes_plan() -> ResponseReturnValue:
    """Have everything that is made again planned now."""
    plans = run(service.plan_remakes, by=me().id, at=now())
    flash(_("%(count)s cut plans are being computed.", count=len(plans)), "done")
    return redirect(url_for("mes_planning.batch_show", batch_id=plans[0].batch_id), 303)


@bp.get("/batches/<int:batch_id>/progress.json")
@requires(READ)
def batch_progress(batch_id: int) -> ResponseReturnValue:
    """Say how far the plans of a batch are, as the bar of a job wants it."""
    found = queries.batch_progress(read(), batch_id, now())
    state = JobState.RUNNING if found is not None and found.is_open else JobState.DONE
    return jsonify(
        state=state.value,
        label=label(state),
        done=found.done if found else 0,
        total=found.total if found else 0,
        left="" if found is None else render_template("mes/cutting/_progress.html", progress=found),
        error=None,
    )


@bp.post("/batches/<int:batch_id>/stop")
@requires(PLAN)
def batch_stop(batch_id: int) -> ResponseReturnValue:
    """Stop what is being computed for a batch; the best plans found so far are kept."""
    count = run(results.stop_batch, batch_id, at=now())
    flash(_("%(count)s cut plans are stopped; the best that was found so far is kept.", count=count), "done")
    return redirect(url_for("mes_planning.batch_show", batch_id=batch_id), 303)


@bp.post("/plans/<int:plan_id>/stop")
@requires(PLAN)
def plan_stop(plan_id: int) -> ResponseReturnValue:
    """Stop one plan that is being computed; the best found so far is kept."""
    plan = run(results.stop_plan, plan_id, at=now())
    if plan.state is PlanState.READY:
        flash(_("%(number)s is kept as it stands.", number=plan.number), "done")
    return redirect(url_for(".plan_show", plan_id=plan_id), 303)


@bp.post("/batches/<int:batch_id>/replan")
@requires(PLAN)
def batch_replan(batch_id: int) -> ResponseReturnValue:
    """Have everything of a batch that is not cut yet planned anew."""
    plans = run(service.replan, batch_id, by=me().id, at=now())
    flash(
        _(
            "Sheets that were not cut are given up, their labels are void; %(count)s cut plans are being computed.",
            count=len(plans),
        ),
        "done",
    )
    return redirect(url_for("mes_planning.batch_show", batch_id=batch_id), 303)


@bp.get("/plans/<int:plan_id>/")
@requires(READ)
def plan_show(plan_id: int) -> ResponseReturnValue:
    """Show a plan: the sheet that the address names, how it is sawn, and all the others."""
    session = read()
    page = queries.plan_page(session, plan_id)
    at = max(1, min(request.args.get("sheet", 1, type=int) or 1, len(page.lines) or 1))
    is_bar = page.instance.kind is Kind.BAR
    shown = queries.sheets(session, page, range(at, at + BARS_SHOWN) if is_bar else [at])
    alike = _alike(shown)
    return render_template(
        "mes/cutting/plan_show.html",
        page=page,
        at=at,
        sheets=shown,
        alike=alike,
        pictures=[_picture(page, same[0], count=len(same)) for same in alike],
        next_at=at + BARS_SHOWN,
        back_at=max(1, at - BARS_SHOWN),
    )


@bp.get("/plans/<int:plan_id>/plan.pdf")
@requires(READ)
def plan_pdf(plan_id: int) -> ResponseReturnValue:
    """Answer a plan as PDF for the saw."""
    page, sheets = _ready(plan_id)
    printed = _("Printed %(moment)s, %(name)s", moment=local(now()), name=me().name)
    paper = pdf.plan_paper(page, sheets, pdf.Printing(company_name(), printed))
    return answers.pdf(paper.content, f"{page.plan.number}.pdf")


@bp.get("/plans/<int:plan_id>/plan.ptx")
@requires(READ)
def plan_ptx(plan_id: int) -> ResponseReturnValue:
    """Answer a plan for a saw that reads it: its patterns, or with `parts=1` only the parts for its own optimiser."""
    page, sheets = _ready(plan_id)
    head = ptx.PtxHead(
        version=settings.ptx_version(read(), page.plan.station_id),
        job=page.plan.number,
        material=page.material.code.upper(),
        thickness_mm=page.material.thickness_mm or Decimal(0),
        boards_per_book=page.book_count,
        profile_mm=queries.profile_mm(sheets),
    )
    result = _computed(page)
    is_parts = request.args.get("parts") == "1"
    content = ptx.parts_only(page.instance, head) if is_parts else ptx.patterns(page.instance, result, head)
    return answers.download(content, PTX, f"{page.plan.number}{'-parts' if is_parts else ''}.ptx")


@bp.get("/plans/<int:plan_id>/layouts.zip")
@requires(READ)
def plan_dxf(plan_id: int) -> ResponseReturnValue:
    """Answer the layouts of a plan as DXF drawings, one file for each pattern."""
    page, _sheets = _ready(plan_id)
    stocks = {stock.id: stock for stock in page.instance.stock}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for pattern, layout in enumerate(_computed(page).layouts, start=1):
            name = f"{page.plan.number}-{pattern}x{layout.repeat}.dxf"
            archive.writestr(name, dxf.drawing(page.instance, stocks[layout.stock], layout))
    return answers.download(file.getvalue(), "application/zip", f"{page.plan.number}-dxf.zip")


@bp.get("/plans/<int:plan_id>/parts.csv")
@requires(READ)
def plan_csv(plan_id: int) -> ResponseReturnValue:
    """Answer the parts of a plan in cutting order, a row for each, with where they lie."""
    page, sheets = _ready(plan_id)
    file = io.StringIO()
    lines = csv.writer(file)
    lines.writerow(
        (
            *(_("Sheet no."), _("Sheet label"), _("Pattern"), _("Place"), _("Label"), _("Piece"), _("Set")),
            *(_("Length, mm"), _("Width, mm"), "x, mm", "y, mm", _("Turned"), _("Edges"), _("Mitre")),
            _("Mitre allowance, mm"),
        )
    )
    for sheet in sheets:
        for part in sheet.parts:
            piece, at = part.piece, part.place
            lines.writerow(
                (
                    *(
                        sheet.row.position,
                        sheet.row.code,
                        sheet.row.pattern + 1,
                        at.position,
                        piece.code or "",
                    ),
                    *(named(part.name), part.set_number, at.length_mm, at.width_mm, at.x_mm, at.y_mm),
                    *(int(at.is_turned), piece.edges, piece.mitre, part.allowance_mm or ""),
                )
            )
    return answers.download(file.getvalue().encode("utf-8-sig"), CSV, f"{page.plan.number}-parts.csv")


def _computed(page: PlanPage) -> Plan:
    """Return a plan's result. Raises NotFound while there is none."""
    if page.result is None:
        raise NotFound
    return page.result


@bp.route("/plans/<int:plan_id>/labels.pdf", methods=["GET", "POST"])
@requires(READ)
def plan_labels(plan_id: int) -> ResponseReturnValue:
    """Answer the labels of a plan's sheets and pieces in cutting order, in the factory's language."""
    page, sheets = _ready(plan_id)
    printed = pdf.labels(page, sheets, current_app.config["LOCALE"])
    return answer_labels(printed.content, f"{page.plan.number}-labels.pdf")


@bp.route("/batches/<int:batch_id>/labels.pdf", methods=["GET", "POST"])
@requires(READ)
def batch_labels(batch_id: int) -> ResponseReturnValue:
    """Answer the label of a batch and those of all its plans, in the factory's language."""
    batch = planning.batch_page(read(), batch_id).batch
    ready = [one.plan.id for one in queries.plans_of(read(), batch_id) if one.plan.state is PlanState.READY]
    printed = pdf.batch_labels(batch.number, batch.code, map(_ready, ready), current_app.config["LOCALE"])
    return answer_labels(printed.content, f"{batch.number}-labels.pdf")


def _ready(plan_id: int) -> tuple[PlanPage, list[SheetShown]]:
    """Return a plan with all its sheets in force. Raises NotFound while there are none."""
    session = read()
    page = queries.plan_page(session, plan_id)
    sheets = [sheet for sheet in queries.sheets(session, page) if sheet.row.dropped_at is None]
    if not sheets:
        raise NotFound
    return page, sheets


def _state() -> PlanState | None:
    """Return the state that the list is narrowed to."""
    return next((state for state in PlanState if state.value == request.args.get("view")), None)


def _alike(sheets: Sequence[SheetShown]) -> list[list[SheetShown]]:
    """Return sheets that are cut alike one after the other together; one with a void part stands alone."""

    def key(sheet: SheetShown) -> tuple[int, bool, int]:
        is_odd = any(part.is_void for part in sheet.parts) or sheet.row.dropped_at is not None
        return sheet.row.pattern, is_odd, sheet.row.position if is_odd else 0

    return [list(same) for _key, same in groupby(sheets, key)]


def _picture(page: PlanPage, sheet: SheetShown, *, count: int = 1) -> dict[str, Any]:
    """Return a sheet as the chart macros draw it: pixels, so floats are right here.

    Whose parts they are is told of a sheet alone, not of `count` that are cut alike.
    """
    rules = sorted({part.piece.rule_code for part in sheet.parts})
    trim = page.instance.trim
    codes = {(int(one.x_mm * 10), int(one.y_mm * 10)): one.code for one in sheet.offcuts}
    return {
        "stock": {"length": sheet.stock.length_dmm / 10, "width": sheet.stock.width_dmm / 10},
        "trim": {
            "left": trim.left_dmm / 10,
            "right": trim.right_dmm / 10,
            "bottom": trim.bottom_dmm / 10,
            "top": trim.top_dmm / 10,
        },
        "layout": {
            "placements": [
                {
                    "part": part.piece.rule_code,
                    "x": float(part.place.x_mm),
                    "y": float(part.place.y_mm),
                    "l": float(part.place.length_mm),
                    "w": float(part.place.width_mm),
                    "cls": SHADES[rules.index(part.piece.rule_code) % len(SHADES)],
                    "name": _("void: %(name)s", name=named(part.name)) if part.is_void else _titled(part),
                    "who": part.set_number if count == 1 else f"× {count}",
                    "ends": part.piece.mitre,
                    "m": float(part.allowance_mm),
                }
                for part in sheet.parts
            ],
            "offcuts": [
                {
                    "x": offcut.x_dmm / 10,
                    "y": offcut.y_dmm / 10,
                    "l": offcut.length_dmm / 10,
                    "w": offcut.width_dmm / 10,
                    "name": _("Offcut"),
                    "code": codes.get((offcut.x_dmm, offcut.y_dmm), ""),
                }
                for offcut in sheet.layout.offcuts
            ],
        },
        "cuts": [_line(cut) for cut in sheet.cuts],
        "rest": sum(offcut.length_dmm for offcut in sheet.layout.offcuts) / 10,
        "material": named(Named(page.material.name, page.material.name_en)),
    }


def _titled(part: Part) -> str:
    """Return what is written on a part: its place, its name, and of a matched pair which of the two it is."""
    words = f"{part.place.position} · {named(part.name)}"
    return f"{words} · {_('pair %(which)s', which=part.pair)}" if part.pair else words


def _line(cut: Cut) -> dict[str, Any]:
    """Return one cut as the chart macros draw it."""
    return {
        "n": cut.n,
        "stage": min(cut.stage, TRIM_STAGE),
        "x1": cut.x1_dmm / 10,
        "y1": cut.y1_dmm / 10,
        "x2": cut.x2_dmm / 10,
        "y2": cut.y2_dmm / 10,
    }
