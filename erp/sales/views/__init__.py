"""Pages of sales."""

from erp.sales.views import (
    amendments,
    answers,
    hand_edits,
    imports,
    lessons,
    lines,
    orders,
    prices,
    questions,
)
from erp.sales.views.blueprint import bp
from erp.sales.views.dealer import dealer

__all__ = [
    "amendments",
    "answers",
    "bp",
    "dealer",
    "hand_edits",
    "imports",
    "lessons",
    "lines",
    "orders",
    "prices",
    "questions",
]
