"""Forms of printing."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from core.printing.rules import Language
from core.printing.service import PrinterEntry
from core.web.forms import Form, Name, half_width

Number = BeforeValidator(half_width)


class PrinterForm(Form):
    """A printer, as the administrator sets it up."""

    name: Name
    host: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[0-9A-Za-z.:_-]+$")]
    port: Annotated[int, Number, Field(ge=1, le=65535)] = 9100
    language: Language
    dots_per_mm: Annotated[Literal[8, 12], BeforeValidator(int)] = 8
    width_mm: Annotated[int, Number, Field(ge=10, le=300)]
    height_mm: Annotated[int, Number, Field(ge=10, le=600)]
    gap_mm: Annotated[Decimal, Number, Field(ge=0, le=20, decimal_places=1)] = Decimal(2)
    is_answering: bool = False
    is_active: bool = False

    def entry(self) -> PrinterEntry:
        """Return it as the command takes it."""
        return PrinterEntry(**{name: getattr(self, name) for name in PrinterEntry.__slots__})


class PrintForm(Form):
    """Which printer is to print, once for this key, and the page to come back to."""

    printer: int
    key: Annotated[str, StringConstraints(min_length=8, max_length=64)]
    next: str = ""
