"""Stock: what lies where, out of a ledger of moves that is never changed.

Words   place 库位, lot 批次, move 移动, balance 结存, receipt 收货, issue 领料, return 退料, closed month 月结,
        demand 需求, shortage 缺料
Counts  sheets and bars by the piece, bands in m, the rest in their material's own unit
Truth   the moves; a balance is their sum and `stock verify` proves it; virtual places (suppliers,
        production, lost and found) balance what comes from and goes to outside
Calls   erp.materials: articles; erp.parties: suppliers; core.numbers: R and L codes
Tells   ReceiptReversed, MonthClosing
"""
