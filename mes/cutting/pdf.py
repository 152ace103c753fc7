"""The papers of cutting: the plan for the saw (A4), and labels of 60 × 40 mm in cutting order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from flask_babel import force_locale
from flask_babel import gettext as _

from core.i18n import Named
from core.pdf.blocks import Beside, Block, Facts, Figure, Heading, Paragraph, Table, Together
from core.pdf.blocks import Column as TableColumn
from core.pdf.frame import Document, render_document
from core.pdf.labels import LABEL_60X40, Bars, Item, Label, Qr, Rule, TextBox, render_labels
from core.pdf.pen import Printed
from core.pdf.shapes import Align, Fill, Path, Picture, Shape, Words, rect
from core.web.templating import named
from mes.cutting.model import Offcut
from mes.cutting.queries import Part, PlanPage, SheetShown
from mes.cutting.rules.saw import books
from mes.nesting.rules.cuts import Cut
from mes.nesting.rules.instance import Kind

D = Decimal
BAR_DEPTH_MM = 160  # a bar is drawn as deep as this in the units of its length, so that its words can be read
PICTURE_MM = 118  # height of a sheet's picture on paper
BAR_PICTURE_MM = 22
PICTURE_SHARE = D("0.62")  # of the width of a page; its cut list stands beside it
BESIDE_MM = 120  # so high with the facts and a heading above: a longer cut list comes below
WORDS_MM = D("3.4")  # read from where the board lies
NUMBER_MM = D("3.6")
NUMBER_OFF_MM = 25  # on the board: how far a cut's number stands off its end
ROOM_RATE = D("0.94")  # words keep off the edges of their part
UPRIGHT = 2  # a part so many times deeper than long has its words upright


@dataclass(frozen=True, slots=True)
class Printing:
    """What a paper takes from its printing: the factory's name, and when and by whom it was printed."""

    company: str
    printed: str


def plan_paper(page: PlanPage, sheets: Sequence[SheetShown], printing: Printing) -> Printed:
    """Draw a plan for the saw: its figures, and each pattern with its sheets, its picture and its cut list."""
    shown = patterns(sheets)
    blocks: list[Block] = [_facts(page, shown)]
    if page.plan.unplaced_count:
        blocks.append(Paragraph(_unplaced(page)))
    blocks += [_pattern_block(page, found) for found in shown]
    document = Document(
        title=_("Cut plan"),
        number=page.plan.number,
        company=printing.company,
        footer=printing.printed,
        blocks=tuple(blocks),
        code=page.batch.code,
        is_landscape=True,
    )
    return render_document(document)


def patterns(sheets: Iterable[SheetShown]) -> list[list[SheetShown]]:
    """Return the sheets of each pattern, as they follow each other."""
    return [list(found) for _pattern, found in groupby(sheets, key=lambda sheet: sheet.row.pattern)]


def _facts(page: PlanPage, shown: Sequence[Sequence[SheetShown]]) -> Facts:
    plan, result = page.plan, page.result
    gap = "—" if result is None or result.gap_rate is None else f"{result.gap_rate:.1%}"
    return Facts(
        (
            (_("Batch"), page.batch.number),
            (
                _("Material"),
                f"{named(Named(page.material.name, page.material.name_en))} {page.material.code}",
            ),
            (_("Sheets or bars"), str(plan.stock_count)),
            (_("Yield"), f"{plan.yield_rate:.1%}"),
            (_("Above the bound"), gap),
            (_("Offcuts to keep"), str(page.offcut_count)),
            (_("Patterns"), str(len(shown))),
            (_("Kerf, mm"), _plain(D(page.instance.kerf_dmm) / 10)),
            (_("Trim, mm"), _plain(D(page.instance.trim.left_dmm) / 10)),
        ),
        column_count=3,
        name_mm=34,
    )


def _unplaced(page: PlanPage) -> str:
    rows = page.result.unplaced if page.result else ()
    parts = "; ".join(f"{row.part} × {row.quantity}: {_(row.reason.label)}" for row in rows)
    text: str = _("Not placed: %(parts)s", parts=parts)
    return text


def _pattern_block(page: PlanPage, sheets: Sequence[SheetShown]) -> Together:
    """Return one pattern: which sheets it is, its picture, and what is sawn in order, on one page if that can be."""
    sheet, count = sheets[0], len(sheets)
    is_bar = page.instance.kind is Kind.BAR
    heading = _(
        "Pattern %(pattern)s · %(count)s × %(size)s · %(used)s used",
        pattern=sheet.row.pattern + 1,
        count=count,
        size=_size(*_board(sheet)),
        used=f"{sheet.used_rate:.1%}",
    )
    stacks = books(count, page.book_count)
    if max(stacks) > 1:
        heading += " · " + _("cut in books of %(books)s", books=" + ".join(map(str, stacks)))
    if sheet.row.lot_id is not None:
        heading += " · " + _("from offcut %(code)s", code=sheet.layout.stock)
    codes = Paragraph("  ".join(f"{one.row.position} {one.row.code}" for one in sheets))
    drawn = picture(page, sheet, is_single=count == 1)
    if is_bar:
        return Together((Heading(heading), codes, Figure(drawn, height_mm=BAR_PICTURE_MM), _stop_list(sheet)))
    figure, table = Figure(drawn, height_mm=PICTURE_MM), _fence_list(page, sheet)
    return Together((Heading(heading), codes, Beside(figure, table, PICTURE_SHARE, BESIDE_MM)))


def _fence_list(page: PlanPage, sheet: SheetShown) -> Table:
    """Return what is done at a saw with a fence: trim, then cut after cut with one setting."""
    ways = (_("right through"), _("second cut"), _("third cut"), _("trim to size"))
    rows = [
        (
            f"{step.first}" if step.count == 1 else f"{step.first}–{step.last}",
            ways[min(step.stage, len(ways)) - 1],
            _plain(step.size_mm),
            str(step.count),
            ", ".join(map(str, step.frees)),
        )
        for step in sheet.steps
    ]
    if page.instance.trim.left_dmm:
        trim = _plain(D(page.instance.trim.left_dmm) / 10)
        rows.insert(0, (_("at first"), _("trim the four edges"), trim, "4", ""))
    columns = (
        TableColumn(_("Cut no."), 4),
        TableColumn(_("How"), 9),
        TableColumn(_("Fence, mm"), 4, Align.RIGHT),
        TableColumn(_("Times"), 3, Align.RIGHT),
        TableColumn(_("Frees part"), 6),
    )
    return Table(columns, tuple(rows))


def _stop_list(sheet: SheetShown) -> Table:
    """Return what is done at a saw with a stop: each length to its long point, with the angles of its ends."""
    rows = []
    for (length, mitre, allowance), found in groupby(sheet.parts, key=_stop):
        places = [part.place.position for part in found]
        rows.append(
            (
                f"{places[0]}" if len(places) == 1 else f"{places[0]}–{places[-1]}",
                _plain(length),
                mitre.replace("/", "° / ") + "°" if mitre else "90°",
                _plain(allowance) if allowance else "",
                str(len(places)),
            )
        )
    columns = (
        TableColumn(_("Part no."), 2),
        TableColumn(_("Stop, to the long point, mm"), 3, Align.RIGHT),
        TableColumn(_("Ends"), 2),
        TableColumn(_("Mitre allowance, mm"), 3, Align.RIGHT),
        TableColumn(_("Times"), 1, Align.RIGHT),
    )
    return Table(columns, tuple(rows))


def _stop(part: Part) -> tuple[Decimal, str, Decimal]:
    return part.place.length_mm, part.piece.mitre, part.allowance_mm


def picture(page: PlanPage, sheet: SheetShown, *, is_single: bool) -> Picture:
    """Return a sheet as a drawing: the origin of the saw is at the lower left.

    Parts have their places in cutting order; on a single sheet also what they are and whose.
    """
    length = D(sheet.stock.length_dmm) / 10
    depth = D(sheet.stock.width_dmm) / 10 or D(BAR_DEPTH_MM)
    shapes: list[Shape] = [rect(0, 0, length, depth, line_mm=D("0.5"))]
    for offcut in sheet.layout.offcuts:
        x, wide = D(offcut.x_dmm) / 10, D(offcut.length_dmm) / 10
        high = D(offcut.width_dmm) / 10 or depth
        y = depth - D(offcut.y_dmm) / 10 - high
        words = _("Offcut %(size)s", size=_size(wide, high if offcut.width_dmm else None))
        shapes.append(rect(x, y, wide, high, fill=Fill.HATCH, is_dashed=True))
        shapes.append(Words(x + wide / 2, y + high / 2, words, WORDS_MM, room=wide, is_on_white=True))
    for part in sheet.parts:
        shapes += _part_shapes(part, depth, is_single=is_single)
    for cut in sheet.cuts if page.instance.kind is Kind.SHEET else ():
        ends = ((cut.x1_dmm, cut.y1_dmm), (cut.x2_dmm, cut.y2_dmm))
        line = tuple((D(x) / 10, depth - D(y) / 10) for x, y in ends)
        shapes.append(Path(line, D("0.35"), is_dashed=cut.stage > 1))
        shapes.append(Words(*_number_at(cut, line), str(cut.n), NUMBER_MM, is_on_white=True))
    return Picture(length + 60, depth + 60, tuple(shapes), x=-30, y=-30)


def _number_at(cut: Cut, line: tuple[tuple[Decimal, Decimal], ...]) -> tuple[Decimal, Decimal]:
    """Return where the number of a cut stands, so that cuts that meet do not hide each other's."""
    (x1, _), (x2, y2) = line
    if cut.x1_dmm == cut.x2_dmm:
        return x2, y2 - NUMBER_OFF_MM  # above its upper end
    return (x2 if cut.stage == 1 else x1 + 2 * NUMBER_OFF_MM), y2


def _part_shapes(part: Part, depth: Decimal, *, is_single: bool) -> Iterator[Shape]:
    at = part.place
    high = at.width_mm or depth
    y = depth - at.y_mm - high
    yield rect(at.x_mm, y, at.length_mm, high)
    if part.allowance_mm:
        yield rect(at.x_mm + at.length_mm, y, part.allowance_mm, high, fill=Fill.HATCH, is_dashed=True)
    words = f"{at.position} · {_size(at.length_mm, at.width_mm or None)}"
    if part.piece.mitre:
        words += f" ∠{part.piece.mitre}"
    if is_single:
        words += f" {_titled(part)} {part.set_number}"
    if part.pair:
        words += " " + _("pair %(which)s", which=part.pair)
    is_upright = high > UPRIGHT * at.length_mm
    room = (high if is_upright else at.length_mm) * ROOM_RATE
    middle = at.x_mm + at.length_mm / 2, y + high / 2
    yield Words(*middle, words, WORDS_MM, room=room, is_upright=is_upright)


def labels(page: PlanPage, sheets: Iterable[SheetShown], locale: str) -> Printed:
    """Draw labels in cutting order: those of a book's sheets, then of the pieces and offcuts that come off it.

    A bundle has one label, where its first part is cut; pieces without a label have none.
    """
    with force_locale(locale):
        drawn = _labels_of(page, sheets)
    return render_labels(LABEL_60X40, drawn, page.plan.number)


def batch_labels(
    number: str, code: str, plans: Iterable[tuple[PlanPage, Sequence[SheetShown]]], locale: str
) -> Printed:
    """Draw all labels of a batch in one go: the batch's own, which the keeper scans, then plan by plan."""
    with force_locale(locale):
        drawn = [_batch_label(number, code)]
        for page, sheets in plans:
            drawn += _labels_of(page, sheets)
    return render_labels(LABEL_60X40, drawn, number)


def _labels_of(page: PlanPage, sheets: Iterable[SheetShown]) -> list[Label]:
    drawn: list[Label] = []
    labelled: set[int] = set()
    for book in _books(page, sheets):
        drawn += [_sheet_label(page, sheet) for sheet in book]
        for together in zip(
            *(sheet.parts for sheet in book), strict=True
        ):  # a cut goes through the whole book
            for sheet, part in zip(book, together, strict=True):
                if part.piece.code is not None and part.piece.id not in labelled:
                    labelled.add(part.piece.id)
                    drawn.append(_piece_label(page, sheet, part, part.piece.code))
        material = Named(page.material.name, page.material.name_en)
        drawn += [
            _offcut_label(offcut, material, page.material.code) for sheet in book for offcut in sheet.offcuts
        ]
    return drawn


def _books(page: PlanPage, sheets: Iterable[SheetShown]) -> Iterator[list[SheetShown]]:
    """Yield the sheets that are cut at once, in cutting order."""
    for found in patterns(sheets):
        begin = 0
        for count in books(len(found), page.book_count):
            yield found[begin : begin + count]
            begin += count


def _offcut_label(offcut: Offcut, material: Named, material_code: str) -> Label:
    items = (
        TextBox(2, 2, 36, 7, _("Offcut"), 6, is_bold=True, is_inverse=True),
        TextBox(2, 10, 37, 5, _size(offcut.length_mm, offcut.width_mm), D("4.6"), is_bold=True),
        TextBox(2, D("15.2"), 37, 4, named(material), D("3.2")),
        TextBox(2, D("19.4"), 37, 4, material_code, D("3.2")),
        *_codes(offcut.code),
    )
    return Label(items)


def offcut_label(offcut: Offcut, material: Named, material_code: str, locale: str) -> Printed:
    """Draw the label of one offcut, in the factory's language."""
    with force_locale(locale):
        drawn = _offcut_label(offcut, material, material_code)
    return render_labels(LABEL_60X40, [drawn], offcut.code)


def _batch_label(number: str, code: str) -> Label:
    items = (
        TextBox(2, 2, 36, 7, _("Batch"), 6, is_bold=True, is_inverse=True),
        TextBox(2, 11, 37, 6, number, 5, is_bold=True),
        *_codes(code),
    )
    return Label(items)


def _sheet_label(page: PlanPage, sheet: SheetShown) -> Label:
    row = sheet.row
    title = _("Sheet %(position)s / %(total)s", position=row.position, total=page.plan.stock_count)
    material = named(Named(page.material.name, page.material.name_en))
    items = (
        TextBox(2, 2, 36, 7, title, 6, is_bold=True, is_inverse=True),
        TextBox(2, 10, 37, 5, page.plan.number, 4, is_bold=True),
        TextBox(2, D("15.2"), 37, 4, material, D("3.2")),
        TextBox(2, D("19.4"), 37, 4, _size(*_board(sheet)), D("3.2")),
        *_codes(row.code),
    )
    if not any(part.pair for part in sheet.parts):
        return Label(items)
    return Label((*items, TextBox(40, 21, 19, 4, _("matched pairs"), D("3.2"), align=Align.CENTER)))


def _piece_label(page: PlanPage, sheet: SheetShown, part: Part, code: str) -> Label:
    piece = part.piece
    name = named(part.name)
    if piece.part_count > 1:
        name = _("%(name)s × %(count)s", name=name, count=piece.part_count)
    width = piece.cut_width_mm or piece.width_mm  # a bar is as wide as it comes
    sides = [side for side in (piece.cut_length_mm, width, piece.thickness_mm) if side]
    way = " → ".join(named(name) for name in (part.next_operation, part.package) if name is not None)
    items: list[Item] = [
        TextBox(2, D("1.5"), 37, 6, name, 5, is_bold=True),
        TextBox(2, D("7.6"), 37, 5, " × ".join(_plain(side) for side in sides), D("4.2"), is_bold=True),
        TextBox(2, D("12.8"), 37, D("4.2"), f"{part.set_number} {part.room}", D("3.2"), is_bold=True),
        TextBox(2, 17, 37, D("3.8"), named(Named(page.material.name, page.material.name_en)), D("2.8")),
        TextBox(2, D("20.8"), 37, D("3.8"), way, D("2.8")),
        TextBox(40, 21, 19, 4, f"{sheet.row.position}-{part.place.position}", D("3.2"), align=Align.CENTER),
        *_codes(code),
    ]
    if piece.edges.strip("-"):
        edges = _("Edges %(edges)s", edges=piece.edges)
        items.append(TextBox(40, 25, 19, 4, edges, D("2.6"), align=Align.CENTER))
    if part.pair:
        pair = _("pair %(which)s", which=part.pair)
        items.append(TextBox(24, D("20.8"), 16, D("3.8"), pair, D("3.2"), is_bold=True))
    if part.is_by_hand:
        by_hand = _("hand-edited")
        items.append(TextBox(40, D("35.8"), 19, 4, by_hand, D("3.2"), align=Align.CENTER, is_inverse=True))
    if piece.is_urgent:
        urgent = _("Remake, urgent")
        items.append(TextBox(40, 30, 19, D("5.5"), urgent, D("3.6"), align=Align.CENTER, is_inverse=True))
    return Label(tuple(items))


def _codes(code: str) -> tuple[Item, ...]:
    """Return the code as bars with its text, and as a square."""
    return (
        Rule(2, D("25.2"), 36),
        Bars(0, 26, 40, 9, code),
        TextBox(0, D("35.3"), 40, 4, code, D("3.2"), align=Align.CENTER, is_bold=True),
        Qr(40, 1, 19, code),
    )


def _titled(part: Part) -> str:
    """Return a part's name, with a star where a hand made it otherwise than the rules."""
    return f"{named(part.name)} ★" if part.is_by_hand else named(part.name)


def _board(sheet: SheetShown) -> tuple[Decimal, Decimal]:
    return D(sheet.stock.length_dmm) / 10, D(sheet.stock.width_dmm) / 10


def _size(length_mm: Decimal | None, width_mm: Decimal | None) -> str:
    return " × ".join(_plain(side) for side in (length_mm, width_mm) if side)


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"
