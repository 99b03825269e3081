"""Delivery's invariants notice planted faults."""

import pytest

from fulfil.delivery import queries
from fulfil.delivery.model import Delivery
from tests.floor import packed, picked, released


@pytest.mark.parametrize("state", ["returning", "delivered"])
def test_a_delivery_that_is_elsewhere_than_its_goods(floor, state):
    order = floor.paid(("tea", 2))
    picked(floor, order, "ambient", "TOTE-001")
    packed(floor, order)
    released(floor, order)
    assert floor.spoiled(queries, Delivery, state=state) == [(12, "deliveries")]
