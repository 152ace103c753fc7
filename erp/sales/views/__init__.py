"""Pages of sales."""

from erp.sales.views import imports, lessons, lines, orders, prices
from erp.sales.views.blueprint import bp

__all__ = ["bp", "imports", "lessons", "lines", "orders", "prices"]
