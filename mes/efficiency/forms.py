"""Forms of efficiency."""

from datetime import date
from typing import Annotated

from pydantic import BeforeValidator, Field

from core.web.forms import Form


def _empty_is_none(value: object) -> object:
    return None if value == "" else value


class DaysForm(Form):
    """The days that a report is about, in either order; empty means the usual ones."""

    since: Annotated[date | None, BeforeValidator(_empty_is_none), Field(alias="from")] = None
    until: Annotated[date | None, BeforeValidator(_empty_is_none), Field(alias="to")] = None
