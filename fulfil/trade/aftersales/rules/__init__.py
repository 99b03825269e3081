"""Decisions of aftersales: how much goes back and when, what may come instead of goods that are missing."""

from fulfil.trade.aftersales.rules.complaints import (
    COMPLAINTS_OF_ORDER_MAX,
    DECISIONS,
    PHOTO_BYTES_MAX,
    PHOTOS_OF_CASE_MAX,
    PHOTOS_OF_ORDER_MAX,
    PIXELS_MAX,
    REASONS,
    WANTS,
    alarm_after,
    check_left,
    default_after,
    granted,
    granted_by_silence,
    media_type,
    needs_two,
    pixels,
)
from fulfil.trade.aftersales.rules.refunding import (
    BACK,
    COLLECTED_HOURS_MAX,
    OWED,
    collects,
    heard,
    refund_state,
    resolved,
)
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
    BY_WEIGHT,
    CANCEL_ORDER,
    NO_WISH,
    ONLY_HEAVIER,
    SUBSTITUTE,
    Candidate,
    Goods,
    Guard,
    Price,
    Proposal,
    heavier,
    is_substitute,
    offered,
    price_of,
    proposals,
    sub_line_no,
    without_extra,
)

__all__ = [
    "ASK", "BACK", "BY_WEIGHT", "CANCEL_ORDER", "COLLECTED_HOURS_MAX", "COMPLAINTS_OF_ORDER_MAX",
    "DECISIONS", "NO_LINE", "NO_WISH", "ONLY_HEAVIER", "OWED", "PHOTOS_OF_CASE_MAX", "PHOTOS_OF_ORDER_MAX",
    "PHOTO_BYTES_MAX", "PIXELS_MAX", "REASONS", "SUBSTITUTE", "WANTS", "Candidate", "Given", "Goods",
    "Guard", "Item", "Line", "Price", "Proposal", "alarm_after", "check_left", "collects", "default_after",
    "difference", "granted", "granted_by_silence", "heard", "heavier", "is_substitute", "media_type",
    "needs_two", "offered", "pixels", "price_of", "proposals", "refund_state", "refundable_fees",
    "resolved", "rest", "shortage", "sub_line_no", "without_extra",
]  # fmt: skip
