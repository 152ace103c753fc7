"""Tracing: from a piece back to its board and on to the dealer; from a lot on to every dealer that has some of it.

Words   trace 追溯, sheet 板, lot 料批, event 事件, use 去向
Way     piece > sheet > plan > batch > the lots issued to that batch of the sheet's article. Where several lots of an
        article were issued to one batch, each is named: which of them a single board was is not known
Asks    one statement a question, over rows found by their keys: it costs the same among ten million scans
Calls   nothing; it reads what splitting, cutting, production, packing and shipping wrote
Tells   nothing
"""
