"""Pages of drafts: rules changed in structured forms, compared with what is published, then published."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.clock import now
from core.errors import AppError, Conflict, InvalidInput, NotFound
from core.web.access import me, requires
from core.web.errors import status_of, text_of
from core.web.forms import measures, parse
from core.work import read, run
from erp.catalogue import queries, service
from erp.catalogue.forms import (
    MEASURE,
    Cell,
    DraftForm,
    TrialForm,
    cells,
    inner,
    options_of,
    pressed,
    shape_of,
    typed,
    typed_tree,
)
from erp.catalogue.model import Draft
from erp.catalogue.queries import Judgement
from erp.catalogue.rules.document import Field, Handing, ModelDocument
from erp.catalogue.rules.drafts import ENTRIES, Change, DraftState, Section
from erp.catalogue.rules.examples import Example, set_differences
from erp.catalogue.views.doors import bp, trial
from erp.catalogue.views.words import Words, entries_of, label_of, names_of, place_text
from erp.materials import queries as materials

EDIT, PUBLISH = "erp.catalogue.edit", "erp.catalogue.publish"
ROWS = ("tuple", "mapping")


@bp.get("/drafts/")
@requires(EDIT)
def draft_list() -> ResponseReturnValue:
    """List the drafts."""
    return _draft_list({}, {})


def _draft_list(values: Mapping[str, str], errors: Mapping[str, str]) -> ResponseReturnValue:
    found, names = queries.drafts(read()), queries.names(read())
    page = "erp/catalogue/draft_list.html"
    status = 400 if errors else 200
    html = render_template(page, drafts=found, names=names, names_of=names_of, values=values, errors=errors)
    return html, status


@bp.post("/drafts/new")
@requires(EDIT)
def draft_begin() -> ResponseReturnValue:
    """Begin a draft; from a model's page with a change of it, or with a new model like it."""
    values = request.form.to_dict()
    try:
        form = parse(DraftForm, values)
        draft = run(service.begin_draft, form.name, form.reason, by=me().id, at=now())
    except InvalidInput as wrong:
        return _draft_list(values, wrong.fields)
    return redirect(url_for(".draft_show", draft_id=draft.id))


@bp.get("/drafts/<int:draft_id>/")
@requires(EDIT)
def draft_show(draft_id: int) -> ResponseReturnValue:
    """Show a draft: what it changes, what is wrong with it, which models it touches."""
    return _draft_show(draft_id, {})


def _draft_show(
    draft_id: int, typed: Mapping[str, str], refused: AppError | None = None
) -> ResponseReturnValue:
    draft = queries.draft(read(), draft_id)
    judged = queries.judge(read(), draft) if draft.state is DraftState.DRAFT else None
    verdict = judged.verdict if judged else None
    models = verdict.models if verdict else queries.published_by(read(), draft_id)
    words, examples = _words([now_ for _was, now_ in models]), _examples(judged)
    page = render_template(
        "erp/catalogue/draft_show.html",
        draft=draft,
        judged=judged,
        verdict=verdict,
        models=models,
        counts={now_.code: queries.differing_count(was, now_) for was, now_ in models},
        sections=list(Section),
        entries=_entries(),
        words=words,
        examples=examples,
        asked=_asked(judged, words, examples),
        typed=typed,
        refused=refused,
        label_of=label_of,
        names_of=names_of,
        place_text=place_text,
        tab_of=_tab_of,
    )
    return page, 200 if refused is None else status_of(refused)


def _entries() -> dict[Section, list[Any]]:
    """Return the entries that can be changed, by section; nothing without a pack."""
    try:
        pack = queries.pack(read())
    except NotFound:
        return {}
    return {section: list(getattr(pack, section.value)) for section in Section}


def _words(documents: list[ModelDocument]) -> Words:
    """Return the names of all that the drafted documents speak of."""
    try:
        entries = entries_of(queries.pack(read()))
    except NotFound:
        entries = []
    others = {**materials.by_code(read()), **queries.colours(read())}
    return Words.of([*entries, *documents], documents, others)


def _examples(judged: Judgement | None) -> dict[str, Example]:
    """Return the examples of the judged models by the key of their result."""
    pack = judged.applied.pack if judged else None
    models = pack.models if pack else ()
    return {f"{model.code}/{one.code}": one for model in models for one in model.examples}


def _asked(judged: Judgement | None, words: Words, examples: Mapping[str, Example]) -> list[str]:
    """Return what must be accepted with a reason, in words; in the order of Verdict.asks."""
    verdict = judged.verdict if judged else None
    if verdict is None:
        return []
    lines = {
        one.key: f"{words.entry(one.model)} · {words.line(examples[one.key])}" for one in verdict.examples
    }
    return [lines.get(key) or words.what(what) for key, what in verdict.asks.items()]


@bp.post("/drafts/<int:draft_id>/add")
@requires(EDIT)
def draft_add(draft_id: int) -> ResponseReturnValue:
    """Take an entry into the draft, or a copy of it under a new code."""
    section_word, _sep, code = request.form.get("entry", "").partition("/")
    section = next((one for one in Section if one == section_word), None)
    new_code = request.form.get("new_code", "").strip()
    try:
        if section is None:
            raise NotFound
        place = run(service.add_change, draft_id, _version(), section, code, new_code, by=me().id, at=now())
    except AppError as refused:
        return _draft_show(draft_id, {}, refused)
    return redirect(url_for(".entry_edit", draft_id=draft_id, n=place))


def _version() -> int:
    return request.form.get("version", 0, type=int)


@bp.post("/drafts/<int:draft_id>/drop")
@requires(EDIT)
def draft_drop(draft_id: int) -> ResponseReturnValue:
    """Take an entry out of the draft."""
    place = request.form.get("n", -1, type=int)
    run(service.drop_change, draft_id, _version(), place, by=me().id, at=now())
    return redirect(url_for(".draft_show", draft_id=draft_id))


@bp.post("/drafts/<int:draft_id>/rebase")
@requires(EDIT)
def draft_rebase(draft_id: int) -> ResponseReturnValue:
    """Put the changes on the rules that were published meanwhile."""
    run(service.rebase, draft_id, _version(), by=me().id, at=now())
    flash(_("The newer rules are taken over; what you changed stands on them."), "done")
    return redirect(url_for(".draft_show", draft_id=draft_id))


@bp.post("/drafts/<int:draft_id>/discard")
@requires(EDIT)
def draft_discard(draft_id: int) -> ResponseReturnValue:
    """Put the draft away."""
    run(service.discard, draft_id, _version(), by=me().id, at=now())
    flash(_("The draft is discarded; nothing was published."), "done")
    return redirect(url_for(".draft_list"))


@bp.post("/drafts/<int:draft_id>/publish")
@requires(PUBLISH)
def draft_publish(draft_id: int) -> ResponseReturnValue:
    """Publish the draft: judged here on a snapshot, written in one short transaction."""
    judged = queries.judge(read(), queries.draft(read(), draft_id))
    given = request.form.to_dict()
    asks = judged.verdict.asks if judged.verdict else {}
    for_all = given.get("reason", "")  # one reason holds for each difference that has none of its own
    reasons = {key: given.get(f"reason_{at}", "").strip() or for_all for at, key in enumerate(asks)}
    try:
        if judged.draft_version != _version():
            raise Conflict
        codes = run(service.publish, judged, reasons, by=me().id, at=now())
    except AppError as refused:
        return _draft_show(draft_id, given, refused)
    flash(_("Published. New versions: %(codes)s.", codes=", ".join(codes) or "–"), "done")
    return redirect(url_for(".draft_show", draft_id=draft_id))


# --- one entry --------------------------------------------------------------


def _place(draft: Draft) -> tuple[int, Change]:
    """Return the entry of the draft that the address asks for. Raises NotFound."""
    place, changes = request.args.get("n", 0, type=int), draft.changes
    if not 0 <= place < len(changes):
        raise NotFound
    return place, changes[place]


def _tabs(change: Change) -> list[str]:
    """Return the tabs of an entry: its plain fields together, then each list of rows."""
    return ["", *(cell.key for cell in cells(ENTRIES[change.section]) if cell.shape in ROWS)]


def _tab_cells(change: Change, tab: str) -> list[Cell]:
    found = cells(ENTRIES[change.section])
    return [one for one in found if (one.key == tab if tab else one.shape not in ROWS)]


def _tab_of(change: Change, field: str) -> str:
    """Return the tab in which a field stands."""
    key = field.split(".")[0]
    return key if key in _tabs(change) else ""


@bp.get("/drafts/<int:draft_id>/entry")
@requires(EDIT)
def entry_edit(draft_id: int) -> ResponseReturnValue:
    """Show one entry of a draft to be changed."""
    draft = queries.draft(read(), draft_id)
    if not draft.changes:
        return redirect(url_for(".draft_show", draft_id=draft_id))
    place, change = _place(draft)
    return _entry_edit(draft, place, change, change.data)


def _entry_edit(
    draft: Draft, place: int, change: Change, data: Mapping[str, Any], refused: AppError | None = None
) -> ResponseReturnValue:
    tab = request.args.get("tab", "")
    if tab not in _tabs(change):
        raise NotFound
    judged = queries.judge(read(), draft) if draft.state is DraftState.DRAFT else None
    page = render_template(
        "erp/catalogue/entry_edit.html",
        draft=draft,
        place=place,
        change=change,
        title=names_of(change),
        place_text=place_text,
        data=data,
        tab=tab,
        tabs=_tabs(change),
        cells=_tab_cells(change, tab),
        errors=_errors(judged, place, change),
        known=_known(judged, change),
        refused=refused,
        label_of=label_of,
        tab_of=_tab_of,
        cells_of=cells,
        inner=inner,
        shape_of=shape_of,
    )
    return page, 200 if refused is None else status_of(refused)


def _errors(judged: Judgement | None, place: int, change: Change) -> dict[str, str]:
    """Return what is wrong with an entry, by the name of the field; what the proof found as well."""
    found: dict[str, str] = {}
    if judged is None:
        return found
    for number, name, fault in judged.applied.faults:
        if number == place:
            found.setdefault(name, text_of(fault.refusal))
    for finding in judged.verdict.findings if judged.verdict else ():
        name = _field_of(change, finding.part, finding.field)
        if name and finding.kind != "warning":
            found.setdefault(name, text_of(finding.refusal))
    return found


def _field_of(change: Change, part: str, field: str) -> str:
    """Return the name of the form's field that a finding is about; empty if it is in another entry."""
    for section in ("parts", "requirements"):
        for at, row in enumerate(change.data.get(section, ())):
            if isinstance(row, dict) and row.get("code") == part:
                return f"{section}.{at}.{field}"
    for section in ("results", "leaf_results"):
        for at, row in enumerate(change.data.get(section, ())):
            if isinstance(row, list) and row[0] in (part, field):
                return f"{section}.{at}.1"
    return ""


def _known(judged: Judgement | None, change: Change) -> dict[str, Any]:
    """Return the names that formulas see, with their values for a usual size of the first model touched."""
    if judged is None:
        return {}
    pack = judged.applied.pack or judged.before
    owns = {Section.MODELS: "code", Section.PROFILES: "profile"}
    key = owns.get(change.section)
    of_it = [
        one for one in pack.models if (getattr(one, key) == change.code if key else change.code in one.uses)
    ]
    model = (of_it or list(pack.models))[0]
    document = pack.document(model)
    made = trial(document).explosion
    choices = {one.code: [value.code for value in one.values] for one in document.options}
    sizes = dict(made.results) if made else dict(document.parameters)
    return {**sizes, **{code: " / ".join(words) for code, words in choices.items()}}


@bp.post("/drafts/<int:draft_id>/entry")
@requires(EDIT)
def entry_save(draft_id: int) -> ResponseReturnValue:
    """Keep what was typed, right or wrong; a button of a row changes the rows first."""
    draft = queries.draft(read(), draft_id)
    place, change = _place(draft)
    tab = request.args.get("tab", "")
    tree = typed_tree(request.form.to_dict())
    verb, _sep, rest = request.form.get("do", "").partition(":")
    path, _sep, at = rest.partition(":")
    if path:
        pressed(tree, verb, path, int(at) if at.isdigit() else -1)
    data = dict(change.data)
    for cell in _tab_cells(change, tab):
        value = typed(cell.hint, tree.get(cell.key))
        if value in (None, "", [], {}):
            data.pop(cell.key, None)
        else:
            data[cell.key] = value
    try:
        run(service.save_entry, draft_id, _version(), place, data, by=me().id, at=now())
    except AppError as refused:
        return _entry_edit(queries.draft(read(), draft_id), place, change, data, refused)
    if not path:
        flash(_("Saved."), "done")
    return redirect(url_for(".entry_edit", draft_id=draft_id, n=place, tab=tab, _anchor=path or None))


# --- comparing --------------------------------------------------------------


def _document(draft: Draft) -> tuple[ModelDocument | None, ModelDocument]:
    """Return the model that the address asks for, before and after; the first touched one if it asks for none.

    Of a published draft: what it published, beside what stood before it. Raises NotFound.
    """
    code = request.args.get("model", "")
    if draft.state is DraftState.PUBLISHED:
        published = queries.published_by(read(), draft.id)
        found = next((pair for pair in published if code in ("", pair[1].code)), None)
        if found is None:
            raise NotFound
        return found
    judged = queries.judge(read(), draft)
    if judged.applied.pack is None:
        raise NotFound
    verdict = judged.verdict
    code = code or (verdict.models[0][1].code if verdict and verdict.models else "")
    old = {one.code: one for one in judged.before.documents}
    new = {one.code: one for one in judged.applied.pack.documents}
    if code not in new:
        raise NotFound
    return old.get(code), new[code]


@bp.get("/drafts/<int:draft_id>/compare")
@requires(EDIT)
def draft_compare(draft_id: int) -> ResponseReturnValue:
    """Show a model as drafted for the sizes in the address, piece by piece beside the published one."""
    draft = queries.draft(read(), draft_id)
    try:
        before, after = _document(draft)
    except NotFound:
        flash(_uncomparable(draft), "attn")
        return redirect(url_for(".draft_show", draft_id=draft_id))
    tried = trial(after)
    was = trial(before) if before else None
    return render_template(
        "erp/catalogue/draft_compare.html",
        draft=draft,
        before=before,
        document=after,
        trial=tried,
        was=was,
        pieces=set_differences(was.explosion if was else None, tried.explosion),
        words=_words([*([before] if before else []), after]),
        colours=queries.colours(read()),
        materials=materials.by_code(read()),
        handings=list(Handing),
        asks=frozenset(str(field) for field in after.requires),
        mother=str(Field.MOTHER_WIDTH),
        label_of=label_of,
    )


def _uncomparable(draft: Draft) -> str:
    """Return why a draft has no drawing and pieces to show."""
    texts: dict[DraftState, str] = {
        DraftState.DRAFT: _("There is nothing to compare yet: mend the faults of the draft first."),
        DraftState.PUBLISHED: _("This draft gave no model other pieces, so there is nothing to compare."),
        DraftState.DISCARDED: _("This draft was discarded; there is nothing to compare."),
    }
    return texts[draft.state]


@bp.post("/drafts/<int:draft_id>/example")
@requires(EDIT)
def draft_example(draft_id: int) -> ResponseReturnValue:
    """Keep the line that is shown as an example of the model."""
    values = request.form.to_dict()
    document = _document(queries.draft(read(), draft_id))[1]
    form = parse(TrialForm, values)
    spec = form.spec(options_of(document, values), measures(values, MEASURE))
    run(service.keep_example, draft_id, _version(), document, spec, by=me().id, at=now())
    flash(_("Kept as an example; it is run whenever rules of this model are published."), "done")
    return redirect(url_for(".draft_show", draft_id=draft_id))
