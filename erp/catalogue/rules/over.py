"""The names of a model over boxes of lines: what each can be, worked out when it is first asked for and kept.

What a name follows from is known, so that it is worked out once for all boxes that differ elsewhere. Lengths are mm.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from erp.catalogue.rules.boxes import GIVEN, LEFT_OUT, MOTHER, Box, Side, Sizes
from erp.catalogue.rules.document import Case, DimBasis, Field, Leaf, Measure, ModelDocument, Option
from erp.catalogue.rules.formula import Formula, FormulaFault, Template
from erp.catalogue.rules.numbers import MayFail, NoLine, Num, narrowed, point, size, subtract
from erp.catalogue.rules.order import SIZES, Given, Stage, order_of
from erp.catalogue.rules.ranges import NO, YES, Ranged, exact, filled, joined, number, ranged, truths

OTHER_HAND = {"L": "R", "R": "L"}
NONE = point(Decimal(0))
Seen = Mapping[str, int]
SIDE_OF = {Field.COLOUR: "colour", Field.HANDING: "handing", Field.MOTHER_WIDTH: MOTHER + "?"}


@dataclass(frozen=True, slots=True)
class Names:
    """The names of a model whose sizes are given in one basis, and what each follows from."""

    document: ModelDocument
    basis: DimBasis
    places: tuple[Given, ...]
    visible: Mapping[tuple[Stage, int], Seen]
    sides: tuple[frozenset[str], ...]  # by place: the sides of a box that its name follows from

    def of(self, formulas: Iterable[Formula | Template | None], seen: Seen) -> frozenset[str]:
        """Return the sides of a box that these formulas follow from."""
        used = {name for one in formulas if one is not None for name in one.names if name in seen}
        return frozenset(side for name in used for side in self.sides[seen[name]])

    def leans_on(self, places: Collection[int], seen: Iterable[int]) -> bool:
        """Whether what sees these names follows, in however many steps, from one of the places."""
        waiting, looked = list(seen), set[int]()
        while waiting:
            at = waiting.pop()
            if at in places:
                return True
            if at not in looked:
                looked.add(at)
                waiting += self.places[at].seen.values()
        return False


def names_of(document: ModelDocument, basis: DimBasis) -> Names:
    """Return the names of a document with what each follows from."""
    order = order_of(document, basis)
    sides: list[frozenset[str]] = []
    for one in order.places:
        followed = set(one.seen.values())
        if one.stage is Stage.LEAF:  # its number: how many of the leaves before it there are
            before, seen = document.leaves[: one.leaf - 1], order.visible[Stage.CHOICE, 0]
            followed |= {seen[name] for leaf in before for name in leaf.when.names if name in seen}
        sides.append(_own(one).union(*(sides[at] for at in followed)))
    return Names(document, basis, tuple(order.places), order.visible, tuple(sides))


def _own(one: Given) -> frozenset[str]:
    """Return the sides of a box that a name follows from by itself."""
    if isinstance(one.source, Measure):
        return frozenset({one.name, one.name + "?"})
    if one.stage is Stage.LEAF:
        return frozenset({"handing"})
    if one.stage is Stage.SIZE or isinstance(one.source, Option):
        return frozenset({one.name})
    if one.stage is Stage.CHOICE:
        of_it = {"colour": {"colour"}, MOTHER: {MOTHER, MOTHER + "?"}, "dim_basis": set[str]()}
        return frozenset(of_it.get(one.name, {"handing"}))
    return frozenset()


class Over:
    """What the names can be over boxes; with `bounds`, on the lines of a box that order entry takes."""

    def __init__(self, names: Names, bounds: Bounds | None = None) -> None:
        self.names, self.bounds = names, bounds
        more = bounds.sides if bounds else frozenset()
        self._keys = [tuple(sorted(sides | more)) for sides in names.sides]
        self._found: dict[tuple[int, tuple[Side, ...]], Ranged | MayFail | NoLine] = {}

    def at(self, place: int, box: Box) -> Ranged:
        """Return what the name of a place can be. Raises MayFail, NoLine."""
        key = place, tuple(box[side] for side in self._keys[place])
        found = self._found.get(key)
        if found is None:
            try:
                found = self._worked_out(self.names.places[place], box)
            except (MayFail, NoLine) as refused:
                found = refused
            self._found[key] = found
        if isinstance(found, MayFail | NoLine):
            raise found
        return found

    def value(self, formula: Formula, seen: Seen, box: Box) -> Ranged:
        """Return what a formula can give. Raises MayFail, NoLine."""
        found = ranged(formula.tree, self._look(seen, box))
        return narrowed(found, self.bounds.of(box)) if self.bounds and isinstance(found, Num) else found

    def _look(self, seen: Seen, box: Box) -> Callable[[str], Ranged]:
        return lambda name: self.at(seen[name], box)

    def texts(self, case: Case, seen: Seen, box: Box) -> frozenset[str]:
        """Return what the template of a case can be filled to. Raises MayFail, NoLine."""
        try:
            return filled(case.use, self._look(seen, box))
        except (FormulaFault, KeyError) as wrong:
            raise MayFail from wrong

    def _worked_out(self, one: Given, box: Box) -> Ranged:
        source = one.source
        if isinstance(source, Formula):
            found = self.value(source, one.seen, box)
            if isinstance(found, tuple):
                raise MayFail  # a table is no value
            return found
        if isinstance(source, Measure):
            return self._measure(source, one.seen, box)
        if one.stage is Stage.CONSTANT:
            return exact(source)  # type: ignore[arg-type]  # a constant is a value or a table
        if one.stage is Stage.LEAVES:
            return self._leaves(source, one.seen, box)  # type: ignore[arg-type]  # of its stage
        if one.stage is Stage.MATERIAL:
            return self._material(source, one.seen, box)  # type: ignore[arg-type]  # of its stage
        if one.stage is Stage.LEAF:
            before = self.names.document.leaves[: one.leaf - 1]
            index = number(self._leaves(before, self.names.visible[Stage.CHOICE, 0], box))
            return _of_leaf(one.name, int(index.low) + 1, int(index.high) + 1, box)
        return _of_line(one, self.names.basis, box)

    def _measure(self, measure: Measure, seen: Seen, box: Box) -> Ranged:
        """Return a further size: as given, by its default, or 0 where it is not asked for."""
        asked, given = truths(self.value(measure.when, seen, box)), box[measure.code + "?"].words  # type: ignore[union-attr]
        can_be: list[Ranged] = []
        if True in asked and GIVEN in given:
            can_be.append(_size(measure.code, box))
        if True in asked and LEFT_OUT in given and measure.default is not None:
            can_be.append(number(self.value(measure.default, seen, box)))
        return joined([*can_be, *([NONE] if False in asked else [])])

    def _leaves(self, leaves: tuple[Leaf, ...], seen: Seen, box: Box) -> Ranged:
        """Return how many leaves there may be, by their conditions."""
        made = [truths(self.value(one.when, seen, box)) for one in leaves]
        sure, possible = (sum(fits(one) for one in made) for fits in (YES.__eq__, NO.__ne__))
        return Num(Decimal(sure), Decimal(possible), 0)

    def _material(self, cases: tuple[Case, ...], seen: Seen, box: Box) -> Ranged:
        """Return what a material can be: of the first case that holds, nothing where none does."""
        found: set[str] = set()
        for case in cases:
            fits = truths(self.value(case.when, seen, box))
            if True in fits:
                found |= self.texts(case, seen, box)
            if fits == YES:
                return frozenset(found)
        return frozenset(found | {""})


def _size(name: str, box: Box) -> Num:
    side = box[name]
    if not isinstance(side, Sizes):
        raise MayFail
    return size(name, side.low, side.high)


def _words(name: str, box: Box) -> tuple[str, ...]:
    side = box[name]
    return () if isinstance(side, Sizes) else side.words


def _of_line(one: Given, basis: DimBasis, box: Box) -> Ranged:
    """Return what the line itself gives a name."""
    hands = _words("handing", box)
    if one.name in SIZES:
        return _size(one.name, box)
    if isinstance(one.source, Option) or one.name in ("colour", "handing"):
        return frozenset(_words(one.name, box))
    if one.name == MOTHER:
        given = _words(MOTHER + "?", box)
        return joined([_size(MOTHER, box)] * (GIVEN in given) + [NONE] * (LEFT_OUT in given))
    made: dict[str, Ranged] = {
        "dim_basis": exact(str(basis)),
        "hinge_side": frozenset(hand[-1:] for hand in hands),
        "opens": frozenset(hand.split("_")[0] for hand in hands),
    }
    return made[one.name]


def _of_leaf(name: str, first: int, last: int, box: Box) -> Ranged:
    """Return what a name of a leaf can be that is one of the first to the last of those there are."""
    if name == "leaf":
        return Num(Decimal(first), Decimal(last), 0)
    if name == "is_active":
        return frozenset(one == 1 for one in range(first, last + 1))
    pairs = [
        (hand, OTHER_HAND.get(hand[-1:], hand[-1:]) if index > 1 else hand[-1:])
        for index in range(first, last + 1)
        for hand in _words("handing", box)
    ]
    if name == "leaf_hinge":
        return frozenset(side for _, side in pairs)
    return frozenset(f"{hand.split('_')[0]}_{side}" if side else "" for hand, side in pairs)


class Bounds:
    """What holds on every line of a model that order entry takes: its limits and checks, as numbers of at least 0."""

    def __init__(self, names: Names) -> None:
        self.names, self.over = names, Over(names)
        self._at_end = names.visible[Stage.RESULT, 0]
        self._asked = names.visible[Stage.LEAVES, 0]
        document = names.document
        checks = [one for check in document.checks for one in (check.value, check.least, check.when)]
        opening = frozenset().union(*(names.sides[self._at(name)] for name in ("OW", "OH")))
        asked = {SIDE_OF[one] for one in document.requires if one in SIDE_OF}
        self.sides = names.of(checks, self._at_end) | opening | asked
        self.sides |= names.of(document.requires.values(), self._asked)
        self._key = tuple(sorted(self.sides))
        self._found: dict[tuple[Side, ...], tuple[Num, ...] | None] = {}

    def _at(self, name: str) -> int:
        return self.names.visible[Stage.OPENING, 0][name]

    def is_refused(self, box: Box) -> bool:
        """Whether order entry refuses every line of the box, so that nothing need hold there."""
        return self._of(box) is None

    def of(self, box: Box) -> tuple[Num, ...]:
        """Return the bounds of a box. Raises NoLine where all its lines are refused."""
        found = self._of(box)
        if found is None:
            raise NoLine
        return found

    def _of(self, box: Box) -> tuple[Num, ...] | None:
        key = tuple(box[side] for side in self._key)
        if key not in self._found:
            made = None if self._is_choice_missing(box) else [*self._limits(box), *self._checks(box)]
            is_refused = made is None or any(one.high < 0 for one in made)
            self._found[key] = None if is_refused else tuple(one for one in made or () if one.parts)
        return self._found[key]

    def _limits(self, box: Box) -> Iterable[Num]:
        limits = self.names.document.limits
        for name, limit in (("OW", limits.width), ("OH", limits.height)):
            try:
                found = number(self.over.at(self._at(name), box))
            except MayFail:
                continue
            yield subtract(found, point(limit.min))
            yield subtract(point(limit.max), found)

    def _checks(self, box: Box) -> Iterable[Num]:
        for check in self.names.document.checks:
            try:
                if truths(self.over.value(check.when, self._at_end, box)) == YES:
                    value = self.over.value(check.value, self._at_end, box)
                    yield subtract(number(value), number(self.over.value(check.least, self._at_end, box)))
            except MayFail:
                continue

    def _is_choice_missing(self, box: Box) -> bool:
        """Whether something that must be chosen is surely not."""
        for asked, when in self.names.document.requires.items():
            words = _words(SIDE_OF[asked], box) if asked in SIDE_OF else ()
            try:
                if words in (("",), (LEFT_OUT,)) and truths(self.over.value(when, self._asked, box)) == YES:
                    return True
            except MayFail:
                continue
        return False
