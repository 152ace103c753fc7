"""Materials: what doors are made of, and the sizes in which it is bought.

Words   material 材料, article 规格(料号), sheet 板材, bar 线材, edge band 封边条, kerf 锯缝, trim 修边
States  none; what is no longer bought is put to rest (is_active)
Calls   nothing
Tells   nothing
"""
