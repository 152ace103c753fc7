"""Forms of shipping."""

from datetime import date
from typing import Annotated

from pydantic import BeforeValidator

from core.web.forms import Form, Name, Text
from mes.shipping.rules import Freight


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


class LoadForm(Form):
    """A vehicle and its day."""

    vehicle: Name
    driver: Text = ""
    phone: Text = ""
    carrier: Text = ""
    freight: Freight = Freight.PREPAID
    is_by_stop: bool = False
    planned_on: date


class PackagesForm(Form):
    """The packages that were ticked."""

    package: Annotated[list[int], BeforeValidator(_as_list)] = []
