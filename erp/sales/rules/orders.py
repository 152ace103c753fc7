"""What an order and its lines say, and when they cannot be taken. Lengths are mm, Decimal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from core.errors import AppError, Conflict, RuleViolation
from core.i18n import N_
from erp.catalogue.rules.document import DimBasis, Handing, ModelDocument
from erp.catalogue.rules.document import Field as Asked
from erp.catalogue.rules.explode import StockLengths, check
from erp.catalogue.rules.line import (
    ChoiceMissing,
    LeafImpossible,
    LineSpec,
    NotASize,
    OutOfLimits,
    RuleField,
    StockTooShort,
)
from erp.sales.rules.issues import FURTHER_CHOICES, FURTHER_SIZES, Field, Issue, IssueCode, Severity, fact
from erp.sales.rules.judging import LineValues


class OrderFrozen(RuleViolation):
    """An order's lines are edited while it is a draft or a query, and not later."""

    code = "erp.sales.order_frozen"
    message = N_("%(number)s is %(state)s; its lines can no longer be edited. Put it back to draft first.")


class SetsFrozenAlready(RuleViolation):
    """Sets are edited by hand until their order is released, and not later."""

    code = "erp.sales.sets_frozen"
    message = N_("%(number)s is %(state)s; its sets can be changed by hand only before the release.")


class EditGone(Conflict):
    """The change by hand was dropped, or is about another order."""

    code = "erp.sales.edit_gone"
    message = N_("This change by hand is no longer there. Look at the set again.")


class OrderEmpty(RuleViolation):
    """An order without a line says nothing."""

    code = "erp.sales.order_empty"
    message = N_("%(number)s has no line. Add at least one, then confirm it.")


class LinesUnready(RuleViolation):
    """Some lines cannot be made as they stand."""

    code = "erp.sales.lines_unready"
    message = N_(
        "%(number)s cannot be confirmed: lines %(lines)s cannot be made as they stand. "
        "The reason stands beside each line; correct it, or ask the dealer."
    )


class ImportClosed(RuleViolation):
    """A sheet that was taken in or dropped is corrected no more."""

    code = "erp.sales.import_closed"
    message = N_("This sheet is %(state)s; nothing was changed.")


class ImportUnsettled(RuleViolation):
    """Open questions stand between a sheet and its order."""

    code = "erp.sales.import_unsettled"
    message = N_(
        "The sheet cannot become an order yet: %(stops)s places must be corrected and %(asks)s confirmed."
    )


class NothingToTake(RuleViolation):
    """Every row of the sheet was left out."""

    code = "erp.sales.nothing_to_take"
    message = N_("Every row is left out; there is nothing to order. Put a row back, or drop the sheet.")


class NothingToCopy(RuleViolation):
    """No line was chosen, or no chosen model is offered any more."""

    code = "erp.sales.nothing_to_copy"
    message = N_(
        "At least one line whose model is still offered is expected; none of those chosen is. Choose others."
    )


class DoorUnknown(RuleViolation):
    """No door model of that code is offered."""

    code = "erp.sales.door_unknown"
    message = N_("There is no door model %(code)s to be ordered. Choose one of the list.")


class DealerUnknown(RuleViolation):
    """No dealer of that code is known."""

    code = "erp.sales.dealer_unknown"
    message = N_("There is no dealer %(code)s. Enter the dealer first, or choose another.")


class LineGone(Conflict):
    """The line was removed, or belongs to another order."""

    code = "erp.sales.line_gone"
    message = N_("This line is no longer there. Look at the order again.")


class LineMoved(Conflict):
    """Somebody changed the line, or accepted an answer about it, while its form was open."""

    code = "erp.sales.line_moved"
    message = N_(
        "Line %(position)s was changed since you opened it. What you typed still stands here: compare it with the "
        "line, then save again."
    )


class DueInPast(RuleViolation):
    """A day was promised that is over."""

    code = "erp.sales.due_in_past"
    message = N_("%(due_on)s is past. Choose today or a later day, or leave the due day open.")


def check_due(due_on: date | None, on: date) -> None:
    """Raise DueInPast when an order is promised for a day before `on`."""
    if due_on is not None and due_on < on:
        raise DueInPast(due_on=due_on.isoformat())


@dataclass(frozen=True, slots=True)
class OrderHead:
    """What an order says as a whole."""

    dealer_id: int
    dealer_reference: str = ""
    customer: str = ""
    site: str = ""
    note: str = ""
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class LineEntry:
    """One line as it is entered, amended or taken from a sheet."""

    door_code: str
    width_mm: Decimal
    height_mm: Decimal
    wall_mm: Decimal
    set_count: int
    dim_basis: DimBasis = DimBasis.OPENING
    room: str = ""
    colour_code: str | None = None
    mother_width_mm: Decimal | None = None
    handing: Handing | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    measures: Mapping[str, Decimal] = field(default_factory=dict)
    note: str = ""
    expected_amount: Decimal | None = None  # the dealer's price of one set; nothing leaves what was known

    @property
    def spec(self) -> LineSpec:
        """What the catalogue splits."""
        return LineSpec(
            width_mm=self.width_mm,
            height_mm=self.height_mm,
            wall_mm=self.wall_mm,
            dim_basis=self.dim_basis,
            handing=self.handing,
            colour=self.colour_code,
            mother_width_mm=self.mother_width_mm,
            options=dict(self.options),
            measures=dict(self.measures),
        )


@dataclass(frozen=True, slots=True)
class ReleasedCounts:
    """What a released order consists of."""

    set_count: int
    piece_count: int
    package_count: int


@dataclass(frozen=True, slots=True)
class Counted:
    """What is added to a released order's counts; what is taken off them is below zero."""

    sets: int = 0
    pieces: int = 0  # with a label
    made: int = 0
    packed: int = 0
    packages: int = 0
    sealed: int = 0


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What of a released order was cancelled: its door sets by number and by line, and what was counted of them."""

    numbers: tuple[str, ...]
    by_line: Mapping[int, int]  # how many sets of each line
    counted: Counted  # below zero


def entry_of(
    values: LineValues, lock_codes: frozenset[str], further: frozenset[str] = frozenset()
) -> LineEntry | None:
    """Return the line that a sheet's row asks for, or None while something is missing.

    `further` are the codes of the model's options and measures; what it has not is left out, as was asked.
    """
    size = (values.width_mm, values.height_mm)
    if values.model is None or values.dim_basis is None or values.set_count is None or None in size:
        return None
    is_known = values.lock in lock_codes
    unknown_lock = "" if is_known or not values.lock else values.lock
    return LineEntry(
        door_code=values.model,
        width_mm=values.width_mm or Decimal(0),
        height_mm=values.height_mm or Decimal(0),
        wall_mm=values.wall_mm or Decimal(0),
        set_count=values.set_count,
        dim_basis=values.dim_basis,
        room=values.room,
        colour_code=values.colour,
        mother_width_mm=values.mother_width_mm,
        handing=values.handing,
        options=({"lock": values.lock} if is_known and values.lock else {})
        | {
            one.value: values.text(one)
            for one in FURTHER_CHOICES
            if one.value in further and values.text(one)
        },
        measures={
            one.value: size
            for one in FURTHER_SIZES
            if one.value in further and (size := getattr(values, one.value)) is not None
        },
        note=" · ".join(text for text in (values.note, unknown_lock) if text),
        expected_amount=values.price,
    )


_FIELD_OF = {
    Asked.WIDTH: Field.WIDTH,
    Asked.HEIGHT: Field.HEIGHT,
    Asked.WALL: Field.WALL,
    Asked.BASIS: Field.DIM_BASIS,
    Asked.HANDING: Field.HANDING,
    Asked.COLOUR: Field.COLOUR,
    Asked.MOTHER_WIDTH: Field.MOTHER_WIDTH,
    Asked.OPTION: Field.LOCK,
    Asked.MEASURE: Field.MODEL,
}


def with_usual(entry: LineEntry, document: ModelDocument) -> LineEntry:
    """Return a line with the choices that its model makes where the line makes none."""
    return replace(entry, options={**document.usual_options, **entry.options})


def making_issues(entry: LineEntry, document: ModelDocument, stock: StockLengths) -> tuple[Issue, ...]:
    """Return what stands against making the line, each at the cell that it speaks of."""
    return as_issues(check(document, entry.spec, stock))


def as_issues(refusals: tuple[AppError, ...]) -> tuple[Issue, ...]:
    """Return the catalogue's refusals as issues: while a choice is missing only that, and one of a kind per cell."""
    causes = tuple(wrong for wrong in refusals if isinstance(wrong, ChoiceMissing | NotASize)) or refusals
    found: dict[tuple[Field | None, str], Issue] = {}
    for wrong in causes:
        made = _as_issue(wrong)
        found.setdefault((made.field, made.message), made)
    return tuple(found.values())


def _as_issue(wrong: AppError) -> Issue:
    """Return a refusal of the catalogue as an issue of a line."""
    asked = wrong.facts.get("field")
    if isinstance(wrong, StockTooShort):
        place = Field.HEIGHT  # the uprights are the longest pieces of a door
    elif isinstance(wrong, LeafImpossible):
        place = Field.HEIGHT if wrong.facts["what"] is RuleField.HEIGHT else Field.WIDTH
    else:
        place = _FIELD_OF.get(asked, Field.MODEL) if isinstance(asked, Asked) else Field.MODEL
    code = IssueCode.OUT_OF_LIMIT if isinstance(wrong, OutOfLimits) else IssueCode.CANNOT_BE_MADE
    facts = tuple((name, fact(value)) for name, value in wrong.facts.items())
    return Issue(code, Severity.STOP, place, facts=facts, message=wrong.message)
