"""Forms of scanning: stations, devices, and what the list of scans is filtered by."""

from datetime import date
from typing import Annotated

from pydantic import BeforeValidator

from core.web.forms import Form, Name, Text
from mes.scanning.rules import Block, Outcome, ScanKind, StationKind


def _codes(value: object) -> object:
    return (
        tuple(value.upper().replace(",", " ").replace("，", " ").split()) if isinstance(value, str) else value
    )


def _empty_is_none(value: object) -> object:
    return None if value == "" else value


class StationForm(Form):
    """A work place, as the administrator sets it up."""

    name: Name
    name_en: Text = ""
    kind: StationKind
    operations: Annotated[tuple[str, ...], BeforeValidator(_codes)] = ()


class PrinterChoice(Form):
    """Which label printer stands there; empty for none."""

    printer: Annotated[int | None, BeforeValidator(_empty_is_none)] = None


class EnrolForm(Form):
    """A device and where it stands."""

    station_id: int
    name: Name


class ScanFilter(Form):
    """Which scans to list; empty means any."""

    since: Annotated[date | None, BeforeValidator(_empty_is_none)] = None
    until: Annotated[date | None, BeforeValidator(_empty_is_none)] = None
    person: Annotated[int | None, BeforeValidator(_empty_is_none)] = None
    kind: Annotated[ScanKind | None, BeforeValidator(_empty_is_none)] = None
    outcome: Annotated[Outcome | None, BeforeValidator(_empty_is_none)] = None
    block: Annotated[Block | None, BeforeValidator(_empty_is_none)] = None
    code: Text = ""
