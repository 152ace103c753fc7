"""What planning's pages send."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field

from core.web.forms import Form, Text
from erp.catalogue.rules.document import DoorKind, Finish
from mes.planning.rules.capacity import ClassCapacity, DayKind


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


class NewBatch(Form):
    """The orders of a new batch, and a note."""

    order_id: Annotated[list[int], BeforeValidator(_as_list), Field(max_length=500)] = []
    note: Text = ""


class CapacityForm(Form):
    """One class: sets per day, warning mark in percent, working days."""

    kind: DoorKind
    finish: Finish
    set_count: Annotated[int, Field(ge=1, le=100_000)]
    warning: Annotated[Decimal, Field(gt=0, le=100, decimal_places=2)]
    production_days: Annotated[int, Field(ge=0, le=200)]

    @property
    def capacity(self) -> ClassCapacity:
        """The class as the rules take it."""
        return ClassCapacity(self.set_count, self.warning / 100, self.production_days)


class DayForm(Form):
    """One day that is worked otherwise."""

    day_on: date
    kind: DayKind
    note: Text = ""


class DueForm(Form):
    """The day that an order is promised for."""

    due_on: date
    version: int
