"""Which tickets are picked together: tables and properties of the rule."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fulfil.dispatch.rules import (
    LOADS_MAX,
    Load,
    Policy,
    Tour,
    Walked,
    Work,
    estimate,
    gathered,
    join,
    leaves_soon,
    slack,
    tours,
)
from fulfil.dispatch.rules.joins import MEASURED_MAX
from fulfil.store.rules import Floor, effort, floor_of, length, stops_of, together
from tests.dispatch.aisles import HALL, PLAN

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
POLICY = Policy()
FLOOR, IRREGULAR = floor_of(PLAN), floor_of(HALL)


def load(
    n: int,
    *shelves: str,
    due: float = 60,
    order: int | None = None,
    zone: str = "ambient",
    priority: int = 0,
    grams: int = 1000,
    volume_ml: int = 2000,
    lines: int | None = None,
    floor: Floor = FLOOR,
) -> Load:
    """A waiting ticket of these shelves, such as A01-03-1, that is due in so many minutes."""
    stops = stops_of(floor, shelves or ["A01-03-1"])
    assert stops is not None
    metres, lines = length(floor, stops), lines or max(1, len(shelves))
    work = Work(
        n,
        "picking",
        "picker",
        zone,
        NOW + timedelta(minutes=due),
        NOW,
        estimate("picking", lines, grams, POLICY, metres),
        priority=priority,
    )
    return Load(work, order or 1000 + n, lines, grams, volume_ml, metres, stops)


def joined(loads: list[Load], *, hands: int = 1, policy: Policy = POLICY, **more: int) -> list[list[int]]:
    return [
        [one.work.id for one in tour.loads] for tour in tours(NOW, loads, FLOOR, policy, hands=hands, **more)
    ]


def waited(n: int, seconds: float, **same: str) -> Load:
    one = load(n, **same)
    return replace(one, work=replace(one.work, queued_at=NOW - timedelta(seconds=seconds)))


def many(count: int, **same: int | float) -> list[Load]:
    return [load(n, **same) for n in range(1, count + 1)]


@pytest.mark.parametrize(
    ("loads", "hands", "expected"),
    [
        pytest.param([], 1, [], id="nothing waits"),
        pytest.param(many(1), 1, [], id="one ticket"),
        pytest.param(many(3), 0, [], id="nobody there"),
        pytest.param(many(3), 3, [], id="a hand for each"),
        pytest.param(many(2), 1, [[1, 2]], id="two tickets and one hand"),
        pytest.param(many(7), 1, [[1, 2, 3, 4, 5]], id="no more than the cart has slots"),
        pytest.param(
            [*[load(n, due=200, priority=5) for n in (1, 2, 3)], *[load(n) for n in range(4, 14)]],
            1,
            [[1, 2, 3]],
            id="urgent ones among themselves",
        ),
        pytest.param(
            [
                load(1),
                load(2),
                load(3, "C01-01-1", due=61, zone="chilled"),
                load(4, "C01-02-1", due=61, zone="chilled"),
            ],
            1,
            [[1, 2]],
            id="one temperature",
        ),
        pytest.param([load(1, order=7), load(2, order=7), load(3)], 1, [[1, 3]], id="one of an order"),
        pytest.param([load(1, lines=20), load(2, lines=20), load(3)], 1, [[1, 2]], id="lines of a cart"),
        pytest.param(
            [load(1, grams=30_000), load(2, grams=11_000), load(3)], 1, [[1, 3]], id="what it bears"
        ),
        pytest.param(
            [load(1, volume_ml=79_000), load(2, volume_ml=1_500), load(3, volume_ml=900)],
            1,
            [[1, 3]],
            id="what it holds",
        ),
        pytest.param([load(1, due=3), load(2), load(3)], 1, [], id="who has little time goes alone"),
        pytest.param(
            [load(1, due=-1), load(2, due=-2), load(3)], 1, [[2, 1]], id="late ones among themselves"
        ),
    ],
)
def test_who_is_picked_together(loads: list[Load], hands: int, expected: list[list[int]]) -> None:
    assert joined(loads, hands=hands) == expected
    random.Random(1).shuffle(loads)
    assert joined(loads, hands=hands) == expected


def test_of_many_those_are_measured_that_lie_near() -> None:
    """More wait than a plan may measure: what lies in the tour's aisles is found, however late it is due."""
    first = load(1, "A05-06-1", "A04-06-1", due=50)
    others = [load(n, f"A0{n % 3 + 1}-0{n % 6 + 1}-1", due=55) for n in range(2, 42)]
    near = [load(n, "A05-05-1", due=90) for n in (50, 51, 52, 53)]
    (tour,) = tours(NOW, [first, *others, *near], FLOOR, POLICY, hands=1)
    assert [one.work.id for one in tour.loads] == [1, 50, 51, 52, 53]


def test_what_saves_most_joins() -> None:
    far, near, same_way = load(1, "A05-06-1"), load(2, "A01-01-1"), load(3, "A05-05-1")
    (tour,) = tours(NOW, [far, near, same_way], FLOOR, replace(POLICY, tour_orders_max=2), hands=1)
    assert [one.work.id for one in tour.loads] == [1, 3]
    assert tour.metres == far.metres


def test_in_an_irregular_area_what_saves_most_joins() -> None:
    """Round the ring one passes A03 anyway, A05 is a nook."""
    far, nook, on_the_way = (
        load(n, shelf, floor=IRREGULAR) for n, shelf in ((1, "A02-06-1"), (2, "A05-06-1"), (3, "A03-03-1"))
    )
    (tour,) = tours(NOW, [far, nook, on_the_way], IRREGULAR, replace(POLICY, tour_orders_max=2), hands=1)
    assert [one.work.id for one in tour.loads] == [1, 3]
    assert tour.metres < far.metres + on_the_way.metres
    assert tour.metres == pytest.approx(
        sum(route.metres for route in IRREGULAR.routes(["A02-06-1", "A03-03-1"])), rel=0.1
    )


@pytest.mark.parametrize(
    ("hands", "others", "sizes"),
    [(1, 0, [4]), (2, 0, [3]), (3, 0, [2]), (1, 3, [4]), (2, 1, [4]), (4, 1, [2]), (5, 1, [])],
)
def test_no_hand_is_left_empty(hands: int, others: int, sizes: list[int]) -> None:
    assert [len(one) for one in joined(many(4), hands=hands, others=others)] == sizes


def test_the_margin_is_kept() -> None:
    loads = many(2)
    (tour,) = tours(NOW, loads, FLOOR, POLICY, hands=1)
    just = timedelta(seconds=tour.seconds(POLICY) + POLICY.tour_margin_seconds)
    for short, expected in ((0, [[1, 2]]), (1, [])):
        due = NOW + just - timedelta(seconds=short)
        assert joined([replace(one, work=replace(one.work, due_at=due)) for one in loads]) == expected


@pytest.mark.parametrize(
    ("zone", "lines", "together"),
    [("ambient", 19, True), ("chilled", 19, True), ("frozen", 19, False), ("frozen", 10, True)],
)
def test_nothing_gets_warm_on_a_tour(zone: str, lines: int, together: bool) -> None:
    """Two tickets of 19 lines take ten minutes and more, and then one of them is packed for three."""
    loads = [load(n, "C01-01-1", zone=zone, lines=lines) for n in (1, 2)]
    assert joined(loads) == ([[1, 2]] if together else [])


@pytest.mark.parametrize(("lines", "expected"), [(10, (1, 50)), (40, None)])
def test_nothing_joins_with_which_it_would_get_warm(lines: int, expected: tuple[int, int] | None) -> None:
    begun = walked(50, "C01-01-1", zone="frozen", left=lines)
    found = join(NOW, [load(1, "C01-02-1", zone="frozen", lines=10)], [begun], FLOOR, POLICY, None)
    assert (None if found is None else (found.ticket_id, found.tour_id)) == expected


def test_cold_goods_are_in_time_too() -> None:
    loads = [replace(one, work=replace(one.work, cold_until=NOW + timedelta(seconds=150))) for one in many(2)]
    assert joined(loads) == []


def some(rng: random.Random, floor: Floor) -> list[Load]:
    def shelves() -> list[str]:
        return [f"A0{rng.randint(1, 5)}-0{rng.randint(1, 6)}-1" for _ in range(rng.randint(1, 8))]

    return [
        load(
            n,
            *shelves(),
            due=rng.uniform(-5, 40),
            grams=rng.randint(100, 12_000),
            volume_ml=rng.randint(100, 25_000),
            priority=rng.choice((0, 0, 0, 3)),
            order=rng.randint(1, 30),
            floor=floor,
        )
        for n in range(1, rng.randint(3, 40))
    ]


@pytest.mark.parametrize("floor", [FLOOR, IRREGULAR])
@pytest.mark.parametrize("seed", range(40))
def test_a_tour_keeps_every_limit_and_saves_metres(seed: int, floor: Floor) -> None:
    rng = random.Random(seed)
    loads, hands = some(rng, floor), rng.randint(1, 5)
    found = tours(NOW, loads, floor, POLICY, hands=hands)
    inside = [one.work.id for tour in found for one in tour.loads]
    assert len(inside) == len(set(inside)) and len(found) <= hands
    assert len(loads) - len(inside) + len(found) >= min(hands, len(loads))
    for tour in found:
        _keeps_limits(tour)
        assert tour.metres == pytest.approx(length(floor, tour.stops))
        assert tour.metres < sum(one.metres for one in tour.loads)
    assert found == tours(NOW, loads[::-1], floor, POLICY, hands=hands)


def _keeps_limits(tour: Tour) -> None:
    assert 2 <= len(tour.loads) <= POLICY.tour_orders_max
    assert len({one.order_no for one in tour.loads}) == len(tour.loads)
    assert tour.lines <= POLICY.tour_lines_max and tour.grams <= POLICY.tour_grams_max
    assert tour.volume_ml <= POLICY.tour_volume_ml_max
    assert len({(one.work.zone, one.work.priority, slack(one.work, NOW) < 0) for one in tour.loads}) == 1
    end = NOW + timedelta(seconds=tour.seconds(POLICY) + POLICY.tour_margin_seconds)
    assert all(one.work.due_at >= end or slack(one.work, NOW) < 0 for one in tour.loads)


def walked(n: int = 50, *shelves: str, due: float = 60, zone: str = "ambient", **changes: object) -> Walked:
    """A tour of one ticket that has lines left at these shelves; its picker is at the front of aisle 1."""
    inside = load(n, *shelves, due=due, zone=zone)
    stops = stops_of(FLOOR, [*(shelves or ["A01-03-1"]), "A01-01-1"])
    assert stops is not None
    return replace(Walked(n, 7, (inside,), inside.lines, stops, begun=1), **changes)


@pytest.mark.parametrize(
    ("loads", "tours_on_their_way", "free_in", "expected"),
    [
        pytest.param([], [walked()], None, None, id="nothing waits"),
        pytest.param(many(1), [], None, None, id="nobody walks"),
        pytest.param(many(1), [walked()], None, (1, 50), id="room, and time"),
        pytest.param(many(2), [walked()], None, (1, 50), id="the first of them"),
        pytest.param(
            [load(1, "A05-06-1")], [walked(50), walked(51, "A05-05-1")], None, (1, 51), id="on the way"
        ),
        pytest.param(many(1), [walked(zone="chilled")], None, None, id="another zone"),
        pytest.param(many(1), [walked(begun=5)], None, None, id="no slot left"),
        pytest.param([load(1, grams=39_500)], [walked()], None, None, id="too heavy"),
        pytest.param([load(1, order=1050)], [walked()], None, None, id="its order is in it"),
        pytest.param(many(1), [walked(due=2)], None, None, id="that order would be late"),
        pytest.param(many(1), [walked(due=-5)], None, None, id="that order is late already"),
        pytest.param([load(1, due=3)], [walked()], None, None, id="itself would be late"),
        pytest.param([load(1, due=-3)], [walked()], None, (1, 50), id="itself is late anyway"),
        pytest.param(
            [load(1, "A05-06-1")],
            [walked(50, *[f"A04-0{n}-1" for n in range(1, 7)])],
            0.0,
            None,
            id="sooner with a hand that is free now",
        ),
        pytest.param(many(1), [walked()], 30.0, (1, 50), id="sooner here even so"),
        pytest.param(
            many(1), [walked(until=NOW + timedelta(seconds=60))], None, None, id="its picker leaves"
        ),
        pytest.param(
            [replace(load(1), work=replace(load(1).work, refused_by={7: NOW + timedelta(minutes=1)}))],
            [walked()],
            None,
            None,
            id="its picker has declined it",
        ),
    ],
)
def test_what_joins_a_tour(
    loads: list[Load],
    tours_on_their_way: list[Walked],
    free_in: float | None,
    expected: tuple[int, int] | None,
) -> None:
    found = join(NOW, loads, tours_on_their_way, FLOOR, POLICY, free_in)
    assert (None if found is None else (found.ticket_id, found.tour_id)) == expected


def test_in_an_irregular_area_a_ticket_joins_the_tour_that_passes_it() -> None:
    nook, ring = (
        Walked(n, n, (load(n, shelf, floor=IRREGULAR),), 1, stops_of(IRREGULAR, [shelf, "A01-01-1"]), begun=1)
        for n, shelf in ((50, "A05-06-1"), (51, "A02-06-1"))
    )
    late_comer = load(1, "A03-03-1", floor=IRREGULAR)
    found = join(NOW, [late_comer], [nook, ring], IRREGULAR, POLICY, None)
    assert found is not None and found.tour_id == 51


def test_what_takes_too_long_to_measure_waits_for_the_next_look() -> None:
    """Many tours through many ways: those before it use up what one look may take."""
    everywhere = [f"A0{aisle}-0{bay}-1" for aisle in range(1, 6) for bay in range(1, 7)]
    stops = stops_of(IRREGULAR, everywhere)
    assert stops is not None and effort(IRREGULAR, stops) > 1
    busy = [
        Walked(n, n, (load(n, *everywhere, floor=IRREGULAR, due=2),), 30, stops, begun=1)
        for n in range(50, 60)
    ]
    free = Walked(
        60, 60, (load(60, "A01-03-1", floor=IRREGULAR),), 1, stops_of(IRREGULAR, ["A01-03-1"]), begun=1
    )
    none_joins = [load(n, "A01-03-1", due=2, floor=IRREGULAR) for n in range(1, 10)]
    late = load(10, "A01-03-1", floor=IRREGULAR)
    pairs = sum(effort(IRREGULAR, one.stops) for one in (*busy, free))
    fits = MEASURED_MAX // pairs - 1
    assert fits < len(none_joins)
    assert join(NOW, [*none_joins[: fits - 1], late], [*busy, free], IRREGULAR, POLICY, None) is not None
    assert join(NOW, [*none_joins[:fits], late], [*busy, free], IRREGULAR, POLICY, None) is None


PATIENT = replace(POLICY, tour_patience_seconds=180)


@pytest.mark.parametrize(
    ("loads", "hands", "expected", "waits"),
    [
        pytest.param(many(3), 2, [], {1, 2, 3}, id="they wait for company"),
        pytest.param(many(9), 1, [], set(range(1, 10)), id="with a full cart, too, for better company"),
        pytest.param(many(10), 1, [[1, 2, 3, 4, 5]], set(range(6, 11)), id="two carts for a hand: a rush"),
        pytest.param(many(19), 2, [], set(range(1, 20)), id="not yet two for each hand"),
        pytest.param(
            many(20),
            2,
            [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10]],
            set(range(11, 21)),
            id="as long as it is a rush for whose hands are left",
        ),
        pytest.param(
            [waited(n, 180) for n in range(1, 13)],
            1,
            [[1, 2, 3, 4, 5]],
            set(range(6, 13)),
            id="as many tours as hands",
        ),
        pytest.param(
            [waited(1, 359, zone="chilled"), waited(2, 179)],
            2,
            [],
            {1, 2},
            id="cold goods wait twice as long",
        ),
        pytest.param(
            [waited(1, 360, zone="chilled"), load(2, zone="chilled")], 2, [[1, 2]], set(), id="and no longer"
        ),
        pytest.param(
            [load(1), waited(2, 180), load(3)], 2, [[2, 1, 3]], set(), id="who waited takes others along"
        ),
        pytest.param([waited(1, 179), load(2)], 2, [], {1, 2}, id="not yet long enough"),
        pytest.param([waited(1, 180)], 2, [], set(), id="who waited in vain goes alone"),
        pytest.param([load(1, due=5), load(2)], 2, [[1, 2]], set(), id="who has little time does not wait"),
        pytest.param([load(1, priority=1), load(2)], 2, [], {2}, id="the supervisor's word does not wait"),
        pytest.param([waited(1, 180)], 0, [], {1}, id="nobody is there"),
    ],
)
def test_a_patient_shop_gathers_tours(
    loads: list[Load], hands: int, expected: list[list[int]], waits: set[int]
) -> None:
    for order_of_input in (loads, loads[::-1]):
        found, left = gathered(NOW, order_of_input, FLOOR, PATIENT, hands=hands)
        assert ([[one.work.id for one in tour.loads] for tour in found], left) == (expected, waits)


@pytest.mark.parametrize(
    ("count", "leaving", "begins"), [(19, 0, 0), (9, 1, 0), (10, 1, 2), (4, 2, 0), (5, 2, 1), (10, 2, 2)]
)
def test_nobody_who_leaves_soon_waits_for_better_company(count: int, leaving: int, begins: int) -> None:
    found, _ = gathered(NOW, many(count), FLOOR, PATIENT, hands=2, leaving=leaving)
    assert len(found) == begins


@pytest.mark.parametrize(("minutes", "soon"), [(None, False), (31, False), (30, True), (1, True)])
def test_who_leaves_soon(minutes: int | None, soon: bool) -> None:
    assert leaves_soon(NOW, None if minutes is None else NOW + timedelta(minutes=minutes)) is soon


def test_what_is_less_urgent_than_a_plan_looks_at_waits() -> None:
    loads = [waited(1, 200), *(load(n, due=60 + n) for n in range(2, LOADS_MAX + 3))]
    (tour, *_), left = gathered(NOW, loads, FLOOR, PATIENT, hands=99)
    assert tour.loads[0].work.id == 1 and LOADS_MAX + 2 in left


def test_what_joins_takes_a_part_of_its_own_walk_off() -> None:
    """A small detour is better than a long one that would save more metres of a longer walk."""
    seed = load(1, "A01-03-1")
    far, near = load(2, "A02-06-1", due=200), load(3, "A01-01-1", due=200)

    def adds(one: Load) -> float:
        return length(FLOOR, together(one.stops, seed.stops)) - seed.metres

    assert far.metres - adds(far) > near.metres - adds(near)
    (tour,) = tours(NOW, [seed, far, near], FLOOR, replace(POLICY, tour_orders_max=2), hands=1)
    assert [one.work.id for one in tour.loads] == [1, 3]
