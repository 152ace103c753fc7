"""Production: which operation was done on which piece, scrap, and what waits where.

Words   operation 工序, station 工位, work report 报工, scrap 报废, remake 补件, team leader 班长,
        duty 判责
Rule    a piece goes through the operations of its route in order; what is built into it must be done before
        its first one; one scan reports one operation, and one station reports a piece once in 30 seconds
        a scrap has the duty (判责) of its reason, until the leader or the office judges otherwise
Calls   mes.splitting: how far a piece has come, and remakes; mes.cutting: sheets that are cut
Scans   OP_DONE (piece), CUT_DONE (sheet or offcut), SCRAP (piece, with the defect's code as witness)
Tells   nothing: a remake is told by mes.splitting (PieceReplaced)
"""
