"""What the rules, their fields, parts and examples are called on a page: words beside the codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from core.choices import Choice
from core.i18n import N_, Named
from core.web.templating import label, mm, named
from erp.catalogue.rules.document import ModelDocument
from erp.catalogue.rules.drafts import Change
from erp.catalogue.rules.entries import Pack
from erp.catalogue.rules.examples import Example

LABELS = {
    "code": N_("Code"),
    "name": N_("Name"),
    "kind": N_("Kind"),
    "finish": N_("Finish"),
    "profile": N_("Profile"),
    "limits": N_("Size limits"),
    "colours": N_("Colours"),
    "uses": N_("Assemblies used"),
    "style": N_("Face of the leaf"),
    "requires": N_("Must be chosen"),
    "options": N_("Options"),
    "measures": N_("Further sizes"),
    "openings": N_("Opening from the size given"),
    "parameters": N_("Parameters"),
    "tables": N_("Tables"),
    "results": N_("Results"),
    "leaf_results": N_("Results per leaf"),
    "materials": N_("Material choices"),
    "leaves": N_("Leaves"),
    "checks": N_("Checks"),
    "parts": N_("Parts"),
    "requirements": N_("Also needed"),
    "examples": N_("Examples"),
    "is_retired": N_("Retired"),
    "zh": N_("Chinese"),
    "en": N_("English"),
    "group": N_("Group"),
    "quantity": N_("Quantity"),
    "when": N_("Only when"),
    "per": N_("How often"),
    "material": N_("Material"),
    "length": N_("Length"),
    "width": N_("Width"),
    "height": N_("Height"),
    "wall": N_("Wall thickness"),
    "thickness": N_("Thickness"),
    "size": N_("Sizes are"),
    "cut_length": N_("Length as cut"),
    "cut_width": N_("Width as cut"),
    "cut": N_("Cut from"),
    "grain": N_("Grain"),
    "edges": N_("Edge band"),
    "mitre": N_("Ends"),
    "machining": N_("Machining"),
    "tracked": N_("Label"),
    "joins": N_("Joins"),
    "mirror": N_("Mirror twin"),
    "drawn_as": N_("Drawn as"),
    "route": N_("Route"),
    "package": N_("Package"),
    "unit": N_("Unit"),
    "min": N_("From"),
    "max": N_("To"),
    "default": N_("Default"),
    "values": N_("Values"),
    "basis": N_("Size of"),
    "use": N_("Use"),
    "value": N_("Value"),
    "least": N_("At least"),
    "most_pieces": N_("Most pieces"),
    "most_kg": N_("Heaviest, kg"),
    "longest_mm": N_("Longest, mm"),
    "kg_m3": N_("Weight of a cubic metre, kg"),
    "kit": N_("Kit is checked"),
    "tolerance_kg": N_("Kit may differ by, kg"),
    "operations": N_("Operations"),
    "line": N_("Order line"),
    "pieces": N_("Pieces"),
    "length_mm": N_("Length"),
    "width_mm": N_("Width"),
    "cut_length_mm": N_("Length as cut"),
    "cut_width_mm": N_("Width as cut"),
    "height_mm": N_("Height"),
    "wall_mm": N_("Wall thickness"),
    "count": N_("Count"),
    "cut_when": N_("Cut only when"),
    "handing": N_("Handing"),
    "colour": N_("Colour"),
}


def label_of(key: str) -> str:
    """Return what a field of the rules is called; a field that nobody named yet by its own name."""
    return _(LABELS[key]) if key in LABELS else key


@dataclass(frozen=True, slots=True)
class Words:
    """The names of what rules speak of by codes; a code that nobody named is shown as it is."""

    entries: Mapping[str, Named]  # door models, profiles, assemblies, routes …, by code
    parts: Mapping[str, Named]  # parts and requirements, by code
    others: Mapping[str, Named]  # colours and materials, by code

    @classmethod
    def of(
        cls, entries: Iterable[Any], documents: Iterable[ModelDocument], others: Mapping[str, Any]
    ) -> Words:
        """Return the words of entries and of the parts of documents; `others` are rows with two names."""
        parts: dict[str, Named] = {}
        for document in documents:
            parts |= {one.code: one.name for one in document.parts}
            parts |= {one.code: one.name for one in document.requirements}
        return cls(
            {one.code: one.name for one in entries},
            parts,
            {code: Named(row.name, row.name_en) for code, row in others.items()},
        )

    def entry(self, code: str) -> str:
        """Return what a model, a profile or another entry is called."""
        return named(self.entries[code]) if code in self.entries else code

    def part(self, code: str) -> str:
        """Return what a part is called; the one of a leaf, or one of several, carries its number."""
        base, _sep, number = code.rpartition("_")
        if code in self.parts or base not in self.parts:
            return named(self.parts[code]) if code in self.parts else code
        return f"{named(self.parts[base])} {number}"

    def value(self, value: object) -> str:
        """Return a value of a piece or a line: a size, a choice, a colour or material by its name."""
        if isinstance(value, Decimal):
            return mm(value)
        if isinstance(value, Choice):
            return label(value)
        if value is None or value == "":
            return "–"
        return named(self.others[value]) if value in self.others else str(value)  # type: ignore[index]

    def line(self, example: Example) -> str:
        """Return the line of an example as a person reads it: 900 × 2100 × 240 · 内左 · 暖白."""
        line = example.line
        sizes = " × ".join(mm(one) for one in (line.width_mm, line.height_mm, line.wall_mm))
        return " · ".join([sizes, *(self.value(one) for one in (line.handing, line.colour) if one)])

    def what(self, text: str) -> str:
        """Return what a reason was asked for (rules.drafts.Verdict.asks) with names instead of codes."""
        return " · ".join(
            self.entry(word)
            if word in self.entries
            else label_of(word)
            if word in LABELS
            else self.part(word)
            for word in text.split()
        )


def names_of(change: Change) -> str:
    """Return what a changed entry is called, its code where it has no name yet."""
    found = change.data.get("name")
    if not isinstance(found, dict) or not found.get("zh"):
        return change.code or "–"
    return named(Named(str(found["zh"]), str(found.get("en", ""))))


def place_text(change: Change, path: str) -> str:
    """Return where a field of an entry stands, in words: parts.3.length → 部件 / 左立板 / 长."""
    made, data = [], change.data
    for key in path.split("."):
        if isinstance(data, list):
            row = data[int(key)] if key.isdigit() and int(key) < len(data) else None
            made.append(_row_text(row, key))
            data = row if isinstance(row, dict | list) else {}
        else:
            made.append(label_of(key))
            data = data.get(key, {}) if isinstance(data, dict) else {}
    return " / ".join(one for one in made if one)


def _row_text(row: Any, key: str) -> str:
    """Return what a row is called: by its name, by its code, else by its number; a pair by its first word."""
    if isinstance(row, dict):
        text = row.get("name")
        if isinstance(text, dict) and text.get("zh"):
            return named(Named(str(text["zh"]), str(text.get("en", ""))))
        return str(row.get("code", "")) or str(int(key) + 1)
    if isinstance(row, list) and row:
        return str(row[0])
    return "" if key in ("0", "1") else key


def entries_of(pack: Pack) -> list[Any]:
    """Return every entry of a pack that drafts change."""
    sections = (pack.models, pack.profiles, pack.assemblies, pack.packages, pack.routes, pack.operations)
    return [one for section in sections for one in section]
