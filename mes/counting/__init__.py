"""Counting: what really lies at a place, counted blind, counted again where it differs, approved by a second person.

Words   count 盘点单, blind 盲盘, pass (one round through a place) 轮, recount 复盘, difference 差异, entry 盘点记录,
        record accuracy (IRA) 库存准确率, missed scan (E16) 漏扫, opening stock 期初库存
States  PLANNED > COUNTING > DONE when all is as booked, else RECOUNT > COUNTING … > APPROVAL > DONE; CANCELLED
Truth   the ledger; an approved difference is posted to it as moves of kind COUNT against “lost and found”
Calls   erp.stock: moves and receipts; mes.packing: a package's place; mes.cutting: offcuts that are gone;
        mes.warehouse: places, lots and packages by their labels; mes.scanning: the one door for every scan
Tells   nothing
"""
