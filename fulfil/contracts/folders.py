"""The folders of the house in the order in which they are joined; what is not named here takes no part.

A stage is one word in STAGES, and its place in `fulfil.dispatch.rules.stages.FLOW` (docs/plugging-in.md).
"""

STAGES = ("picking", "prep", "packing", "handoff", "delivery")
FOLDERS = (
    "store",
    "staff",
    "messages",
    "dispatch",
    *STAGES,
    "trade.customers",
    "trade.catalog",
    "trade.stock",
    "trade.cart",
    "trade.orders",
    "trade.payments",
    "trade.aftersales",
    "reports",
)
