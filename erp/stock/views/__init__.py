"""Pages of stock: goods-in, what lies where, places, lots, months, and the proof."""

from erp.stock.views import lying, months
from erp.stock.views.blueprint import bp

__all__ = ["bp", "lying", "months"]
