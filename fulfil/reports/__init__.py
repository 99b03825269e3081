"""What a shop reads of itself: figures by hour and day, where everybody is, pick lists on paper.

Figures are counted once, when an order is over (docs/figures.md); the rest is read from the work as it is.
"""
