"""The demo factory's pack and a plain line, for everything that splits doors."""

from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from erp.catalogue.rules.document import Handing, ModelDocument
from erp.catalogue.rules.entries import Pack
from erp.catalogue.rules.line import LineSpec
from erp.catalogue.rules.pack import read_pack
from erp.catalogue.service import load_pack

LOADED = datetime(2026, 11, 1, 1, 0, tzinfo=UTC)
PACK_FILE = Path(__file__).parents[2] / "mes" / "demo" / "jiangshan.yaml"


@cache
def demo_pack() -> Pack:
    """Return the demo factory."""
    return read_pack(PACK_FILE.read_text(encoding="utf-8"))


def demo_model(code: str = "M-SINGLE") -> ModelDocument:
    """Return one model of the demo factory."""
    return next(one for one in demo_pack().documents if one.code == code)


def make_spec(width: str = "900", height: str = "2100", wall: str = "240", **over: Any) -> LineSpec:
    """Return a line for a white door, hinges left, pushed in."""
    given = {"handing": Handing.IN_L, "colour": "WHITE"} | over
    return LineSpec(Decimal(width), Decimal(height), Decimal(wall), **given)


def load_catalogue(session: Any) -> None:
    """Load the demo factory's models, materials, colours, defects and partners."""
    load_pack(session, demo_pack(), by=None, at=LOADED)
    session.flush()
