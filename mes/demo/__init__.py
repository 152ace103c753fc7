"""Demo: a factory to try Mortise with, and a plausible history of it, made by the real commands.

The factory comes from jiangshan.yaml, a factory pack like any other; the people are one per role; stock, orders,
batches, scans and loads are made by calling what the pages call. dealer_order.xlsx is a messy sheet to import.
"""
