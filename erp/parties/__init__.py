"""Parties: with whom the factory trades.

Words   dealer 经销商, supplier 供应商, contact 联系人
States  none; a partner no longer wanted is put to rest (is_active) and stays on old papers
Calls   core.audit: who changed what
Tells   nothing
"""
