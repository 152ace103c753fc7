"""Cutting: which piece of a batch is sawn where on which board or bar.

Words   cut plan 开料方案, sheet 板 (bar 型材), layout 排样, placement 排位, offcut 余料, cut list 裁板顺序,
        sheet label 板标签, piece label 件标签, yield 出材率 (rules.yields says which), study 买哪些规格
States  of a plan: QUEUED -> READY | FAILED; REPLACED is kept for plans that a newer one replaces
Remakes of whatever batch go along with the next plan of their material; each is taken by one plan (TakenAlong)
Calls   mes.nesting: computes and checks a plan, outside any transaction; mes.planning: the batch is planned;
        erp.stock: what the batch needs of its materials
Tells   nothing; production reads the placements when a sheet is reported as cut
"""
