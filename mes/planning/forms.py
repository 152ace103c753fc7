"""What planning's pages send."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field

from core.web.forms import Form, Text
from erp.catalogue.rules.document import DoorKind, Finish
from mes.planning.rules.batching import Chosen
from mes.planning.rules.capacity import ClassCapacity, DayKind


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _as_chosen(value: object) -> object:
    """Read a lot as the page names it: order, sets and colour, as in 42:3:WHITE."""
    parts = value.split(":", 2) if isinstance(value, str) else ()
    return dict(zip(("order_id", "set_count", "colour"), parts, strict=True)) if len(parts) == 3 else value


class LotForm(Form):
    """One colour lot as the page showed it."""

    order_id: Annotated[int, Field(ge=1, lt=2**31)]
    set_count: Annotated[int, Field(ge=0, le=100_000)]
    colour: Annotated[str, Field(max_length=60)] = ""


class NewBatch(Form):
    """The colour lots of a new batch, and a note."""

    lot: Annotated[
        list[Annotated[LotForm, BeforeValidator(_as_chosen)]],
        BeforeValidator(_as_list),
        Field(max_length=500),
    ] = []
    note: Text = ""

    @property
    def chosen(self) -> list[Chosen]:
        """The lots as the command takes them, each once."""
        found = (Chosen(one.order_id, one.colour, one.set_count) for one in self.lot)
        return list(dict.fromkeys(found))


class RushForm(Form):
    """Why an order is wanted before the others."""

    reason: Text = ""


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
