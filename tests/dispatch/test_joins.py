"""The bounds at which a ticket still joins a tour that is being walked: by the second, by walks measured."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from fulfil.dispatch.rules import Join, Load, join
from fulfil.dispatch.rules.joins import Walked
from tests.dispatch.test_tours import FLOOR, NOW, POLICY, load, walked

MARGIN = POLICY.tour_margin_seconds


def joins(one: Load, tour: Walked, free_in: float | None = None) -> Join | None:
    return join(NOW, [one], [tour], FLOOR, POLICY, free_in)


def due(one: Load, seconds: float) -> Load:
    """The same ticket, that has to be picked in so many seconds."""
    return replace(one, work=replace(one.work, due_at=NOW + timedelta(seconds=seconds)))


def seconds_together() -> int:
    found = joins(load(1), walked())
    assert found is not None
    return found.seconds


@pytest.mark.parametrize(("more", "is_in"), [(0, True), (-1, False)])
def test_its_own_promise_holds_to_the_second(more: int, is_in: bool) -> None:
    one = due(load(1), seconds_together() + MARGIN + more)
    assert (joins(one, walked()) is not None) is is_in


@pytest.mark.parametrize(("more", "is_in"), [(0, True), (-1, False)])
def test_the_promise_of_an_order_in_the_tour_holds_to_the_second(more: int, is_in: bool) -> None:
    [inside] = walked().loads
    tour = replace(walked(), loads=(due(inside, seconds_together() + MARGIN + more),))
    assert (joins(load(1), tour) is not None) is is_in


@pytest.mark.parametrize(("more", "is_in"), [(0, False), (-1, True)])
def test_what_can_still_be_in_time_alone_is_not_made_late(more: int, is_in: bool) -> None:
    """What is late anyway joins."""
    one = load(1)
    assert one.work.estimate_seconds < seconds_together() + MARGIN
    assert (joins(due(one, one.work.estimate_seconds + more), walked()) is not None) is is_in


@pytest.mark.parametrize(("more", "is_in"), [(0, True), (-1, False)])
def test_it_joins_where_it_is_picked_no_later_than_by_the_next_free_hand(more: int, is_in: bool) -> None:
    one = load(1)
    free_in = seconds_together() - one.work.estimate_seconds + more
    assert (joins(one, walked(), free_in) is not None) is is_in


@pytest.mark.parametrize(("more", "is_in"), [(0, True), (-1, False)])
def test_its_picker_may_leave_as_the_tour_is_over(more: int, is_in: bool) -> None:
    tour = walked(until=NOW + timedelta(seconds=seconds_together() + more))
    assert (joins(load(1), tour) is not None) is is_in


@pytest.mark.parametrize(("until", "is_in"), [(NOW, True), (NOW + timedelta(seconds=1), False)])
def test_who_declined_it_is_asked_again_when_that_is_over(until: datetime, is_in: bool) -> None:
    one = load(1)
    declined = replace(one, work=replace(one.work, refused_by={7: until}))
    assert (joins(declined, walked()) is not None) is is_in


@pytest.mark.parametrize(("before", "is_in"), [(98, True), (99, False)])
def test_a_hundred_walks_are_measured_at_a_look(before: int, is_in: bool) -> None:
    """The tour's own, and one with each ticket that fits."""
    others = [load(n, due=3) for n in range(100, 100 + before)]
    assert join(NOW, others, [walked()], FLOOR, POLICY, None) is None
    assert (join(NOW, [*others, load(1)], [walked()], FLOOR, POLICY, None) is not None) is is_in
