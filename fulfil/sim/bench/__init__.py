"""Yardsticks: each founds a quiet shop of its own, loads it from this process and gives one JSON object.

Rates stand beside CPU per order, because a machine that is busy with something else shows in the rate only.
"""
