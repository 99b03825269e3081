"""Decisions of aftersales: how much goes back, and what may come instead of goods that are missing."""

from fulfil.trade.aftersales.rules.shares import (
    NO_LINE,
    Given,
    Item,
    Line,
    refundable_fees,
    rest,
    shortage,
)

__all__ = ["NO_LINE", "Given", "Item", "Line", "refundable_fees", "rest", "shortage"]
