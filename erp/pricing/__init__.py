"""Prices: what a line costs, and how that came about.

Words   price book 价目表, base price 基价, oversize surcharge 超标加价, band 档, level 经销商等级, discount 折扣,
        term 计价项, running metre 延米
States  book: DRAFT -> PUBLISHED -> RETIRED; a published book is never changed, its successor is another version
Calls   erp.catalogue: models, colours, options; erp.parties: dealers
Tells   nothing
Rule    a price is a list of terms whose amounts add up; rounded half up to 0.01 for one set, then times the sets
"""
