"""Checks of a pack, second part: every model worked out at the corners of its limits, with every choice."""

from __future__ import annotations

from collections.abc import Iterator

from core.errors import AppError, RuleViolation
from core.i18n import N_
from erp.catalogue.rules.document import Cut
from erp.catalogue.rules.entries import ModelEntry, Pack
from erp.catalogue.rules.explode import check, explode
from erp.catalogue.rules.explosion import PieceSpec
from erp.catalogue.rules.line import (
    ArchitraveTooNarrow,
    GlassTooLarge,
    LeafTooNarrow,
    LineSpec,
    OffTheGrid,
    OutOfLimits,
    StockTooNarrow,
    StockTooShort,
)
from erp.catalogue.rules.reading import Node, Reader
from erp.catalogue.rules.references import Listed, Nowhere
from erp.catalogue.rules.samples import corners
from erp.materials.rules import MaterialEntry, MaterialKind, Unit

# what an order may meet without the pack being wrong; out of the limits is an opening made smaller by a further size
OF_THE_LINE = (ArchitraveTooNarrow, GlassTooLarge, LeafTooNarrow, OffTheGrid, OutOfLimits)
OF_THE_STOCK = (StockTooShort, StockTooNarrow)
KINDS = {Cut.SHEET: MaterialKind.SHEET, Cut.BAR: MaterialKind.BAR}


class WrongUnit(RuleViolation):
    """A requirement counts in another unit than its material."""

    code = "erp.catalogue.wrong_unit"
    message = N_("%(part)s counts %(unit)s, but the material %(material)s is counted in %(expected)s.")


class WrongMaterial(RuleViolation):
    """A part is cut from something that cannot be cut that way, or is not as thick as its material."""

    code = "erp.catalogue.wrong_material"
    message = N_(
        "%(part)s (%(cut)s, %(thickness_mm)s mm) cannot come from %(material)s (%(kind)s, %(got_mm)s mm)."
    )


def check_corners(pack: Pack, reader: Reader) -> None:
    """Note what fails at the corners of the models' limits, once for each rule.

    A size that the stock cannot give is a fault only if it cannot be given at the smallest opening either:
    above that, order entry refuses the line.
    """
    materials = {one.code: one for one in pack.materials}
    for model in pack.models:
        seen: set[tuple[str, str, str]] = set()
        for is_smallest, spec in corners(pack.document(model)):
            for part, field, refusal in _wrong(pack, model, materials, spec, is_smallest):
                if (part, field, refusal.code) not in seen:
                    seen.add((part, field, refusal.code))
                    reader.fault(_where(pack, reader, model, part, field), refusal)


def _wrong(
    pack: Pack, model: ModelEntry, materials: dict[str, MaterialEntry], spec: LineSpec, is_smallest: bool
) -> Iterator[tuple[str, str, AppError]]:
    """Yield part, field and refusal of everything wrong with one corner."""
    document = pack.document(model)
    refusals = check(document, spec, pack.stock_lengths if is_smallest else {})
    for refusal in refusals:
        if not isinstance(refusal, OF_THE_LINE):
            part = refusal.facts.get("part", refusal.facts.get("piece", ""))
            yield str(part), str(refusal.facts.get("field", "")), refusal
    if refusals:
        return
    made = explode(document, spec)
    for piece in made.pieces:
        if piece.material_code:
            yield from _wrong_material(piece, materials.get(piece.material_code))
    for one in made.requirements:
        material = materials.get(one.material_code)
        if material is None:
            yield one.rule_code, "material", Nowhere(kind=Listed.MATERIAL, code=one.material_code)
        elif material.unit != one.unit:
            yield one.rule_code, "unit", _wrong_unit(one.rule_code, one.unit, material)


def _wrong_unit(part: str, unit: Unit, material: MaterialEntry) -> WrongUnit:
    return WrongUnit(part=part, unit=unit, material=material.code, expected=material.unit)


def _wrong_material(piece: PieceSpec, material: MaterialEntry | None) -> Iterator[tuple[str, str, AppError]]:
    if material is None:
        yield piece.rule_code, "material", Nowhere(kind=Listed.MATERIAL, code=piece.material_code)
        return
    is_thick = (
        None in (piece.thickness_mm, material.thickness_mm) or piece.thickness_mm == material.thickness_mm
    )
    if KINDS.get(piece.cut, material.kind) != material.kind or not is_thick:
        facts = {"part": piece.rule_code, "cut": piece.cut, "thickness_mm": piece.thickness_mm}
        facts |= {"material": material.code, "kind": material.kind, "got_mm": material.thickness_mm}
        yield piece.rule_code, "material", WrongMaterial(**facts)


def _where(pack: Pack, reader: Reader, model: ModelEntry, part: str, field: str) -> Node:
    """Return the place of the rule that is wrong: a part, a requirement, a result, else the model."""
    profile = [one for one in pack.profiles if one.code == model.profile]
    homes = (model, *profile, *(one for one in pack.assemblies if one.code in model.uses))
    for home in homes:
        for rule in (*getattr(home, "parts", ()), *getattr(home, "requirements", ())):
            if part == rule.code:
                return reader.at(rule, field)
        for section in ("results", "leaf_results", "materials"):
            for name in (part, field):
                if name in getattr(home, section, {}):
                    return reader.at(home, section, name)
    return reader.at(model)
