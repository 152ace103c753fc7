"""Reads of sales: what can be ordered, orders, and sheets in review."""

from erp.sales.queries.orders import id_of_number, order_lines

__all__ = ["id_of_number", "order_lines"]
