"""Drafts: changes to entries of the pack, kept as they were typed, and what becomes of the pack with them.

An entry is plain data as `reading.plain` writes it, ordered mappings as lists of pairs; it may be wrong.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.choices import Choice
from core.errors import Conflict, RuleViolation
from core.i18n import N_
from erp.catalogue.rules.corners import check_corners
from erp.catalogue.rules.document import ModelDocument, Operation, PackageRule, Route
from erp.catalogue.rules.entries import Assembly, ModelEntry, Pack, Profile
from erp.catalogue.rules.examples import Difference, Example, example_differences, record_example
from erp.catalogue.rules.proving import Finding, FindingKind
from erp.catalogue.rules.reading import Fault, Reader, node_of_data, plain
from erp.catalogue.rules.references import check_references

LONGEST_REASON = 500


class DraftState(Choice):
    """Where a draft stands."""

    DRAFT = "draft", N_("draft")
    PUBLISHED = "published", N_("published")
    DISCARDED = "discarded", N_("discarded")


class Section(Choice):
    """The sections of a pack that are edited in drafts."""

    MODELS = "models", N_("Door models")
    PROFILES = "profiles", N_("Profiles")
    ASSEMBLIES = "assemblies", N_("Assemblies")
    PACKAGES = "packages", N_("Package rules")
    ROUTES = "routes", N_("Routes")
    OPERATIONS = "operations", N_("Operations")


ENTRIES: dict[Section, type[Any]] = {
    Section.MODELS: ModelEntry,
    Section.PROFILES: Profile,
    Section.ASSEMBLIES: Assembly,
    Section.PACKAGES: PackageRule,
    Section.ROUTES: Route,
    Section.OPERATIONS: Operation,
}


class DraftMoved(Conflict):
    """Somebody else saved the draft after this page was opened."""

    code = "erp.catalogue.draft_moved"
    message = N_(
        "%(who)s changed this draft meanwhile. What you typed stands below; open the draft again and enter it there."
    )


class DraftClosed(RuleViolation):
    """A draft that is published or discarded is not changed any more."""

    code = "erp.catalogue.draft_closed"
    message = N_("The draft “%(name)s” is %(state)s; begin a new one.")


class BaseMoved(Conflict):
    """What the draft changes was published otherwise meanwhile."""

    code = "erp.catalogue.base_moved"
    message = N_(
        "%(codes)s changed since the draft began. Take the newer rules over, look again, then publish."
    )


class DraftFaulty(RuleViolation):
    """A draft with faults is not published."""

    code = "erp.catalogue.draft_faulty"
    message = N_("The draft has %(count)s faults; nothing was published. The first: %(first)s")


class ReasonMissing(RuleViolation):
    """A difference to an example, or what is not proved, is accepted with a reason only."""

    code = "erp.catalogue.reason_missing"
    message = N_(
        "Please write why the differences are accepted (%(count)s are without a reason), or change the rules; "
        "nothing was published."
    )


class NothingChanged(RuleViolation):
    """A draft that says what is published already."""

    code = "erp.catalogue.nothing_changed"
    message = N_("The draft changes nothing; there is nothing to publish.")


class EntryTwice(RuleViolation):
    """A new entry whose code is taken."""

    code = "erp.catalogue.entry_twice"
    message = N_("There is a %(section)s entry “%(code)s” already; choose another code.")


class EntryUnknown(RuleViolation):
    """An entry that the factory does not have."""

    code = "erp.catalogue.entry_unknown"
    message = N_("There is no %(section)s entry “%(code)s”.")


@dataclass(frozen=True, slots=True)
class Change:
    """One entry as the draft wants it; `base` is what it was, nothing for a new entry."""

    section: Section
    code: str
    base: dict[str, Any] | None
    data: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return the change as plain data."""
        return {"section": str(self.section), "code": self.code, "base": self.base, "data": self.data}


def read_changes(rows: list[dict[str, Any]]) -> tuple[Change, ...]:
    """Return the changes that `to_dict` gave."""
    return tuple(Change(Section(row["section"]), row["code"], row["base"], row["data"]) for row in rows)


def entry_of(pack: Pack, section: Section, code: str) -> dict[str, Any] | None:
    """Return an entry of the pack as plain data; nothing if there is none."""
    found = next((one for one in getattr(pack, section.value) if one.code == code), None)
    return None if found is None else dict(as_typed(plain(found)))


def as_typed(data: Any) -> Any:
    """Return plain data with every scalar as the text that a form shows and sends."""
    if isinstance(data, dict):
        return {key: as_typed(value) for key, value in data.items()}
    if isinstance(data, list):
        return [as_typed(value) for value in data]
    return str(data)


def begin_change(pack: Pack, section: Section, code: str, new_code: str = "") -> Change:
    """Return a change of an entry, not changed yet; with `new_code` a copy under that code.

    A copy of a model takes no examples along. Raises EntryUnknown, EntryTwice.
    """
    base = entry_of(pack, section, code)
    if base is None:
        raise EntryUnknown(section=section, code=code)
    if not new_code:
        return Change(section, code, base, base)
    if entry_of(pack, section, new_code) is not None:
        raise EntryTwice(section=section, code=new_code)
    data = {key: value for key, value in base.items() if key != "examples"}
    return Change(section, new_code, None, {**data, "code": new_code})


@dataclass(frozen=True, slots=True)
class Applied:
    """The pack with a draft's changes: nothing of it while there are faults; each with the change it is in."""

    pack: Pack | None
    faults: tuple[tuple[int | None, str, Fault], ...]  # which change, the name of its field, the fault
    moved: tuple[str, ...]  # codes whose base is no longer what the pack holds


def apply(pack: Pack, changes: tuple[Change, ...]) -> Applied:
    """Return the pack with the changes, checked as a file would be; corners of changed models only."""
    data = plain(pack)
    where: dict[tuple[str, int], int] = {}
    moved = []
    for number, change in enumerate(changes):
        rows = data.setdefault(change.section.value, [])
        at = next((i for i, row in enumerate(rows) if row["code"] == change.code), len(rows))
        current = as_typed(rows[at]) if at < len(rows) else None
        if current != change.base:
            moved.append(change.code)
        rows[at : at + 1] = [change.data]
        where[change.section.value, at] = number
    reader = Reader()
    made = reader.record(Pack, node_of_data(data))
    if made is not None:
        check_references(made, reader)
        if not reader.faults:
            changed = {after.code for _, after in affected(pack, made)}
            check_corners(replace(made, models=tuple(m for m in made.models if m.code in changed)), reader)
    faults = tuple(_placed(fault, where) for fault in reader.faults)
    return Applied(None if faults else made, faults, tuple(moved))


_PLACE = re.compile(r"(\w+)\[(\d+)\]\.?(.*)")


def _placed(fault: Fault, where: Mapping[tuple[str, int], int]) -> tuple[int | None, str, Fault]:
    """Return which change a fault is in, and the name of its field in the form."""
    found = _PLACE.fullmatch(fault.path)
    if found is None or (number := where.get((found[1], int(found[2])))) is None:
        return None, fault.path, fault
    field = re.sub(r"\[(\d+)\]", r".\1", found[3])
    key = fault.refusal.facts.get("key") if fault.refusal.code == "erp.catalogue.key_missing" else None
    return number, ".".join(filter(None, (field, key))), fault


def affected(before: Pack, after: Pack) -> tuple[tuple[ModelDocument | None, ModelDocument], ...]:
    """Return the models whose document changed: before (nothing for a new one) and after."""
    old = {one.code: one for one in before.documents}
    pairs = [(old.get(one.code), one) for one in after.documents]
    return tuple((was, now) for was, now in pairs if was is None or was.sha256 != now.sha256)


def rebased(change: Change, current: dict[str, Any] | None) -> Change:
    """Return the change on the newer base: what was not touched here is taken over from there."""
    base, data = change.base or {}, change.data
    newer = current or {}
    kept = {key: data[key] for key in data if data.get(key) != base.get(key) or key in newer}
    taken = {key: newer[key] for key in newer if data.get(key) == base.get(key)}
    gone = {key for key in base if key not in newer and data.get(key) == base[key]}
    return replace(change, base=current, data={k: v for k, v in {**kept, **taken}.items() if k not in gone})


# --- judging ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """What came of one example of one model."""

    model: str
    example: str
    differences: tuple[Difference, ...]

    @property
    def key(self) -> str:
        """Return what an acceptance of it is kept under."""
        return f"{self.model}/{self.example}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Everything that must be said before a draft is published."""

    models: tuple[tuple[ModelDocument | None, ModelDocument], ...]
    findings: tuple[Finding, ...]
    examples: tuple[ExampleResult, ...]

    @property
    def asks(self) -> dict[str, str]:
        """What must be accepted with a reason: by key, its codes as they are kept with the reason."""
        open_ = [one for one in self.findings if one.kind is FindingKind.NOT_PROVED]
        asked = {one.key: f"{one.model} {one.part} {one.field}" for one in open_}
        return asked | {one.key: f"{one.model} {one.example}" for one in self.examples if one.differences}

    def check(self, reasons: Mapping[str, str]) -> None:
        """Refuse what is not to be published. Raises DraftFaulty, ReasonMissing, NothingChanged."""
        faults = [one for one in self.findings if one.kind is FindingKind.FAULT]
        if faults:
            raise DraftFaulty(count=len(faults), first=str(faults[0].refusal))
        missing = [key for key in self.asks if not reasons.get(key, "").strip()]
        if missing:
            raise ReasonMissing(count=len(missing))


def run_examples(pack: Pack, codes: set[str]) -> tuple[ExampleResult, ...]:
    """Return what comes of the examples of these models."""
    return tuple(
        ExampleResult(model.code, example.code, example_differences(pack.document(model), example))
        for model in pack.models
        if model.code in codes
        for example in model.examples
    )


def with_examples_anew(pack: Pack, results: tuple[ExampleResult, ...]) -> Pack:
    """Return the pack with the examples that differ recorded again, or left out where the line is refused."""
    differing = {(one.model, one.example) for one in results if one.differences}

    def anew(model: ModelEntry, one: Example) -> Example | None:
        if (model.code, one.code) not in differing:
            return one
        try:
            return record_example(pack.document(model), one.code, one.line)
        except RuleViolation:
            return None

    models = [
        replace(model, examples=tuple(made for one in model.examples if (made := anew(model, one))))
        for model in pack.models
    ]
    return replace(pack, models=tuple(models))


def data_differences(before: object, after: object, path: str = "") -> list[tuple[str, Any, Any]]:
    """Return the places in which two documents as plain data differ: path, from, to; records by their code."""
    if as_typed(before) == as_typed(after):
        return []
    old, new = _keyed(before), _keyed(after)
    if old is None or new is None:
        return [(path, before, after)]
    made = []
    for key in [*old, *(one for one in new if one not in old)]:
        made += data_differences(old.get(key), new.get(key), f"{path}.{key}" if path else key)
    if not made:  # the same rows in another order
        return [(path, ", ".join(old), ", ".join(new))]
    return made


def _keyed(value: object) -> dict[str, Any] | None:
    """Return a record, or a list whose rows have a code or a name of their own, by these; else nothing."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, list) or not value:
        return None
    rows: list[tuple[Any, Any]] = []
    for row in value:
        if isinstance(row, dict) and "code" in row:
            rows.append((row["code"], row))
        elif isinstance(row, list) and len(row) == 2 and isinstance(row[0], str):
            rows.append((row[0], row[1]))
    keyed = dict(rows)
    return keyed if len(keyed) == len(value) else None
