"""Forms of production."""

from typing import Annotated

from pydantic import Field

from core.web.forms import Form
from erp.catalogue.rules.entries import Duty


class DutyForm(Form):
    """Whose fault a scrap was, and what there is to say about it."""

    duty: Duty
    note: Annotated[str, Field(max_length=500)] = ""
