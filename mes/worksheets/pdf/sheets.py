"""Work sheets on A4: a card for each piece of an operation, counts for each size of a material, a card for each set.

No text is smaller than 8 pt.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from flask_babel import force_locale, format_date
from flask_babel import gettext as _

from core.i18n import Named
from core.pdf.blocks import Block, Column, Facts, Heading, NewPage, Paragraph, Strip, Table
from core.pdf.codes import BAR_DOTS, BAR_QUIET, DOT_PT, DOTS_PER_MM, code128, draw_code128, draw_qr
from core.pdf.frame import Document, render_document
from core.pdf.pen import Pen, Printed, points
from core.pdf.shapes import Align
from core.pdf.text import fit
from core.web.errors import text_of
from core.web.templating import named
from mes.worksheets.pdf.elevation import elevation
from mes.worksheets.queries import SetSpec, Sheet, SheetPiece, Stamp
from mes.worksheets.rules import PaperKind

D = Decimal
CARD_MM, CODES_MM, PICTURE_MM = D(35), 58, 27
QR_DOTS = 17 * DOTS_PER_MM
MACHINE_DOTS = 110 * DOTS_PER_MM  # a hand scanner takes no wider line in one stroke
LONG_QR_DOTS = 22 * DOTS_PER_MM
BARS_DOTS = (40 * DOTS_PER_MM, 9 * DOTS_PER_MM)
LINE_MM = D("4.6")
SMALL, PLAIN, LARGE = D("3.1"), D("3.6"), D("5.2")  # heights of letters, mm; 3.1 is 8.8 pt
SMALLEST = D("2.9")  # 8.2 pt: a text that does not fit at this size ends in an ellipsis
BOX, TICKED = "□", "■"


@dataclass(frozen=True, slots=True)
class Printing:
    """What a paper takes from its printing: the company, when and by whom, what it is of, and its language."""

    company: str
    printed: str
    subject: str  # the order's or the batch's number
    locale: str
    code: str | None = None  # of the batch, drawn as QR in the header


def draw(kind: PaperKind, sheet: Sheet, operation: str, printing: Printing) -> Printed:
    """Draw one paper in its language."""
    makers: dict[PaperKind, Callable[[Sheet, str], Iterator[Block]]] = {
        PaperKind.OPERATION: _operation,
        PaperKind.MATERIAL: _material,
        PaperKind.ROUTE: _route,
    }
    with force_locale(printing.locale):
        name = named(sheet.operations.get(operation, Named(operation)))
        document = Document(
            title=f"{_(kind.label)} {name}".strip(),
            number=printing.subject,
            company=printing.company,
            footer=printing.printed,
            blocks=tuple(makers[kind](sheet, operation)),
            code=printing.code,
        )
        return render_document(document)


# --- by operation -------------------------------------------------------------


def _operation(sheet: Sheet, operation: str) -> Iterator[Block]:
    stations = ", ".join(named(one) for one in sheet.stations.get(operation, ()))
    if stations:
        yield Facts(((_("Station"), stations),))
    counts = {"count": sheet.part_count, "orders": len(sheet.orders)}
    yield Paragraph(_("%(count)s pieces of %(orders)s orders: material, then size, then order.", **counts))
    for (is_urgent, material, size), group in groupby(sheet.pieces, _kind):
        pieces = list(group)
        count = sum(piece.part_count for piece in pieces)
        words = _("%(material)s · %(size)s · %(count)s pcs", material=material, size=size, count=count)
        yield Heading(f"{_('Remake, urgent')} · {words}" if is_urgent else words)
        for piece in pieces:
            yield Card(piece)
    yield Heading(_("Total by size"))
    yield _totals(sheet)


def _kind(piece: SheetPiece) -> tuple[bool, str, str]:
    return piece.is_urgent, named(piece.material or piece.name), _size(piece.sides_mm)


def _totals(sheet: Sheet) -> Table:
    counts: Counter[tuple[str, str, str]] = Counter()
    for piece in sheet.pieces:
        counts[named(piece.material or piece.name), named(piece.name), _size(piece.sides_mm)] += (
            piece.part_count
        )
    columns = (
        Column(_("Material"), 4),
        Column(_("Piece"), 3),
        Column(_("Finished, mm"), 4, Align.RIGHT),
        Column(_("Count"), 2, Align.RIGHT),
        Column(_("Done"), 2),
    )
    rows = tuple((*key, str(count), BOX) for key, count in counts.items())
    return Table(columns, rows, total=(_("Total"), "", "", str(sum(counts.values())), ""))


@dataclass(frozen=True, slots=True)
class Card:
    """One piece: its door with the piece pointed out, what to do, and its code to be scanned."""

    piece: SheetPiece

    def strips(self, width_pt: float, height_pt: float) -> list[Strip]:
        """Return the card, and a slice for each machine code, never torn from it."""
        piece, picture = self.piece, elevation(self.piece.drawing, self.piece.drawn_as, has_sizes=False)
        text_x = points(PICTURE_MM + 3)
        codes_x = width_pt - points(CODES_MM)
        lines = [*_lines_of(piece)]

        def paint(pen: Pen, x: float, y: float) -> None:
            pen.rule(x, y, width_pt, thick=0.4, tone=0.4)
            pen.picture(picture, x, y + points(1), points(PICTURE_MM), points(CARD_MM - 2))
            down = y + points(2)
            for words, size, is_bold in lines:
                down += points(size) * 1.3
                _text(pen, words, x + text_x, down, codes_x - text_x - points(2), size, is_bold=is_bold)
            if piece.code is not None:
                _codes(pen, piece.code, x + codes_x, y + points(1))
            if piece.is_urgent:
                _urgent(pen, x + codes_x, y + points(21), points(40))
            pen.line_of_text(x + width_pt - points(9), y + points(29), BOX, points(8))

        stamps = [_stamp_strip(stamp, width_pt) for stamp in piece.stamps]
        return [Strip(points(CARD_MM), paint, is_kept=bool(stamps)), *stamps]


def _stamp_strip(stamp: Stamp, width_pt: float) -> Strip:
    """Return a machine code as bars, as a square where the bars are too long, or why there is none."""
    if stamp.fault is not None:
        words = _("%(name)s: no code. %(reason)s", name=named(stamp.name), reason=text_of(stamp.fault))
        return Strip(points(6), lambda pen, x, y: _text(pen, words, x, y + points(4), width_pt, SMALL))
    needed = (code128(stamp.text).columns + 2 * BAR_QUIET) * BAR_DOTS
    has_bars = needed * DOT_PT <= width_pt
    high = 16 if has_bars else 24

    def paint(pen: Pen, x: float, y: float) -> None:
        words = f"{named(stamp.name)}  {stamp.text}"
        left, top = int(x / DOT_PT), int((y + points(5)) / DOT_PT)
        if has_bars:
            _text(pen, words, x, y + points(4), width_pt, SMALL)
            draw_code128(
                pen,
                stamp.text,
                left,
                top,
                min(int(width_pt / DOT_PT), max(needed, MACHINE_DOTS)),
                BARS_DOTS[1],
            )
        else:
            _text(pen, words, x + points(24), y + points(10), width_pt - points(24), SMALL)
            draw_qr(pen, stamp.text, left, top - 4 * DOTS_PER_MM, LONG_QR_DOTS)

    return Strip(points(high), paint)


def _lines_of(piece: SheetPiece) -> Iterator[tuple[str, Decimal, bool]]:
    count = f" × {piece.part_count}" if piece.part_count > 1 else ""
    yield f"{_titled(piece)}{count}", PLAIN, True
    yield _size(piece.sides_mm) or "—", LARGE, True
    yield f"{piece.set_number}  {piece.room}", PLAIN, True
    due = format_date(piece.due_on, "yyyy-MM-dd") if piece.due_on else "—"
    yield (
        " · ".join(filter(None, (named(piece.dealer), piece.customer, _("due %(day)s", day=due)))),
        SMALL,
        False,
    )
    handing = _(piece.handing) if piece.handing else ""
    edges = _("Edges %(edges)s", edges=piece.edges) if piece.edges else ""
    mitre = _("Mitre %(mitre)s", mitre=piece.mitre) if piece.mitre else ""
    yield " · ".join(filter(None, (handing, edges, mitre))), SMALL, False
    yield piece.machining, SMALL, False


def _codes(pen: Pen, code: str, x: float, y: float) -> None:
    left, top = int(x / DOT_PT), int(y / DOT_PT)
    draw_code128(pen, code, left, top + 2 * DOTS_PER_MM, *BARS_DOTS)
    pen.line_of_text(x + points(20), y + points(16), code, points(PLAIN), align=Align.CENTER, is_bold=True)
    draw_qr(pen, code, left + 41 * DOTS_PER_MM, top, QR_DOTS)


def _urgent(pen: Pen, x: float, y: float, width_pt: float) -> None:
    pen.box(x, y, width_pt, points(7))
    words = _("Remake, urgent")
    pen.line_of_text(
        x + width_pt / 2, y + points(5), words, points(4), align=Align.CENTER, is_bold=True, tone=1
    )


def _text(
    pen: Pen, words: str, x: float, base: float, room: float, size: Decimal, *, is_bold: bool = False
) -> None:
    if not words:
        return
    fitted = fit(words, room, points(size) * 1.3, points(size), points(SMALLEST))
    if fitted.is_cut:
        pen.note_cut(words)
    pen.line_of_text(x, base, fitted.lines[0], fitted.size_pt, is_bold=is_bold)


# --- by material --------------------------------------------------------------


def _material(sheet: Sheet, _operation: str) -> Iterator[Block]:
    yield Paragraph(
        _("%(count)s orders: %(orders)s", count=len(sheet.orders), orders=", ".join(sheet.orders))
    )
    sawn = [piece for piece in sheet.pieces if piece.material is not None and piece.cut_mm]
    for material, group in groupby(sorted(sawn, key=_by_material), _by_material):
        pieces = list(group)
        yield Heading(_("%(material)s · to be sawn", material=material))
        yield _sizes_table([(_titled(one), one.cut_mm, one) for one in pieces], _("As cut, mm"))
    joined = [piece for piece in sheet.pieces if piece.material is None or not piece.cut_mm]
    if joined:
        yield Heading(_("To be joined or pressed"))
        yield _sizes_table([(_titled(one), one.sides_mm, one) for one in joined], _("Finished, mm"))


def _by_material(piece: SheetPiece) -> str:
    return named(piece.material) if piece.material else ""


def _sizes_table(rows: list[tuple[str, tuple[Decimal, ...], SheetPiece]], title: str) -> Table:
    counts: Counter[tuple[str, tuple[Decimal, ...]]] = Counter()
    orders: dict[tuple[str, tuple[Decimal, ...]], dict[str, None]] = {}
    for name, size, piece in rows:
        counts[name, size] += piece.part_count
        orders.setdefault((name, size), {})[piece.order_number] = None
    keys = sorted(counts, key=lambda key: (key[0], [-side for side in key[1]]))
    columns = (
        Column(_("Piece"), 4),
        Column(title, 3, Align.RIGHT),
        Column(_("Count"), 2, Align.RIGHT),
        Column(_("Orders"), 5),
        Column(_("Done"), 1),
    )
    shown = tuple(
        (name, _size(size), str(counts[name, size]), ", ".join(orders[name, size]), BOX)
        for name, size in keys
    )
    return Table(columns, shown, total=(_("Total"), "", str(sum(counts.values())), "", ""))


# --- by set -------------------------------------------------------------------


def _route(sheet: Sheet, _operation: str) -> Iterator[Block]:
    for place, (_set_id, group) in enumerate(groupby(sheet.pieces, lambda piece: piece.set_id)):
        pieces = list(group)
        if place:
            yield NewPage()
        yield SetHead(pieces[0])
        yield Facts(_set_facts(pieces[0]), name_mm=26)
        yield _route_table(pieces, sheet)


def _set_facts(piece: SheetPiece) -> tuple[tuple[str, str], ...]:
    due = format_date(piece.due_on, "yyyy-MM-dd") if piece.due_on else "—"
    return (
        (_("Order"), piece.order_number),
        (_("Due"), due),
        (_("Dealer"), named(piece.dealer)),
        (_("Customer"), piece.customer),
        (_("Room"), piece.room),
        (_("Handing"), _(piece.handing) if piece.handing else "—"),
        *_spec_facts(piece.spec),
    )


def _spec_facts(spec: SetSpec) -> tuple[tuple[str, str], ...]:
    """Return what the line asked for: model, colour, sizes, wall, lock and what is other than usual."""
    return (
        (_("Model"), named(spec.model)),
        (_("Colour"), named(spec.colour)),
        (_(spec.basis), f"{_size(spec.sizes_mm)} mm"),
        (_("Wall thickness"), f"{_size((spec.wall_mm,))} mm"),
        *((named(name), named(value)) for name, value in spec.choices),
        *((named(name), f"{_size((value,))} mm") for name, value in spec.further_mm),
    )


def _route_table(pieces: list[SheetPiece], sheet: Sheet) -> Table:
    columns = (
        Column(_("Piece"), 4),
        Column(_("Label"), 4),
        Column(_("Finished, mm"), 5, Align.RIGHT),
        Column(_("Material"), 5),
        Column(_("Operations"), 9),
    )
    rows = []
    for piece in pieces:
        steps = "  ".join(
            f"{TICKED if number < piece.step_count else BOX}{named(sheet.operations.get(code, Named(code)))}"
            for number, code in enumerate(piece.route)
        )
        count = f" × {piece.part_count}" if piece.part_count > 1 else ""
        into = _("built into %(piece)s", piece=piece.joins) if piece.joins and not steps else ""
        material = named(piece.material) if piece.material else ""
        label = piece.code or ""
        if piece.is_urgent:
            label += " " + _("Remake, urgent")
        rows.append((f"{_titled(piece)}{count}", label, _size(piece.sides_mm), material, steps or into))
    return Table(columns, tuple(rows))


@dataclass(frozen=True, slots=True)
class SetHead:
    """The head of a route card: the door with its sizes, the set's number, and its code."""

    piece: SheetPiece

    def strips(self, width_pt: float, height_pt: float) -> list[Strip]:
        """Return the head as one slice, kept with the facts that follow."""
        piece, picture = self.piece, elevation(self.piece.drawing)
        high = points(88)

        def paint(pen: Pen, x: float, y: float) -> None:
            pen.picture(picture, x, y, width_pt * 0.62, high)
            right = x + width_pt * 0.65
            room = width_pt * 0.35
            _text(pen, piece.set_number, right, y + points(8), room, D(6), is_bold=True)
            _text(pen, piece.room, right, y + points(16), room, D(6), is_bold=True)
            draw_qr(
                pen, piece.set_code, int(right / DOT_PT), int((y + points(22)) / DOT_PT), 30 * DOTS_PER_MM
            )
            top = int((y + points(55)) / DOT_PT)
            draw_code128(pen, piece.set_code, int(right / DOT_PT), top, *BARS_DOTS)
            pen.line_of_text(
                right + points(20), y + points(70), piece.set_code, points(4), align=Align.CENTER
            )

        return [Strip(high + points(3), paint, is_kept=True)]


def _titled(piece: SheetPiece) -> str:
    """Return a piece's name, with a star where a hand made it otherwise than the rules."""
    name = named(piece.name)
    return f"{name} ★{_('hand-edited')}" if piece.is_by_hand else name


def _size(sides: tuple[Decimal, ...]) -> str:
    return " × ".join(f"{side.normalize():f}" for side in sides)
