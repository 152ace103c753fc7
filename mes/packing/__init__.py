"""Packing: what was frozen at release is put into boxes, piece by piece, and proved by scans.

Words   package 包, leaf, frame, trim, hardware package 扇包 套包 线包 五金包, content 内容, seal 封包
States  PLANNED -> OPEN -> SEALED -> IN_STORE -> STAGED -> LOADED -> SHIPPED -> RECEIVED; VOID, DAMAGED
        (warehouse and shipping move a sealed package on, through service.move_on)
Calls   mes.splitting: packed and unpacked pieces; erp.sales: sealed counts; mes.scanning: former labels
Hears   SetsWritten: plans the packages, i of N, void until SetsFrozen; SetsDropped: removes them;
        PieceReplaced: the box waits for the new piece
Tells   nothing yet
"""
