"""Use cases of delivery: riding to the customer, and bringing goods back."""

from fulfil.delivery.service.returns import apply_return, call_off, cancel_return, fetch, open_return
from fulfil.delivery.service.riding import (
    act_as_carrier,
    apply,
    cancel,
    open_delivery,
    picked_up,
    recalled,
    specs,
    taken_over,
)

__all__ = [
    "act_as_carrier",
    "apply",
    "apply_return",
    "call_off",
    "cancel",
    "cancel_return",
    "fetch",
    "open_delivery",
    "open_return",
    "picked_up",
    "recalled",
    "specs",
    "taken_over",
]
