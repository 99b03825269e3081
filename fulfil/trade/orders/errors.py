"""What orders refuse. Everything is refused before payment (floor rules, the fifth that comes first)."""

from __future__ import annotations

from fulfil.kit.errors import Conflict, Invalid, NotFound


class UnknownOrder(NotFound):
    code, title = "unknown_order", "There is no such order."


class EmptyCart(Conflict):
    code, title = "empty_cart", "The cart is empty."


class CartChanged(Conflict):
    """`cart` is the whole cart as it is now."""

    code, title = "cart_changed", "The cart was changed meanwhile."


class CartOrdered(Conflict):
    """`order_no` is the order that this cart became; `cart` is the whole cart as it is now."""

    code, title = "cart_ordered", "This cart was ordered already."


class PriceChanged(Conflict):
    """`cart` is the whole cart with today's prices."""

    code, title = "price_changed", "A price changed. Look at the cart and order again."


class StoreClosed(Conflict):
    """`opens_at` is when the shop takes orders again, null when nobody knows."""

    code, title = "store_closed", "The shop takes no orders now."


class OutsideArea(Conflict):
    """`metres` is the distance, `radius_m` how far the shop delivers."""

    code, title = "outside_area", "The shop does not deliver there."


class PromiseUnavailable(Conflict):
    """`slots` are later times to choose from: `[{from, to}]`; `why_not` says what is missing."""

    code, title = "promise_unavailable", "The shop cannot promise that time."


class NotCancellable(Conflict):
    code, title = "not_cancellable", "This order can no longer be cancelled here."


class NothingToWaitFor(Conflict):
    code, title = "nothing_to_wait_for", "This order does not wait for its shop to open."


class OrderCancelled(Conflict):
    """`state` is the order's: cancelling or cancelled."""

    code, title = "order_cancelled", "This order is cancelled: there is nothing to pay any more."


class ChannelNotSupported(Invalid):
    """`channels` are those whose orders are taken."""

    code, title = "channel_not_supported", "Orders of platforms are not taken here: order a cart."


class LineUnknown(Invalid):
    code, title = "line_unknown", "A line names something that is not in the cart."


class SubmissionTaken(Conflict):
    code, title = "request_in_flight", "The same request is being worked on. Ask again soon."
