"""Proof before publishing: no formula of a model fails anywhere inside its limits.

A box of lines (boxes.py) is halved until it is proved, a line in it is found that fails, or it is one line. A fault
is always shown on a line that the evaluator itself refuses. Lengths are mm.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields
from decimal import localcontext

from core.choices import Choice
from core.errors import AppError, RuleViolation
from core.i18n import N_
from erp.catalogue.rules.boxes import Box, Sizes, halves, line_of, points, whole_box
from erp.catalogue.rules.document import (
    Case,
    Cut,
    DimBasis,
    ModelDocument,
    PartRule,
    Per,
    RequirementRule,
)
from erp.catalogue.rules.explode import MOST_OF_ONE, StockLengths, attempt
from erp.catalogue.rules.formula import CONTEXT, Formula, Template, tidy
from erp.catalogue.rules.line import (
    ArchitraveTooNarrow,
    ChoiceMissing,
    GlassTooLarge,
    LeafTooNarrow,
    LineSpec,
    NotASize,
    OffTheGrid,
    OutOfLimits,
    StockTooNarrow,
    StockTooShort,
)
from erp.catalogue.rules.numbers import MayFail, NoLine
from erp.catalogue.rules.order import Given, Stage
from erp.catalogue.rules.over import Bounds, Names, Over, Seen, names_of
from erp.catalogue.rules.ranges import NO, Ranged, number, truths
from erp.catalogue.rules.references import Listed, Nowhere
from erp.catalogue.rules.samples import corners
from erp.catalogue.rules.scope import told

MOST_BOXES = 1000  # for one field of one part; most fields need a handful
OF_THE_LINE = (
    ArchitraveTooNarrow,
    GlassTooLarge,
    LeafTooNarrow,
    OffTheGrid,
    OutOfLimits,
    ChoiceMissing,
    NotASize,
)  # order entry refuses
OF_THE_STOCK = (StockTooShort, StockTooNarrow)


class NotProved(RuleViolation):
    """A field that could be neither proved nor refuted within the number of boxes that are tried."""

    code = "erp.catalogue.not_proved"
    message = N_(
        "%(name)s, %(what)s: “%(formula)s” is not proved for %(between)s. No size that fails "
        "was found; accept it with a reason, or write the formula more plainly."
    )


class FindingKind(Choice):
    """What a proof can say of one field."""

    FAULT = "fault", N_("fault")
    NOT_PROVED = "not_proved", N_("not proved")
    WARNING = "warning", N_("warning")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the proof found: the field, the refusal, and the line that meets it."""

    kind: FindingKind
    model: str
    part: str
    field: str
    formula: str
    refusal: AppError
    spec: LineSpec | None = None

    @property
    def key(self) -> str:
        """Return what an acceptance of it is kept under; another formula is another finding."""
        return f"{self.model}/{self.part}/{self.field}/{self.formula}"


class _Want(Choice):
    VALUE = "value", N_("A value")
    NUMBER = "number", N_("A number")
    TRUTH = "truth", N_("A condition")
    SIZE = "size", N_("A size")
    COUNT = "count", N_("A count")
    QUANTITY = "quantity", N_("A quantity")
    TEXT = "text", N_("A text")


@dataclass(frozen=True, slots=True, eq=False)
class _Need:
    """One field that must hold: where it is, what it must be, and when it is worked out at all."""

    part: str
    field: str
    rule: Formula | Template
    want: _Want
    seen: Seen
    leaf: int = 0  # 0: of the set
    place: int | None = None  # of the name that the field gives
    when: tuple[Formula, ...] = ()
    count: Formula | None = None  # nothing else is worked out of a part that there is none of
    known: frozenset[str] | None = None  # the words that a text may be filled to

    @property
    def uses(self) -> list[int]:
        """The places of the names that its formulas use."""
        formulas = (self.rule, *self.when, *((self.count,) if self.count else ()))
        return [self.seen[name] for one in formulas for name in one.names if name in self.seen]


def prove(
    document: ModelDocument, materials: Collection[str] | None = None, stock: StockLengths | None = None
) -> tuple[Finding, ...]:
    """Return everything found: faults first, then what is not proved, then warnings; empty when all is well.

    `materials` are the codes that a part may name; without them that is not looked at. A part that no `stock`
    can give is a warning, except at the smallest opening, where the pack's own check refuses it.
    """
    found: dict[tuple[str, str, str], Finding] = {}
    known = None if materials is None else frozenset(materials)
    with localcontext(CONTEXT):
        for opening in document.openings:
            for finding in _Proof(document, opening.basis, known).run():
                found.setdefault((finding.part, finding.field, finding.kind), finding)
    found |= {(one.part, one.field, one.kind): one for one in _too_large(document, stock or {})}
    order = list(FindingKind)
    return tuple(sorted(found.values(), key=lambda one: order.index(one.kind)))


def _too_large(document: ModelDocument, stock: StockLengths) -> Iterator[Finding]:
    for _, spec in corners(document):
        for refusal in attempt(document, spec, stock)[1]:
            if isinstance(refusal, OF_THE_STOCK):
                part = str(refusal.facts["piece"])
                yield Finding(FindingKind.WARNING, document.code, part, "length", "", refusal, spec)


# --- what must hold ---------------------------------------------------------


def _needs(names: Names, materials: frozenset[str] | None) -> Iterator[_Need]:
    """Yield every field that must hold, about in the order in which the evaluator meets them."""
    document = names.document
    for place in names.places:
        yield from _place_needs(document, place)
    asked, at_end = names.visible[Stage.LEAVES, 0], names.visible[Stage.RESULT, 0]
    for field, when in document.requires.items():
        yield _Need(str(field), "when", when, _Want.TRUTH, asked)
    for check in document.checks:
        yield _Need(check.kind, "when", check.when, _Want.TRUTH, at_end)
        for key, formula in (("value", check.value), ("least", check.least)):
            yield _Need(check.kind, key, formula, _Want.NUMBER, at_end, when=(check.when,))
    routes = frozenset(one.code for one in document.routes)
    rules: tuple[PartRule | RequirementRule, ...] = (*document.parts, *document.requirements)
    for rule in rules:
        for leaf in range(1, len(document.leaves) + 1) if rule.per is Per.LEAF else range(1):
            seen = names.visible[Stage.MATERIAL, leaf]
            known = {"route": routes, "material": materials}
            yield from _rule_needs(rule, leaf, seen, known)


def _place_needs(document: ModelDocument, one: Given) -> Iterator[_Need]:
    """Yield what must hold of a name: that it can be worked out, and that the size of a leaf is one."""
    source, place = one.source, one.at
    if one.stage is Stage.OPENING and isinstance(source, Formula):
        field = "width" if one.name == "OW" else "height"
        yield _Need("openings", field, source, _Want.NUMBER, one.seen, place=place)
    elif one.stage is Stage.RESULT and isinstance(source, Formula):
        yield _Need(one.name, "results", source, _Want.VALUE, one.seen, place=place)
    elif one.stage is Stage.LEAF_SIZE and isinstance(source, Formula):
        yield _Need(f"LEAF_{one.leaf}", "leaves", source, _Want.SIZE, one.seen, one.leaf, place)
    elif one.stage is Stage.LEAF_RESULT and isinstance(source, Formula):
        yield _Need(f"LEAF_{one.leaf}", one.name, source, _Want.VALUE, one.seen, one.leaf, place)
    elif one.stage is Stage.MEASURE:
        measure = document.measures[[m.code for m in document.measures].index(one.name)]
        field = "when" if measure.default is None else "default"
        yield _Need(one.name, field, measure.default or measure.when, _Want.NUMBER, one.seen, place=place)
    elif one.stage is Stage.LEAVES:
        for leaf in document.leaves:
            yield _Need("leaves", "when", leaf.when, _Want.TRUTH, one.seen)
    elif one.stage is Stage.MATERIAL and isinstance(source, tuple) and isinstance(source[0], Case):
        yield _Need(one.name, "materials", source[0].use, _Want.VALUE, one.seen, one.leaf, place)


def _rule_needs(
    rule: PartRule | RequirementRule, leaf: int, seen: Seen, known: dict[str, frozenset[str] | None]
) -> Iterator[_Need]:
    """Yield the needs of a part or requirement: every formula and template among its fields."""
    of_cut = ("cut_length", "cut_width")
    is_cut = isinstance(rule, PartRule) and rule.cut is not Cut.NONE
    for one in fields(rule):
        value = getattr(rule, one.name)
        when: tuple[Formula, ...] = (rule.when,)
        if isinstance(rule, PartRule) and is_cut and one.name in ("material", *of_cut):
            when = (rule.when, rule.cut_when)
        if one.name == "when" and isinstance(value, Formula):
            yield _Need(rule.code, one.name, value, _Want.TRUTH, seen, leaf)
        elif one.name == "quantity" and isinstance(value, Formula):
            want = _Want.COUNT if isinstance(rule, PartRule) else _Want.QUANTITY
            yield _Need(rule.code, one.name, value, want, seen, leaf, when=when)
        elif isinstance(value, Formula | Template) and (is_cut or one.name not in (*of_cut, "cut_when")):
            want = _Want.TEXT if isinstance(value, Template) else _Want.SIZE
            want = _Want.TRUTH if one.name == "cut_when" else want
            words = known.get(one.name)
            yield _Need(
                rule.code, one.name, value, want, seen, leaf, when=when, count=rule.quantity, known=words
            )


def _holds(need: _Need, over: Over, box: Box) -> bool:
    """Whether a field surely holds on every line of the box, or on all that order entry takes."""
    try:
        return _is_not_asked(need, over, box) or _is_wanted(need, over, box)
    except NoLine:
        return True
    except MayFail:
        return False


def _is_not_asked(need: _Need, over: Over, box: Box) -> bool:
    """Whether the field is surely not worked out: there is no such leaf, its rule does not apply, there is none."""
    names = over.names
    if need.leaf:
        when = names.document.leaves[need.leaf - 1].when
        if truths(over.value(when, names.visible[Stage.CHOICE, 0], box)) == NO:
            return True
    if any(truths(over.value(when, need.seen, box)) == NO for when in need.when):
        return True
    return need.count is not None and number(over.value(need.count, need.seen, box)).high <= 0


def _is_wanted(need: _Need, over: Over, box: Box) -> bool:
    if isinstance(need.rule, Template) and need.place is None:
        texts = over.texts(Case(need.rule), need.seen, box)
        return need.known is None or texts <= need.known | {""}
    if need.place is not None:
        return _is_good(need.want, over.at(need.place, box))
    return isinstance(need.rule, Formula) and _is_good(need.want, over.value(need.rule, need.seen, box))


def _is_good(want: _Want, value: Ranged) -> bool:
    if want is _Want.VALUE:
        return not isinstance(value, tuple)
    if want is _Want.TRUTH:
        return bool(truths(value))
    size = number(value)
    if want is _Want.SIZE:
        return size.low > 0
    if want is _Want.COUNT:
        return size.is_whole and size.low >= 0 and size.high <= MOST_OF_ONE
    return want is _Want.NUMBER or size.low >= 0


# --- the boxes --------------------------------------------------------------


class _Proof:
    """The proof of every field over all lines in one basis; a field open in a box is looked at in its halves."""

    def __init__(self, document: ModelDocument, basis: DimBasis, materials: frozenset[str] | None) -> None:
        self.document, self.basis = document, basis
        self.names = names_of(document, basis)
        self.bounds = Bounds(self.names)
        self.plain, self.narrow = self.bounds.over, Over(self.names, self.bounds)
        self.needs = tuple(_needs(self.names, materials))

    def run(self) -> Iterator[Finding]:
        """Yield one finding for each field that does not hold everywhere."""
        root = self._shrunk(whole_box(self.document, self.basis))
        faulty: set[int] = (
            set()
        )  # places of names that fail somewhere: what leans on them waits until they are mended
        for need in self.needs if root is not None else ():
            if faulty and self.names.leans_on(faulty, need.uses):
                continue
            for finding in self._proved(need, root or {}):
                if finding.kind is FindingKind.FAULT and need.place is not None:
                    faulty.add(need.place)
                yield finding

    def _shrunk(self, box: Box) -> Box | None:
        """Return the box without the halves at its ends that are refused anyway; None if nothing is left."""
        if self.bounds.is_refused(box):
            return None
        for name, side in box.items():
            while isinstance(side, Sizes) and not side.is_one:
                left = [half for half in side.halves if not self.bounds.is_refused({**box, name: half})]
                if len(left) != 1:
                    break
                side = left[0]
            box = {**box, name: side}
        return box

    def _proved(self, need: _Need, root: Box) -> Iterator[Finding]:
        """Yield what is to be said of one field; nothing where it holds."""
        stack, open_, count = [root], list[Box](), 0
        while stack:
            box = stack.pop()
            if _holds(need, self.plain, box) or _holds(need, self.narrow, box):
                continue
            if (finding := self._fault(need, box)) is not None:
                yield finding
                return
            count += 1
            if count > MOST_BOXES:
                open_.append(box)
            else:
                stack += self._halves(need, box)[::-1]
        if open_:
            yield self._not_proved(need, open_)

    def _follows_from(self, need: _Need) -> frozenset[str]:
        """Return the sides of a box that a field follows from."""
        names = self.names
        sides = names.of((need.rule, *need.when, need.count), need.seen)
        if need.place is not None:
            sides |= names.sides[need.place]
        if need.leaf:
            when = self.document.leaves[need.leaf - 1].when
            sides |= names.of((when,), names.visible[Stage.CHOICE, 0])
        return sides

    def _halves(self, need: _Need, box: Box) -> list[Box]:
        """Return the box in two: by what the field follows from, then by what decides whether a line is refused."""
        return halves(box, self._follows_from(need)) or halves(box, self.bounds.sides)

    def _fault(self, need: _Need, box: Box) -> Finding | None:
        """Return the fault that one of some lines in the box shows."""
        for one in points(box):
            if not self.bounds.is_refused(one) and not _holds(need, self.plain, one):
                spec = line_of(self.document, self.basis, one)
                refusal = self._refusal(spec, need)
                if refusal is not None:
                    return self._finding(FindingKind.FAULT, need, refusal, spec)
        return None

    def _refusal(self, spec: LineSpec, need: _Need) -> AppError | None:
        """Return what the evaluator itself says to a line; nothing where order entry refuses it."""
        made, refusals = attempt(self.document, spec)
        if any(isinstance(one, OF_THE_LINE) for one in refusals):
            return None
        if refusals:
            return next((one for one in refusals if one.facts.get("part") == need.part), refusals[0])
        if made is None or need.field != "material" or need.known is None:
            return None
        codes = [one.material_code for one in made.pieces if one.rule_code == need.part]
        codes += [one.material_code for one in made.requirements if one.rule_code == need.part]
        missing = [one for one in codes if one and one not in need.known]
        return Nowhere(kind=Listed.MATERIAL, code=missing[0]) if missing else None

    def _not_proved(self, need: _Need, boxes: list[Box]) -> Finding:
        between = []
        for name in sorted(self._follows_from(need)):
            sides = [side for box in boxes if isinstance(side := box[name], Sizes)]
            if sides:
                low, high = min(one.low for one in sides), max(one.high for one in sides)
                between.append(f"{name} {tidy(low)}–{tidy(high)}")
        facts = told(self.document, need.part, need.field)
        refusal = NotProved(**facts, formula=need.rule.text, between=", ".join(between) or "–")
        return self._finding(FindingKind.NOT_PROVED, need, refusal, None)

    def _finding(self, kind: FindingKind, need: _Need, refusal: AppError, spec: LineSpec | None) -> Finding:
        part = str(refusal.facts.get("part", need.part))
        field, formula = need.field, need.rule.text
        if part != need.part:  # the evaluator stopped earlier
            field, formula = str(refusal.facts.get("field", "")), str(refusal.facts.get("formula", ""))
        return Finding(kind, self.document.code, part, field, formula, refusal, spec)
