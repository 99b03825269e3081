"""The three machines: every step that exists, and that no other does."""

import pytest

from fulfil.trade.payments.states import DOCUMENT, MACHINES, REFUND, TRANSACTION
from tests.machines import assert_moves

STEPS = {
    DOCUMENT: {
        ("open", "succeed"): "succeeded",
        ("open", "fail"): "failed",
        ("open", "close"): "closed",
        ("failed", "succeed"): "succeeded",
        ("failed", "close"): "closed",
        ("closed", "succeed"): "succeeded",
    },
    TRANSACTION: {
        ("created", "request"): "requested",
        ("created", "lose_sight"): "unknown",
        ("created", "succeed"): "succeeded",
        ("created", "fail"): "failed",
        ("created", "close"): "closed",
        ("unknown", "request"): "requested",
        ("unknown", "succeed"): "succeeded",
        ("unknown", "fail"): "failed",
        ("unknown", "close"): "closed",
        ("requested", "succeed"): "succeeded",
        ("requested", "fail"): "failed",
        ("requested", "close"): "closed",
        ("failed", "succeed"): "succeeded",
        ("closed", "succeed"): "succeeded",
    },
    REFUND: {
        ("created", "request"): "requested",
        ("created", "lose_sight"): "unknown",
        ("created", "succeed"): "succeeded",
        ("created", "fail"): "failed",
        ("created", "retry"): "created",
        ("requested", "lose_sight"): "unknown",
        ("requested", "succeed"): "succeeded",
        ("requested", "fail"): "failed",
        ("requested", "retry"): "created",
        ("unknown", "request"): "requested",
        ("unknown", "succeed"): "succeeded",
        ("unknown", "fail"): "failed",
        ("unknown", "retry"): "created",
        ("failed", "succeed"): "succeeded",
    },
}


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_a_machine_has_these_steps_and_no_others(machine):
    assert_moves(machine, STEPS[machine])


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_only_money_that_moved_is_the_end(machine):
    assert machine.terminal == {"succeeded"}
