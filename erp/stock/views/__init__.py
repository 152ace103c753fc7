"""Pages of stock: goods-in, what lies where, places, lots, months, values, and the proof."""

from erp.stock.views import lying, months, worth
from erp.stock.views.blueprint import bp

__all__ = ["bp", "lying", "months", "worth"]
