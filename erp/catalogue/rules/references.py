"""Checks of a pack, first part: everything that is named exists, once, and can be what it is named as."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from core.choices import Choice
from core.errors import RuleViolation
from core.i18n import N_
from erp.catalogue.rules.document import Cut, ModelDocument, PartRule, RequirementRule, Tracked
from erp.catalogue.rules.entries import Assembly, ModelEntry, Pack, may_be
from erp.catalogue.rules.formula import Formula, Template
from erp.catalogue.rules.order import ON_EVERY_LEAF, ON_EVERY_LINE
from erp.catalogue.rules.reading import Reader

EDGES = re.compile(r"[L-]{2}[S-]{2}")


class Listed(Choice):
    """The sections of a pack that others point into."""

    COLOUR = "colours", N_("colour")
    MATERIAL = "materials", N_("material")
    OPERATION = "operations", N_("operation")
    ROUTE = "routes", N_("route")
    PACKAGE = "packages", N_("package rule")
    PROFILE = "profiles", N_("profile")
    ASSEMBLY = "assemblies", N_("assembly")
    PART = "parts", N_("part")
    MODEL = "models", N_("model")
    PARTY = "parties", N_("party")
    ARTICLE = "articles", N_("article")
    DEFECT = "defects", N_("defect")


class Twice(RuleViolation):
    """A code that must be unique stands there a second time."""

    code = "erp.catalogue.twice"
    message = N_("There is more than one %(kind)s “%(code)s”.")


class Nowhere(RuleViolation):
    """A code points at nothing."""

    code = "erp.catalogue.nowhere"
    message = N_("There is no %(kind)s “%(code)s”.")


class NameUnknown(RuleViolation):
    """A formula of a model uses a name that is nowhere given, or only later."""

    code = "erp.catalogue.name_unknown"
    message = N_(
        "Model %(model)s, %(part)s, %(field)s: “%(name)s” is not known at this place of “%(formula)s”."
    )


class NotPackable(RuleViolation):
    """A part goes into a package without a label: no scan could prove that it is there."""

    code = "erp.catalogue.not_packable"
    message = N_("%(part)s goes into a package, so it must be tracked (true or bundle).")


class NotCuttable(RuleViolation):
    """A part that is cut lacks what the saw needs."""

    code = "erp.catalogue.not_cuttable"
    message = N_("%(part)s is cut, so it needs a material and a length, and from a sheet a width as well.")


class BadEdges(RuleViolation):
    """Edges are written as four characters: two long sides, two short ones."""

    code = "erp.catalogue.bad_edges"
    message = N_(
        "Edges are written such as LLS- (two long sides, two short ones, - for none); “%(got)s” is not."
    )


def check_references(pack: Pack, reader: Reader) -> None:
    """Note everything in `pack` that stands twice, points at nothing or uses an unknown name."""
    for listed, records in _lists(pack):
        _check_unique(reader, listed, records)
    _check_pointers(pack, reader)
    for model in pack.models:
        _check_model(pack, reader, model)


def _lists(pack: Pack) -> Iterator[tuple[Listed, Iterable[object]]]:
    yield Listed.COLOUR, pack.colours
    yield Listed.MATERIAL, pack.materials
    yield Listed.OPERATION, pack.operations
    yield Listed.ROUTE, pack.routes
    yield Listed.PACKAGE, pack.packages
    yield Listed.PROFILE, pack.profiles
    yield Listed.ASSEMBLY, pack.assemblies
    yield Listed.MODEL, pack.models
    yield Listed.PARTY, pack.parties
    yield Listed.DEFECT, pack.defects
    yield Listed.ARTICLE, [article for material in pack.materials for article in material.articles]


def _codes(records: Iterable[object]) -> set[str]:
    return {str(getattr(record, "code", "")) for record in records}


def _check_unique(reader: Reader, listed: Listed, records: Iterable[object]) -> None:
    seen: set[str] = set()
    for record in records:
        code = str(getattr(record, "code", ""))
        if code in seen:
            reader.fault(reader.at(record, "code"), Twice(kind=listed, code=code))
        seen.add(code)


def _point(
    reader: Reader, record: object, key: str, listed: Listed, code: str, known: Collection[str]
) -> bool:
    """Note that `record` points at nothing; return whether it points at something."""
    if code not in known:
        reader.fault(reader.at(record, key), Nowhere(kind=listed, code=code))
    return code in known


def _check_pointers(pack: Pack, reader: Reader) -> None:
    colours, operations = _codes(pack.colours), _codes(pack.operations)
    for material in pack.materials:
        if material.colour is not None:
            _point(reader, material, "colour", Listed.COLOUR, material.colour, colours)
    owners: list[tuple[object, tuple[str, ...]]] = [(one, one.operations) for one in pack.routes]
    owners += [(one, one.operations) for one in pack.stations]
    for owner, steps in owners:
        for code in steps:
            _point(reader, owner, "operations", Listed.OPERATION, code, operations)


def _check_model(pack: Pack, reader: Reader, model: ModelEntry) -> None:
    for colour in model.colours:
        _point(reader, model, "colours", Listed.COLOUR, colour, _codes(pack.colours))
    assemblies = _codes(pack.assemblies)
    found = [_point(reader, model, "uses", Listed.ASSEMBLY, code, assemblies) for code in model.uses]
    found.append(_point(reader, model, "profile", Listed.PROFILE, model.profile, _codes(pack.profiles)))
    if not all(found):
        return
    document = pack.document(model)
    _check_unique(reader, Listed.PART, document.parts)
    for part in document.parts:
        _check_part(pack, reader, document, part)
    for rule in document.requirements:
        _check_template(reader, rule, "material", Listed.MATERIAL, rule.material, _codes(pack.materials))
        if rule.joins is not None:
            _point(reader, rule, "joins", Listed.PART, rule.joins, _codes(document.parts))
    _check_names(pack, reader, document, model)


def _check_part(pack: Pack, reader: Reader, document: ModelDocument, part: PartRule) -> None:
    _check_template(reader, part, "material", Listed.MATERIAL, part.material, _codes(pack.materials))
    _check_template(reader, part, "route", Listed.ROUTE, part.route, _codes(pack.routes))
    for key, code in (("joins", part.joins), ("mirror", part.mirror)):
        if code is not None:
            _point(reader, part, key, Listed.PART, code, _codes(document.parts))
    if part.package is not None:
        _point(reader, part, "package", Listed.PACKAGE, part.package, _codes(pack.packages))
        if part.tracked is Tracked.FALSE:
            reader.fault(reader.at(part, "tracked"), NotPackable(part=part.code))
    has_size = part.length is not None and (part.width is not None or part.cut is Cut.BAR)
    if part.cut is not Cut.NONE and (part.material is None or not has_size):
        reader.fault(reader.at(part, "cut"), NotCuttable(part=part.code))
    if not EDGES.fullmatch(part.edges):
        reader.fault(reader.at(part, "edges"), BadEdges(got=part.edges))


def _check_template(
    reader: Reader,
    record: object,
    key: str,
    listed: Listed,
    template: Template | None,
    known: Collection[str],
) -> None:
    """Note a code that cannot be filled to anything known."""
    if template is not None and not template.names and not any(may_be(template, code) for code in known):
        reader.fault(reader.at(record, key), Nowhere(kind=listed, code=template.text))


def _check_names(pack: Pack, reader: Reader, document: ModelDocument, model: ModelEntry) -> None:
    """Note the names that formulas use and nobody gives, in the order in which they are worked out."""
    profile = next(one for one in pack.profiles if one.code == model.profile)
    used = [one for one in pack.assemblies if one.code in model.uses]
    homes: tuple[object, ...] = (model, profile, *used)
    options = {option.code for option in document.options}
    start = set(ON_EVERY_LINE) | set(document.parameters) | set(document.tables) | options
    names = _Names(reader, document.code, start)
    for measure in document.measures:
        names.check(measure, measure.code, ("when", "default"))
        names.known.add(measure.code)
    for opening in document.openings:
        names.check(opening, "opening", ("width", "height"))
    for field, when in document.requires.items():
        names.formula(model, ("requires", str(field)), str(field), when)
    for name, formula in document.results.items():
        names.formula(_home(reader, homes, "results", name), ("results", name), name, formula)
        names.known.add(name)
    for check in document.checks:
        names.check(check, check.kind, ("value", "least", "when"))
    for leaf in document.leaves:
        names.check(leaf, "leaf", ("when", "width", "height"))
    in_leaf = _Names(reader, document.code, names.known | ON_EVERY_LEAF)
    for name, formula in document.leaf_results.items():
        in_leaf.formula(_home(reader, homes, "leaf_results", name), ("leaf_results", name), name, formula)
        in_leaf.known.add(name)
    _check_rule_names(document, names, in_leaf)


def _check_rule_names(document: ModelDocument, names: _Names, in_leaf: _Names) -> None:
    for choice, cases in document.materials.items():
        for (
            case
        ) in cases:  # a material choice is filled for the set and for each leaf, so it sees the set only
            names.check(case, choice, ("when", "use"))
    for one in (names, in_leaf):
        one.known |= document.materials.keys()
    rules: tuple[PartRule | RequirementRule, ...] = (*document.parts, *document.requirements)
    for rule in rules:
        fields = tuple(key for key in type(rule).__dataclass_fields__ if key not in ("code", "name"))
        (in_leaf if rule.per == "leaf" else names).check(rule, rule.code, fields)


class _Names:
    """The names known so far in one model."""

    def __init__(self, reader: Reader, model: str, known: set[str] | frozenset[str]) -> None:
        self.reader, self.model, self.known = reader, model, set(known)

    def check(self, record: object, part: str, keys: Iterable[str]) -> None:
        """Note the unknown names in these fields of a record."""
        for key in keys:
            formula = getattr(record, key)
            if isinstance(formula, Formula | Template):
                self.formula(record, (key,), part, formula)

    def formula(self, record: object, keys: tuple[str, ...], part: str, formula: Formula | Template) -> None:
        """Note the unknown names of one formula."""
        for name in sorted(formula.names - self.known):
            facts = {"model": self.model, "part": part, "field": keys[0], "name": name}
            self.reader.fault(self.reader.at(record, *keys), NameUnknown(**facts, formula=formula.text))


def _home(reader: Reader, homes: Iterable[object], section: str, name: str) -> object:
    """Return the record in whose section a result stands."""
    found: ModelEntry | Assembly | object = next(iter(homes))
    for home in homes:
        if name in getattr(home, section, {}):
            found = home
    return found
