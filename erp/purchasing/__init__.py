"""Purchasing: what material is needed and lacking, and the orders that bring it.

Words   requirement 用料需求, lacking 欠缺, on order 在途, purchase proposal 采购建议, purchase order 采购单,
        supplier article 供应目录, safety stock 安全库存, lead time 供货周期, waste 损耗
States  DRAFT -> ORDERED -> PARTLY_RECEIVED -> RECEIVED; DRAFT and ORDERED -> CANCELLED;
        PARTLY_RECEIVED -> RECEIVED as well when the rest is given up
Truth   demands of erp.stock are what is reserved; on order is the open rest of purchase lines; both are
        dealt out on reading, the earliest need first, and nowhere kept
Calls   erp.stock: receipts; erp.sales: days and confirmed orders; erp.catalogue: their explosion
Tells   nothing
"""
