"""The machines, move by move: what is allowed, and that nothing else is."""

from __future__ import annotations

import pytest

from fulfil.dispatch import states
from tests.machines import assert_moves

LEGAL = {
    states.TICKET: {
        ("queued", "offer"): "offered",
        ("queued", "assign"): "accepted",
        ("queued", "carry"): "working",
        ("queued", "cancel"): "cancelled",
        ("offered", "accept"): "accepted",
        ("offered", "decline"): "queued",
        ("offered", "expire"): "queued",
        ("offered", "withdraw"): "queued",
        ("offered", "cancel"): "cancelled",
        ("accepted", "begin"): "working",
        ("accepted", "finish"): "done",
        ("accepted", "give_back"): "queued",
        ("accepted", "take_over"): "queued",
        ("accepted", "cancel"): "cancelled",
        ("working", "finish"): "done",
        ("working", "give_back"): "queued",
        ("working", "take_over"): "queued",
        ("working", "cancel"): "cancelled",
    },
    states.OFFER: {
        ("pending", "accept"): "accepted",
        ("pending", "decline"): "declined",
        ("pending", "expire"): "expired",
        ("pending", "withdraw"): "withdrawn",
    },
    states.FULFILMENT: {
        ("open", "start"): "working",
        ("open", "cancel"): "cancelling",
        ("open", "void"): "void",
        ("working", "ready"): "ready",
        ("working", "cancel"): "cancelling",
        ("working", "void"): "void",
        ("ready", "hand_over"): "handed_over",
        ("ready", "cancel"): "cancelling",
        ("ready", "void"): "void",
        ("handed_over", "deliver"): "delivered",
        ("handed_over", "return_begin"): "returning",
        ("returning", "return_end"): "returned",
        ("returning", "deliver"): "delivered",
        ("returned", "restage"): "ready",
        ("returned", "cancel"): "cancelling",
        ("cancelling", "cancelled"): "cancelled",
    },
    states.TOUR: {
        ("offered", "accept"): "walking",
        ("offered", "dissolve"): "dissolved",
        ("walking", "join"): "walking",
        ("walking", "finish"): "done",
        ("walking", "dissolve"): "dissolved",
    },
    states.BAG: {
        ("open", "close"): "closed",
        ("open", "discard"): "discarded",
        ("open", "return"): "returned",
        ("closed", "reopen"): "open",
        ("closed", "seal"): "sealed",
        ("closed", "return"): "returned",
        ("sealed", "shelve"): "shelved",
        ("sealed", "release"): "released",
        ("sealed", "miss"): "missing",
        ("sealed", "return"): "returned",
        ("shelved", "release"): "released",
        ("shelved", "miss"): "missing",
        ("shelved", "return"): "returned",
        ("missing", "find"): "shelved",
        ("missing", "return"): "returned",
        ("released", "return"): "returned",
    },
}


@pytest.mark.parametrize("machine", LEGAL, ids=lambda m: m.name)
def test_every_pair_of_state_and_event(machine):
    assert_moves(machine, LEGAL[machine])


def test_a_bag_that_left_can_only_come_back():
    assert states.BAG.table["released"] == {"return": "returned"}
    assert states.BAG.terminal == {"returned", "discarded"}
