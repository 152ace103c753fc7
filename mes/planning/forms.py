"""What planning's pages send."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from core.web.forms import Form, Text


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


class NewBatch(Form):
    """The orders of a new batch, and a note."""

    order_id: Annotated[list[int], BeforeValidator(_as_list), Field(max_length=500)] = []
    note: Text = ""
