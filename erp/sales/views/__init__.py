"""Pages of sales."""

from erp.sales.views import amendments, answers, imports, lessons, lines, orders, prices, questions
from erp.sales.views.blueprint import bp
from erp.sales.views.dealer import dealer

__all__ = [
    "amendments",
    "answers",
    "bp",
    "dealer",
    "imports",
    "lessons",
    "lines",
    "orders",
    "prices",
    "questions",
]
