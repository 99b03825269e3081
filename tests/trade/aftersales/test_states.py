"""The machines of cases and refunds: every step that exists, and that no other does."""

import pytest

from fulfil.trade.aftersales.states import CASE, DECISION, MACHINES, REFUND
from tests.machines import assert_moves

STEPS = {
    CASE: {
        ("open", "refund"): "refunding",
        ("open", "close"): "closed",
        ("open", "complain"): "audit",
        ("open", "fetch"): "returning",
        ("audit", "refund"): "refunding",
        ("audit", "close"): "closed",
        ("audit", "fetch"): "returning",
        ("audit", "approve"): "approved",
        ("audit", "refuse"): "refused",
        ("returning", "refund"): "refunding",
        ("returning", "close"): "closed",
        ("returning", "approve"): "approved",
        ("returning", "refuse"): "refused",
        ("approved", "fetch"): "returning",
        ("approved", "refund"): "refunding",
        ("approved", "close"): "closed",
        ("approved", "refuse"): "refused",
        ("refunding", "close"): "closed",
        ("refunding", "fail"): "failed",
        ("failed", "close"): "closed",
    },
    REFUND: {
        ("collecting", "request"): "requested",
        ("collecting", "ask_audit"): "audit",
        ("collecting", "succeed"): "succeeded",
        ("audit", "approve"): "requested",
        ("audit", "refuse"): "refused",
        ("audit", "agree"): "agreed",
        ("agreed", "request"): "requested",
        ("agreed", "succeed"): "succeeded",
        ("agreed", "drop"): "refused",
        ("requested", "succeed"): "succeeded",
        ("requested", "fail"): "failed",
        ("failed", "succeed"): "succeeded",
        ("failed", "propose"): "other_means",
        ("failed", "lapse"): "lapsed",
        ("other_means", "approve"): "settled",
        ("other_means", "refuse"): "failed",
        ("other_means", "succeed"): "succeeded",
        ("settled", "succeed"): "paid_twice",
        ("paid_twice", "resolve"): "succeeded",
        ("paid_twice", "resolve_part"): "settled",
        ("lapsed", "succeed"): "succeeded",
    },
    DECISION: {
        ("pending", "approve"): "approved",
        ("pending", "refuse"): "refused",
        ("pending", "expire"): "expired",
        ("pending", "withdraw"): "withdrawn",
    },
}


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_a_machine_has_these_steps_and_no_others(machine):
    assert_moves(machine, STEPS[machine])


def test_only_money_that_arrived_or_a_no_ends_a_case():
    assert CASE.terminal == {"closed", "refused"} and REFUND.terminal == {"succeeded", "refused"}
