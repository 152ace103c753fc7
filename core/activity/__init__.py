"""Activity: working intervals of people, from page heartbeats and scans; the raw material of the efficiency figures.

Gaps of more than ten minutes are cut off (domain: active minutes). Intervals of one person never overlap.
"""
