"""Pages of cutting."""

from mes.cutting.views import offcuts, plans, settings, studies, yields
from mes.cutting.views.blueprint import OFFCUTS, PLAN, READ, SETTINGS, bp

__all__ = ["OFFCUTS", "PLAN", "READ", "SETTINGS", "bp", "offcuts", "plans", "settings", "studies", "yields"]
