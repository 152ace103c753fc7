"""Nesting: which part is sawn where on which board or bar; pure arithmetic, no database.

Words   cutting instance 开料算例, stock piece 板材或型材, layout 排样, section 段, strip 条,
        offcut 余料, kerf 锯缝, trim 修边, bound 下界, yield 出材率
Shape   a three-stage sheet is a nested list: sheet -> sections -> strips -> parts (and a last
        trimming cut); no coordinates are needed to know that it fits
Calls   nothing
Tells   nothing; `mes.cutting` asks `rules.solve.solve` and keeps the plan
"""
