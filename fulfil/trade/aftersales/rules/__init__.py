"""Decisions of aftersales: how much goes back, and what may come instead of goods that are missing."""

from fulfil.trade.aftersales.rules.shares import (
    NO_LINE,
    Given,
    Item,
    Line,
    difference,
    refundable_fees,
    rest,
    shortage,
)
from fulfil.trade.aftersales.rules.substitutes import (
    ASK,
    CANCEL_ORDER,
    NO_WISH,
    SUBSTITUTE,
    Candidate,
    Goods,
    Guard,
    Price,
    Proposal,
    is_substitute,
    price_of,
    proposals,
    sub_line_no,
)

__all__ = [
    "ASK", "CANCEL_ORDER", "NO_LINE", "NO_WISH", "SUBSTITUTE", "Candidate", "Given", "Goods", "Guard", "Item",
    "Line", "Price", "Proposal", "difference", "is_substitute", "price_of", "proposals", "refundable_fees",
    "rest", "shortage", "sub_line_no",
]  # fmt: skip
