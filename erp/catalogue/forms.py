"""Forms of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator

from core.web.forms import Form, Mm, OptionalMm, Text
from erp.catalogue.rules.document import DimBasis, Handing, ModelDocument
from erp.catalogue.rules.line import LineSpec
from erp.catalogue.rules.samples import usual


def _empty_is_none(value: object) -> object:
    return value or None


MEASURE = "measure_"  # further sizes of the model come as measure_TH …


class TrialForm(Form):
    """The sizes and choices that a model is tried with."""

    width_mm: Mm
    height_mm: Mm
    wall_mm: Mm
    dim_basis: DimBasis = DimBasis.OPENING
    handing: Annotated[Handing | None, BeforeValidator(_empty_is_none)] = None
    colour: Annotated[Text | None, BeforeValidator(_empty_is_none)] = None
    mother_width_mm: OptionalMm = None

    def spec(self, options: Mapping[str, str], measures: Mapping[str, Decimal]) -> LineSpec:
        """Return the line that this is, with options and further sizes by their codes."""
        return LineSpec(
            width_mm=self.width_mm,
            height_mm=self.height_mm,
            wall_mm=self.wall_mm,
            dim_basis=self.dim_basis,
            handing=self.handing,
            colour=self.colour,
            mother_width_mm=self.mother_width_mm,
            options=options,
            measures=measures,
        )


def options_of(document: ModelDocument, given: Mapping[str, str]) -> dict[str, str]:
    """Return the options typed, by code; an empty one counts as not made."""
    return {
        one.code: given[f"option_{one.code}"] for one in document.options if given.get(f"option_{one.code}")
    }


def first_values(document: ModelDocument) -> dict[str, str]:
    """Return what stands in the form before anything was typed."""
    spec = usual(document)
    values = {
        "width_mm": f"{spec.width_mm.normalize():f}",
        "height_mm": f"{spec.height_mm.normalize():f}",
        "wall_mm": f"{spec.wall_mm.normalize():f}",
        "dim_basis": str(spec.dim_basis),
        "handing": str(spec.handing or ""),
        "colour": spec.colour or "",
        "mother_width_mm": "" if spec.mother_width_mm is None else f"{spec.mother_width_mm.normalize():f}",
    }
    values |= {f"option_{code}": word for code, word in spec.options.items()}
    return values | {f"{MEASURE}{code}": f"{size.normalize():f}" for code, size in spec.measures.items()}
