"""Forecasts: hand-made lines, and what must hold for every line."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfil.dispatch.rules import Policy
from fulfil.dispatch.rules.forecast import Ahead, Made, Part, Staffing, forecast, left
from fulfil.dispatch.rules.promise import Capacity, Queue, new_order
from fulfil.dispatch.rules.speeds import Pace

LEAD = 300.0
ONE = Staffing(1, 1)


def ready(orders, staffing=ONE) -> dict[int, float]:
    return {one.order: one.ready for one in forecast(orders, staffing, LEAD)}


def order(no: int, *parts: float, due: float = 3600.0, **more) -> Ahead:
    return Ahead(no, due, tuple(Part(seconds) for seconds in parts), **{"pack": 60.0, **more})


@pytest.mark.parametrize(
    ("orders", "staffing", "expected"),
    [
        ([], ONE, {}),
        ([order(1, 100)], ONE, {1: 160}),
        # The next is picked while the first is packed, and packed after it.
        ([order(1, 100), order(2, 20)], ONE, {1: 160, 2: 220}),
        ([order(1, 100, 40)], ONE, {1: 200}),
        ([order(1, 100, 40)], Staffing(2, 1), {1: 160}),
        ([order(1, 100), order(2, 100, due=1800)], ONE, {2: 160, 1: 260}),
        ([order(1, 100, priority=1), order(2, 100, due=1800)], ONE, {1: 160, 2: 260}),
        # What is packed only has to be handed over; what is being packed is nearly done.
        ([Ahead(1, 0, hand_over=60)], ONE, {1: 60}),
        ([Ahead(1, 0, pack=30, packing=True), order(2, 10)], ONE, {1: 30, 2: 90}),
        # Somebody picks the first: the second waits for those hands.
        ([Ahead(1, 0, (Part(50, hand=7),), 60), order(2, 100)], ONE, {1: 110, 2: 210}),
        # Two orders of one tour come back together, and take one pair of hands.
        (
            [Ahead(1, 0, (Part(50, hand=7),), 60), Ahead(2, 0, (Part(50, hand=7),), 60), order(3, 100)],
            Staffing(1, 2),
            {1: 110, 2: 110, 3: 210},
        ),
        # Cold goods are picked when 300 s of the others are left.
        ([Ahead(1, 9000, (Part(400), Part(50, cold=True)), 60)], Staffing(2, 1), {1: 460}),
        ([Ahead(1, 9000, (Part(400), Part(350, cold=True)), 60)], Staffing(2, 1), {1: 510}),
        # One order at a time between the queue and the counter.
        ([order(1, 100), order(2, 100)], Staffing(2, 2, between=1), {1: 160, 2: 320}),
        # Other stages before packing are waited for.
        ([order(1, 100, made=(Made("grill", 500),))], ONE, {1: 560}),
        # One thing after the other at a station, several stations at once.
        (
            [order(1, 10, made=(Made("grill", 300),)), order(2, 10, made=(Made("grill", 300),))],
            ONE,
            {1: 360, 2: 660},
        ),
        (
            [order(1, 10, made=(Made("grill", 300),)), order(2, 10, made=(Made("grill", 300),))],
            Staffing(1, 1, stations={"grill": 2}),
            {1: 360, 2: 420},
        ),
        ([order(1, 10, made=(Made("grill", 300), Made("coffee", 400)))], ONE, {1: 460}),
        # What has begun keeps the station busy until it is over.
        (
            [
                Ahead(1, 0, (), 60, made=(Made("grill", 200, begun=True),)),
                order(2, 10, made=(Made("grill", 100),)),
            ],
            Staffing(1, 2),
            {1: 260, 2: 360},
        ),
        # Hot food is ready with the rest, so a station that waits for a long walk is not free meanwhile.
        (
            [order(1, 500, made=(Made("grill", 100),), due=600), order(2, 20, made=(Made("grill", 100),))],
            Staffing(2, 2),
            {1: 560, 2: 660},
        ),
        # In tours the hands are free sooner, and the order comes later.
        ([order(1, 100), order(2, 100)], Staffing(1, 2, tour_gain=0.5, tour_seconds=200), {1: 260, 2: 310}),
    ],
)
def test_a_line_of_orders(orders, staffing, expected):
    assert ready(orders, staffing) == expected


def test_riders_and_shelves_hold_up_what_is_packed():
    orders = [order(no, 10, ride=600) for no in (1, 2, 3)]
    alone = {one.order: one.delivered for one in forecast(orders, Staffing(3, 3), LEAD)}
    assert alone == {1: 670, 2: 670, 3: 670}
    rider = {one.order: one.delivered for one in forecast(orders, Staffing(3, 3, riders=1), LEAD)}
    assert rider == {1: 670, 2: 1270, 3: 1870}
    shelf = {one.order: one.ready for one in forecast(orders, Staffing(3, 3, riders=1, shelves=1), LEAD)}
    assert shelf == {1: 70, 2: 70, 3: 670}, "there is no place for the third before the first two have left"


def test_work_that_takes_longer_than_it_should_is_nearly_done():
    assert (left(100, 20), left(100, 95), left(100, 500)) == (80, 10, 10)


seconds = st.integers(0, 900).map(float)
parts = st.lists(
    st.builds(Part, seconds, st.one_of(st.none(), st.integers(1, 4)), st.booleans()), max_size=3
).map(tuple)


made = st.lists(
    st.builds(Made, st.sampled_from(("grill", "coffee")), seconds, st.booleans()), max_size=2
).map(tuple)


@st.composite
def orders(draw) -> list[Ahead]:
    found = []
    for no in range(draw(st.integers(0, 12))):
        packing = draw(st.integers(0, 5)) == 0
        found.append(
            Ahead(
                no,
                float(draw(st.integers(-900, 20_000))),
                () if packing else draw(parts),
                draw(st.integers(1, 300)) * 1.0,
                packing,
                60.0,
                draw(seconds),
                priority=draw(st.integers(0, 1)),
                made=() if packing else draw(made),
            )
        )
    return found


limits = st.one_of(st.none(), st.integers(1, 9))
staffings = st.builds(
    Staffing,
    st.integers(1, 5),
    st.integers(1, 3),
    st.integers(0, 3),
    limits,
    limits,
    st.sampled_from((1.0, 0.6)),
    st.sampled_from((0.0, 300.0)),
)


def more_of(staffing: Staffing, role: str) -> Staffing:
    return replace(staffing, **{role: (getattr(staffing, role) or 0) + 1})


@given(orders(), staffings, st.sampled_from(("pickers", "packers", "riders", "between", "shelves")))
def test_one_more_makes_nothing_later(orders, staffing, role):
    if getattr(staffing, role) in (None, 0):
        return  # no limit at all: there is nothing to have more of
    before = {one.order: one for one in forecast(orders, staffing, LEAD)}
    for one in forecast(orders, more_of(staffing, role), LEAD):
        was = before[one.order]
        assert (one.picked <= was.picked, one.ready <= was.ready, one.delivered <= was.delivered) == (
            True,
            True,
            True,
        )


def queue_of(orders, staffing, capacity=None) -> Queue:
    capacity = capacity or Capacity({"picking": [staffing.pickers], "packing": [staffing.packers]})
    return Queue(orders, staffing, capacity, POLICY)


POLICY = Policy()


@given(orders(), staffings, st.integers(1, 30), st.sampled_from(("pickers", "packers")))
def test_a_promise_comes_no_later_with_more_people(orders, staffing, lines, role):
    wanted = new_order({"ambient": (lines, 0)}, 2000, POLICY, Pace(), order=99)
    before = queue_of(orders, staffing).soonest(wanted)
    after = queue_of(orders, more_of(staffing, role)).soonest(wanted)
    assert after.ready <= before.ready


@given(orders(), staffings, st.integers(1, 30))
def test_a_promise_is_never_earlier_than_the_plan_predicts(orders, staffing, lines):
    """As soon as it is paid, the order is one of the queue: due as promised, it is predicted no later."""
    wanted = new_order({"ambient": (lines, 0)}, 2000, POLICY, Pace(), order=99)
    promised = queue_of(orders, staffing).soonest(wanted)
    taken = replace(wanted, due=promised.delivered)
    predicted = {one.order: one for one in forecast([*orders, taken], staffing, LEAD)}
    assert predicted[99].ready <= promised.ready
    assert predicted[99].delivered <= promised.delivered


def test_a_promise_that_is_late_itself_stands_behind_what_must_begin_before_it():
    """The only rider is away for long: what is promised behind that need not begin before one for later."""
    away = [Ahead(no, 0.0, ride=700.0, hand_over=60.0) for no in range(3)]
    later = order(4, 10, due=2800, pack=1, ride=900)
    staffing = replace(ONE, riders=1)
    wanted = new_order({"ambient": (1, 0)}, 2000, POLICY, Pace(), order=99)
    promised = queue_of([*away, later], staffing).soonest(wanted)
    assert promised.delivered - wanted.ride == 60 + 3 * 700 + 900
    without = queue_of(away, staffing).soonest(wanted)
    assert without.delivered - wanted.ride == 60 + 3 * 700


def test_orders_for_later_do_not_stand_in_the_way_of_one_for_now():
    later = [order(no, 300, due=3 * 3600) for no in range(20)]
    wanted = new_order({"ambient": (4, 0)}, 0, POLICY, Pace(), order=99)
    alone = queue_of([], ONE).soonest(wanted).ready
    assert queue_of(later, ONE).soonest(wanted).ready == alone
    soon = [order(no, 300, due=1800) for no in range(5)]
    assert queue_of(soon + later, ONE).soonest(wanted).ready == 5 * 300 + alone


def test_nobody_is_promised_the_time_that_orders_for_later_need():
    later = [order(no, 300, due=2 * 3600) for no in range(23)]
    # 560 s of picking: 23 · 300 + 560 > 7 200
    wanted = new_order({"ambient": (20, 0)}, 0, POLICY, Pace(), order=99)
    assert queue_of(later, ONE).soonest(wanted).ready > 23 * 300
    assert (
        queue_of(later, ONE, Capacity({"picking": [1] * 4 + [2], "packing": [1]})).soonest(wanted).ready
        < 1800
    )


@pytest.mark.parametrize(
    ("orders", "due", "hands", "room"),
    [
        ([], 3600, [1], True),
        ([], 600, [1], False),  # 560 s of picking into 85 % of 540 s
        # An hour of one picker: 85 % of it are 3 060 s, without the minute at the counter.
        ([order(no, 510, due=3600) for no in range(4)], 3600, [1], True),
        ([order(no, 510, due=3600) for no in range(5)], 3600, [1], False),
        ([order(no, 510, due=3600) for no in range(5)], 5400, [1], True),
        ([order(no, 510, due=3600) for no in range(5)], 3600, [1, 1, 1, 2], True),
        ([order(no, 510, due=3600) for no in range(5)], 3600, [1, 1, 1, 1], False),
        # It would fit before them, and then they would be late.
        ([order(no, 500, due=3900) for no in range(6)], 3600, [1], False),
        # Packing and riding count, too.
        ([order(no, 10, due=3600, pack=600) for no in range(5)], 3600, [9], False),
    ],
)
def test_a_slot_has_room_for_what_there_are_hands_for(orders, due, hands, room):
    wanted = replace(new_order({"ambient": (20, 0)}, 0, POLICY, Pace(), order=99, due=float(due)), ride=0.0)
    queue = queue_of(orders, ONE, Capacity({"picking": hands, "packing": [1]}))
    assert queue.has_room(wanted) is room


@pytest.mark.parametrize(
    ("orders", "stations", "cooks", "room"),
    [
        ([], {}, [1], True),
        # An hour of one grill: 85 % of it are 3 009 s.
        ([order(no, 1, due=3600, made=(Made("grill", 600),)) for no in range(4)], {}, [1], True),
        ([order(no, 1, due=3600, made=(Made("grill", 600),)) for no in range(5)], {}, [1], False),
        ([order(no, 1, due=3600, made=(Made("coffee", 600),)) for no in range(5)], {}, [1], True),
        ([order(no, 1, due=3600, made=(Made("grill", 600),)) for no in range(5)], {"grill": 2}, [2], True),
        # Two places, and hands for one; then the only cook goes home.
        ([order(no, 1, due=3600, made=(Made("grill", 600),)) for no in range(5)], {"grill": 2}, [1], False),
        ([], {}, [1, 0], True),
        ([order(1, 1, due=3600, made=(Made("grill", 600),))], {}, [1, 0], False),
    ],
)
def test_a_slot_has_room_for_what_the_kitchen_can_make(orders, stations, cooks, room):
    wanted = new_order({}, 0, POLICY, Pace(), order=99, due=3600.0, made=1, stations={"grill": 600})
    queue = queue_of(orders, ONE, Capacity({"picking": [9], "packing": [9]}, stations=stations, cooks=cooks))
    assert queue.has_room(replace(wanted, ride=0.0)) is room


@given(orders(), staffings, st.sampled_from(("grill", "coffee")))
def test_one_more_place_at_a_station_makes_nothing_later(orders, staffing, station):
    before = {one.order: one for one in forecast(orders, staffing, LEAD)}
    for one in forecast(orders, replace(staffing, stations={station: 2}), LEAD):
        assert one.ready <= before[one.order].ready


def test_who_is_faster_counts_for_more_than_one_hand():
    wanted = replace(new_order({"ambient": (20, 0)}, 0, POLICY, Pace(), order=99, due=700.0), ride=0.0)
    for hands, room in (([1.0], False), ([1.2], True)):
        assert queue_of([], ONE, Capacity({"picking": hands, "packing": [1]})).has_room(wanted) is room


def test_each_zone_is_picked_at_its_own_pace():
    pace = Pace({"picking": 1.5, "packing": 2.0}, {("picking", "frozen"): 3.0})
    wanted = new_order({"ambient": (2, 0), "frozen": (2, 0)}, 0, POLICY, pace)
    # 60 + 2·25 s in the shop's pace and in that of the freezer, 45 + 4·8 s of packing.
    assert ([part.seconds for part in wanted.parts], wanted.pack) == ([165.0, 330.0], 154.0)


def test_what_is_promised_fills_its_slot_at_once():
    wanted = replace(new_order({"ambient": (20, 0)}, 0, POLICY, Pace(), order=99, due=3600.0), ride=0.0)
    queue = queue_of([], ONE)
    promised = 0
    while queue.has_room(wanted):
        queue.add(wanted, soon=False)
        promised += 1
    assert promised == 5, "5 · 560 s of 3 009 s"
