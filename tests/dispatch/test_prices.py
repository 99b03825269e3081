"""What a ticket costs in a hand, to the second, and which hands somebody has."""

from __future__ import annotations

from math import inf

import pytest

from fulfil.dispatch.rules import Policy, Work, Worker
from fulfil.dispatch.rules.assign import Hand, hands_of, point, prices, slack
from tests.dispatch.test_rules import NOW, POLICY, minutes, who_gets, work, worker

IDLE, MISSED = 1e6, 1e9  # to wait for a hand, and to be offered to who has missed it


def hand(
    *,
    ready: float = 0.0,
    ahead: int = 0,
    left: float = inf,
    more: tuple[float, float, float] = (0.0, 0.0, 0.0),
    **changes: object,
) -> Hand:
    return Hand(worker(7, **changes), ready, ahead, left, *more)


@pytest.mark.parametrize(
    ("ticket", "one", "price"),
    [
        pytest.param(work(1), hand(), 300.0, id="as long as it takes"),
        pytest.param(work(1, due=5), hand(), 300.0, id="just in time"),
        pytest.param(work(1, due=4), hand(), 300.0 + 10 * 60, id="a minute late"),
        pytest.param(work(1, due=6, after_seconds=100), hand(), 300.0 + 10 * 40, id="late with the ride"),
        pytest.param(work(1), hand(speed={("picking", "ambient"): 1.5}), 450.0, id="slower than others"),
        pytest.param(work(1), hand(speed={("picking", "frozen"): 1.5}), 300.0, id="slower elsewhere"),
        pytest.param(work(1), hand(more=(12.0, 0.0, 0.0)), 301.0, id="was given more"),
        pytest.param(work(1, lines=10), hand(more=(0.0, 36.0, 0.0)), 300.1, id="was given more lines"),
        pytest.param(work(1, grams=1000), hand(more=(0.0, 0.0, 7.2)), 302.0, id="was given more weight"),
        pytest.param(work(1, stage="packing"), hand(ahead=2), 900.0, id="two go before it"),
        pytest.param(
            work(1, stage="handoff"), hand(ahead=2), 300.0, id="it waits at the counter with others"
        ),
        pytest.param(work(1, place=(10.0, 5.0)), hand(place=(4.0, 9.0)), 305.0, id="ten metres away"),
        pytest.param(work(1, place=(10.0, 5.0)), hand(), 300.0, id="nobody knows how far"),
        pytest.param(work(1), hand(place=(4.0, 9.0)), 300.0, id="nobody knows whereto"),
        pytest.param(work(1), hand(left=300.0), 300.0, id="done as they leave"),
        pytest.param(work(1), hand(left=299.0), inf, id="not done before they leave"),
        pytest.param(work(1, missed_by=frozenset({7})), hand(), 300.0 + MISSED, id="has missed it"),
        pytest.param(work(1, refused_by={7: NOW + minutes(1)}), hand(), inf, id="has declined it"),
        pytest.param(work(1), hand(ready=20.0), 320.0 + IDLE, id="soon"),
        pytest.param(work(1, due=320 / 60), hand(ready=20.0), 320.0 + IDLE, id="soon is just in time"),
        pytest.param(work(1, due=319 / 60), hand(ready=20.0), inf, id="soon is too late"),
        pytest.param(work(1, priority=1), hand(ready=20.0), inf, id="the supervisor's word does not wait"),
        pytest.param(work(1, priority=1), hand(), 300.0, id="the supervisor's word costs nothing"),
    ],
)
def test_what_a_ticket_costs_in_a_hand(ticket: Work, one: Hand, price: float) -> None:
    policy = Policy.of({"walk_metres_per_second": 2.0})
    assert prices(ticket, [one], NOW, policy) == [pytest.approx(price, rel=1e-12)]


@pytest.mark.parametrize(
    ("cold", "spare"), [(None, 2400), (3000, 2400), (2700, 2400), (2600, 2300), (200, -100), (-10, -310)]
)
def test_what_is_out_of_the_cold_is_as_urgent_as_it_gets_warm(cold: int | None, spare: int) -> None:
    until = None if cold is None else NOW + minutes(cold / 60)
    assert slack(work(1, due=45, cold_until=until), NOW) == spare


def test_whoever_goes_now_is_not_there_any_more_and_a_stand_in_does_it() -> None:
    ticket = work(1, stage="handoff", role="counter", zone="all")
    for until, who in ((NOW, 2), (NOW + minutes(60), 1)):
        assert who_gets([ticket], [worker(1, "counter", until=until), worker(2, "packer")]) == {1: who}


def test_to_wait_costs_more_for_what_is_more_urgent() -> None:
    assert prices(work(1), [hand(), hand(ready=20.0)], NOW, POLICY, more=3) == [300.0, 320.0 + 3 * IDLE]


def test_what_is_not_said_of_a_ticket_or_of_somebody_counts_for_nothing() -> None:
    bare = Work(1, "picking", "picker", "ambient", NOW, NOW, 300)
    assert (bare.after_seconds, bare.priority, bare.lines, bare.grams, bare.newcomers) == (0, 0, 0, 0, True)
    free = Worker(1, frozenset(), frozenset())
    assert (free.load_seconds, free.load_lines, free.load_grams) == (0, 0, 0)
    assert (free.missed, free.newcomer) == (0, False)


@pytest.mark.parametrize(
    ("x", "y", "place"),
    [
        (1.0, 2.0, (1.0, 2.0)),
        (0.0, 0.0, (0.0, 0.0)),
        (None, 2.0, None),
        (1.0, None, None),
        (None, None, None),
    ],
)
def test_a_place_has_both_numbers(x: float | None, y: float | None, place: tuple | None) -> None:
    assert point(x, y) == place


def rooms(tickets: int = 5, stage: str = "packing", **changes: object) -> list[tuple[float, int]]:
    policy = Policy.of({"capacity": {"packing": 3}, "look_ahead_seconds": 60})
    return [(one.ready, one.ahead) for one in hands_of(stage, [worker(1, **changes)], tickets, NOW, policy)]


def test_somebody_has_as_many_hands_as_the_stage_allows_and_there_are_tickets() -> None:
    assert rooms() == [(0.0, 0), (0.0, 1), (0.0, 2)]
    assert rooms(tickets=2) == [(0.0, 0), (0.0, 1)]
    assert rooms(live={"packing": 2}) == [(0.0, 2)]
    assert rooms(live={"packing": 3}) == []
    assert rooms(stage="a stage of its own") == [(0.0, 0)]
    assert hands_of("packing", [], 5, NOW, POLICY) == []


@pytest.mark.parametrize(("free_in", "found"), [(0, []), (1, [(1.0, 2)]), (60, [(60.0, 2)]), (61, [])])
def test_a_full_hand_counts_when_it_is_free_soon(free_in: int, found: list) -> None:
    assert rooms(live={"packing": 3}, free_in={"packing": free_in}) == found


def test_what_somebody_was_given_weighs_against_who_was_given_least() -> None:
    most = worker(1, load_seconds=100, load_lines=5, load_grams=1000, until=NOW + minutes(2))
    least = worker(2, load_seconds=40, load_lines=2, load_grams=400)
    hands = hands_of("picking", [most, least], 1, NOW, POLICY)
    assert [(one.worker.person_id, one.left) for one in hands] == [(1, 120.0), (2, inf)]
    assert (hands[0].seconds, hands[0].lines, hands[0].grams) == (
        60,
        3 * 20.0**2,
        pytest.approx(600 * 0.02**2),
    )
    assert (hands[1].seconds, hands[1].lines, hands[1].grams) == (0, 0, 0)
