"""The blueprint of cutting and its permissions."""

from flask import Blueprint

bp = Blueprint("mes_cutting", __name__)
READ, PLAN, SETTINGS, OFFCUTS = (
    "mes.cutting.read",
    "mes.cutting.plan",
    "mes.cutting.settings",
    "mes.cutting.offcuts",
)
EXPORT_MOST = 10_000
