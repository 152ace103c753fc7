"""MES: what the floor does. Splitting, batches, cutting, making, packing, warehouse, shipping, and the proof."""

from flask import Flask

from core.web.registry import blueprints, registry
from mes.cutting import model as _cutting  # noqa: F401  (its tables)
from mes.packing import model as _packing  # noqa: F401
from mes.planning import model as _planning  # noqa: F401
from mes.production import model as _production  # noqa: F401
from mes.scanning import api as scanning_api
from mes.scanning import model as _scanning  # noqa: F401
from mes.shipping import model as _shipping  # noqa: F401
from mes.splitting import model as _splitting  # noqa: F401


def register(app: Flask) -> None:
    """Put on mes's pages, menu, panels, scan kinds, jobs, subscriptions and rights."""
    _grants(app)
    _register_scanning(app)
    _register_splitting(app)
    _register_cutting(app)
    _register_production(app)
    _register_packing(app)
    _register_warehouse(app)
    _register_shipping(app)
    _register_efficiency(app)
    _register_demo(app)


def _register_scanning(app: Flask) -> None:
    """The one door for every scan; stations and devices."""
    blueprints(app, (scanning_api.bp, "/api/v1"))


def _register_splitting(app: Flask) -> None:
    """Release; door sets and their pieces."""


def _register_cutting(app: Flask) -> None:
    """Batches, cut plans, piece labels."""


def _register_production(app: Flask) -> None:
    """Operations at the stations, scrap, the team leader's page."""


def _register_packing(app: Flask) -> None:
    """Packages and their labels."""


def _register_warehouse(app: Flask) -> None:
    """Goods in, issue, put-away, by scan."""


def _register_shipping(app: Flask) -> None:
    """Loads and delivery notes."""


def _register_efficiency(app: Flask) -> None:
    """The five figures."""


def _register_demo(app: Flask) -> None:
    """The demo factory."""


def _grants(app: Flask) -> None:
    grant = registry(app).grant
    scan = "mes.scanning.scan"
    grant("owner", "mes.splitting.read", "mes.planning.read", "mes.cutting.read", "mes.production.lead")
    grant("owner", "mes.packing.read", "mes.shipping.read", "mes.efficiency.read", "mes.scanning.read")
    grant("clerk", "mes.splitting.read", "mes.packing.read", "mes.shipping.read", "mes.shipping.plan")
    grant("splitter", "mes.splitting.read", "mes.splitting.release", "mes.planning.read", "mes.planning.write")
    grant("splitter", "mes.cutting.read", "mes.cutting.plan", "mes.packing.read")
    grant("keeper", scan, "mes.warehouse.read", "mes.warehouse.store", "mes.warehouse.issue", "mes.packing.read")
    grant("keeper", "mes.planning.read")
    grant("operator", scan, "mes.production.report", "mes.production.scrap", "mes.cutting.read", "mes.splitting.read")
    grant("packer", scan, "mes.packing.pack", "mes.packing.read", "mes.packing.label", "mes.splitting.read")
    grant("loader", scan, "mes.shipping.load", "mes.shipping.read", "mes.packing.read", "mes.warehouse.store")
    grant("leader", scan, "mes.production.lead", "mes.production.report", "mes.production.scrap", "mes.cutting.read")
    grant("leader", "mes.packing.pack", "mes.packing.read", "mes.packing.label", "mes.packing.override")
    grant("leader", "mes.shipping.read", "mes.shipping.load", "mes.shipping.sign", "mes.splitting.read")
    grant("leader", "mes.planning.read", "mes.warehouse.read", "mes.scanning.read")
    grant("administrator", "mes.scanning.manage")
