"""What can be wrong, doubtful or worth knowing about a line that was read; nothing is guessed in silence.

A STOP must be corrected, an ASK must be confirmed or corrected, a NOTE says how something was understood.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from core.choices import Choice
from core.i18n import N_, Named


class Field(Choice):
    """What a dealer's line says; the stored words are those of the order line."""

    ROOM = "room", N_("Room")
    MODEL = "model", N_("Model")
    COLOUR = "colour", N_("Colour")
    DIM_BASIS = "dim_basis", N_("Sizes are of")
    WIDTH = "width_mm", N_("Width")
    HEIGHT = "height_mm", N_("Height")
    WALL = "wall_mm", N_("Wall thickness")
    MOTHER_WIDTH = "mother_width_mm", N_("Active leaf width")
    HANDING = "handing", N_("Handing")
    LOCK = "lock", N_("Lock")
    SET_COUNT = "set_count", N_("Sets")
    NOTE = "note", N_("Remark")
    # further choices and sizes; the stored words are the codes of the model's options and measures
    GLASS = "glass", N_("Glass")
    BOTTOM = "bottom", N_("Threshold")
    FACES = "faces", N_("Architrave faces")
    WALL_L = "wall_l", N_("Wall left")
    WALL_R = "wall_r", N_("Wall right")
    FLOOR = "floor", N_("Floor still to come")
    LIGHT = "light", N_("Transom height")
    CORNER = "corner", N_("Architrave corner")
    HINGE = "hinge", N_("Hinges")
    PRICE = "price", N_("Dealer's price of one set")


FURTHER_CHOICES = (Field.GLASS, Field.BOTTOM, Field.FACES, Field.CORNER, Field.HINGE)
FURTHER_SIZES = (Field.WALL_L, Field.WALL_R, Field.FLOOR, Field.LIGHT)
SIZES = (Field.WIDTH, Field.HEIGHT, Field.WALL, Field.MOTHER_WIDTH, *FURTHER_SIZES)  # in mm


class Severity(Choice):
    """How much an issue holds the line up."""

    STOP = "stop", N_("Must be corrected")
    ASK = "ask", N_("Please confirm")
    NOTE = "note", N_("Note")


class IssueCode(Choice):
    """What is wrong; the label is the few words that stand beside the mark."""

    SIZE_MISSING = "SIZE_MISSING", N_("No size")
    SIZE_UNREADABLE = "SIZE_UNREADABLE", N_("Size cannot be read")
    DIM_ORDER_AMBIGUOUS = "DIM_ORDER_AMBIGUOUS", N_("Width or height first?")
    DIM_ORDER_READ = "DIM_ORDER_READ", N_("Order of sizes")
    UNIT_SUSPECT = "UNIT_SUSPECT", N_("Not in mm?")
    UNIT_READ = "UNIT_READ", N_("Unit")
    OUT_OF_LIMIT = "OUT_OF_LIMIT", N_("Outside the limits")
    LEAF_SIZE_SUSPECT = "LEAF_SIZE_SUSPECT", N_("Looks like a leaf size")
    DIM_BASIS_ASSUMED = "DIM_BASIS_ASSUMED", N_("Sizes of what?")
    DIM_BASIS_UNKNOWN = "DIM_BASIS_UNKNOWN", N_("Sizes of what?")
    WALL_MISSING = "WALL_MISSING", N_("No wall thickness")
    WALL_RANGE = "WALL_RANGE", N_("Unusual wall")
    MODEL_MISSING = "MODEL_MISSING", N_("No model")
    UNKNOWN_MODEL = "UNKNOWN_MODEL", N_("No such model")
    MODEL_READ = "MODEL_READ", N_("Model")
    COLOUR_MISSING = "COLOUR_MISSING", N_("No colour")
    UNKNOWN_COLOUR = "UNKNOWN_COLOUR", N_("No such colour")
    COLOUR_READ = "COLOUR_READ", N_("Colour")
    HANDING_MISSING = "HANDING_MISSING", N_("No handing")
    HANDING_AMBIGUOUS = "HANDING_AMBIGUOUS", N_("Handing not clear")
    HANDING_READ = "HANDING_READ", N_("Handing")
    HANDING_UNUSED = "HANDING_UNUSED", N_("No leaf, no handing")
    QTY_UNREADABLE = "QTY_UNREADABLE", N_("Number of sets cannot be read")
    QTY_ASSUMED = "QTY_ASSUMED", N_("No number of sets")
    FORMULA_NO_VALUE = "FORMULA_NO_VALUE", N_("Formula without a value")
    MERGED_VALUE = "MERGED_VALUE", N_("From a merged cell")
    LOCK_UNKNOWN = "LOCK_UNKNOWN", N_("No such lock")
    LOCK_USUAL = "LOCK_USUAL", N_("No lock named")
    CANNOT_BE_MADE = "CANNOT_BE_MADE", N_("Cannot be made so")
    REMARK_SAYS_MORE = "REMARK_SAYS_MORE", N_("Remark names a measure")
    WALL_PER_SIDE = "WALL_PER_SIDE", N_("Wall differs by side")
    FLOOR_NOT_DEDUCTED = "FLOOR_NOT_DEDUCTED", N_("Floor not deducted")
    QTY_IN_REMARK = "QTY_IN_REMARK", N_("Remark names a number of sets")
    OPTION_READ = "OPTION_READ", N_("Further choice")
    OPTION_UNKNOWN = "OPTION_UNKNOWN", N_("No such choice")
    OPTION_UNUSED = "OPTION_UNUSED", N_("Not for this model")
    PRICE_UNREADABLE = "PRICE_UNREADABLE", N_("Price cannot be read")
    PRICE_READ = "PRICE_READ", N_("Dealer's prices")
    HINGE_SIDE_DIFFERS = "HINGE_SIDE_DIFFERS", N_("Hinges on the other side?")
    LEARNED_USUAL = "LEARNED_USUAL", N_("Usual with this dealer")
    PICTURE_ON_ROW = "PICTURE_ON_ROW", N_("Picture on the row")
    COPIED_ROWS = "COPIED_ROWS", N_("Same row many times")
    LEARNED_READ = "LEARNED_READ", N_("As this dealer writes")
    LEARNED_USED = "LEARNED_USED", N_("As this dealer writes")
    HIDDEN_ROW = "HIDDEN_ROW", N_("Hidden row")
    DUPLICATE_LINE = "DUPLICATE_LINE", N_("Same as another row")
    SUBTOTAL_SKIPPED = "SUBTOTAL_SKIPPED", N_("Total row")
    TOTAL_DIFFERS = "TOTAL_DIFFERS", N_("Total differs")
    HEADING_SKIPPED = "HEADING_SKIPPED", N_("Heading row")
    COLUMN_UNREAD = "COLUMN_UNREAD", N_("Column not read")
    TEXT_READ = "TEXT_READ", N_("Read as text")
    SHEET_UNREAD = "SHEET_UNREAD", N_("Sheet not read")


# The whole sentence of each issue; %(raw)s is what the cell holds, %(read)s what it was read as.
SENTENCES: dict[IssueCode, str] = {
    IssueCode.SIZE_MISSING: N_("A size in mm is expected here."),
    IssueCode.SIZE_UNREADABLE: N_('"%(raw)s" is not a size. Expected for example 900, or 900*2100*240.'),
    IssueCode.DIM_ORDER_AMBIGUOUS: N_("%(width)s wide and %(height)s high would be unusual for this model."),
    IssueCode.DIM_ORDER_READ: N_('"%(raw)s" was read as width %(width)s, height %(height)s.'),
    IssueCode.UNIT_SUSPECT: N_('"%(raw)s" names no unit; it was read as %(read)s mm.'),
    IssueCode.UNIT_READ: N_('"%(raw)s" is %(read)s mm.'),
    IssueCode.OUT_OF_LIMIT: N_("%(raw)s is outside %(low)s to %(high)s mm for this model."),
    IssueCode.LEAF_SIZE_SUSPECT: N_("Taken as the leaf, the opening would be %(width)s × %(height)s."),
    IssueCode.DIM_BASIS_ASSUMED: N_("The sheet does not say what the sizes are of; read as: %(read)s."),
    IssueCode.DIM_BASIS_UNKNOWN: N_('"%(raw)s" does not say what the sizes are of.'),
    IssueCode.WALL_MISSING: N_("The wall thickness is missing; the frame cannot be made without it."),
    IssueCode.WALL_RANGE: N_("A wall of %(raw)s mm is outside the usual %(low)s to %(high)s mm."),
    IssueCode.MODEL_MISSING: N_("The model is missing."),
    IssueCode.UNKNOWN_MODEL: N_('There is no model "%(raw)s".'),
    IssueCode.MODEL_READ: N_('"%(raw)s" was read as %(read)s.'),
    IssueCode.COLOUR_MISSING: N_("The colour is missing."),
    IssueCode.UNKNOWN_COLOUR: N_('There is no colour "%(raw)s".'),
    IssueCode.COLOUR_READ: N_('"%(raw)s" was read as %(read)s.'),
    IssueCode.HANDING_MISSING: N_("This model needs a handing: hinge side seen from outside, and in or out."),
    IssueCode.HANDING_AMBIGUOUS: N_('"%(raw)s" does not say both the side and in or out.'),
    IssueCode.HANDING_READ: N_('"%(raw)s" was read as %(read)s.'),
    IssueCode.HANDING_UNUSED: N_('This model has no leaf; the handing "%(raw)s" is not used.'),
    IssueCode.QTY_UNREADABLE: N_('"%(raw)s" is not a number of sets from 1 to %(limit)s.'),
    IssueCode.QTY_ASSUMED: N_("No number of sets is written; read as 1."),
    IssueCode.FORMULA_NO_VALUE: N_(
        "The cell holds a formula whose value was never calculated, or an error. Type the value here."
    ),
    IssueCode.MERGED_VALUE: N_('"%(raw)s" stands in a merged cell and was read for every row it covers.'),
    IssueCode.LOCK_USUAL: N_("No lock is named here; the door gets the usual lock of its model."),
    IssueCode.LOCK_UNKNOWN: N_('There is no lock "%(raw)s" for this model; confirmed, it gets %(read)s.'),
    IssueCode.CANNOT_BE_MADE: "",  # says the sentence of the refusal itself
    IssueCode.REMARK_SAYS_MORE: N_(
        'The remark "%(raw)s" seems to change a size or the number; nothing was read from it.'
    ),
    IssueCode.WALL_PER_SIDE: N_('The remark "%(raw)s" gives each side a wall of its own; nothing was read from it.'),
    IssueCode.FLOOR_NOT_DEDUCTED: N_(
        'The remark "%(raw)s" says that the height still holds the floor; nothing was deducted.'
    ),
    IssueCode.QTY_IN_REMARK: N_('The remark "%(raw)s" names a number of sets; nothing was read from it.'),
    IssueCode.OPTION_READ: N_('"%(raw)s" was read as %(read)s.'),
    IssueCode.OPTION_UNKNOWN: N_('"%(raw)s" is not one of the choices of this model: %(choices)s.'),
    IssueCode.OPTION_UNUSED: N_('This model has no such choice or size; confirmed, "%(raw)s" is left out.'),
    IssueCode.PRICE_UNREADABLE: N_('"%(raw)s" is not a price of one set; nothing is compared with it.'),
    IssueCode.PRICE_READ: N_(
        'The column "%(raw)s" says what the dealer expects to pay; it is compared with our price, never taken.'
    ),
    IssueCode.HINGE_SIDE_DIFFERS: N_('The hinge column says "%(raw)s", the handing was read as %(read)s.'),
    IssueCode.LEARNED_USUAL: N_(
        "Nothing is written here; %(read)s was taken, as remembered for this dealer on %(day)s."
    ),
    IssueCode.PICTURE_ON_ROW: N_("A picture lies on this row; look at it in the file, nothing was read from it."),
    IssueCode.COPIED_ROWS: N_("Rows %(rows)s say the same and count one by one: %(count)s sets in all."),
    IssueCode.LEARNED_READ: N_('"%(raw)s" was read as %(read)s, as remembered for this dealer on %(day)s.'),
    IssueCode.LEARNED_USED: N_('"%(raw)s" was read as remembered for this dealer.'),
    IssueCode.HIDDEN_ROW: N_("This row is hidden in the spreadsheet. Leave it out if it is not ordered."),
    IssueCode.DUPLICATE_LINE: N_("It says the same as row %(row)s."),
    IssueCode.SUBTOTAL_SKIPPED: N_('"%(raw)s" was taken as a total, not as a line.'),
    IssueCode.TOTAL_DIFFERS: N_("The sheet counts %(came)s sets here, the rows above it %(counted)s."),
    IssueCode.HEADING_SKIPPED: N_('"%(raw)s" was taken as a heading, not as a line.'),
    IssueCode.COLUMN_UNREAD: N_('The column "%(raw)s" was not read.'),
    IssueCode.TEXT_READ: N_("The sheet is text, read as %(read)s (encoding, separator)."),
    IssueCode.SHEET_UNREAD: N_('The sheet "%(raw)s" holds an order table too; only one sheet is read.'),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Word:
    """A fact that is itself to be translated, by its msgid."""

    msgid: str


# How likely the reading that stands is what the dealer means, by what is said about it; never shown as more
# than a word. What stops was not read at all.
_UNREAD = Decimal(0)
_BY_SEVERITY = {Severity.ASK: Decimal("0.5"), Severity.NOTE: Decimal("0.9")}
_CONFIDENCE = {
    IssueCode.UNIT_SUSPECT: Decimal("0.8"),
    IssueCode.WALL_RANGE: Decimal("0.7"),
    IssueCode.QTY_ASSUMED: Decimal("0.8"),
    IssueCode.WALL_PER_SIDE: Decimal("0.2"),
    IssueCode.FLOOR_NOT_DEDUCTED: Decimal("0.2"),
    IssueCode.QTY_IN_REMARK: Decimal("0.3"),
    IssueCode.REMARK_SAYS_MORE: Decimal("0.3"),
    IssueCode.DUPLICATE_LINE: Decimal("0.7"),
    IssueCode.COPIED_ROWS: Decimal("0.7"),
    IssueCode.LEARNED_USUAL: Decimal("0.8"),
    IssueCode.UNIT_READ: Decimal(1),
}


class Trust(Choice):
    """A confidence as a person says it."""

    NONE = "none", N_("not read")
    LOW = "low", N_("doubtful")
    MIDDLE = "middle", N_("likely")
    HIGH = "high", N_("nearly sure")


Fact = str | Word | Named


@dataclass(frozen=True, slots=True)
class Change:
    """One field set to one value, in the form that a line keeps it."""

    field: Field
    value: str


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing to say about one value; `facts` fill the sentence, each offer is one correction."""

    code: IssueCode
    severity: Severity
    field: Field | None = None
    cell: str = ""
    facts: tuple[tuple[str, Fact], ...] = ()
    offers: tuple[tuple[Change, ...], ...] = ()
    message: str = ""  # a sentence of its own, where the code has none
    is_settled: bool = False  # an ASK that was confirmed as read

    @property
    def sentence(self) -> str:
        """The English sentence with its holes."""
        return self.message or SENTENCES[self.code]

    @property
    def confidence(self) -> Decimal:
        """How likely the reading that stands is right, 0 to 1."""
        if self.severity is Severity.STOP:
            return _UNREAD
        return _CONFIDENCE.get(self.code, _BY_SEVERITY[self.severity])

    @property
    def trust(self) -> Trust:
        """The confidence in a word."""
        if self.confidence == 0:
            return Trust.NONE
        if self.confidence <= Decimal("0.5"):
            return Trust.LOW
        return Trust.MIDDLE if self.confidence < Decimal("0.9") else Trust.HIGH

    @property
    def is_open(self) -> bool:
        """Whether somebody must still act on it."""
        return self.severity is Severity.STOP or (self.severity is Severity.ASK and not self.is_settled)


def issue(
    code: IssueCode,
    severity: Severity,
    field: Field | None = None,
    *,
    cell: str = "",
    offers: tuple[tuple[Change, ...], ...] = (),
    **facts: object,
) -> Issue:
    """Return an issue whose facts are shown as text."""
    shown = tuple((name, fact(value)) for name, value in facts.items())
    return Issue(code, severity, field, cell, shown, offers)


def fact(value: object) -> Fact:
    """Return a refusal's fact as an issue keeps it: names and choices stay translatable."""
    if isinstance(value, Choice):
        return Word(value.label)
    if isinstance(value, Named):
        return value
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if value else "0"
    if isinstance(value, list | tuple):
        return ", ".join(str(one) for one in value)
    return str(value)


def one_each(field: Field, values: tuple[str, ...]) -> tuple[tuple[Change, ...], ...]:
    """Return one offer for each value of `field`."""
    return tuple((Change(field, value),) for value in values)
