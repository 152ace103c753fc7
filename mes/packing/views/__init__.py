"""Pages of packing: the bench, a package, its label."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from core.audit import queries as audit
from core.clock import day_of, now
from core.errors import InvalidInput, NotFound
from core.files.photos import PhotoUnreadable
from core.printing.answers import labels as answer_labels
from core.web.access import me, requires
from core.web.errors import status_of, text_of
from core.web.forms import parse
from core.web.menu import panels
from core.work import read, run
from mes.packing import pdf, queries, service
from mes.packing.forms import DamageForm
from mes.packing.queries import PackageFacts
from mes.packing.rules import DamageStage, NotDamageable
from mes.packing.service import damage
from mes.packing.views.rechecks import sent_photo
from mes.scanning import queries as scanning
from mes.scanning.rules import DEVICE_COOKIE

bp = Blueprint("mes_packing", __name__)
PLACE = "mes.packing.package"  # where upper features put their panels


@bp.get("/bench")
@requires("mes.packing.pack")
def bench() -> ResponseReturnValue:
    """Show the packing bench, with the package in hand when the address names one."""
    session, package_id = read(), request.args.get("package", type=int)
    device = request.args.get("device") or request.cookies.get(DEVICE_COOKIE, "")
    where = scanning.where(session, device) if device else None
    return render_template(
        "mes/packing/bench.html",
        facts=None if package_id is None else _facts(package_id),
        waiting=queries.open_packages(session, me().id),
        where=where,
        device=device if where else "",
        badge=cookie.get("badge", "") if where else "",
        lock_url=url_for("mes_production.lock", device=device) if where else "",
    )


@bp.get("/packages/<int:package_id>/bench")
@requires("mes.packing.pack")
def package_bench(package_id: int) -> ResponseReturnValue:
    """Answer the bench's parts for one package: what is in hand, and its contents."""
    last = request.args.get("last", type=int)
    return render_template("mes/packing/_bench.html", facts=_facts(package_id), last=last)


@bp.get("/packages/<int:package_id>/missing")
@requires("mes.packing.pack")
def package_missing(package_id: int) -> ResponseReturnValue:
    """Answer what a package waits for, and where that is."""
    return render_template("mes/packing/_missing.html", missing=queries.missing(read(), package_id))


@bp.get("/orders/<int:order_id>/missing")
@requires("mes.packing.read")
def order_missing(order_id: int) -> ResponseReturnValue:
    """Show what the packages of an order still wait for, and where it is."""
    number = queries.order_number(read(), order_id)
    if number is None:
        raise NotFound
    rows = queries.missing_of_order(read(), order_id)
    return render_template(
        "mes/packing/order_missing.html",
        number=number,
        order_id=order_id,
        rows=rows,
        has_packages=queries.has_packages(read(), order_id),
    )


@bp.get("/packages/<int:package_id>/")
@requires("mes.packing.read")
def package_show(package_id: int) -> ResponseReturnValue:
    """Show one package: contents, scans, labels."""
    facts, session = _facts(package_id), read()
    return render_template(
        "mes/packing/package_show.html",
        facts=facts,
        codes=queries.piece_codes(session, package_id),
        missing={row.item.piece_id: row for row in queries.missing(session, package_id)},
        scans=queries.scans(session, package_id),
        history=audit.history(session, service.SUBJECT, package_id),
        damages=queries.damages(session, package_id),
        shown_panels=[
            (one.title, Markup(render_template(one.template, **one.context)))  # noqa: S704  (our own template)
            for one in panels(PLACE, package_id)
        ],
    )


@bp.get("/packages/<int:package_id>/label.pdf")
@requires("mes.packing.read")
def package_label(package_id: int) -> ResponseReturnValue:
    """Answer a package's label as PDF."""
    return _labels([_facts(package_id)])


@bp.get("/orders/<int:order_id>/labels.pdf")
@requires("mes.packing.read")
def order_labels(order_id: int) -> ResponseReturnValue:
    """Answer the labels of all packages of an order as PDF."""
    found = queries.packages(read(), order_id=order_id)
    if not found:
        raise NotFound
    return _labels(found)


@bp.post("/packages/<int:package_id>/print")
@requires("mes.packing.label")
def package_print(package_id: int) -> ResponseReturnValue:
    """Write down that a label is printed, and print it, or answer it where no printer is named."""
    return _print([_facts(package_id)], url_for(".package_label", package_id=package_id))


@bp.post("/orders/<int:order_id>/print")
@requires("mes.packing.label")
def order_print(order_id: int) -> ResponseReturnValue:
    """Write down that all labels of an order are printed, and print them, or answer them where no printer is named."""
    found = queries.packages(read(), order_id=order_id)
    if not found:
        raise NotFound
    return _print(found, url_for(".order_labels", order_id=order_id))


@bp.post("/packages/<int:package_id>/reprint")
@requires("mes.packing.label")
def package_reprint(package_id: int) -> ResponseReturnValue:
    """Replace a torn label: a new code, the old one refused from now on."""
    code = run(service.reprint_label, package_id, by=me().id, at=now())
    flash(_("New label %(code)s. Print it and throw the old one away.", code=code), "done")
    return redirect(url_for(".package_show", package_id=package_id), 303)


@bp.get("/packages/<int:package_id>/damage")
@requires("mes.packing.damage")
def package_damage(package_id: int) -> ResponseReturnValue:
    """Show the form in which a damage is told."""
    return _damage_form(package_id, {}, {}), 200


@bp.post("/packages/<int:package_id>/damage")
@requires("mes.packing.damage")
def package_report(package_id: int) -> ResponseReturnValue:
    """Tell that a package is damaged, with a photo; what was typed stays when it is refused."""
    try:
        form = parse(DamageForm, request.form)
        photo_id = sent_photo()
        run(damage.report_damage, package_id, form.stage, form.note, photo_id, by=me().id, at=now())
    except InvalidInput as wrong:
        return _damage_form(package_id, request.form, wrong.fields), 400
    except (NotDamageable, PhotoUnreadable) as wrong:
        return _damage_form(package_id, request.form, {"form": text_of(wrong)}), status_of(wrong)
    flash(
        _("The damage is written down. The package is not loaded until it is opened and sealed again."),
        "done",
    )
    return redirect(url_for(".package_show", package_id=package_id), 303)


def _damage_form(package_id: int, values: object, errors: dict[str, str]) -> str:
    return render_template(
        "mes/packing/package_damage.html",
        facts=_facts(package_id),
        values=values,
        errors=errors,
        stages=[one for one in DamageStage if one not in (DamageStage.RECHECK, DamageStage.RETURN)],
    )


@bp.post("/packages/<int:package_id>/void")
@requires("mes.packing.override")
def package_void(package_id: int) -> ResponseReturnValue:
    """Make a package void that nothing belongs into."""
    run(damage.void_empty, package_id, by=me().id, at=now())
    flash(_("The package is void; its label is refused from now on."), "done")
    return redirect(url_for(".package_show", package_id=package_id), 303)


@bp.get("/sets/<int:set_id>/drawing")
@requires("mes.packing.pack")
def set_drawing(set_id: int) -> ResponseReturnValue:
    """Answer the drawing of a door set with one piece pointed out."""
    drawing = queries.drawing(read(), set_id)
    if drawing is None:
        raise NotFound
    return render_template("mes/packing/_drawing.html", drawing=drawing, hot=request.args.get("hot", ""))


def _facts(package_id: int) -> PackageFacts:
    found = queries.packages(read(), package_id=package_id)
    if not found:
        raise NotFound
    return found[0]


def _print(packages: list[PackageFacts], shown_at: str) -> ResponseReturnValue:
    answer = _labels(packages) if "printer" in request.form else redirect(shown_at, 303)
    run(service.count_labels, [facts.box.package_id for facts in packages], by=me().id, at=now())
    return answer


def _labels(packages: list[PackageFacts]) -> ResponseReturnValue:
    zone = current_app.config["TIMEZONE"]
    labels = [
        pdf.PackageLabel(
            facts, f"{day_of(facts.sealed_at, zone)}　{facts.sealed_by}" if facts.sealed_at else ""
        )
        for facts in packages
    ]
    first = packages[0].box
    printed = pdf.draw_labels(labels, f"{first.order_number} {first.number}")
    name = f"{first.order_number}.pdf" if len(packages) > 1 else f"{first.code}.pdf"
    return answer_labels(printed.content, name)
