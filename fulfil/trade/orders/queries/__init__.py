"""Every select on orders, by what it is for. No query shows an order that is not valid (O2)."""

from fulfil.trade.orders.queries.documents import (
    asked_to_wait,
    completed_before,
    heads,
    items,
    line_view,
    links,
    order,
    order_no_of_track_token,
    order_of_cart,
    order_url,
    stranded_submissions,
    submission,
    submission_of,
    track_path,
    tracking,
    waits_for_shop,
)
from fulfil.trade.orders.queries.invariants import violations
from fulfil.trade.orders.queries.views import (
    archived_among,
    behind_since,
    is_copying,
    marked,
    nobodys,
    numbers_after,
    of_owner,
    order_view,
    search,
    shown,
    stores_behind,
    valid_among,
)

__all__ = [
    "archived_among", "asked_to_wait", "behind_since", "completed_before", "heads", "is_copying",
    "items", "line_view", "links", "marked", "nobodys", "numbers_after", "of_owner", "order",
    "order_no_of_track_token", "order_of_cart", "order_url", "order_view", "search", "shown",
    "stores_behind", "stranded_submissions", "submission", "submission_of", "track_path", "tracking",
    "valid_among", "violations", "waits_for_shop",
]  # fmt: skip
