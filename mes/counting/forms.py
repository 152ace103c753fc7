"""Forms of counting."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import StringConstraints

from core.errors import InvalidInput
from core.web.forms import Form, Text
from mes.counting.rules import CountCause


class ReasonForm(Form):
    """Why: the count keeps it."""

    reason: Text = ""


class TableForm(Form):
    """Rows pasted out of a spreadsheet, or mended on the page."""

    rows: Annotated[str, StringConstraints(max_length=400_000, strip_whitespace=False)] = ""
    form_key: Text = ""


def causes(values: Mapping[str, str]) -> dict[int, CountCause]:
    """Return the cause that was chosen for each line, out of fields cause-7. Raises InvalidInput."""
    found = {}
    for field, word in values.items():
        head, _dash, line_id = field.partition("-")
        if head != "cause" or not line_id.isdigit():
            continue
        if word not in set(CountCause):
            raise InvalidInput({field: word})
        found[int(line_id)] = CountCause(word)
    return found
