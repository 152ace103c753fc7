"""Pages of auth."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import refresh

from core.auth import pdf, queries, service
from core.auth.forms import LoginForm, PersonForm, PinForm
from core.auth.login import LOCALES, has_person, limiter, log_in, log_out
from core.auth.model import Person
from core.auth.rules import LoginWrong, PinUnfit, Role
from core.clock import now
from core.errors import AppError, InvalidInput, NotFound
from core.web import answers
from core.web.access import logged_in, me, public, requires
from core.web.errors import status_of, text_of
from core.web.forms import parse
from core.web.menu import home_url
from core.web.registry import registry
from core.web.templating import label
from core.work import read, run

bp = Blueprint("core_auth", __name__)
MANAGE = "core.auth.manage"


def _inside(address: str) -> str:
    """Return an address of this site, or the person's first page for any other."""
    parts = urlsplit(address)
    own = not parts.scheme and not parts.netloc and address.startswith("/") and not address.startswith("//")
    return address if own and "\\" not in address else home_url()


@bp.get("/")
@public
def home() -> ResponseReturnValue:
    """Go to the person's first page, or to the log-in."""
    return redirect(home_url() if has_person() else url_for(".login"))


@bp.get("/login")
@public
def login() -> ResponseReturnValue:
    """Show the log-in; an enrolled device asks for a badge first."""
    device = registry().badge_page
    if device is not None and request.cookies.get(device[0]) and "password" not in request.args:
        return redirect(url_for(device[1]))
    return render_template("core/auth/login.html", values={"next": request.args.get("next", "")}, errors={})


@bp.post("/login")
@public
@limiter.limit("20/minute")
@limiter.limit("10/minute", key_func=lambda: "login:" + request.form.get("login", "").strip().lower())
def login_check() -> ResponseReturnValue:
    """Let a person in by password."""
    try:
        form = parse(LoginForm, request.form)
        known = service.check_password(read(), form.login, form.password)
    except InvalidInput as wrong:
        return render_template("core/auth/login.html", values=request.form, errors=wrong.fields), 400
    except LoginWrong as wrong:
        errors = {"password": text_of(wrong)}
        return render_template("core/auth/login.html", values=request.form, errors=errors), status_of(wrong)
    log_in(known)
    if Role.LEADER.value in known.roles and not queries.has_pin(read(), known.id):
        flash(
            _("You have no PIN. Choose one under your name: with it you sign exceptions on the floor."),
            "attn",
        )
    return redirect(_inside(form.next))


@bp.post("/logout")
@logged_in
def logout() -> ResponseReturnValue:
    """Let the person go."""
    log_out()
    return redirect(url_for(".login"))


@bp.post("/language")
@public
def language_set() -> ResponseReturnValue:
    """Change the language, for good when somebody is logged in."""
    wanted = request.form.get("locale", "")
    if wanted not in LOCALES:
        raise InvalidInput({"locale": ", ".join(LOCALES)})
    if has_person():
        run(service.set_locale, me().id, wanted)
    cookie["locale"] = wanted
    refresh()
    return redirect(_inside(request.form.get("next", "")))


@bp.get("/me")
@logged_in
def profile() -> ResponseReturnValue:
    """Show who is logged in and what they may."""
    return render_template("core/auth/profile.html", person=me(), roles=Role)


@bp.get("/me/pin")
@logged_in
def pin_edit() -> ResponseReturnValue:
    """Show the form in which a person chooses their own PIN."""
    return render_template("core/auth/pin_edit.html", errors={})


@bp.post("/me/pin")
@logged_in
@limiter.limit("10/minute")
def pin_choose() -> ResponseReturnValue:
    """Take the PIN that a person chose."""
    try:
        form = parse(PinForm, request.form)
        run(service.choose_pin, me().id, form.password, form.pin, at=now())
    except InvalidInput as wrong:
        return render_template("core/auth/pin_edit.html", errors=wrong.fields), 400
    except LoginWrong:
        errors = {"password": _("This is not your password.")}
        return render_template("core/auth/pin_edit.html", errors=errors), 403
    except PinUnfit as wrong:
        return render_template("core/auth/pin_edit.html", errors={"pin": text_of(wrong)}), status_of(wrong)
    flash(_("Your PIN is chosen. Nobody else knows it, the administrator neither."), "done")
    return redirect(url_for(".profile"))


@bp.get("/people/")
@requires(MANAGE)
def person_list() -> ResponseReturnValue:
    """List everybody."""
    return render_template("core/auth/person_list.html", people=queries.people(read()), all_roles=Role)


@bp.get("/people/badges.pdf")
@requires(MANAGE)
def badge_cards() -> ResponseReturnValue:
    """Answer the badges in force of everybody who may log in, as PDF."""
    cards = [
        pdf.BadgeCard(badge, person.name, ", ".join(label(Role(role)) for role in roles.split(",") if role))
        for person, roles, badge in queries.people(read())
        if badge and person.is_active
    ]
    if not cards:
        raise NotFound
    return answers.pdf(pdf.draw_badges(cards).content, "badges.pdf")


def _form_page(
    person: Person | None, values: object, errors: dict[str, str], status: int
) -> ResponseReturnValue:
    page = render_template(
        "core/auth/person_form.html", person=person, values=values, errors=errors, roles=Role
    )
    return page, status


@bp.get("/people/new")
@requires(MANAGE)
def person_new() -> ResponseReturnValue:
    """Show the form of a new person."""
    return _form_page(None, {"is_active": "true", "roles": []}, {}, 200)


@bp.post("/people/new")
@requires(MANAGE)
def person_add() -> ResponseReturnValue:
    """Take a person in."""
    try:
        form = parse(PersonForm, _given())
        person = run(
            service.add_person,
            form.login,
            form.name,
            [role.value for role in form.roles],
            password=form.password,
            by=me().id,
            at=now(),
        )
    except AppError as wrong:
        return _form_page(None, _given(), _fields(wrong), status_of(wrong))
    flash(_("%(name)s can log in now.", name=person.name), "done")
    return redirect(url_for(".person_list"))


@bp.get("/people/<int:person_id>/")
@requires(MANAGE)
def person_show(person_id: int) -> ResponseReturnValue:
    """Show one person's form."""
    person = _person(person_id)
    known = queries.by_id(read(), person_id)
    values = {
        "login": person.login,
        "name": person.name,
        "is_active": "true" if person.is_active else "",
        "roles": sorted(known.roles) if known else [],
    }
    return _form_page(person, values, {}, 200)


@bp.post("/people/<int:person_id>/")
@requires(MANAGE)
def person_amend(person_id: int) -> ResponseReturnValue:
    """Change a person."""
    try:
        form = parse(PersonForm, _given())
        run(
            service.amend_person,
            person_id,
            name=form.name,
            roles=[role.value for role in form.roles],
            is_active=form.is_active,
            password=form.password or None,
            by=me().id,
            at=now(),
        )
    except AppError as wrong:
        return _form_page(_person(person_id), _given(), _fields(wrong), status_of(wrong))
    flash(_("Saved."), "done")
    return redirect(url_for(".person_list"))


@bp.post("/people/<int:person_id>/badge")
@requires(MANAGE)
def person_badge(person_id: int) -> ResponseReturnValue:
    """Give a person a new badge."""
    code = run(service.give_badge, _person(person_id).id, at=now())
    flash(_("The new badge is %(code)s; the old one is out of force.", code=code), "done")
    return redirect(url_for(".person_list"))


@bp.post("/people/<int:person_id>/pin")
@requires(MANAGE)
def person_pin(person_id: int) -> ResponseReturnValue:
    """Take a person's PIN away; nobody gives one to another."""
    person = _person(person_id)
    run(service.withdraw_pin, person_id, by=me().id, at=now())
    flash(
        _("%(name)s has no PIN now, and is asked at the next log-in to choose one.", name=person.name), "done"
    )
    return redirect(url_for(".person_list"))


def _given() -> dict[str, object]:
    return {**request.form.to_dict(), "roles": request.form.getlist("roles")}


def _fields(wrong: AppError) -> dict[str, str]:
    return wrong.fields if isinstance(wrong, InvalidInput) else {"form": text_of(wrong)}


def _person(person_id: int) -> Person:
    person = read().get(Person, person_id)
    if person is None:
        raise NotFound
    return person
