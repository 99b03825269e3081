"""Handoff's invariants notice planted faults."""

import pytest

from fulfil.dispatch.model import Ticket
from fulfil.handoff import queries
from fulfil.handoff.model import HandoverBag
from tests.floor import packed, picked, released


@pytest.fixture
def order(floor):
    order = floor.paid(("tea", 2))
    picked(floor, order, "ambient", "TOTE-001")
    packed(floor, order)
    released(floor, order)
    return order


@pytest.mark.parametrize("state", ["expected", "missing"])
def test_a_bag_that_nobody_scanned(floor, order, state):
    assert floor.spoiled(queries, HandoverBag, state=state) == [(12, "handovers")]


def test_a_release_before_packing_ended(floor, order):
    found = floor.spoiled(queries, Ticket, state="queued", stage="packing", part=Ticket.id)
    assert found == [(12, "handovers")]
