"""Tables and properties of who gets which ticket, against the plan of one ticket after the other."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import permutations, product
from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from fulfil.dispatch import rules
from fulfil.dispatch.rules import Policy, Work, Worker, assign, plan
from fulfil.dispatch.rules.matching import NOBODY, match
from tests.dispatch.test_rules import ALL, NOW, POLICY, minutes, who_gets, work, worker

AMBIENT = frozenset({"ambient"})
BUSY = {"live": {"picking": 1}}


def soon(n: int, seconds: int, **changes) -> Worker:
    """Somebody whose hand is full, and free in so many seconds."""
    return worker(n, **BUSY, free_in={"picking": seconds}, **changes)


def until(seconds: float) -> dict:
    return {"until": NOW + timedelta(seconds=seconds)}


@pytest.mark.parametrize(
    ("tickets", "workers", "expected"),
    [
        pytest.param(
            [work(1, due=30), work(2, zone="frozen")],
            [worker(1), soon(2, 20, zones=AMBIENT)],
            {2: 1},
            id="an urgent one waits a moment for whom it suits, so that both begin",
        ),
        pytest.param(
            [work(1, due=4), work(2, zone="frozen")],
            [worker(1), soon(2, 20, zones=AMBIENT)],
            {1: 1},
            id="what has no time to spare does not wait",
        ),
        pytest.param(
            [work(1, priority=1), work(2, zone="frozen")],
            [worker(1), soon(2, 20, zones=AMBIENT)],
            {1: 1},
            id="the supervisor's word does not wait",
        ),
        pytest.param(
            [work(1, due=30), work(2, zone="frozen")],
            [worker(1), soon(2, 61, zones=AMBIENT)],
            {1: 1},
            id="more than a minute is not soon",
        ),
        pytest.param(
            [work(1)], [worker(1, load_seconds=9000), soon(2, 20)], {1: 1}, id="nobody stands idle to be fair"
        ),
        pytest.param(
            [work(1)],
            [worker(1, speed={("picking", "ambient"): 1.5}), soon(2, 20)],
            {1: 1},
            id="nor because somebody else is faster",
        ),
        pytest.param(
            [work(1), work(2, due=90)],
            [worker(1, load_seconds=9000), soon(2, 20)],
            {1: 1},
            id="the more urgent one begins first",
        ),
        pytest.param([work(1)], [soon(1, 20)], {}, id="who is busy gets nothing yet"),
        pytest.param([work(1)], [worker(1, **until(299))], {}, id="it would end after the shift"),
        pytest.param([work(1)], [worker(1, **until(300))], {1: 1}, id="it ends with the shift"),
        pytest.param([work(1)], [worker(1, **until(-60))], {}, id="the shift is over"),
        pytest.param(
            [work(1, due=60), work(2, due=20)],
            [worker(1, **until(400)), worker(2, speed={("picking", "ambient"): 1.5})],
            {1: 2, 2: 1},
            id="each gets something before the shift ends",
        ),
        pytest.param(
            [work(1)],
            [worker(1, **until(310), speed={("picking", "ambient"): 1.1})],
            {},
            id="they would not make it at their speed",
        ),
        pytest.param(
            [work(1, due=5.5)],
            [worker(1, speed={("picking", "ambient"): 1.5}), worker(2, load_seconds=900)],
            {1: 2},
            id="in time goes before fair",
        ),
        pytest.param(
            [work(1)],
            [worker(1, speed={("picking", "ambient"): 1.5}), worker(2)],
            {1: 2},
            id="who knows the zone",
        ),
        pytest.param(
            [work(1, place=(9.0, 4.0))],
            [worker(1, place=(40.0, 4.0)), worker(2, place=(9.0, 0.0))],
            {1: 2},
            id="who stands near",
        ),
        pytest.param(
            [work(1, place=(9.0, 4.0))],
            [worker(1), worker(2, place=(0.0, 0.0))],
            {1: 1},
            id="where somebody stands is not always known",
        ),
        pytest.param(
            [work(1)],
            [worker(1, place=(40.0, 4.0)), worker(2, place=(0.0, 0.0))],
            {1: 1},
            id="where work begins is not always known",
        ),
        pytest.param(
            [work(1, place=(9.0, 4.0))],
            [worker(1, place=(29.0, 4.0)), worker(2, place=(9.0, 4.0), load_seconds=900)],
            {1: 1},
            id="a quarter of an hour more work outweighs twenty metres",
        ),
        pytest.param(
            [work(1, place=(40.0, 0.0)), work(2, place=(0.0, 0.0), due=20)],
            [worker(1, place=(0.0, 0.0)), worker(2, place=(40.0, 0.0))],
            {1: 2, 2: 1},
            id="each goes where they are nearest",
        ),
        pytest.param(
            [work(1, lines=8)],
            [worker(1, load_lines=90), worker(2, load_lines=30)],
            {1: 2},
            id="who was given fewer lines",
        ),
        pytest.param(
            [work(1, grams=9000)],
            [worker(1, load_grams=90_000), worker(2, load_grams=30_000)],
            {1: 2},
            id="who was given less to carry",
        ),
        pytest.param(
            [work(1, estimate_seconds=900), work(2, estimate_seconds=100)],
            [worker(1, load_seconds=1200), worker(2)],
            {1: 2, 2: 1},
            id="the longest to who had least",
        ),
        pytest.param(
            [work(1, stage="packing", role="packer", zone="all")],
            [worker(1, "packer", live={"packing": 2}), worker(2, "packer", load_seconds=600)],
            {1: 2},
            id="what is in hand goes first",
        ),
        pytest.param(
            [work(1, due=30), work(2, due=40, cold_until=NOW + minutes(12))],
            [worker(1)],
            {2: 1},
            id="goods get warm before the customer waits",
        ),
        pytest.param(
            [work(1, newcomers=False)], [worker(1, newcomer=True)], {}, id="too hard for a newcomer"
        ),
        pytest.param([work(1)], [worker(1, newcomer=True)], {1: 1}, id="easy enough for a newcomer"),
    ],
)
def test_plan(tickets, workers, expected):
    assert who_gets(tickets, workers) == expected


@pytest.mark.parametrize(
    ("stage", "zone", "lines", "alone", "may"),
    [
        ("picking", "ambient", 10, False, True),
        ("picking", "ambient", 11, False, False),
        ("picking", "chilled", 1, False, False),
        ("picking", "chilled", 30, True, True),
        ("packing", "all", 30, False, True),
    ],
)
def test_the_first_tickets_of_a_newcomer_are_easy(stage, zone, lines, alone, may):
    assert rules.for_newcomers(stage, zone, lines, alone=alone, policy=POLICY) is may


def test_a_decline_is_held_against_nobody():
    """Neither another ticket nor the same one later goes to somebody else because of it (F4)."""
    refused = {1: NOW - minutes(1)}
    assert who_gets([work(1, refused_by=refused)], [worker(1), worker(2)]) == {1: 1}
    assert who_gets([work(2)], [worker(1), worker(2)]) == {2: 1}


def one_after_the_other(tickets: Sequence[Work], workers: Sequence[Worker]) -> dict[int, int]:
    """The plan without looking ahead: most urgent first, to whoever of those left was given least."""
    free = {w.person_id: w for w in workers if not w.live}
    taken = {}
    for ticket in sorted(tickets, key=lambda t: rules.urgency(t, NOW, POLICY)):
        able = [w for w in free.values() if price(ticket, w, workers) < inf]
        if able:
            chosen = min(able, key=lambda w: (w.person_id in ticket.missed_by, w.load_seconds, w.person_id))
            taken[ticket.id] = free.pop(chosen.person_id).person_id
    return taken


def price(ticket: Work, somebody: Worker, crew: Sequence[Worker]) -> float:
    """Of a ticket in the free hand of one of a crew."""
    hands = [hand for hand in assign.hands_of("picking", crew, 1, NOW, POLICY) if hand.worker is somebody]
    return assign.prices(ticket, hands, NOW, POLICY)[0]


tickets = some.lists(
    some.builds(
        lambda due, seconds, zone, lines, missed, priority: {
            "due": due,
            "estimate_seconds": seconds,
            "zone": zone,
            "lines": lines,
            "missed_by": missed,
            "priority": priority,
        },
        some.integers(-20, 90),
        some.integers(60, 900),
        some.sampled_from(sorted(ALL)),
        some.integers(1, 20),
        some.frozensets(some.integers(1, 4), max_size=1),
        some.sampled_from([0, 0, 0, 1]),
    ),
    max_size=7,
).map(lambda made: [work(n, **changes) for n, changes in enumerate(made, 1)])
crews = some.lists(
    some.builds(
        lambda load, zones, speed, ready, left: {
            "load_seconds": load,
            "zones": zones,
            "speed": {("picking", "ambient"): speed},
            "until": None if left is None else NOW + minutes(left),
            **({} if ready is None else {**BUSY, "free_in": {"picking": ready}}),
        },
        some.integers(0, 7200),
        some.frozensets(some.sampled_from(sorted(ALL)), min_size=1),
        some.sampled_from([0.8, 1.0, 1.4]),
        some.sampled_from([None, None, 5, 50]),
        some.sampled_from([None, None, 8]),
    ),
    max_size=5,
).map(lambda made: [worker(n, **changes) for n, changes in enumerate(made, 1)])


@settings(max_examples=200, deadline=None)
@given(tickets, crews)
def test_nobody_is_given_two_and_no_ticket_to_two_whatever_comes(waiting, crew):
    made = plan(NOW, waiting, crew, POLICY)
    assert len({a.ticket_id for a in made}) == len({a.person_id for a in made}) == len(made)
    by_id, people = {t.id: t for t in waiting}, {w.person_id: w for w in crew}
    for given_ in made:
        ticket, somebody = by_id[given_.ticket_id], people[given_.person_id]
        assert not somebody.live and ticket.zone in somebody.zones and price(ticket, somebody, crew) < inf


@settings(max_examples=100, deadline=None)
@given(
    some.lists(some.integers(-20, 90), max_size=9),
    some.lists(some.tuples(some.integers(0, 4), some.integers(0, 3600)), max_size=4),
    some.integers(1, 4),
)
def test_nobody_gets_more_than_their_hands_hold(dues, crew, most):
    """And a hand is empty only when nothing is left."""
    waiting = [work(n, due=due, stage="packing", role="packer", zone="all") for n, due in enumerate(dues, 1)]
    packers = [
        worker(n, "packer", live={"packing": live}, load_seconds=load)
        for n, (live, load) in enumerate(crew, 1)
    ]
    policy = replace(POLICY, capacity={"packing": most})
    given_ = [a.person_id for a in plan(NOW, waiting, packers, policy)]
    room = {somebody.person_id: max(0, most - somebody.live["packing"]) for somebody in packers}
    assert all(given_.count(person_id) <= free for person_id, free in room.items())
    assert len(given_) == min(len(waiting), sum(room.values()))


@settings(max_examples=200, deadline=None)
@given(tickets, crews, some.randoms(use_true_random=False))
def test_the_order_of_the_input_changes_nothing(waiting, crew, shuffled):
    before = plan(NOW, waiting, crew, POLICY)
    shuffled.shuffle(waiting)
    shuffled.shuffle(crew)
    assert plan(NOW, waiting, crew, POLICY) == before


@settings(max_examples=200, deadline=None)
@given(tickets, crews)
def test_no_worse_than_one_after_the_other(waiting, crew):
    """Without anybody to wait for: the urgent tickets that one after the other serves, and no dearer."""
    crew = [w for w in crew if not w.live]
    people = {w.person_id: w for w in crew}
    by_urgency = sorted(waiting, key=lambda t: rules.urgency(t, NOW, POLICY))
    new, old = who_gets(waiting, crew), one_after_the_other(waiting, crew)
    served_new, served_old = ([t.id in served for t in by_urgency] for served in (new, old))
    assert served_new >= served_old
    if served_new == served_old:
        by_id = {t.id: t for t in waiting}
        costs = [sum(price(by_id[t], people[p], crew) for t, p in served.items()) for served in (new, old)]
        assert costs[0] <= costs[1] + 1e-6


def best_of_all(rows: Sequence[Sequence[float]], columns: int) -> tuple[list[bool], float]:
    """By trying everything: which rows can be served, the first ones above all, and their least price."""
    best = ([False] * len(rows), 0.0)
    for served in product((True, False), repeat=len(rows)):
        chosen = [row for row, there in zip(rows, served, strict=True) if there]
        totals = (
            [
                sum(row[c] for row, c in zip(chosen, places, strict=True))
                for places in permutations(range(columns), len(chosen))
            ]
            if len(chosen) <= columns
            else []
        )
        if min(totals, default=inf) < inf and (list(served) > best[0]):
            best = list(served), min(totals)
    return best


@settings(max_examples=150, deadline=None)
@given(
    some.integers(0, 4).flatmap(
        lambda n: some.tuples(
            some.just(n),
            some.lists(
                some.lists(some.sampled_from([inf, 0, 1, 2, 7, 30]), min_size=n, max_size=n), max_size=5
            ),
        )
    )
)
def test_a_matching_is_the_best_there_is(case):
    columns, rows = case
    owner = match(iter(rows), columns)
    served = [n in owner for n in range(len(rows))]
    total = sum(rows[row][column] for column, row in enumerate(owner) if row != NOBODY)
    assert (served, total) == best_of_all(rows, columns)


def test_no_more_rows_are_read_than_there_are_hands_for():
    rows = iter([[1.0, 2.0], [1.0, inf], [1.0, 1.0], [1.0, 1.0]])
    assert match(rows, 2) == [1, 0] and len(list(rows)) == 2


def test_a_policy_says_how_far_the_plan_looks_ahead():
    waiting, crew = [work(1, due=30), work(2, zone="frozen")], [worker(1), soon(2, 100, zones=AMBIENT)]
    assert who_gets(waiting, crew) == {1: 1}
    assert who_gets(waiting, crew, replace(Policy(), look_ahead_seconds=120)) == {2: 1}


@pytest.mark.parametrize("orders_an_hour", [25, 40, 60, 90])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_shift_is_shared_to_within_a_tenth(orders_an_hour, seed):
    """Four pickers of the same zones, eight hours, few orders to more than they can do (F4).

    Weight is shared less well: where there is always more to do, who is free takes what is most urgent.
    """
    given_ = shift(4, 8 * 3600, orders_an_hour, random.Random(seed))
    for what, share in {"load_seconds": 0.1, "load_lines": 0.1, "load_grams": 0.2}.items():
        amounts = [getattr(somebody, what) for somebody in given_]
        assert max(amounts) - min(amounts) <= share * sum(amounts) / len(amounts), what


def shift(people: int, seconds: int, orders_an_hour: float, chance: random.Random) -> list[Worker]:
    """What everybody was given when orders come at random and take what was estimated, within a fifth."""
    crew = [worker(n) for n in range(1, people + 1)]
    free_at, queue, now, number = dict.fromkeys(range(1, people + 1), 0.0), [], 0.0, 0
    comes = chance.expovariate(orders_an_hour / 3600)
    while now < seconds:
        now = min([comes, *(at for at in free_at.values() if at > now)])
        if now == comes:
            number, comes = number + 1, now + chance.expovariate(orders_an_hour / 3600)
            lines = chance.randint(1, 12)
            queue.append(
                work(
                    number,
                    lines=lines,
                    grams=lines * chance.randint(100, 900),
                    estimate_seconds=60 + 25 * lines,
                    due=45 + now / 60,
                )
            )
        asked = [
            replace(
                somebody,
                **(
                    {}
                    if free_at[somebody.person_id] <= now
                    else {**BUSY, "free_in": {"picking": round(free_at[somebody.person_id] - now)}}
                ),
            )
            for somebody in crew
        ]
        instant = NOW + timedelta(seconds=now)
        for one in plan(instant, queue, asked, POLICY):
            ticket = next(t for t in queue if t.id == one.ticket_id)
            queue.remove(ticket)
            crew = [
                replace(
                    w,
                    load_seconds=w.load_seconds + ticket.estimate_seconds,
                    load_lines=w.load_lines + ticket.lines,
                    load_grams=w.load_grams + ticket.grams,
                )
                if w.person_id == one.person_id
                else w
                for w in crew
            ]
            free_at[one.person_id] = now + ticket.estimate_seconds * chance.uniform(0.8, 1.2)
    return crew
