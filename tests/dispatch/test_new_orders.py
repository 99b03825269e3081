"""An order that nobody has paid yet: into how many tickets it falls, and which slot has room for it."""

from __future__ import annotations

import pytest

from fulfil.dispatch.rules import Policy, estimate
from fulfil.dispatch.rules.forecast import Ahead, Part, Staffing
from fulfil.dispatch.rules.promise import Capacity, Queue, new_order, slots_from
from fulfil.dispatch.rules.speeds import Pace
from tests.dispatch.test_rules import NOW, minutes

POLICY = Policy()


@pytest.mark.parametrize(
    ("lines", "grams", "tickets"),
    [(1, 0, 1), (20, 15_000, 1), (21, 0, 2), (20, 15_001, 2), (40, 30_000, 2), (41, 0, 3), (2, 90_000, 2)],
)
def test_more_than_twenty_lines_or_fifteen_kilograms_are_several_tickets(
    lines: int, grams: int, tickets: int
) -> None:
    assert len(new_order({"chilled": (lines, grams)}, 0, POLICY, Pace()).parts) == tickets


def test_the_tickets_of_a_zone_are_as_long_as_each_other() -> None:
    parts = new_order({"ambient": (23, 9000)}, 0, POLICY, Pace()).parts
    assert [part.seconds for part in parts] == [
        estimate("picking", 12, 4500, POLICY),
        estimate("picking", 11, 4500, POLICY),
    ]


def test_of_whom_nothing_more_is_said_wants_it_at_once_and_nothing_made() -> None:
    order = new_order({"ambient": (2, 900)}, 0, POLICY, Pace())
    assert order == new_order({"ambient": (2, 900)}, 0, POLICY, Pace(), due=0.0, order=0, made=0, stations={})
    assert (order.due, order.order, order.made) == (0.0, 0, ())


@pytest.mark.parametrize(
    ("seconds", "work"), [(-5, 0), (0, 0), (450, 450), (900, 900), (1350, 1800), (1800, 2700), (9000, 2700)]
)
def test_what_is_done_by_then_is_the_sum_of_the_quarters(seconds: float, work: float) -> None:
    assert Capacity({"picking": [1.0, 2.0, 0.0]}).by("picking", seconds) == work


def test_slots_follow_one_another() -> None:
    slots = slots_from(NOW, POLICY)
    assert [end - start for start, end in slots] == [minutes(POLICY.slot_minutes)] * POLICY.slots
    assert [start for start, _ in slots[1:]] == [end for _, end in slots[:-1]]


def ahead(no: int, pick: float, due: float) -> Ahead:
    return Ahead(no, due, (Part(pick),))


@pytest.mark.parametrize(
    ("others", "added", "pick"),
    [
        pytest.param([], [], 850.0, id="85 of 100 seconds"),
        pytest.param([(300.0, 900.0)], [], 550.0, id="what leaves before it"),
        pytest.param([(300.0, 1000.0)], [], 550.0, id="what leaves with it"),
        pytest.param([(300.0, 1100.0)], [], 635.0, id="what leaves after it still can"),
        pytest.param([], [100.0], 750.0, id="what was promised a moment ago"),
        pytest.param([(300.0, 900.0)], [100.0, 50.0], 400.0, id="all of it"),
    ],
)
def test_a_slot_has_room_to_the_second(
    others: list[tuple[float, float]], added: list[float], pick: float
) -> None:
    waiting = [ahead(no, *one) for no, one in enumerate(others, 1)]
    queue = Queue(waiting, Staffing(1, 1), Capacity({"picking": [1.0]}), POLICY)
    for no, seconds in enumerate(added, 50):
        queue.add(ahead(no, seconds, 1000.0), soon=False)
    assert queue.has_room(ahead(99, pick, 1000.0))
    assert not queue.has_room(ahead(99, pick + 0.001, 1000.0))
