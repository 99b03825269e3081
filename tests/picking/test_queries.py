"""Picking's invariants notice planted faults."""

import pytest

from fulfil.picking import queries
from fulfil.picking.model import PickLine, PutBackLine
from tests.floor import picked


@pytest.mark.parametrize(
    "values",
    [{"state": "todo"}, {"picked": 1}, {"short": 1, "picked": 1}, {"state": "deciding", "picked": 0}],
)
def test_lines_that_do_not_add_up(floor, values):
    picked(floor, floor.paid(("tea", 2)), "ambient", "TOTE-001")
    assert (12, "pick_lines") in floor.spoiled(queries, PickLine, **values)


def test_weighed_goods_beyond_their_tolerance(floor):
    picked(floor, floor.paid(("00042", 500)), "ambient", "TOTE-001")
    assert (12, "pick_lines") in floor.spoiled(queries, PickLine, picked=551)


@pytest.mark.parametrize("values", [{"state": "closed"}, {"restocked": 2}])
def test_put_back_lines_that_do_not_add_up(floor, values):
    order = floor.paid(("tea", 2))
    worker = floor.take(order, "picking")
    worker.does("pick", line=worker.line(1), quantity=2, tote="TOTE-001")
    floor.cancelled(order)
    assert floor.spoiled(queries, PutBackLine, **values) == [(8, "put_back_lines")]
