"""Forms of shipping."""

from datetime import date
from typing import Annotated

from pydantic import BeforeValidator, StringConstraints

from core.web.forms import Form, Name, Text, half_width
from mes.scanning.rules import Block
from mes.shipping.rules import CLAIM_NOTE_MAX, Condition, Freight


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


class LoadForm(Form):
    """A vehicle and its day."""

    vehicle: Annotated[Name, BeforeValidator(half_width)]
    driver: Text = ""
    phone: Annotated[Text, BeforeValidator(half_width)] = ""
    carrier: Text = ""
    freight: Freight = Freight.PREPAID
    is_by_stop: bool = False
    planned_on: date


class PackagesForm(Form):
    """The packages that were ticked."""

    package: Annotated[list[int], BeforeValidator(_as_list)] = []


class DecisionForm(Form):
    """Whether a claim is right, which error it was, and what the dealer is told."""

    is_right: bool = False
    block: Block
    answer: Annotated[str, StringConstraints(max_length=CLAIM_NOTE_MAX)] = ""


class RemakeForm(Form):
    """A piece that is to be made again, and why."""

    piece: int
    defect: Name
    note: Annotated[str, StringConstraints(max_length=CLAIM_NOTE_MAX)] = ""
    claim: int | None = None
    came_back: int | None = None


class ReturnForm(Form):
    """A package that came back, how and why."""

    code: Name
    condition: Condition
    reason: Annotated[str, StringConstraints(min_length=2, max_length=CLAIM_NOTE_MAX)]
