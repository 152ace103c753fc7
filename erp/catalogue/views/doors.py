"""Pages of the catalogue: the door models, each tried with any size, with its versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.clock import now
from core.errors import InvalidInput, NotFound
from core.web.access import me, requires
from core.web.answers import download
from core.web.errors import text_of
from core.web.forms import measures, parse
from core.web.lists import paged
from core.work import read, run
from erp.catalogue import queries, service
from erp.catalogue.forms import MEASURE, TrialForm, first_values, options_of
from erp.catalogue.model import Door, DoorVersion
from erp.catalogue.rules.document import DoorKind, Field, Handing, ModelDocument
from erp.catalogue.rules.drafts import data_differences
from erp.catalogue.rules.examples import set_differences
from erp.catalogue.rules.explode import attempt
from erp.catalogue.rules.explosion import Explosion
from erp.catalogue.rules.pack import PackFaults, dump_pack, pack_of_bytes
from erp.catalogue.views.words import Words, label_of
from erp.materials import queries as materials

bp = Blueprint("erp_catalogue", __name__)
READ, LOAD, PUBLISH = "erp.catalogue.read", "erp.catalogue.load", "erp.catalogue.publish"
SORTS = {"code": Door.code, "name": Door.name, "kind": Door.kind}


@dataclass(frozen=True, slots=True)
class Trial:
    """What a model gives for what was typed."""

    values: Mapping[str, str]
    errors: Mapping[str, str]
    explosion: Explosion | None = None
    refusals: tuple[Exception, ...] = ()


@bp.get("/doors/")
@requires(READ)
def door_list() -> ResponseReturnValue:
    """List the door models."""
    kind = next((one for one in DoorKind if one == request.args.get("kind")), None)
    rows = queries.listed(request.args.get("q", "").strip()[:60], kind)
    page = paged(read(), rows, SORTS, default="code", scalars=True)
    return render_template(
        "erp/catalogue/door_list.html",
        page=page,
        documents=queries.documents(read()),
        colours=queries.colours(read()),
        kinds=list(DoorKind),
        kind=kind,
    )


@bp.get("/doors/<int:door_id>/")
@requires(READ)
def door_show(door_id: int) -> ResponseReturnValue:
    """Show one model: its drawing and pieces for the sizes in the address, and its versions."""
    door = queries.door(read(), door_id)
    version = _version(door)
    document = queries.document(version)
    return render_template(
        "erp/catalogue/door_show.html",
        door=door,
        version=version,
        versions=queries.versions(read(), door_id),
        document=document,
        trial=trial(document),
        colours=queries.colours(read()),
        materials=materials.by_code(read()),
        operations={one.code: one.name for one in document.operations},
        handings=list(Handing),
        asks=frozenset(str(field) for field in document.requires),
        mother=str(Field.MOTHER_WIDTH),
    )


def _version(door: Door) -> DoorVersion:
    """Return the version that the address asks for, else the current one. Raises NotFound."""
    asked = request.args.get("version", type=int)
    version = queries.current_version(read(), door.id) if asked is None else queries.version(read(), asked)
    if version.door_id != door.id:
        raise NotFound
    return version


def trial(document: ModelDocument) -> Trial:
    """Return what comes of the sizes in the address; of usual ones where there are none."""
    values = request.args.to_dict() if "width_mm" in request.args else first_values(document)
    try:
        form = parse(TrialForm, values)
        sizes = measures(values, MEASURE)
    except InvalidInput as wrong:
        return Trial(values, wrong.fields)
    spec = form.spec(options_of(document, values), sizes)
    explosion, refusals = attempt(document, spec, materials.stock_lengths(read()))
    return Trial(values, {}, explosion, refusals)


@bp.get("/doors/<int:door_id>/history")
@requires(READ)
def door_history(door_id: int) -> ResponseReturnValue:
    """Show the versions of a model with who, when and why, and what differs between two of them."""
    door = queries.door(read(), door_id)
    versions = queries.versions(read(), door_id)
    after = _of(versions, request.args.get("after", type=int), 0)
    before = _of(versions, request.args.get("before", type=int), 1)
    documents = (queries.document(before), queries.document(after))
    tried = trial(documents[1])
    was = trial(documents[0])
    return render_template(
        "erp/catalogue/door_history.html",
        door=door,
        versions=versions,
        before=before,
        after=after,
        names=queries.names(read()),
        drafts={one.id: one for one in queries.drafts(read())},
        rules=data_differences(before.document, after.document),
        pieces=set_differences(was.explosion, tried.explosion),
        trial=tried,
        label_of=label_of,
        words=Words.of(documents, documents, {**materials.by_code(read()), **queries.colours(read())}),
    )


def _of(versions: Sequence[DoorVersion], position: int | None, otherwise: int) -> DoorVersion:
    """Return the version of that position, else the one so far from the newest. Raises NotFound."""
    if not versions:
        raise NotFound
    found = next((one for one in versions if one.position == position), None)
    return found or versions[min(otherwise, len(versions) - 1)]


@bp.post("/doors/<int:door_id>/retire")
@requires(PUBLISH)
def door_retire(door_id: int) -> ResponseReturnValue:
    """Take a model out of what can be ordered."""
    door = run(service.set_retired, door_id, True, by=me().id, at=now())
    flash(_("%(code)s is retired: no new lines, orders that have it go on.", code=door.code), "done")
    return redirect(url_for(".door_show", door_id=door_id))


@bp.post("/doors/<int:door_id>/restore")
@requires(PUBLISH)
def door_restore(door_id: int) -> ResponseReturnValue:
    """Let a retired model be ordered again."""
    door = run(service.set_retired, door_id, False, by=me().id, at=now())
    flash(_("%(code)s can be ordered again.", code=door.code), "done")
    return redirect(url_for(".door_show", door_id=door_id))


@bp.get("/pack")
@requires(LOAD)
def pack_choose() -> ResponseReturnValue:
    """Ask for a factory pack."""
    return render_template("erp/catalogue/pack_choose.html", faults=(), error="")


@bp.post("/pack")
@requires(LOAD)
def pack_load() -> ResponseReturnValue:
    """Load a factory pack, whole or not at all."""
    file = request.files.get("file")
    if file is None or not file.filename:
        error = _("Please choose a file.")
        return render_template("erp/catalogue/pack_choose.html", faults=(), error=error), 400
    try:
        pack = pack_of_bytes(file.read())
    except PackFaults as wrong:
        error = text_of(wrong)
        return render_template("erp/catalogue/pack_choose.html", faults=wrong.faults, error=error), 422
    loaded = run(service.load_pack, pack, by=me().id, at=now())
    if loaded.is_unchanged:
        flash(_("This pack is loaded already; nothing changed."), "done")
    else:
        message = _("Loaded: %(versions)s models with new rules, %(materials)s materials new or changed.")
        flash(message % {"versions": loaded.versions, "materials": loaded.materials}, "done")
    return redirect(url_for(".door_list"))


@bp.get("/pack.yaml")
@requires(READ)
def pack_dump() -> ResponseReturnValue:
    """Answer the factory as a pack that can be loaded again."""
    return download(dump_pack(queries.pack(read())).encode(), "application/yaml", "factory.yaml")
