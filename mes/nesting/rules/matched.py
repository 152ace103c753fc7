"""Parts that belong together: cut side by side out of one board, in order, so that the grain runs on.

The engine sees such a group as one part, as wide as its members with a kerf between any two; afterwards every
placement of it is taken apart. A group lies so that the cuts between its members are ones that the stages
allow: between parts of a strip, or, with two stages, between parts of a section. Units are 0.1 mm.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from mes.nesting.rules.instance import Instance, Part
from mes.nesting.rules.plan import Layout, Placement, Unplaced


def joined(instance: Instance) -> tuple[Part, ...]:
    """Return the parts, each group as one part with the id of its first member."""
    groups = instance.groups
    parts = []
    for part in instance.parts:
        if not part.match:
            parts.append(part)
        elif part is groups[part.match][0]:
            members = groups[part.match]
            width = sum(of.width_dmm for of in members) + instance.kerf_dmm * (len(members) - 1)
            parts.append(replace(part, width_dmm=width))
    return tuple(parts)


def taken_apart(instance: Instance, layouts: Sequence[Layout]) -> tuple[Layout, ...]:
    """Return the layouts with the members of every group in place of the group."""
    if not instance.groups:
        return tuple(layouts)
    first = {members[0].id: members for members in instance.groups.values()}
    return tuple(
        replace(
            layout,
            placements=tuple(
                one for at in layout.placements for one in _members(instance, first.get(at.part, ()), at)
            ),
        )
        for layout in layouts
    )


def _members(instance: Instance, members: Sequence[Part], at: Placement) -> Iterator[Placement]:
    if not members:
        yield at
    x, y = at.x_dmm, at.y_dmm
    for part in members:
        length, width = part.extent(at.is_turned)
        yield Placement(part.id, x, y, length, width, at.is_turned)
        if at.is_turned:
            x += length + instance.kerf_dmm
        else:
            y += width + instance.kerf_dmm


def each(instance: Instance, unplaced: Sequence[Unplaced]) -> tuple[Unplaced, ...]:
    """Return what is unplaced with every member of a group in place of the group."""
    match_of = {part.id: part.match for part in instance.parts if part.match}
    found: list[Unplaced] = []
    for left in unplaced:
        members = instance.groups.get(match_of.get(left.part, ""), ())
        found += [replace(left, part=part.id) for part in members] if members else [left]
    return tuple(found)
