"""Many lines of a model at once: between two sizes, among some words; halved until what is open is settled.

Sizes are typed in steps of 0.1 mm, so halving ends at one line. Lengths are mm.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from erp.catalogue.rules.document import TRUE, DimBasis, Field, Handing, ModelDocument
from erp.catalogue.rules.line import LineSpec

GRID_MM = Decimal("0.1")
LARGEST_MM = Decimal(20000)  # no wall has a larger opening; guards the arithmetic
NOTHING = Decimal(0)
GIVEN, LEFT_OUT = "given", "left out"
MOTHER = "mother_width"


@dataclass(eq=False, slots=True)
class Sizes:
    """The sizes of one kind from `low` to `high`; `share` is how much that is of all of them."""

    low: Decimal
    high: Decimal
    share: Decimal = Decimal(1)
    _halves: tuple[Sizes, ...] = ()
    _points: dict[int, Sizes] = field(default_factory=dict)

    @property
    def is_one(self) -> bool:
        """Whether it is one size."""
        return self.low >= self.high

    @property
    def halves(self) -> tuple[Sizes, ...]:
        """The lower and the upper half, always the same two."""
        if not self._halves:
            middle, share = self._middle, self.share / 2
            self._halves = Sizes(self.low, middle, share), Sizes(middle + GRID_MM, self.high, share)
        return self._halves

    @property
    def _middle(self) -> Decimal:
        return ((self.low + self.high) / 2).quantize(GRID_MM, ROUND_FLOOR)

    def at(self, where: int) -> Sizes:
        """Return one size: the middle one for 0, the lowest, the highest."""
        if self.is_one:
            return self
        if where not in self._points:
            size = (self._middle, self.low, self.high)[where]
            self._points[where] = Sizes(size, size, NOTHING)
        return self._points[where]


@dataclass(eq=False, slots=True)
class Words:
    """Some of the words that one choice can be."""

    words: tuple[str, ...]
    share: Decimal = Decimal(1)
    _halves: tuple[Words, ...] = ()

    @property
    def is_one(self) -> bool:
        """Whether it is one word."""
        return len(self.words) == 1

    @property
    def halves(self) -> tuple[Words, ...]:
        """The first and the second half, always the same two."""
        if not self._halves:
            half, share = len(self.words) // 2, self.share / 2
            self._halves = Words(self.words[:half], share), Words(self.words[half:], share)
        return self._halves

    def at(self, _where: int) -> Words:
        """Return one word, the first."""
        return self if self.is_one else Words(self.words[:1], NOTHING)


Side = Sizes | Words
Box = Mapping[str, Side]


def whole_box(document: ModelDocument, basis: DimBasis) -> dict[str, Side]:
    """Return the box of all lines that may be asked for in this basis.

    A size that can be left out has a side more, by its name and a question mark: whether it is given.
    """
    limits = document.limits
    everything = Sizes(GRID_MM, LARGEST_MM)
    is_opening = basis is DimBasis.OPENING
    box: dict[str, Side] = {
        "W": _on_grid(limits.width.min, limits.width.max) if is_opening else everything,
        "H": _on_grid(limits.height.min, limits.height.max) if is_opening else everything,
        "WT": _on_grid(limits.wall.min, limits.wall.max) if limits.wall else Sizes(NOTHING, NOTHING),
        MOTHER: everything,
        MOTHER + "?": _given(document.requires.get(Field.MOTHER_WIDTH) != TRUE),
        "handing": _asked(document, Field.HANDING, tuple(str(one) for one in Handing)),
        "colour": _asked(document, Field.COLOUR, document.colours),
    }
    for measure in document.measures:
        box[measure.code] = _on_grid(measure.min, measure.max)
        box[measure.code + "?"] = _given(measure.default is not None)
    return box | {one.code: Words(tuple(value.code for value in one.values)) for one in document.options}


def _on_grid(low: Decimal, high: Decimal) -> Sizes:
    return Sizes(low.quantize(GRID_MM, ROUND_CEILING), high.quantize(GRID_MM, ROUND_FLOOR))


def _given(can_be_left_out: bool) -> Words:
    return Words((GIVEN, LEFT_OUT) if can_be_left_out else (GIVEN,))


def _asked(document: ModelDocument, asked: Field, words: tuple[str, ...]) -> Words:
    """Return the words of a choice; that it is not made is one of them, unless it always must be."""
    return Words(words if document.requires.get(asked) == TRUE and words else (*words, ""))


def halves(box: Box, dimensions: Collection[str]) -> list[Box]:
    """Return the box in two along one of the dimensions; none if it is one line as far as they can tell.

    An open choice first, since it decides formulas, then the size of which most is left.
    """
    open_ = [name for name in sorted(dimensions) if not box[name].is_one]
    if not open_:
        return []
    name = max(open_, key=lambda one: (isinstance(box[one], Words), box[one].share))
    return [{**box, name: half} for half in box[name].halves]


def points(box: Box) -> list[Box]:
    """Return some lines of the box, each as a box of one line: the middle one, the smallest, the largest."""
    return [{name: side.at(where) for name, side in box.items()} for where in range(3)]


def line_of(document: ModelDocument, basis: DimBasis, box: Box) -> LineSpec:
    """Return the one line that a box of one line is."""
    word = {name: side.words[0] for name, side in box.items() if isinstance(side, Words)}
    size = {name: side.low for name, side in box.items() if isinstance(side, Sizes)}
    size = {name: one for name, one in size.items() if word.get(name + "?", GIVEN) == GIVEN}
    return LineSpec(
        width_mm=size["W"],
        height_mm=size["H"],
        wall_mm=size["WT"],
        dim_basis=basis,
        handing=next((one for one in Handing if one == word["handing"]), None),
        colour=word["colour"] or None,
        mother_width_mm=size.get(MOTHER),
        options={one.code: word[one.code] for one in document.options},
        measures={one.code: size[one.code] for one in document.measures if one.code in size},
    )
