"""The two machines of an order (O7): the order itself, and its delivery, driven by fulfilment."""

from __future__ import annotations

from enum import StrEnum

from fulfil.kit.states import Machine


class OrderState(StrEnum):
    PLACED = "placed"
    PAID = "paid"
    CANCELLING = "cancelling"
    COMPLETED = "completed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    CLOSED = "closed"


class DeliveryState(StrEnum):
    NONE = "none"
    PREPARING = "preparing"
    READY = "ready"
    HANDED_OVER = "handed_over"
    RETURNING = "returning"
    RETURNED = "returned"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class SubmissionState(StrEnum):
    RUNNING = "running"
    UNDOING = "undoing"
    ACCEPTED = "accepted"
    UNDONE = "undone"


ORDER = Machine(
    "order",
    OrderState.PLACED,
    {
        OrderState.PLACED: {
            "pay": OrderState.PAID,
            "expire": OrderState.EXPIRED,
            "cancel": OrderState.CANCELLED,
        },
        OrderState.PAID: {"complete": OrderState.COMPLETED, "request_cancel": OrderState.CANCELLING},
        OrderState.CANCELLING: {"cancel": OrderState.CANCELLED, "cancel_refused": OrderState.PAID},
        OrderState.COMPLETED: {"close": OrderState.CLOSED},
        OrderState.EXPIRED: {},
        OrderState.CANCELLED: {},
        OrderState.CLOSED: {},
    },
)

DELIVERY = Machine(
    "order_delivery",
    DeliveryState.NONE,
    {
        DeliveryState.NONE: {"prepare": DeliveryState.PREPARING, "cancel": DeliveryState.CANCELLED},
        DeliveryState.PREPARING: {"ready": DeliveryState.READY, "cancel": DeliveryState.CANCELLED},
        DeliveryState.READY: {"hand_over": DeliveryState.HANDED_OVER, "cancel": DeliveryState.CANCELLED},
        DeliveryState.HANDED_OVER: {
            "deliver": DeliveryState.DELIVERED,
            "return_begin": DeliveryState.RETURNING,
        },
        DeliveryState.RETURNING: {"return_end": DeliveryState.RETURNED},
        DeliveryState.RETURNED: {"ready": DeliveryState.READY, "cancel": DeliveryState.CANCELLED},
        DeliveryState.DELIVERED: {},
        DeliveryState.CANCELLED: {},
    },
)
