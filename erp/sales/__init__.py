"""Sales: what dealers order, by spreadsheet or by hand, up to the moment it is released.

Words   order 订单, order line 订单行, dealer's sheet 订货表, import 导入, issue 问题, correction 改正,
        dealer's own order number 经销商单号, room 位置, customer 客户, site 工地, due date 交期
States  order: DRAFT -> QUERY <-> CONFIRMED -> RELEASED -> IN_PRODUCTION -> READY -> SHIPPED -> CLOSED;
        until it is released it may become CANCELLED
        import: OPEN -> TAKEN (it became an order) or DROPPED
Calls   erp.catalogue: models, colours, limits, the explosion behind the drawings; erp.parties: dealers;
        core.files: the sheet is kept with its order; core.numbers: the order's number
Tells   OrderConfirmed, OrderCancelled, LineRemoved, AmountChanged
Is told its progress by mes through service.record_progress
"""
