"""Lines to try a model with: its smallest opening, the corners of its limits, each choice by turns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import product

from erp.catalogue.rules.document import Field, Handing, ModelDocument
from erp.catalogue.rules.line import LineSpec

USUAL_WIDTH_MM = {0: Decimal(1200), 1: Decimal(900), 2: Decimal(1500)}  # by the number of leaves
WIDEST_USUAL_MM = Decimal(2400)  # of three and more
USUAL_HEIGHT_MM = Decimal(2100)
USUAL_WALL_MM = Decimal(240)
USUAL_MOTHER_MM = Decimal(800)


def corners(document: ModelDocument) -> Iterator[tuple[bool, LineSpec]]:
    """Yield the corners of the limits, then at the smallest one each colour, handing and option by turns."""
    limits = document.limits
    walls = (limits.wall.min, limits.wall.max) if limits.wall else (Decimal(0),)
    ends = ((one.min, one.max) for one in (limits.width, limits.height))
    for width, height, wall in product(*ends, walls):
        is_smallest = (width, height, wall) == (limits.width.min, limits.height.min, walls[0])
        spec = sample(document, width, height, wall)
        yield is_smallest, spec
        if is_smallest:
            yield from ((True, one) for one in _variants(document, spec))


def smallest(document: ModelDocument) -> LineSpec:
    """Return the smallest opening that the model is made for."""
    limits = document.limits
    return sample(
        document, limits.width.min, limits.height.min, limits.wall.min if limits.wall else Decimal(0)
    )


def sample(document: ModelDocument, width: Decimal, height: Decimal, wall: Decimal) -> LineSpec:
    """Return a line of this opening with the first of every choice that the model asks for."""
    asked = document.requires
    return LineSpec(
        width_mm=width,
        height_mm=height,
        wall_mm=wall,
        handing=Handing.IN_L if Field.HANDING in asked else None,
        colour=document.colours[0] if document.colours else None,
        mother_width_mm=width / 2 if Field.MOTHER_WIDTH in asked else None,
        options={one.code: one.default or one.values[0].code for one in document.options},
        measures={one.code: one.min for one in document.measures if one.default is None},
        dim_basis=document.openings[0].basis,
    )


def _variants(document: ModelDocument, spec: LineSpec) -> Iterator[LineSpec]:
    for colour in document.colours[1:]:
        yield replace(spec, colour=colour)
    if spec.handing is not None:
        for handing in list(Handing)[1:]:
            yield replace(spec, handing=handing)
    for option in document.options:
        for value in option.values:
            yield replace(spec, options={**spec.options, option.code: value.code})
    for measure in document.measures:
        for size in (measure.min, measure.max):
            yield replace(spec, measures={**spec.measures, measure.code: size})


def usual(document: ModelDocument) -> LineSpec:
    """Return the opening that people think of first, as near to it as the model is made."""
    limits = document.limits
    asked = (
        (limits.width, USUAL_WIDTH_MM.get(document.leaf_count, WIDEST_USUAL_MM)),
        (limits.height, USUAL_HEIGHT_MM),
    )
    width, height = (min(max(one, limit.min), limit.max) for limit, one in asked)
    wall = min(max(USUAL_WALL_MM, limits.wall.min), limits.wall.max) if limits.wall else Decimal(0)
    spec = sample(document, width, height, wall)
    is_asked = Field.MOTHER_WIDTH in document.requires
    return replace(spec, mother_width_mm=USUAL_MOTHER_MM) if is_asked else spec
