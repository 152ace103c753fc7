"""Reading what was typed: pydantic models for forms and JSON, refusals in the person's language."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from flask_babel import gettext
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from core.errors import InvalidInput
from core.i18n import N_

M = TypeVar("M", bound=BaseModel)

# pydantic's word for what is wrong -> our sentence
SENTENCES = {
    "missing": N_("Please fill this in."),
    "string_too_short": N_("Please fill this in."),
    "string_too_long": N_("At most %(max_length)s characters."),
    "decimal_parsing": N_("Expected a number, got “%(input)s”."),
    "decimal_type": N_("Expected a number, got “%(input)s”."),
    "int_parsing": N_("Expected a whole number, got “%(input)s”."),
    "int_type": N_("Expected a whole number, got “%(input)s”."),
    "int_from_float": N_("Expected a whole number, got “%(input)s”."),
    "greater_than": N_("Must be more than %(gt)s, got %(input)s."),
    "greater_than_equal": N_("Must be at least %(ge)s, got %(input)s."),
    "less_than_equal": N_("Must be at most %(le)s, got %(input)s."),
    "decimal_max_places": N_("At most %(decimal_places)s decimal places, got %(input)s."),
    "date_from_datetime_parsing": N_("Expected a date such as 2026-11-28, got “%(input)s”."),
    "date_parsing": N_("Expected a date such as 2026-11-28, got “%(input)s”."),
    "enum": N_("Please choose one of the offered values, got “%(input)s”."),
    "literal_error": N_("Please choose one of the offered values, got “%(input)s”."),
    "extra_forbidden": N_("This field is not known."),
}
UNREADABLE = N_("Cannot be read: “%(input)s”.")


def half_width(value: Any) -> Any:
    """Turn full-width digits and blanks into plain ones."""
    return unicodedata.normalize("NFKC", value).strip() if isinstance(value, str) else value


def _empty_is_none(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


class Form(BaseModel):
    """Base of every form and JSON body: unknown fields of a form are passed over, text is trimmed."""

    model_config = ConfigDict(str_strip_whitespace=True, extra="ignore", frozen=True)


class Body(BaseModel):
    """Base of every JSON body: strict types, unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _fits_mm(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.1"))


Text = Annotated[str, StringConstraints(max_length=200)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Mm = Annotated[
    Decimal,
    BeforeValidator(half_width),
    Field(gt=0, le=Decimal("99999.9"), decimal_places=1),
    AfterValidator(_fits_mm),
]
OptionalMm = Annotated[Mm | None, BeforeValidator(_empty_is_none)]
Qty = Annotated[Decimal, BeforeValidator(half_width), Field(gt=0, le=Decimal("9999999"), decimal_places=3)]
Count = Annotated[int, BeforeValidator(half_width), Field(ge=1, le=9999)]


class _OneMeasure(BaseModel):
    """One further size, as its field says it."""

    value: Mm


def measures(given: Mapping[str, str], prefix: str) -> dict[str, Decimal]:
    """Return the sizes typed into the fields that begin with `prefix`, by what follows it, mm.

    An empty field says nothing. Raises InvalidInput with one sentence per field.
    """
    made: dict[str, Decimal] = {}
    wrong: dict[str, str] = {}
    for name, text in given.items():
        if not name.startswith(prefix) or not text.strip():
            continue
        try:
            made[name.removeprefix(prefix)] = parse(_OneMeasure, {"value": text}).value
        except InvalidInput as bad:
            wrong[name] = bad.fields["value"]
    if wrong:
        raise InvalidInput(wrong)
    return made


def sentence(kind: str, context: Mapping[str, Any], value: Any) -> str:
    """Return one fault's sentence in the person's language."""
    facts = {**context, "input": str(value)[:60]}
    text: str = gettext(SENTENCES.get(kind, UNREADABLE))
    return text % facts


def parse(model: type[M], given: Mapping[str, Any]) -> M:
    """Return what was typed as a `model`. Raises InvalidInput with one sentence per field."""
    try:
        return model.model_validate({name: given[name] for name in given})
    except ValidationError as wrong:
        fields: dict[str, str] = {}
        for fault in wrong.errors(include_url=False):
            name = ".".join(str(part) for part in fault["loc"] if not str(part).startswith("function-"))
            fields.setdefault(name or "body", sentence(fault["type"], fault.get("ctx") or {}, fault["input"]))
        raise InvalidInput(fields) from wrong
