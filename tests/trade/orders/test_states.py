"""The machines of an order, every state against every event."""

import pytest

from fulfil.trade.orders.states import DELIVERY, ORDER
from tests.machines import assert_moves

MOVES = {
    ORDER: {
        ("placed", "pay"): "paid",
        ("placed", "expire"): "expired",
        ("placed", "cancel"): "cancelled",
        ("paid", "complete"): "completed",
        ("paid", "request_cancel"): "cancelling",
        ("cancelling", "cancel"): "cancelled",
        ("cancelling", "cancel_refused"): "paid",
        ("completed", "close"): "closed",
    },
    DELIVERY: {
        ("none", "prepare"): "preparing",
        ("none", "cancel"): "cancelled",
        ("preparing", "ready"): "ready",
        ("preparing", "cancel"): "cancelled",
        ("ready", "hand_over"): "handed_over",
        ("ready", "cancel"): "cancelled",
        ("handed_over", "deliver"): "delivered",
        ("handed_over", "return_begin"): "returning",
        ("returning", "return_end"): "returned",
        ("returned", "ready"): "ready",
        ("returned", "cancel"): "cancelled",
    },
}


@pytest.mark.parametrize("machine", MOVES, ids=lambda machine: machine.name)
def test_every_state_against_every_event(machine) -> None:
    assert_moves(machine, MOVES[machine])
