"""The acceptance report: the five figures before and after, how they were measured, and what is still missing."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from core.pdf.blocks import Block, Column, Facts, Heading, Paragraph, Signatures, Table, Together
from core.pdf.frame import Document, render_document
from core.pdf.pen import Printed
from core.pdf.shapes import Align
from core.web.templating import say
from mes.efficiency.queries.baselines import Judged
from mes.efficiency.rules import Figure, Part
from mes.efficiency.rules.improvement import Improvement

DASH = "—"


@dataclass(frozen=True, slots=True)
class Printing:
    """What a paper takes from its printing: the factory's name, and when and by whom it was printed."""

    company: str
    moment: str
    name: str


def acceptance_paper(found: Judged, period: str, printing: Printing) -> Printed:
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
    ]
    for figure in found.report.figures:
        blocks.append(Together(_details(figure, found.changes.get(figure.metric))))
    blocks.append(Signatures((_("For the factory"), _("Inspected by, date"))))
    footer = _("Printed %(moment)s, %(name)s", moment=printing.moment, name=printing.name)
    title = _("Acceptance report")
    return render_document(Document(title, period, printing.company, footer, tuple(blocks)))


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
    value = DASH if figure.value is None else f"{figure.value}{'%' if figure.unit == '%' else ''}"
    verdict = say(figure.verdict)
    if change is None:
        return name, DASH, value, DASH, DASH, DASH, verdict
    target = DASH if change.target is None else f"+{change.target} %"
    sure = DASH if change.low is None else f"{change.low} … {change.high} %"
    return name, str(change.before), value, _changed(change), sure, target, verdict


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
