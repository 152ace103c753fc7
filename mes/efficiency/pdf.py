"""Papers of the figures: the acceptance report, before and after with what is missing; and the weekly summary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from flask_babel import gettext as _

from core.pdf.blocks import Block, Column, Facts, Heading, Paragraph, Signatures, Table, Together
from core.pdf.blocks import Figure as Drawing
from core.pdf.frame import Document, render_document
from core.pdf.pen import Printed
from core.pdf.shapes import Align, Fill, Path, Picture, Shape, Words, rect
from core.web.templating import say
from mes.efficiency.queries.baselines import Judged
from mes.efficiency.queries.weekly import Week
from mes.efficiency.rules import NO_BASELINE, Figure, Metric, Part, rounded
from mes.efficiency.rules.baselines import SHARES
from mes.efficiency.rules.improvement import TARGETS, Improvement
from mes.efficiency.rules.trends import ACCURATE, Trend
from mes.machines.rules.figures import clock

DASH = "—"


@dataclass(frozen=True, slots=True)
class Printing:
    """What a paper takes from its printing: the factory's name, and when and by whom it was printed."""

    company: str
    moment: str
    name: str


def acceptance_paper(
    found: Judged, lines: Mapping[Metric, Trend], period: str, printing: Printing
) -> Printed:
    """Draw the acceptance report: a table of the five, then each with what it is made of and what it lacks."""
    blocks: list[Block] = [
        Facts(((_("Factory"), printing.company or DASH), (_("Period"), period))),
        Heading(_("The five figures")),
        _table(found),
        Paragraph(
            _(
                "An improvement counts as proved when the lower end of its 95 %% interval reaches the target and "
                "nothing is missing; an accuracy when the one-sided exact 95 %% bound lies above 99 %%. "
                "Every number can be recomputed from the raw data of the same period (proof.xlsx)."
            )
            % {}
        ),
        _marks(),
    ]
    for figure in found.report.figures:
        details = _details(figure, found.changes.get(figure.metric))
        blocks.append(Together((*details, *_drawn(lines[figure.metric]))))
    blocks.append(Signatures((_("For the factory"), _("Inspected by, date"))))
    footer = _("Printed %(moment)s, %(name)s", moment=printing.moment, name=printing.name)
    title = _("Acceptance report")
    return render_document(Document(title, period, printing.company, footer, tuple(blocks)))


def week_paper(found: Week, lines: Mapping[Metric, Trend], period: str, printing: Printing) -> Printed:
    """Draw a week beside the week before: figures with their lines, what is missing, losses, errors."""
    lasts = "" if found.is_over else " " + _("(not over yet)")
    blocks: list[Block] = [
        Facts(((_("Factory"), printing.company or DASH), (_("Period"), period + lasts))),
        Heading(_("The five figures")),
        _week_table(found),
        Heading(_("What is missing")),
        *_lacking(found),
        Heading(_("Largest losses of planned time")),
        _loss_table(found),
        Heading(_("Errors by class")),
        _error_table(found),
        Heading(_("The last %(count)s weeks", count=len(next(iter(lines.values())).points))),
        _marks(),
    ]
    for metric, line in lines.items():
        blocks.append(Together((Paragraph(f"{metric.value} {_(metric.label)}"), *_drawn(line))))
    footer = _("Printed %(moment)s, %(name)s", moment=printing.moment, name=printing.name)
    return render_document(Document(_("Weekly summary"), period, printing.company, footer, tuple(blocks)))


def _week_table(found: Week) -> Table:
    columns = (
        Column(_("Figure"), 6),
        Column(_("This week"), 3, Align.RIGHT),
        Column(_("Week before"), 3, Align.RIGHT),
        Column(_("Difference"), 3, Align.RIGHT),
        Column(_("Sample"), 4, Align.RIGHT),
        Column(_("Target"), 3, Align.RIGHT),
    )
    rows = []
    for figure, before in found.pairs:
        target = TARGETS.get(figure.metric)
        changed = difference(figure.value, before.value, is_share=figure.metric in SHARES)
        rows.append(
            (
                f"{figure.metric.value} {_(figure.metric.label)}",
                _value(figure),
                _value(before),
                changed or DASH,
                _("%(count)s of %(total)s", count=figure.sample, total=figure.sample_of),
                f"> {ACCURATE} %" if target is None else f"+{target} %",
            )
        )
    return Table(columns, tuple(rows))


def _lacking(found: Week) -> list[Block]:
    lacks: list[Block] = [
        Paragraph(f"• {_(figure.metric.label)}: {say(text)}")
        for figure, _before in found.pairs
        for text in figure.missing
        if text != NO_BASELINE
    ]
    if len(found.now.changes) < len(found.pairs):
        lacks.append(Paragraph(f"• {say(NO_BASELINE)}"))
    return lacks or [Paragraph(_("Nothing."))]


def _loss_table(found: Week) -> Block:
    if not found.losses:
        return Paragraph(_("No machine told of a loss in this week."))
    columns = (
        Column(_("Lost to"), 6),
        Column(_("Stops"), 2, Align.RIGHT),
        Column(f"{_('Lasted')}, h", 3, Align.RIGHT),
        Column(f"{_('Week before')}, h", 3, Align.RIGHT),
    )
    rows = []
    for row in found.losses:
        what = row.loss.reason or row.loss.state
        name = DASH if what is None else _(what.label)
        rows.append((name, str(row.loss.count), clock(row.loss.length), clock(row.before)))
    return Table(columns, tuple(rows))


def _error_table(found: Week) -> Block:
    if not found.errors:
        return Paragraph(_("No error was refused, found or claimed in these two weeks."))
    columns = (
        Column(_("Error class"), 6),
        Column(_("Refused"), 2, Align.RIGHT),
        Column(_("Week before"), 2, Align.RIGHT),
        Column(_("Found later"), 2, Align.RIGHT),
        Column(_("Week before"), 2, Align.RIGHT),
    )
    rows = [
        (
            f"{row.block.value} {_(row.block.label)}",
            *(str(one) for one in (row.refused, row.refused_before, row.found, row.found_before)),
        )
        for row in found.errors
    ]
    return Table(columns, tuple(rows))


def difference(now: Decimal | None, before: Decimal | None, *, is_share: bool) -> str:
    """Return by how much a figure has changed: in points of a share, else in per cent; nothing without both."""
    if now is None or before is None:
        return ""
    if is_share:
        told: str = _("%(points)s points", points=f"{now - before:+}")
        return told
    if not before:
        return ""
    changed = rounded(100 * (Fraction(now) / Fraction(before) - 1), "0.1")
    return f"{changed:+} %"


# --- lines ------------------------------------------------------------------------

WIDE, HIGH, EDGE, BELOW = (
    1600,
    300,
    260,
    90,
)  # of a line's picture, and the room for words beside and below it
DOT = 9
WORDS_AT_MOST = 9  # below a line


def _drawn(line: Trend) -> tuple[Block, ...]:
    """Return a figure's line with baseline (dashed) and target, what is missing hatched; a sentence where all is."""
    if line.last is None:
        samples = sum(point.sample for point in line.points)
        return (Paragraph(_("Not measurable in any of these weeks; samples: %(count)s.", count=samples)),)
    shapes: list[Shape] = []
    for value, name, is_dashed in ((line.base, _("before"), True), (line.goal, _("Target"), False)):
        if value is not None:
            y = _y(line, value)
            shapes.append(Path(((0, y), (WIDE, y)), Decimal("0.35"), is_dashed=is_dashed))
            told = f"{name} {_told(line, value)}"
            shapes.append(Words(WIDE + 20, y, told, Decimal("2.3"), Align.LEFT, EDGE - 20))
    for run in line.runs:
        spots = [(_x(line, place), _y(line, line.points[place].value or Decimal(0))) for place in run]
        if len(spots) > 1:
            shapes.append(Path(tuple(spots), Decimal("0.6")))
        for place, (x, y) in zip(run, spots, strict=True):
            fill = Fill.WHITE if line.points[place].is_provisional else Fill.BLACK
            shapes.append(rect(x - DOT, y - DOT, 2 * DOT, 2 * DOT, fill=fill, line_mm=Decimal("0.3")))
    shapes += _below(line)
    picture = Picture(WIDE + EDGE, HIGH + BELOW, tuple(shapes))
    return (Drawing(picture, height_mm=32),)


def _marks() -> Paragraph:
    """Return what the marks of the lines mean."""
    return Paragraph(_("Filled: settled; empty: may still change; hatched: not measurable. n: sample."))


def _below(line: Trend) -> list[Shape]:
    """Return what stands below a line: the missing points, and of some points when they begin and their sample."""
    each, shapes = Decimal(WIDE) / len(line.points), list[Shape]()
    every = -(-len(line.points) // WORDS_AT_MOST)
    for place, point in enumerate(line.points):
        if point.is_missing:
            left = each * place + each / 10
            shapes.append(rect(left, HIGH - 24, each * 8 / 10, 24, fill=Fill.HATCH, line_mm=Decimal("0.1")))
        if (len(line.points) - 1 - place) % every == 0:
            x, room = _x(line, place), each * every
            size = Decimal("2.2")
            shapes.append(Words(x, HIGH + 28, f"{point.first:%m-%d}", size, Align.CENTER, room))
            shapes.append(Words(x, HIGH + 66, f"n={point.sample}", size, Align.CENTER, room))
    return shapes


def _x(line: Trend, place: int) -> Decimal:
    return _decimal(WIDE * line.across(place))


def _y(line: Trend, value: Decimal) -> Decimal:
    return _decimal(HIGH * line.down(value))


def _decimal(value: Fraction) -> Decimal:
    return rounded(value, "0.1")


def _told(line: Trend, value: Decimal) -> str:
    short = rounded(Fraction(value), "0.01").normalize()
    return f"{short:f}{'%' if line.metric in SHARES else ''}"


def _table(found: Judged) -> Table:
    columns = (
        Column(_("Figure"), 5),
        Column(_("Before"), 2, Align.RIGHT),
        Column(_("After"), 2, Align.RIGHT),
        Column(_("Improvement"), 3, Align.RIGHT),
        Column(_("95 %% sure") % {}, 4, Align.RIGHT),
        Column(_("Target"), 2, Align.RIGHT),
        Column(_("Verdict"), 6),
    )
    rows = [_row(figure, found.changes.get(figure.metric)) for figure in found.report.figures]
    return Table(columns, tuple(rows))


def _row(figure: Figure, change: Improvement | None) -> tuple[str, ...]:
    name = f"{figure.metric.value} {_(figure.metric.label)}"
    value = _value(figure)
    verdict = say(figure.verdict)
    if change is None:
        return name, DASH, value, DASH, DASH, DASH, verdict
    target = DASH if change.target is None else f"+{change.target} %"
    sure = DASH if change.low is None else f"{change.low} … {change.high} %"
    return name, str(change.before), value, _changed(change), sure, target, verdict


def _value(figure: Figure) -> str:
    return DASH if figure.value is None else f"{figure.value}{'%' if figure.unit == '%' else ''}"


def _changed(change: Improvement) -> str:
    if change.change is None:
        return DASH
    points = "" if change.points is None else " " + _("(%(points)s points)", points=f"{change.points:+}")
    return f"{change.change:+} %{points}"


def _details(figure: Figure, change: Improvement | None) -> tuple[Block, ...]:
    pairs = [
        (_(figure.numerator.name), _amount(figure.numerator)),
        (_(figure.denominator.name), _amount(figure.denominator)),
        (_(figure.sample_name), _("%(count)s of %(total)s", count=figure.sample, total=figure.sample_of)),
    ]
    if change is not None:
        pairs.append(
            (_("Baseline"), _("%(number)s, grade %(grade)s", number=change.number, grade=change.grade))
        )
    pairs += [(_(part.name), _amount(part)) for part in figure.further if not part.list_part]
    lacks = [Paragraph(f"• {say(text)}") for text in figure.missing]
    title = f"{figure.metric.value} {_(figure.metric.label)}"
    return Heading(title), Facts(tuple(pairs), name_mm=55), *lacks


def _amount(part: Part) -> str:
    return f"{part.value} {_(part.unit) if part.unit and part.unit != '%' else part.unit}".strip()
