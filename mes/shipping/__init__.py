"""Shipping: which packages go onto which vehicle, proved by scans, and the papers that go with them.

Words   load 装车单, delivery 发货, stop 站点, delivery note 发货单, dock 装车口, signed exception 签字放行
States  load: PLANNED -> LOADING -> CLOSED -> SHIPPED, or CANCELLED while it is only planned
Rule    a package is on one load at most: the database's uniqueness judges; what is on a delivery note
        was scanned on: closing compares the list with the scan log
Calls   mes.packing: moves packages on; mes.splitting: shipped pieces; erp.sales: shipped counts;
        mes.scanning: the log; core.numbers: numbers and codes of loads and deliveries
Tells   nothing yet
"""
