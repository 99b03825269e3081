"""States of a delivery."""

from __future__ import annotations

from enum import StrEnum

from fulfil.kit.states import Machine


class DeliveryState(StrEnum):
    """待取 · 前往门店 · 到店 · 已取货 · 到达顾客处 · 已送达 · 返回中 · 已返回 · 已取消."""

    WAITING = "waiting"
    ARRIVING = "arriving"
    ARRIVED = "arrived"
    PICKED_UP = "picked_up"
    AT_CUSTOMER = "arrived_at_customer"
    DELIVERED = "delivered"
    RETURNING = "returning"
    RETURNED = "returned"
    CANCELLED = "cancelled"


class ReturnState(StrEnum):
    """待取 · 已取 · 已到店 · 未取到."""

    WAITING = "waiting"
    COLLECTED = "collected"
    BROUGHT = "brought"
    FAILED = "failed"


_D, _R = DeliveryState, ReturnState

DELIVERY = Machine(
    "delivery",
    _D.WAITING,
    {
        _D.WAITING: {
            "arriving": _D.ARRIVING,
            "arrived": _D.ARRIVED,
            "picked_up": _D.PICKED_UP,
            "cancel": _D.CANCELLED,
        },
        _D.ARRIVING: {
            "arrived": _D.ARRIVED,
            "picked_up": _D.PICKED_UP,
            "give_back": _D.WAITING,
            "cancel": _D.CANCELLED,
        },
        _D.ARRIVED: {"picked_up": _D.PICKED_UP, "give_back": _D.WAITING, "cancel": _D.CANCELLED},
        _D.PICKED_UP: {
            "arrived_at_customer": _D.AT_CUSTOMER,
            "delivered": _D.DELIVERED,
            "failed": _D.RETURNING,
        },
        _D.AT_CUSTOMER: {"delivered": _D.DELIVERED, "failed": _D.RETURNING},
        _D.RETURNING: {"delivered": _D.DELIVERED, "returned": _D.RETURNED},
        _D.DELIVERED: {},
        _D.RETURNED: {},
        _D.CANCELLED: {},
    },
)

RETURN = Machine(
    "return",
    _R.WAITING,
    {
        _R.WAITING: {"collect": _R.COLLECTED, "fail": _R.FAILED},
        _R.COLLECTED: {"bring": _R.BROUGHT},
        _R.BROUGHT: {},
        _R.FAILED: {},
    },
)
