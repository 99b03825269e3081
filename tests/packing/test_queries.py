"""Packing's invariants notice planted faults."""

import pytest

from fulfil.dispatch.model import BagLine
from fulfil.packing import queries
from fulfil.packing.model import PackLine
from tests.floor import packed, picked


@pytest.fixture
def order(floor):
    order = floor.paid(("tea", 2))
    picked(floor, order, "ambient", "TOTE-001")
    packed(floor, order)
    return order


@pytest.mark.parametrize("values", [{"state": "todo"}, {"packed": 1}])
def test_lines_that_do_not_add_up(floor, order, values):
    assert (12, "pack_lines") in floor.spoiled(queries, PackLine, **values)


def test_bags_that_hold_something_else(floor, order):
    assert floor.spoiled(queries, BagLine, quantity=1) == [(12, "pack_lines")]
