"""ERP: what the office decides. Parties, materials, the catalogue, stock, sales."""

from flask import Flask

from core.web.registry import registry
from erp.catalogue import model as _catalogue  # noqa: F401  (its tables)
from erp.materials import model as _materials  # noqa: F401
from erp.parties import model as _parties  # noqa: F401
from erp.sales import model as _sales  # noqa: F401
from erp.stock import model as _stock  # noqa: F401


def register(app: Flask) -> None:
    """Put on erp's pages, menu, panels and rights, in the order in which a person meets them."""
    _grants(app)
    _register_sales(app)
    _register_catalogue(app)
    _register_stock(app)


def _register_sales(app: Flask) -> None:
    """Orders and dealers' sheets."""


def _register_catalogue(app: Flask) -> None:
    """Parties, materials, door models."""


def _register_stock(app: Flask) -> None:
    """Places, lots, balances."""


def _grants(app: Flask) -> None:
    grant = registry(app).grant
    read = ("erp.sales.read", "erp.parties.read", "erp.catalogue.read", "erp.materials.read", "erp.stock.read")
    grant("owner", *read, "core.files.read", "core.jobs.read")
    grant("clerk", *read, "core.files.read", "erp.sales.write", "erp.sales.import", "erp.sales.confirm")
    grant("clerk", "erp.sales.cancel", "erp.parties.write")
    grant("splitter", *read, "core.files.read", "core.jobs.read", "core.jobs.stop", "erp.sales.write")
    grant("splitter", "erp.sales.import", "erp.catalogue.load")
    grant("keeper", "erp.materials.read", "erp.stock.read", "erp.stock.receive", "erp.stock.move")
    grant("leader", "erp.sales.read", "erp.stock.read", "erp.catalogue.read", "core.jobs.read")
