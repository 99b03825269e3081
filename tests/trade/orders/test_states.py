"""The machines of an order, every state against every event."""

import pytest

from fulfil.kit.errors import IllegalMove
from fulfil.trade.orders.states import DELIVERY, ORDER

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
    moves = MOVES[machine]
    for state in machine.states:
        for event in {event for _, event in moves}:
            if (state, event) in moves:
                assert machine.next(state, event) == moves[state, event]
            else:
                with pytest.raises(IllegalMove):
                    machine.next(state, event)
