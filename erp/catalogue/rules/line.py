"""What an order line asks of a model, and the refusals that it can meet. Lengths are mm."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

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
        "%(name)s (%(piece)s) needs %(need_mm)s mm; the longest %(material)s gives %(longest_mm)s mm."
    )


class StockTooNarrow(RuleViolation):
    """A piece is wider than every board of its material that is long enough."""

    code = "erp.catalogue.stock_too_narrow"
    message = N_(
        "%(name)s (%(piece)s) needs %(need_mm)s mm of width; the widest %(material)s gives %(widest_mm)s mm."
    )


class ArchitraveTooNarrow(RuleViolation):
    """The architrave would not cover the gap between frame and wall."""

    code = "erp.catalogue.architrave_too_narrow"
    message = N_("%(check)s is %(value)s mm; at least %(least)s mm are needed. Choose a wider architrave.")


class LeafTooNarrow(RuleViolation):
    """A leaf would be narrower than it can be made."""

    code = "erp.catalogue.leaf_too_narrow"
    message = N_("%(check)s would be %(value)s mm wide; at least %(least)s mm are needed.")


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


class NegativeSize(RuleViolation):
    """A part would have no length, width or thickness."""

    code = "erp.catalogue.negative_size"
    message = N_("The %(field)s of %(part)s would be %(value)s mm.")


class BadQuantity(RuleViolation):
    """A part would be needed half, less than never, or by the hundred."""

    code = "erp.catalogue.bad_quantity"
    message = N_("The quantity of %(part)s would be %(value)s.")


class RuleUnknown(RuleViolation):
    """A part names a route, package or other part that the model does not have."""

    code = "erp.catalogue.rule_unknown"
    message = N_("%(part)s names “%(value)s” as its %(field)s; there is none.")


class RuleFault(RuleViolation):
    """A formula of a model fails with the values of a line."""

    code = "erp.catalogue.rule_fault"
    message = N_(
        "Model %(model)s, %(part)s, %(field)s: “%(formula)s” cannot be worked out: %(reason)s (%(detail)s). "
        "Values: %(values)s."
    )
