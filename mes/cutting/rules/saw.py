"""Rules of the saw: how many equal boards are cut at once, and what a man at a table saw does one after the other.

Lengths are mm. A book is a stack of equal boards that one cut goes through.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from mes.nesting.rules.cuts import Cut, Slicing, sliced
from mes.nesting.rules.instance import FirstCut, Instance
from mes.nesting.rules.plan import Layout, Placement

DMM = Decimal("0.1")  # the engine counts in tenths


@dataclass(frozen=True, slots=True)
class SawFacts:
    """How one saw works; without a book height it cuts one board at a time.

    `mitre_mm` is what it takes of a bar for each mitred end; `is_wedge_lost`: it does not turn the bar over between
    two of them, and the wedge beside each is waste. `first_cut`: it takes its first cuts only this way.
    """

    book_height_mm: Decimal | None = None
    is_longest_first: bool = False
    mitre_mm: Decimal = Decimal(0)
    is_wedge_lost: bool = False
    first_cut: FirstCut = FirstCut.ANY


@dataclass(frozen=True, slots=True)
class Step:
    """Some equal cuts after each other with one setting of the fence, as the cut list shows them.

    `frees` are the places (1, 2 … in cutting order) of the parts that come off.
    """

    first: int
    last: int
    stage: int
    size_mm: Decimal
    frees: tuple[int, ...] = ()

    @property
    def count(self) -> int:
        """How many cuts it is."""
        return self.last - self.first + 1


def boards_per_book(book_height_mm: Decimal | None, thickness_mm: Decimal | None) -> int:
    """Return how many boards of a thickness the saw takes at once: 72 mm and 18 mm are 4; at least 1."""
    if not book_height_mm or not thickness_mm:
        return 1
    return max(1, int(book_height_mm // thickness_mm))


def books(repeat: int, most: int) -> list[int]:
    """Return the boards in each book of `repeat` equal boards, as even as can be: 6 in books of 4 are 3 + 3."""
    count = -(-repeat // most)
    least, more = divmod(repeat, count)
    return [least + (book < more) for book in range(count)]


def steps_of(cuts: Sequence[Cut], frees: Sequence[int | None] = ()) -> list[Step]:
    """Return the cut list: equal cuts that follow each other are one step."""
    steps: list[Step] = []
    for cut, freed in zip(cuts, frees or (None,) * len(cuts), strict=True):
        size_mm = cut.size_dmm * DMM
        parts = () if freed is None else (freed + 1,)
        before = steps[-1] if steps else None
        if before is not None and (before.stage, before.size_mm) == (cut.stage, size_mm):
            steps[-1] = Step(before.first, cut.n, cut.stage, size_mm, before.frees + parts)
        else:
            steps.append(Step(cut.n, cut.n, cut.stage, size_mm, parts))
    return steps


def cut_list(slicing: Slicing) -> list[Step]:
    """Return the cut list of a layout whose placements lie in cutting order."""
    return steps_of(slicing.cuts, slicing.frees)


def kept_together(instance: Instance, layout: Layout) -> Layout:
    """Return a layout of matched parts in cutting order, with the members of each group one after the other.

    Nothing is moved. A group stands where its first member comes free; the n-th of each member belong together.
    """
    stock = next(one for one in instance.stock if one.id == layout.stock)
    slicing = sliced(instance, stock, layout.placements)
    if slicing is None:
        return layout
    turn = {index: place for place, index in enumerate(slicing.freed)}
    units = sorted(_units(instance, layout.placements), key=lambda unit: min(turn[index] for index in unit))
    return replace(layout, placements=tuple(layout.placements[index] for unit in units for index in unit))


def _units(instance: Instance, placements: Sequence[Placement]) -> list[list[int]]:
    """Return the placements, those of one group together as the engine lists them."""
    match_of = {part.id: part.match for part in instance.parts}
    units: list[list[int]] = []
    at = 0
    while at < len(placements):
        members = instance.groups.get(match_of[placements[at].part], ())
        units.append(list(range(at, at + max(1, len(members)))))
        at += len(units[-1])
    return units
