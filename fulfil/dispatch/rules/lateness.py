"""What follows from a forecast that an order will be late (floor rules 4, 11)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from fulfil.dispatch.rules.forecast import Ahead

LATE_SECONDS, CALM_SECONDS = 60.0, -120.0  # late from here on, and no longer from there
MOVED_SECONDS = 60.0  # a prediction that moves less is not written anew
TELL_SECONDS = 600.0  # the customer hears of more than this
SURE_SECONDS = 60.0  # and only of what has been late for so long
RAISED = 1  # priority; a supervisor's goes up to 9


def is_late(was_late: bool, late_seconds: float) -> bool:
    """Whether an order counts as predicted late; it begins later than it ends, so that it never flickers."""
    return late_seconds > (CALM_SECONDS if was_late else LATE_SECONDS)


def tells(late_seconds: float, late_for: float, *, left_shop: bool) -> bool:
    """Whether the customer is told, once: as long as they can still cancel, and when it is no mere moment."""
    return late_seconds > TELL_SECONDS and late_for >= SURE_SECONDS and not left_shop


def to_raise(orders: Sequence[Ahead], late: Collection[int], most: int) -> list[int]:
    """Which of the late orders go before the others: those that would still be in time if they began now.

    At most `most` orders at a time are raised, the first due first: where all are urgent, nobody is.
    """
    free = most - sum(order.priority > 0 for order in orders)
    saved = [
        order
        for order in orders
        if order.order in late and order.priority == 0 and order.waits and order.start_by >= 0
    ]
    saved.sort(key=lambda order: (order.due, order.order))
    return [order.order for order in saved[: max(0, free)]]
