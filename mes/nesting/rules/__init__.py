"""The cutting engine and, beside it and apart from it, the checker of its plans.

Inside, every length is a whole number of 0.1 mm, and its name ends in `_dmm`. Decimals of mm
are read and written at the border only (`instance.read_instance`, `plan.Plan.to_dict`).
"""
