"""The blueprint of sales, and its rights."""

from flask import Blueprint

bp = Blueprint("erp_sales", __name__)

READ = "erp.sales.read"
WRITE = "erp.sales.write"
CONFIRM = "erp.sales.confirm"
CANCEL = "erp.sales.cancel"
IMPORT = "erp.sales.import"
AMEND = "erp.sales.amend"
EDIT_SET = "erp.sales.edit_set"
SEE_PRICES, QUOTE, REBATE = "erp.sales.prices", "erp.sales.quote", "erp.sales.rebate"
