"""A factory of five models: what drafts are judged by in tests, since its profile touches few models at once."""

from functools import cache
from pathlib import Path
from typing import Any

from erp.catalogue.rules.document import ModelDocument
from erp.catalogue.rules.entries import Pack
from erp.catalogue.rules.pack import read_pack
from erp.catalogue.service import load_pack
from tests.factories.catalogue import LOADED, make_spec

__all__ = ["PACK_FILE", "demo_model", "demo_pack", "load_catalogue", "make_spec"]
PACK_FILE = Path(__file__).with_name("small_pack.yaml")


@cache
def demo_pack() -> Pack:
    """Return the small factory."""
    return read_pack(PACK_FILE.read_text(encoding="utf-8"))


def demo_model(code: str = "M-SINGLE") -> ModelDocument:
    """Return one model of the small factory."""
    return next(one for one in demo_pack().documents if one.code == code)


def load_catalogue(session: Any) -> None:
    """Load the small factory."""
    load_pack(session, demo_pack(), by=None, at=LOADED)
    session.flush()
