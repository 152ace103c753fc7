"""The blueprint of stock's pages, and who may open them."""

from flask import Blueprint

bp = Blueprint("erp_stock", __name__)
READ = "erp.stock.read"
CLOSE = "erp.stock.close"
EXPORT_ROWS_MAX = 20_000
