"""An order that nobody has paid yet: into how many tickets it falls, and what is taken for granted."""

from __future__ import annotations

import pytest

from fulfil.dispatch.rules import Policy
from fulfil.dispatch.rules.promise import new_order
from fulfil.dispatch.rules.speeds import Pace

POLICY = Policy()


@pytest.mark.parametrize(
    ("lines", "grams", "tickets"),
    [(1, 0, 1), (20, 15_000, 1), (21, 0, 2), (20, 15_001, 2), (40, 30_000, 2), (41, 0, 3), (2, 90_000, 2)],
)
def test_more_than_twenty_lines_or_fifteen_kilograms_are_several_tickets(
    lines: int, grams: int, tickets: int
) -> None:
    assert len(new_order({"chilled": (lines, grams)}, 0, POLICY, Pace()).parts) == tickets


def test_of_whom_nothing_more_is_said_wants_it_at_once_and_nothing_made() -> None:
    order = new_order({"ambient": (2, 900)}, 0, POLICY, Pace())
    assert order == new_order({"ambient": (2, 900)}, 0, POLICY, Pace(), due=0.0, order=0, made=0, stations={})
    assert (order.due, order.order, order.made) == (0.0, 0, ())
