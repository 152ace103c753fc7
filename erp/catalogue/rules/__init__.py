"""Rules of the catalogue: the formula language, the model document, the explosion, the factory pack.

All of it is pure. Lengths are mm, Decimal.
"""
