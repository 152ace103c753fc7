"""What can be ordered: models, colours, stock sizes, and the vocabulary that sheets are read against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from sqlalchemy.orm import Session

from core.codelists.model import Entry
from core.i18n import Named
from erp.catalogue import queries as catalogue
from erp.catalogue.model import Door
from erp.catalogue.rules.document import DimBasis, ModelDocument, Option, Range
from erp.catalogue.rules.explode import StockLengths
from erp.catalogue.rules.formula import FormulaFault, Table, Value
from erp.materials import queries as materials
from erp.sales.rules.issues import Issue, Severity
from erp.sales.rules.judging import LineValues
from erp.sales.rules.lines import ReadOrder
from erp.sales.rules.orders import LineEntry, entry_of, making_issues, with_usual
from erp.sales.rules.vocabulary import (
    ColourWords,
    Habits,
    LeafLess,
    Limits,
    LockWords,
    ModelWords,
    OptionWords,
    Vocabulary,
)

LOCK_OPTION = "lock"  # the option that a sheet's lock column speaks of


@dataclass(frozen=True, slots=True)
class Offered:
    """One door model that can be ordered now, with the rules that new lines are split with."""

    door: Door
    document: ModelDocument


@dataclass(frozen=True, slots=True)
class Offer:
    """Everything that can be ordered, as one page or one import needs it."""

    doors: dict[str, Offered]  # by code
    colours: dict[str, Entry]  # by code
    stock: StockLengths

    def by_id(self, door_id: int) -> Offered | None:
        """Return the model of that id."""
        return next((one for one in self.doors.values() if one.door.id == door_id), None)

    def with_usual(self, entry: LineEntry) -> LineEntry:
        """Return a line with the choices that its model makes where the line makes none."""
        model = self.doors.get(entry.door_code)
        return entry if model is None else with_usual(entry, model.document)


def offer(session: Session) -> Offer:
    """Return what can be ordered now."""
    documents = catalogue.documents(session)
    doors = {
        door.code: Offered(door, documents[door.id])
        for door in catalogue.doors(session)
        if door.id in documents
    }
    return Offer(doors, catalogue.colours(session), materials.stock_lengths(session))


def option_name(what: str, offered: Offer) -> Named | None:
    """Return the people's words of a choice, 玻璃: 清玻, from a price term's `glass=CLEAR`; None for another text."""
    code, _equals, value = what.partition("=")
    for model in offered.doors.values():
        for option in model.document.options:
            for one in option.values:
                if (option.code, one.code) == (code, value):
                    english = f"{option.name.en or option.name.zh}: {one.name.en or one.name.zh}"
                    return Named(f"{option.name.zh}: {one.name.zh}", english)
    return None


def needed(document: ModelDocument, options: Mapping[str, str]) -> frozenset[str]:
    """Return the fields of a line that a model cannot be made without, with these choices made."""
    names: dict[str, Value | Table] = {
        one.code: options.get(one.code) or one.default or "" for one in document.options
    }
    found = []
    for field, when in document.requires.items():
        try:
            is_needed = when.truth(names)
        except FormulaFault:  # it asks for more than choices: say it rather than not
            is_needed = True
        if is_needed:
            found.append(str(field))
    return frozenset(found)


def vocabulary(offered: Offer, habits: Habits | None = None) -> Vocabulary:
    """Return the words that a dealer's sheet is read against, with the dealer's habits."""
    models = tuple(_model_words(one.door.code, one.document) for one in offered.doors.values())
    colours = tuple(
        ColourWords(entry.code, tuple(filter(None, (entry.name, entry.name_en))), tuple(entry.nicknames))
        for entry in offered.colours.values()
    )
    return Vocabulary(models, colours, habits or Habits())


def entry_for(values: LineValues, offered: Offer) -> LineEntry | None:
    """Return the line that a sheet's row asks for, or None while something is missing."""
    model = offered.doors.get(values.model or "")
    if model is None:
        return entry_of(values, frozenset())
    document = model.document
    further = {one.code for one in document.options} | {one.code for one in document.measures}
    return entry_of(values, frozenset(_lock_codes(document)), frozenset(further))


Known = dict[tuple[str, str], tuple[Issue, ...]]  # (model, hash of the spec) -> what stands against it


def with_making(
    values: LineValues, issues: tuple[Issue, ...], offered: Offer, known: Known | None = None
) -> tuple[Issue, ...]:
    """Return the issues and, when nothing else stops the line, what the catalogue has against it."""
    if any(one.severity is Severity.STOP for one in issues) or (entry := entry_for(values, offered)) is None:
        return issues
    model = offered.doors.get(entry.door_code)
    if model is None:
        return issues
    known = {} if known is None else known
    place = (entry.door_code, entry.spec.sha256)
    if place not in known:
        known[place] = making_issues(entry, model.document, offered.stock)
    return (*issues, *known[place])


def judged(read: ReadOrder, offered: Offer) -> ReadOrder:
    """Return what was read with what the catalogue has against each line; equal lines are worked out once.

    A line takes 2 ms: too long for a command that holds the write lock.
    """
    known: Known = {}
    rows = tuple(
        replace(row, issues=with_making(row.values, row.issues, offered, known)) for row in read.rows
    )
    return replace(read, rows=rows)


def _lock_codes(document: ModelDocument) -> list[str]:
    return [one.code for option in document.options if option.code == LOCK_OPTION for one in option.values]


def _model_words(code: str, document: ModelDocument) -> ModelWords:
    lock = next((one for one in document.options if one.code == LOCK_OPTION), None)
    return ModelWords(
        code=code,
        names=tuple(filter(None, (document.name.zh, document.name.en))),
        kind=document.kind,
        width=_limits(document.limits.width),
        height=_limits(document.limits.height),
        wall=_limits(document.limits.wall) if document.limits.wall else None,
        leaf_less=_leaf_less(document),
        locks=_locks(lock),
        usual_lock=(lock.default or "") if lock else "",
        options=tuple(OptionWords(one.code, _locks(one)) for one in document.options),
        measures=frozenset(one.code for one in document.measures),
    )


def _limits(found: Range) -> Limits:
    return Limits(found.min, found.max)


def _locks(lock: Option | None) -> tuple[LockWords, ...]:
    if lock is None:
        return ()
    return tuple(LockWords(one.code, tuple(filter(None, (one.name.zh, one.name.en)))) for one in lock.values)


def _leaf_less(document: ModelDocument) -> LeafLess | None:
    """Return how much smaller than its opening a single leaf is, by how a size given as the leaf is read."""
    by_leaf = next((one for one in document.openings if one.basis is DimBasis.LEAF), None)
    if by_leaf is None or len(document.leaves) != 1:
        return None
    width, height = document.limits.width.max, document.limits.height.max
    names: dict[str, Value | Table] = {**document.parameters, "W": width, "H": height, "WT": Decimal(0)}
    names |= {one.code: one.default or "" for one in document.options}
    try:
        for one in document.measures:  # as they are where nobody says anything
            is_asked = one.when.truth(names)
            usual = one.min if one.default is None else one.default.number(names)
            names[one.code] = usual if is_asked else Decimal(0)
        return LeafLess(by_leaf.width.number(names) - width, by_leaf.height.number(names) - height)
    except FormulaFault:  # the opening follows from more than the sizes: then nothing can be suspected
        return None
