"""Proof before publishing: no formula of a model fails anywhere inside its limits.

Sizes are typed in steps of 0.1 mm, so a box of lines can be halved until it is proved, a line in it is found
that fails, or it is one line. A fault is always shown on a line that the evaluator itself refuses. Lengths are mm.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext

from core.choices import Choice
from core.errors import AppError, RuleViolation
from core.i18n import N_
from erp.catalogue.rules.document import (
    TRUE,
    DimBasis,
    Field,
    Handing,
    ModelDocument,
    PartRule,
    Per,
    RequirementRule,
)
from erp.catalogue.rules.explode import MOST_OF_ONE, StockLengths, attempt
from erp.catalogue.rules.formula import CONTEXT, Formula, FormulaFault, Template, tidy
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
from erp.catalogue.rules.ranges import NO, YES, MayFail, Num, Ranged, exact, filled, number, ranged, truths
from erp.catalogue.rules.references import Listed, Nowhere
from erp.catalogue.rules.samples import corners
from erp.catalogue.rules.scope import LARGEST_MM

GRID_MM = Decimal("0.1")
MOST_BOXES = 1000  # for one field of one part; most fields need a few dozen
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
        "Model %(model)s, %(part)s, %(field)s: “%(formula)s” is not proved for %(between)s. No size that fails "
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


@dataclass(frozen=True, slots=True)
class Box:
    """Many lines at once: the sizes between two ends, the words that each choice can be."""

    basis: DimBasis
    sizes: Mapping[str, tuple[Decimal, Decimal]]
    words: Mapping[str, tuple[str, ...]]


class _Want(Choice):
    VALUE = "value", N_("A value")
    TRUTH = "truth", N_("A condition")
    SIZE = "size", N_("A size")
    COUNT = "count", N_("A count")
    QUANTITY = "quantity", N_("A quantity")
    TEXT = "text", N_("A text")


@dataclass(frozen=True, slots=True)
class _Need:
    """One field that must hold: where, what it must be, and the condition of its rule."""

    part: str
    field: str
    rule: Formula | Template
    want: _Want
    leaf: int = 0  # 0: of the set
    when: Formula = TRUE
    known: frozenset[str] | None = None  # the words that a text may be filled to
    layer: int = 4
    limit: int = 10_000


BASE, RESULTS, LEAF, LEAF_RESULTS, CHOICES = range(5)  # where a name stands; the later hides the earlier


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
            root = _shrunk(document, _root(document, opening.basis))
            if root is None:
                continue
            for finding in _Proof(document, root).run(tuple(_needs(document, known))):
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


def _needs(document: ModelDocument, materials: frozenset[str] | None) -> Iterator[_Need]:
    """Yield every field that must hold, in the order in which the evaluator meets them."""
    for at, (name, formula) in enumerate(document.results.items()):
        yield _Need(name, "results", formula, _Want.VALUE, layer=RESULTS, limit=at)
    for check in document.checks:
        for key, formula in (("value", check.value), ("least", check.least)):
            yield _Need(check.kind, key, formula, _Want.VALUE, when=check.when, layer=RESULTS)
    for index, leaf in enumerate(document.leaves, start=1):
        for formula in (leaf.width, leaf.height):
            yield _Need(f"LEAF_{index}", "leaves", formula, _Want.SIZE, when=leaf.when, layer=RESULTS)
        for at, (name, formula) in enumerate(document.leaf_results.items()):
            yield _Need(f"LEAF_{index}", name, formula, _Want.VALUE, index, layer=LEAF_RESULTS, limit=at)
    routes = frozenset(one.code for one in document.routes)
    rules: tuple[PartRule | RequirementRule, ...] = (*document.parts, *document.requirements)
    for rule in rules:
        for leaf_index in _leaf_indexes(document, rule.per):
            yield from _rule_needs(rule, leaf_index, routes, materials)


def _leaf_indexes(document: ModelDocument, per: Per) -> range:
    return range(1, len(document.leaves) + 1) if per is Per.LEAF else range(1)


def _rule_needs(
    rule: PartRule | RequirementRule, leaf: int, routes: frozenset[str], materials: frozenset[str] | None
) -> Iterator[_Need]:
    """Yield the needs of a part or requirement: every formula and template among its fields."""
    known = {"route": routes, "material": materials}
    counted = _Want.COUNT if isinstance(rule, PartRule) else _Want.QUANTITY
    for one in fields(rule):
        value = getattr(rule, one.name)
        if isinstance(value, Template):
            yield _Need(rule.code, one.name, value, _Want.TEXT, leaf, rule.when, known.get(one.name))
        elif isinstance(value, Formula) and one.name in ("when", "cut_when"):
            yield _Need(rule.code, one.name, value, _Want.TRUTH, leaf)
        elif isinstance(value, Formula):
            want = counted if one.name == "quantity" else _Want.SIZE
            yield _Need(rule.code, one.name, value, want, leaf, rule.when)


# --- the names over a box ---------------------------------------------------


class _Names:
    """The ranges of a document's names over one box, each worked out when it is first asked for."""

    def __init__(self, document: ModelDocument, box: Box, leaf: int) -> None:
        self.document, self.box, self.leaf = document, box, leaf
        self.found: dict[tuple[int, str], Ranged] = {}
        self.base = self._base()
        self.rows: dict[int, Mapping[str, object]] = {RESULTS: document.results, CHOICES: document.materials}
        if leaf:
            self.rows[LEAF_RESULTS] = document.leaf_results
        self.of_leaf = self._of_leaf() if leaf else {}

    def _base(self) -> dict[str, Ranged]:
        words = self.box.words
        made: dict[str, Ranged] = {name: frozenset(chosen) for name, chosen in words.items()}
        made |= {
            "dim_basis": exact(str(self.box.basis)),
            "hinge_side": frozenset(one[-1:] for one in words["handing"]),
            "opens": frozenset(one.split("_")[0] for one in words["handing"]),
        }
        return made | {name: Num(low, high) for name, (low, high) in self.box.sizes.items()}

    def _of_leaf(self) -> dict[str, Ranged]:
        hands = self.box.words["handing"]
        turn = {"L": "R", "R": "L"} if self.leaf > 1 else {}
        sides = {hand: turn.get(hand[-1:], hand[-1:]) for hand in hands}
        return {
            "leaf": exact(Decimal(self.leaf)),
            "is_active": exact(self.leaf == 1),
            "leaf_hinge": frozenset(sides.values()),
            "leaf_handing": frozenset(
                f"{h.split('_')[0]}_{side}" if side else "" for h, side in sides.items()
            ),
        }

    def look(self, name: str, layer: int = CHOICES, limit: int = 10_000) -> Ranged:
        """Return the range of a name as it is seen from the `limit`-th row of a layer. Raises MayFail."""
        for home in (CHOICES, LEAF_RESULTS, RESULTS):
            if (
                home == RESULTS
                and self.leaf
                and layer >= LEAF
                and (found := self._leaf_name(name)) is not None
            ):
                return found
            rows = self.rows.get(home, {})
            if name in rows and layer >= home:
                at = list(rows).index(name)
                if layer > home or at < limit:
                    return self._kept(home, name, at)
        if name in ("OW", "OH"):
            return self._opening(name)
        measure = next((one for one in self.document.measures if one.code == name), None)
        if measure is not None:
            return self._measure(name, measure.when)
        return self._given(name)

    def _given(self, name: str) -> Ranged:
        """Return the range of what the line or the profile gives. Raises MayFail."""
        document = self.document
        if name in self.base:
            return self.base[name]
        if name in document.tables:
            return exact(document.tables[name])
        if name in document.parameters:
            return exact(document.parameters[name])
        if name == "kind":
            return exact(str(document.kind))
        if name == "leaves":
            return self._leaf_count()
        raise MayFail

    def _leaf_count(self) -> Ranged:
        """Return how many leaves there may be, by their conditions."""
        made = [truths(self.value(one.when, BASE)) for one in self.document.leaves]
        sure, possible = (sum(fits(one) for one in made) for fits in (YES.__eq__, NO.__ne__))
        return Num(Decimal(sure), Decimal(possible), is_whole=True)

    def _leaf_name(self, name: str) -> Ranged | None:
        if name not in ("LW", "LH"):
            return self.of_leaf.get(name)
        rule = self.document.leaves[self.leaf - 1]
        return self.value(rule.width if name == "LW" else rule.height, RESULTS)

    def _opening(self, name: str) -> Ranged:
        opening = next(one for one in self.document.openings if one.basis == self.box.basis)
        return self.value(opening.width if name == "OW" else opening.height, BASE)

    def _measure(self, name: str, when: Formula) -> Ranged:
        size, nothing = number(self.base[name]), exact(Decimal(0))
        asked = truths(self.value(when, BASE))
        if asked == YES:
            return size
        return nothing if asked == NO else Num(Decimal(0), size.high)

    def _kept(self, home: int, name: str, at: int) -> Ranged:
        if (home, name) not in self.found:
            self.found[home, name] = self._worked_out(home, name, at)
        return self.found[home, name]

    def _worked_out(self, home: int, name: str, at: int) -> Ranged:
        if home == RESULTS:
            return self.value(self.document.results[name], RESULTS, at)
        if home == LEAF_RESULTS:
            return self.value(self.document.leaf_results[name], LEAF_RESULTS, at)
        found: set[str] = set()
        for case in self.document.materials[name]:
            fits = truths(self.value(case.when, CHOICES, at))
            if True in fits:
                found |= filled(case.use, lambda one: self.look(one, CHOICES, at))
            if fits == YES:
                return frozenset(found)
        return frozenset(found | {""})

    def value(self, formula: Formula, layer: int = CHOICES, limit: int = 10_000) -> Ranged:
        """Return the range of a formula. Raises MayFail."""
        return ranged(formula.tree, lambda name: self.look(name, layer, limit))

    def is_refused(self) -> bool:
        """Whether order entry refuses every line of the box, so that nothing need hold there."""
        limits = self.document.limits
        for name, limit in (("OW", limits.width), ("OH", limits.height)):
            try:
                size = number(self.look(name, BASE))
            except MayFail:
                continue
            if size.high < limit.min or size.low > limit.max:
                return True
        return any(self._is_failed(one.when, one.value, one.least) for one in self.document.checks)

    def _is_failed(self, when: Formula, value: Formula, least: Formula) -> bool:
        try:
            if truths(self.value(when, RESULTS)) != YES:
                return False
            return number(self.value(value, RESULTS)).high < number(self.value(least, RESULTS)).low
        except MayFail:
            return False

    def _is_left_out(self, leaf: int) -> bool:
        """Whether a leaf surely does not exist with the choices of the box."""
        return bool(leaf) and truths(self.value(self.document.leaves[leaf - 1].when, BASE)) == NO

    def holds(self, need: _Need) -> bool:
        """Whether a field surely holds on every line of the box."""
        try:
            if truths(self.value(need.when, need.layer)) == NO or self._is_left_out(need.leaf):
                return True
            if isinstance(need.rule, Template):
                texts = filled(need.rule, lambda name: self.look(name, need.layer, need.limit))
                return need.known is None or texts <= need.known | {""}
            return _is_wanted(need.want, self.value(need.rule, need.layer, need.limit))
        except (MayFail, FormulaFault):
            return False


def _is_wanted(want: _Want, value: Ranged) -> bool:
    if want is _Want.VALUE:
        return not isinstance(value, tuple)
    if want is _Want.TRUTH:
        return bool(truths(value))
    size = number(value)
    if want is _Want.SIZE:
        return size.low > 0
    if want is _Want.COUNT:
        return size.is_whole and size.low >= 0 and size.high <= MOST_OF_ONE
    return size.low >= 0


# --- the boxes --------------------------------------------------------------


def _root(document: ModelDocument, basis: DimBasis) -> Box:
    """Return the box of all lines that may be asked for in this basis."""
    limits = document.limits
    is_opening = basis is DimBasis.OPENING
    everything = (GRID_MM, LARGEST_MM)
    sizes = {
        "W": _on_grid(limits.width.min, limits.width.max) if is_opening else everything,
        "H": _on_grid(limits.height.min, limits.height.max) if is_opening else everything,
        "WT": _on_grid(limits.wall.min, limits.wall.max) if limits.wall else (Decimal(0), Decimal(0)),
        "mother_width": everything if Field.MOTHER_WIDTH in document.requires else (Decimal(0), Decimal(0)),
    }
    sizes |= {one.code: _on_grid(one.min, one.max) for one in document.measures}
    words = {
        "handing": _asked(document, Field.HANDING, tuple(str(one) for one in Handing)),
        "colour": _asked(document, Field.COLOUR, document.colours),
    }
    words |= {one.code: tuple(value.code for value in one.values) for one in document.options}
    return Box(basis, sizes, words)


def _on_grid(low: Decimal, high: Decimal) -> tuple[Decimal, Decimal]:
    return low.quantize(GRID_MM, ROUND_CEILING), high.quantize(GRID_MM, ROUND_FLOOR)


def _asked(document: ModelDocument, field: Field, words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words of a choice; that it is not made is one of them, unless it always must be."""
    return words if document.requires.get(field) == TRUE and words else (*words, "")


def _with_size(box: Box, name: str, low: Decimal, high: Decimal) -> Box:
    return replace(box, sizes={**box.sizes, name: (low, high)})


def _middle(low: Decimal, high: Decimal) -> Decimal:
    return ((low + high) / 2).quantize(GRID_MM, ROUND_FLOOR)


def _shrunk(document: ModelDocument, box: Box) -> Box | None:
    """Return the box without the halves at its ends that are refused anyway; None if nothing is left."""
    if _Names(document, box, 0).is_refused():
        return None
    for name in box.sizes:
        for _ in range(20):
            low, high = box.sizes[name]
            if low >= high:
                break
            middle = _middle(low, high)
            lower, upper = _with_size(box, name, low, middle), _with_size(box, name, middle + GRID_MM, high)
            if _Names(document, upper, 0).is_refused():
                box = lower
            elif _Names(document, lower, 0).is_refused():
                box = upper
            else:
                break
    return box


class _Proof:
    """The proof of every field over one box; fields that are open in a box are looked at in its halves."""

    def __init__(self, document: ModelDocument, root: Box) -> None:
        self.document, self.root = document, root
        self.rules = self._rules()
        self.tried: dict[_Need, int] = {}
        self.open: dict[_Need, list[Box]] = {}  # what was given up, with where
        self.faults: dict[_Need, Finding] = {}

    def run(self, needs: tuple[_Need, ...]) -> Iterator[Finding]:
        """Yield one finding for each field that does not hold everywhere."""
        for need in self._still_open(self.root, needs):
            stack = self._halves(self.root, need)[::-1]
            while stack:
                box = stack.pop()
                if self._still_open(box, (need,)):
                    stack += self._halves(box, need)[::-1]
        yield from self.faults.values()
        for need, boxes in self.open.items():
            yield self._not_proved(need, boxes)

    def _still_open(self, box: Box, needs: tuple[_Need, ...]) -> tuple[_Need, ...]:
        """Return the fields that must be looked at in the halves of the box."""
        names: dict[int, _Names] = {}
        left = []
        for need in needs:
            if need in self.faults:
                continue
            here = names.setdefault(need.leaf, _Names(self.document, box, need.leaf))
            if not here.holds(need):
                left.append(need)
        if not left or _Names(self.document, box, 0).is_refused():
            return ()
        points = [_point(box, pick) for pick in (_middle, _lowest, _highest)]
        points = [one for one in points if not _Names(self.document, one, 0).is_refused()]
        return tuple(need for need in left if self._goes_on(box, points, need))

    def _goes_on(self, box: Box, points: list[Box], need: _Need) -> bool:
        """Look at some lines of the box; return whether its halves are to be looked at."""
        if (finding := self._fault(points, need)) is not None:
            self.faults[need] = finding
            self.open.pop(need, None)
            return False
        self.tried[need] = self.tried.get(need, 0) + 1
        if self.tried[need] <= MOST_BOXES:
            return True
        self.open.setdefault(need, []).append(box)
        return False

    def _rules(self) -> dict[str, set[str]]:
        """Return what each name follows from."""
        document = self.document
        of_hand = ("hinge_side", "opens", "leaf_hinge", "leaf_handing")
        rules: dict[str, set[str]] = {name: {"handing"} for name in of_hand}
        for name, formula in (*document.results.items(), *document.leaf_results.items()):
            rules.setdefault(name, set()).update(formula.names)
        for name, cases in document.materials.items():
            for case in cases:
                rules.setdefault(name, set()).update(case.use.names | case.when.names)
        for opening in document.openings:
            if opening.basis == self.root.basis:
                rules["OW"], rules["OH"] = set(opening.width.names), set(opening.height.names)
        for leaf in document.leaves:
            rules.setdefault("LW", set()).update(leaf.width.names)
            rules.setdefault("LH", set()).update(leaf.height.names)
        for measure in document.measures:
            rules.setdefault(measure.code, set()).update(measure.when.names)
        return rules

    def _dimensions(self, need: _Need) -> tuple[set[str], set[str]]:
        """Return what the field depends on, and what else decides whether a line is refused."""
        first = _reached(set(need.rule.names | need.when.names), self.rules)
        rows = self.document.checks
        checks = {name for one in rows for f in (one.value, one.least, one.when) for name in f.names}
        dimensions = self.root.sizes.keys() | self.root.words.keys()
        return first & dimensions, (_reached(checks | {"OW", "OH"}, self.rules) & dimensions) - first

    def _halves(self, box: Box, need: _Need) -> list[Box]:
        """Return the box in two; none if it is one line as far as the field can tell."""
        for names in self._dimensions(need):
            name = max(sorted(names), key=lambda one: self._urgency(box, one), default=None)
            if name is None or self._width(box, name) == 0:
                continue
            if name in box.words:
                words = box.words[name]
                parts = (words[: len(words) // 2], words[len(words) // 2 :])
                return [replace(box, words={**box.words, name: part}) for part in parts]
            low, high = box.sizes[name]
            middle = _middle(low, high)
            return [_with_size(box, name, low, middle), _with_size(box, name, middle + GRID_MM, high)]
        return []

    def _urgency(self, box: Box, name: str) -> tuple[bool, Decimal]:
        """Return what is halved first: an open choice, since it decides formulas, then the widest size."""
        width = self._width(box, name)
        return name in box.words and width > 0, width

    def _width(self, box: Box, name: str) -> Decimal:
        """Return how much of the whole a dimension still has: 1 at first, 0 when it is one value."""
        if name in box.words:
            return Decimal(len(box.words[name]) - 1) / max(1, len(self.root.words[name]) - 1)
        (low, high), (first, last) = box.sizes[name], self.root.sizes[name]
        return (high - low) / (last - first) if last > first else Decimal(0)

    def _fault(self, points: list[Box], need: _Need) -> Finding | None:
        """Return the fault that one of these lines shows."""
        for point in points:
            if not _Names(self.document, point, need.leaf).holds(need):
                spec = _spec(self.document, point)
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
        for name in sorted(self._dimensions(need)[0] & self.root.sizes.keys()):
            low = min(box.sizes[name][0] for box in boxes)
            high = max(box.sizes[name][1] for box in boxes)
            between.append(f"{name} {tidy(low)}–{tidy(high)}")
        facts = {"model": self.document.code, "part": need.part, "field": need.field}
        refusal = NotProved(**facts, formula=need.rule.text, between=", ".join(between) or "–")
        return self._finding(FindingKind.NOT_PROVED, need, refusal, None)

    def _finding(self, kind: FindingKind, need: _Need, refusal: AppError, spec: LineSpec | None) -> Finding:
        part = str(refusal.facts.get("part", need.part))
        field, formula = need.field, need.rule.text
        if part != need.part:  # the evaluator stopped earlier
            field, formula = str(refusal.facts.get("field", "")), str(refusal.facts.get("formula", ""))
        return Finding(kind, self.document.code, part, field, formula, refusal, spec)


def _reached(names: set[str], rules: Mapping[str, set[str]]) -> set[str]:
    """Return the names and everything that they follow from."""
    found, waiting = set(names), list(names)
    while waiting:
        further = rules.get(waiting.pop(), set()) - found
        found |= further
        waiting += further
    return found


def _lowest(low: Decimal, _high: Decimal) -> Decimal:
    return low


def _highest(_low: Decimal, high: Decimal) -> Decimal:
    return high


def _point(box: Box, pick: Callable[[Decimal, Decimal], Decimal]) -> Box:
    """Return one line of the box: the size that is picked of each pair of ends, the first word of each choice."""
    sizes = {name: (pick(low, high), pick(low, high)) for name, (low, high) in box.sizes.items()}
    return Box(box.basis, sizes, {name: words[:1] for name, words in box.words.items()})


def _spec(document: ModelDocument, point: Box) -> LineSpec:
    """Return the one line that a box of one line is."""
    size = {name: low for name, (low, _) in point.sizes.items()}
    word = {name: words[0] for name, words in point.words.items()}
    return LineSpec(
        width_mm=size["W"],
        height_mm=size["H"],
        wall_mm=size["WT"],
        dim_basis=point.basis,
        handing=next((one for one in Handing if one == word["handing"]), None),
        colour=word["colour"] or None,
        mother_width_mm=size["mother_width"] or None,
        options={one.code: word[one.code] for one in document.options},
        measures={one.code: size[one.code] for one in document.measures},
    )
