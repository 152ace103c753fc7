"""Pattern exchange (PTX): a cut plan for the optimiser or the controller of a panel saw or a bar saw.

ASCII, CRLF, one record a line, mm with one place. Two forms: parts only (the saw's own optimiser cuts them), and
full patterns. What the format cannot say is refused, never cut short. CUTS rows stand in the order of the cut tree;
SEQUENCE is the order of sawing. No machine has read it yet: the first file is to be tried on the saw itself.

A bar is a board as wide as its profile that is only cross-cut (pattern type 4, function 2). The format knows no
angle: a part with mitred ends is a blank with its allowance, its finished length stands in PARTS_INF.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from core.errors import RuleViolation
from core.i18n import N_
from mes.cutting.rules.saw import books
from mes.nesting.rules.cuts import Slab, Slicing, sliced
from mes.nesting.rules.instance import Grain, Instance, Kind, Part, Stock
from mes.nesting.rules.plan import Layout, Plan

CODE = re.compile(r"[A-Z0-9_-]{1,50}")
TITLE_MOST, TEXT_MOST = 25, 50
DIM_MOST, QTY_MOST = Decimal("9999.9"), 99_999
PARTS_MOST, BOARDS_MOST, OFFCUTS_MOST = 9_999, 5_000, 7_500
GRAINS = {Grain.NONE: 0, Grain.LENGTH: 1, Grain.WIDTH: 2}
RIP_FIRST, TURN_FIRST, CROSSCUT_ONLY = 0, 1, 4
CROSSCUT = 2  # the function of a cut across a bar
PARTS_INF_CELLS = 32
WASTE = 90  # added to the phase of a strip that nobody wants
PHASES_MOST = 9


class PtxRefused(RuleViolation):
    """The format has no way to say it."""

    code = "mes.cutting.ptx_refused"
    message = N_(
        "PTX cannot say this: %(field)s is %(value)s, allowed is %(limit)s. Use the PDF for this plan."
    )


@dataclass(frozen=True, slots=True)
class PtxHead:
    """What a file says besides the plan. `version` is what the receiving saw expects.

    `profile_mm` is how wide a bar is; nothing where its parts do not agree, or nobody knows.
    """

    version: str
    job: str
    material: str
    thickness_mm: Decimal
    boards_per_book: int
    profile_mm: Decimal | None = None


def parts_only(instance: Instance, head: PtxHead) -> bytes:
    """Return the parts with their material and boards, for the saw's own optimiser. Raises PtxRefused."""
    width = _width_of(instance, head)
    return _written([*_heading(instance, head), *_parts(instance, width), *_boards(instance, width, {})])


def patterns(instance: Instance, plan: Plan, head: PtxHead) -> bytes:
    """Return the whole plan with its patterns and cuts. Raises PtxRefused."""
    writer = _Patterns(instance, head)
    for number, layout in enumerate(plan.layouts, start=1):
        writer.pattern(_limited("PATTERNS", number, PARTS_MOST), layout)
    lines = [
        *_heading(instance, head),
        *_parts(instance, writer.width, plan),
        *_boards(instance, writer.width, plan.stock_used),
        *writer.offcuts,
        *writer.lines,
    ]
    return _written(lines)


def part_code(part: Part) -> str:
    """Return a part's code: 2090X240L, of a bar 2200 or 2200M160; a tenth is written behind an underscore.

    Behind the M stands what its mitred ends take.
    """
    sides = "X".join(_short(side) for side in (part.length_dmm, part.width_dmm) if side)
    if not part.width_dmm:
        return f"{sides}M{_short(part.mitre_dmm)}" if part.mitre_dmm else sides
    return sides + {Grain.LENGTH: "L", Grain.WIDTH: "W", Grain.NONE: ""}[part.grain]


def _short(length_dmm: int) -> str:
    return _mm(length_dmm).removesuffix(".0").replace(".", "_")


def _width_of(instance: Instance, head: PtxHead) -> int | None:
    """Return the width of every row of a bar, in 0.1 mm; None for boards, whose rows have their own."""
    if instance.kind is Kind.SHEET:
        return None
    if not head.profile_mm:
        raise PtxRefused(field="WIDTH", value=head.profile_mm or "–", limit=f"0.1–{DIM_MOST}")
    return int(head.profile_mm * 10)


def _heading(instance: Instance, head: PtxHead) -> Iterator[tuple[Any, ...]]:
    kerf = _dim("KERF", instance.kerf_dmm)
    trim = instance.trim
    trims = [
        _dim("TRIM", side + instance.kerf_dmm if side else 0)  # trims include the kerf
        for side in (trim.bottom_dmm, trim.top_dmm, trim.left_dmm, trim.right_dmm)
    ]
    yield "HEADER", head.version, _text("TITLE", head.job, TITLE_MOST), 0, 0, 1
    yield "JOBS", 1, _text("NAME", head.job, TEXT_MOST), "", "", "", "", 0, "", "", "", ""
    code, thick = _code("MATERIALS", head.material), _dim("THICK", int(head.thickness_mm * 10))
    book = _limited("BOOK", head.boards_per_book, QTY_MOST)
    yield (
        "MATERIALS",
        1,
        1,
        code,
        "",
        thick,
        book,
        kerf,
        kerf,
        *trims,
        "",
        "",
        "",
        CROSSCUT if instance.kind is Kind.BAR else instance.stages,
        "",
        "",
        "",
        "",
    )


def _parts(instance: Instance, width: int | None, plan: Plan | None = None) -> Iterator[tuple[Any, ...]]:
    left = {row.part: row.quantity for row in plan.unplaced} if plan else {}
    for index, part in enumerate(instance.parts, start=1):
        made = "" if plan is None else part.quantity - left.get(part.id, 0)
        blank_dmm = part.length_dmm + part.mitre_dmm
        sizes = _dim("LENGTH", blank_dmm), _dim("WIDTH", width or part.width_dmm)
        number = _limited("PARTS_REQ", index, PARTS_MOST)
        code, wanted = _code("PARTS_REQ", part_code(part)), _limited("QTY_REQ", part.quantity, QTY_MOST)
        yield "PARTS_REQ", 1, number, code, 1, *sizes, wanted, 0, 0, GRAINS[part.grain], made
        if part.mitre_dmm:
            finished = 1, number, "", "", _dim("FIN_LENGTH", part.length_dmm), sizes[1]
            yield "PARTS_INF", *finished, *[""] * (PARTS_INF_CELLS - len(finished))


def _boards(instance: Instance, width: int | None, used: Mapping[str, int]) -> Iterator[tuple[Any, ...]]:
    for index, stock in enumerate(instance.stock, start=1):
        there = "" if stock.quantity is None else _limited("QTY_STOCK", stock.quantity, QTY_MOST)
        sizes = _dim("LENGTH", stock.length_dmm), _dim("WIDTH", width or stock.width_dmm)
        number = _limited("BOARDS", index, BOARDS_MOST)
        taken = _limited("QTY_USED", used.get(stock.id, 0), QTY_MOST)
        kind = 1 if stock.is_offcut else 0
        code = _code("BOARDS", stock.id.upper())
        yield "BOARDS", 1, number, code, 1, *sizes, there, taken, "", 0, "", "", GRAINS[stock.grain], kind


class _Patterns:
    """Writes PATTERNS with their CUTS, and the OFFCUTS that they leave."""

    def __init__(self, instance: Instance, head: PtxHead) -> None:
        self.instance, self.head, self.width = instance, head, _width_of(instance, head)
        self.stocks = {one.id: (index, one) for index, one in enumerate(instance.stock, start=1)}
        self.parts = {one.id: index for index, one in enumerate(instance.parts, start=1)}
        self.lines: list[tuple[Any, ...]] = []
        self.offcuts: list[tuple[Any, ...]] = []

    def pattern(self, number: int, layout: Layout) -> None:
        board, stock = self.stocks[layout.stock]
        slicing = self.slicing(stock, layout)
        kind = self.kind(slicing)
        stacks = books(_limited("QTY_RUN", layout.repeat, QTY_MOST), self.head.boards_per_book)
        self.lines.append(
            ("PATTERNS", 1, number, board, kind, layout.repeat, len(stacks), max(stacks), "", "", "")
        )
        rows = list(_depth_first(slicing.tree))
        order = _order(slicing.tree)
        kept = {(o.x_dmm, o.y_dmm): o for o in layout.offcuts}
        for index, slab in enumerate(rows or [_whole(slicing.tree)], start=1):
            phase = slab.stage + (CROSSCUT - 1 if kind == CROSSCUT_ONLY else 0)
            if phase > PHASES_MOST:
                raise PtxRefused(field="FUNCTION", value=phase, limit=PHASES_MOST)
            offcut = kept.get(slab.box[:2]) if slab.is_waste else None
            function = phase + (WASTE if slab.is_waste and offcut is None else 0)
            what, count = self.yielded(slab, layout, offcut is not None)
            size = _dim("DIMENSION", slab.size_dmm)
            self.lines.append(
                ("CUTS", 1, number, index, order.get(id(slab), 1), function, size, 1, what, count, "")
            )

    def kind(self, slicing: Slicing) -> int:
        """Return the TYPE of a pattern: which way its first cuts go."""
        if self.instance.kind is Kind.BAR:
            return CROSSCUT_ONLY
        return RIP_FIRST if slicing.tree.axis == 1 else TURN_FIRST

    def yielded(self, slab: Slab, layout: Layout, is_offcut: bool) -> tuple[str, int]:
        """Return PART_INDEX and QTY_PARTS of one row."""
        if slab.part is not None:
            return str(self.parts[layout.placements[slab.part].part]), 1
        if not is_offcut:
            return "0", 0
        x1, y1, x2, y2 = slab.box
        index = _limited("OFFCUTS", len(self.offcuts) + 1, OFFCUTS_MOST)
        sizes = _dim("LENGTH", x2 - x1), _dim("WIDTH", self.width or y2 - y1)
        self.offcuts.append(("OFFCUTS", 1, index, f"X{index}", 1, *sizes, layout.repeat))
        return f"X{index}", 1

    def slicing(self, stock: Stock, layout: Layout) -> Slicing:
        axes = (0,) if self.instance.kind is Kind.BAR else ()
        found = sliced(self.instance, stock, layout.placements, axes)
        if found is None:  # the checker let it through: straight cuts reach every part
            raise PtxRefused(field="PATTERNS", value=layout.stock, limit="guillotine")
        return found


def _whole(root: Slab) -> Slab:
    """Return the one row of a pattern whose part fills the board: it comes off as it is."""
    return replace(root, stage=1, size_dmm=root.box[root.axis + 2] - root.box[root.axis])


def _depth_first(slab: Slab) -> Iterator[Slab]:
    """Yield what is cut out of a slab, each before what is cut out of it; waste without width is none."""
    for one in slab.slabs:
        if one.is_waste and not one.size_dmm:
            continue
        yield one
        yield from _depth_first(one)


def _order(root: Slab) -> dict[int, int]:
    """Return the place of each slab in the order of sawing, by its identity: a region's own first."""
    order: dict[int, int] = {}

    def walk(slab: Slab) -> None:
        for one in slab.slabs:
            if not one.is_waste or one.size_dmm:
                order[id(one)] = len(order) + 1
        for one in slab.slabs:
            walk(one)

    walk(root)
    return order


def _written(lines: Sequence[tuple[Any, ...]]) -> bytes:
    return "".join(",".join(str(cell) for cell in line) + "\r\n" for line in lines).encode("ascii")


def _mm(length_dmm: int) -> str:
    return f"{Decimal(length_dmm) / 10:.1f}"


def _dim(field: str, length_dmm: int) -> str:
    if not 0 <= Decimal(length_dmm) / 10 <= DIM_MOST:
        raise PtxRefused(field=field, value=_mm(length_dmm), limit=f"0–{DIM_MOST}")
    return _mm(length_dmm)


def _limited(field: str, count: int, most: int) -> int:
    if not 0 <= count <= most:
        raise PtxRefused(field=field, value=count, limit=f"0–{most}")
    return count


def _code(field: str, code: str) -> str:
    if not CODE.fullmatch(code):
        raise PtxRefused(field=field, value=code, limit="A–Z 0–9 _ -, 50")
    return code


def _text(field: str, text: str, most: int) -> str:
    if len(text) > most or not text.isascii() or not text.isprintable() or set(text) & set(',"'):
        raise PtxRefused(field=field, value=text, limit=f"ASCII, {most}")
    return text
