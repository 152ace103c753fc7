"""Planning: which released orders are cut and made together.

Words   batch 批次, colour lot 同色批 (all sets of one colour of an order: never divided), batch key 批次键, lane 通道,
        released order 已下达订单, due date 交期
States  OPEN -> PLANNED (its cut plans are ready) -> DONE (all its pieces are packed); one taken out: PLANNED again
Calls   nothing; reads the orders of erp.sales
Tells   nothing; `mes.cutting` puts its plans onto the batch's page as a panel
"""
