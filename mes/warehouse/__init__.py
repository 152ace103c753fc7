"""Warehouse: material to the floor, finished packages to their places, all by scan on a handheld.

Words   put away 入库, issue 领料, goods-in 收货, stage 备货, witness (a piece that proves a label) 验件, place 库位
Calls   erp.stock: the ledger; mes.packing: a package's state and place; mes.planning: batches;
        mes.scanning: the one door for every scan
Tells   nothing; an order's progress is told by packing
"""
