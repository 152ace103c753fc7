"""What an order line asks of a model, and the refusals that it can meet. Lengths are mm."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.choices import Choice
from core.errors import RuleViolation
from core.i18n import N_
from erp.catalogue.rules.document import DimBasis, Handing
from erp.catalogue.rules.reading import plain


@dataclass(frozen=True, slots=True)
class LineSpec:
    """The sizes and choices of one order line, as the splitter wants them."""

    width_mm: Decimal
    height_mm: Decimal
    wall_mm: Decimal
    dim_basis: DimBasis = DimBasis.OPENING
    handing: Handing | None = None
    colour: str | None = None
    mother_width_mm: Decimal | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    measures: Mapping[str, Decimal] = field(default_factory=dict)  # further sizes by code, mm

    def to_dict(self) -> dict[str, Any]:
        """Return the line as plain data."""
        made: dict[str, Any] = plain(self, pairs=False)
        return made

    @property
    def sha256(self) -> str:
        """The hash of what was asked for."""
        text = json.dumps(self.to_dict(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


class OutOfLimits(RuleViolation):
    """A size outside of what the model is made for."""

    code = "erp.catalogue.out_of_limits"
    message = N_("The %(field)s is %(value)s mm; this model is made from %(lowest)s to %(highest)s mm.")


class NotASize(RuleViolation):
    """A size that no door can have: not a number, not above zero, or absurdly large."""

    code = "erp.catalogue.not_a_size"
    message = N_("%(value)s is no possible %(field)s.")


class ChoiceMissing(RuleViolation):
    """Something that the model needs was not chosen."""

    code = "erp.catalogue.choice_missing"
    message = N_("Missing: %(field)s. Please ask the dealer and fill it in.")


class ChoiceUnknown(RuleViolation):
    """Something was chosen that this model does not have."""

    code = "erp.catalogue.choice_unknown"
    message = N_("%(field)s “%(value)s” does not exist for this model; possible are: %(allowed)s.")


class StockTooShort(RuleViolation):
    """A piece is longer than every stock piece of its material."""

    code = "erp.catalogue.stock_too_short"
    message = N_(
        "%(name)s needs %(need_mm)s mm; the longest %(material)s gives %(longest_mm)s mm. "
        "Order it smaller, or enter a longer stock size."
    )


class StockTooNarrow(RuleViolation):
    """A piece is wider than every board of its material that is long enough."""

    code = "erp.catalogue.stock_too_narrow"
    message = N_(
        "%(name)s needs %(need_mm)s mm of width; the widest %(material)s gives %(widest_mm)s mm. "
        "Order it smaller, or enter a wider stock size."
    )


class ArchitraveTooNarrow(RuleViolation):
    """The architrave would not cover the gap between frame and wall."""

    code = "erp.catalogue.architrave_too_narrow"
    message = N_("%(check)s is %(value)s mm; at least %(least)s mm are needed. Choose a wider architrave.")


class LeafTooNarrow(RuleViolation):
    """A leaf would be narrower than it can be made."""

    code = "erp.catalogue.leaf_too_narrow"
    message = N_(
        "%(check)s would be %(value)s mm wide; at least %(least)s mm are needed. Order the opening wider, "
        "or choose another width of the active leaf."
    )


class OffTheGrid(RuleViolation):
    """A frame size was given that this maker does not make; only sizes of the grid tell the opening."""

    code = "erp.catalogue.off_the_grid"
    message = N_(
        "%(check)s: this size lies between two sizes that are made (off by %(value)s mm). "
        "Give the wall opening, or a frame size of the grid."
    )


class GlassTooLarge(RuleViolation):
    """The glass would leave too little wood around it."""

    code = "erp.catalogue.glass_too_large"
    message = N_("%(check)s would be %(value)s mm; at least %(least)s mm are needed. Choose a smaller glass.")


class RuleField(Choice):
    """A field of a rule as a refusal names it; the stored words are those of the rules."""

    LENGTH = "length", N_("length")
    WIDTH = "width", N_("width")
    HEIGHT = "height", N_("height")
    THICKNESS = "thickness", N_("thickness")
    CUT_LENGTH = "cut_length", N_("length as cut")
    CUT_WIDTH = "cut_width", N_("width as cut")
    QUANTITY = "quantity", N_("quantity")
    WHEN = "when", N_("condition")
    MATERIAL = "material", N_("material")
    MATERIALS = "materials", N_("material")
    MITRE = "mitre", N_("ends")
    MACHINING = "machining", N_("machining")
    ROUTE = "route", N_("route")
    DEFAULT = "default", N_("usual size")
    VALUE = "value", N_("size")
    LEAST = "least", N_("least size")
    RESULTS = "results", N_("result")
    LEAVES = "leaves", N_("size")


FIELDS = {str(one): one for one in RuleField}


class NegativeSize(RuleViolation):
    """A part would have no length, width or thickness."""

    code = "erp.catalogue.negative_size"
    message = N_(
        "%(name)s: the %(what)s would be %(value)s mm with these sizes. Check the sizes of the line; "
        "if they are right, the technologist has to mend the rule."
    )


class LeafImpossible(NegativeSize):
    """The opening, or the active leaf, leaves no room for a leaf."""

    code = "erp.catalogue.leaf_impossible"
    message = N_(
        "These sizes leave no room for the %(name)s: its %(what)s would be %(value)s mm. "
        "Check width, height and, where there is one, the width of the active leaf."
    )


class BadQuantity(RuleViolation):
    """A part would be needed half, less than never, or by the hundred."""

    code = "erp.catalogue.bad_quantity"
    message = N_(
        "%(name)s: the quantity would be %(value)s; a whole number from 0 to %(most)s is expected. "
        "Check the line; if it is right, the technologist has to mend the rule."
    )


class RuleUnknown(RuleViolation):
    """A part names a route, package or other part that the model does not have."""

    code = "erp.catalogue.rule_unknown"
    message = N_("%(name)s: there is no %(what)s “%(value)s”. The technologist has to mend the rule.")


class RuleFault(RuleViolation):
    """A formula of a model fails with the values of a line."""

    code = "erp.catalogue.rule_fault"
    message = N_(
        "%(name)s: the %(what)s cannot be worked out (%(reason)s). Check the sizes of the line; if they are right, "
        "show this to the technologist: model %(model)s, “%(formula)s”, %(detail)s, values: %(values)s."
    )
