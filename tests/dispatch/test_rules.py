"""Tables for the decisions of dispatch."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from fulfil.dispatch import rules
from fulfil.dispatch.rules import Policy, Work, Worker, plan, riders

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
POLICY = Policy()
ALL = frozenset({"ambient", "chilled", "frozen"})


def minutes(n: float) -> timedelta:
    return timedelta(minutes=n)


def work(
    n: int,
    *,
    due: float = 45,
    stage: str = "picking",
    role: str = "picker",
    zone: str = "ambient",
    waited: float = 0,
    **changes,
) -> Work:
    return Work(
        id=n,
        stage=stage,
        role=role,
        zone=zone,
        due_at=NOW + minutes(due),
        queued_at=NOW - minutes(waited),
        **{"estimate_seconds": 300, **changes},
    )


def worker(n: int, *roles: str, zones: frozenset = ALL, **changes) -> Worker:
    return Worker(person_id=n, roles=frozenset(roles or ("picker",)), zones=zones, **changes)


def who_gets(tickets: list[Work], workers: list[Worker], policy: Policy = POLICY) -> dict[int, int]:
    return {a.ticket_id: a.person_id for a in plan(NOW, tickets, workers, policy)}


@pytest.mark.parametrize(
    ("tickets", "workers", "expected"),
    [
        pytest.param([], [worker(1)], {}, id="no work"),
        pytest.param([work(1)], [], {}, id="nobody there"),
        pytest.param([work(1), work(2)], [worker(1)], {1: 1}, id="one picker carries one ticket"),
        pytest.param([work(1, due=60), work(2, due=30)], [worker(1)], {2: 1}, id="less slack first"),
        pytest.param(
            [work(1, due=40, after_seconds=1800), work(2, due=30)],
            [worker(1)],
            {1: 1},
            id="a long ride eats the slack",
        ),
        pytest.param([work(1, due=60, waited=40), work(2, due=50)], [worker(1)], {1: 1}, id="waiting earns"),
        pytest.param(
            [work(1, due=10), work(2, due=90, priority=1)],
            [worker(1)],
            {2: 1},
            id="the supervisor's word goes before slack",
        ),
        pytest.param([work(1)], [worker(1, load_seconds=900), worker(2)], {1: 2}, id="who was given less"),
        pytest.param(
            [work(1), work(2)],
            [worker(1, "picker"), worker(2, "picker")],
            {1: 1, 2: 2},
            id="two pickers, two tickets",
        ),
        pytest.param([work(1)], [worker(1, "packer")], {}, id="other role"),
        pytest.param(
            [work(1, zone="frozen")], [worker(1, zones=frozenset({"ambient"}))], {}, id="other zone"
        ),
        pytest.param([work(1, zone="all")], [worker(1, zones=frozenset({"ambient"}))], {1: 1}, id="no zone"),
        pytest.param([work(1)], [worker(1, live={"picking": 1})], {}, id="hands full"),
        pytest.param([work(1)], [worker(1, live={"packing": 2})], {1: 1}, id="full in another stage only"),
        pytest.param([work(1)], [worker(1, missed=1)], {1: 1}, id="one missed offer is human"),
        pytest.param([work(1)], [worker(1, missed=2)], {}, id="two missed offers pause"),
        pytest.param([work(1)], [worker(1, battery=14)], {}, id="battery too low"),
        pytest.param([work(1)], [worker(1, battery=15)], {1: 1}, id="battery just enough"),
        pytest.param(
            [work(1, refused_by={1: NOW + minutes(1)})], [worker(1)], {}, id="declined a moment ago"
        ),
        pytest.param([work(1, refused_by={1: NOW})], [worker(1)], {1: 1}, id="declined long ago"),
        pytest.param(
            [work(1, missed_by=frozenset({1}))],
            [worker(1), worker(2, load_seconds=9000)],
            {1: 2},
            id="who missed it is asked last",
        ),
        pytest.param([work(1, missed_by=frozenset({1}))], [worker(1)], {1: 1}, id="asked again when alone"),
        pytest.param(
            [work(1, stage="handoff", role="counter", zone="all")],
            [worker(1, "packer"), worker(2, "counter", load_seconds=9000)],
            {1: 2},
            id="own role first",
        ),
        pytest.param(
            [work(1, stage="handoff", role="counter", zone="all")],
            [worker(1, "rider"), worker(2, "supervisor")],
            {1: 2},
            id="a stand-in at the counter",
        ),
    ],
)
def test_plan(tickets, workers, expected):
    assert who_gets(tickets, workers) == expected


def test_capacity_holds_within_one_plan():
    packers = [worker(1, "packer", live={"packing": 1})]
    tickets = [work(n, stage="packing", role="packer", zone="all") for n in range(1, 6)]
    assert sorted(who_gets(tickets, packers)) == [1, 2]


def test_only_the_counters_work_is_given_without_asking():
    tickets = [work(1), work(2, stage="handoff", role="counter", zone="all")]
    given = plan(NOW, tickets, [worker(1), worker(2, "counter")], POLICY)
    assert {a.ticket_id: a.automatic for a in given} == {1: False, 2: True}


def test_the_plan_does_not_depend_on_the_order_of_its_input():
    tickets = [work(n, due=30 + n % 3, zone=("ambient", "chilled")[n % 2]) for n in range(1, 20)]
    workers = [worker(n, load_seconds=n % 4 * 100) for n in range(1, 12)]
    first = plan(NOW, tickets, workers, POLICY)
    for seed in range(5):
        shuffled = random.Random(seed)
        shuffled.shuffle(tickets)
        shuffled.shuffle(workers)
        assert plan(NOW, tickets, workers, POLICY) == first


def test_a_long_day_is_shared_fairly():
    load = dict.fromkeys(range(1, 6), 0)
    for n in range(100):
        crew = [worker(p, load_seconds=load[p]) for p in load]
        ticket = work(n, estimate_seconds=100 + n * 37 % 400)
        load[who_gets([ticket], crew)[n]] += ticket.estimate_seconds
    assert max(load.values()) - min(load.values()) <= 500


def test_a_late_comer_gets_no_more_than_the_others():
    load = dict.fromkeys((1, 2), 0)
    given = {1: [], 2: [], 3: []}
    for n in range(60):
        if n == 30:
            load[3] = rules.first_load({"picker"}, [(["picker"], seconds) for seconds in load.values()])
        chosen = who_gets([work(n)], [worker(p, load_seconds=seconds) for p, seconds in load.items()])[n]
        load[chosen] += 100
        given[chosen].append(n)
    assert len(given[3]) == 10 and max(map(len, given.values())) <= 25


@pytest.mark.parametrize(
    ("crew", "seconds"),
    [
        ([], 0),
        ([(["packer"], 50)], 0),
        ([(["packer"], 50), (["picker", "counter"], 900), (["picker"], 700)], 700),
    ],
)
def test_whoever_comes_counts_as_loaded_as_the_least_loaded_colleague(crew, seconds):
    assert rules.first_load(["picker", "rider"], crew) == seconds


@pytest.mark.parametrize(
    ("unpacked", "packers", "released"),
    [(7, 1, True), (8, 1, False), (15, 2, True), (16, 2, False), (7, 0, True), (8, 0, False)],
)
def test_picking_pauses_when_packing_is_behind(unpacked, packers, released):
    assert rules.pick_released(unpacked, packers, POLICY) is released


@pytest.mark.parametrize(("left", "may"), [(None, False), (301, False), (300, True), (0, True)])
def test_cold_goods_wait_for_the_ambient_ones(left, may):
    assert rules.cold_may_start(left, POLICY) is may


@pytest.mark.parametrize(
    ("waiting", "in_flight", "limit", "free"),
    [
        ([], (), 2, set()),
        ([(1, 71), (2, 72), (3, 73)], (), 2, {1, 2}),
        ([(1, 71), (2, 71), (3, 72), (4, 73)], (), 2, {1, 2, 3}),
        ([(1, 71), (2, 72)], (80, 81), 2, set()),
        ([(1, 71), (2, 80), (3, 72)], (80,), 2, {1, 2}),
        ([(1, 71), (2, 80)], (80, 81, 82), 2, {2}),
    ],
)
def test_no_more_orders_are_begun_than_the_limit_allows(waiting, in_flight, limit, free):
    assert rules.within_limit(waiting, in_flight, limit) == free


@pytest.mark.parametrize(
    ("silent", "expected"),
    [(None, "gone"), (0, "here"), (45, "here"), (46, "away"), (600, "away"), (601, "gone")],
)
def test_contact(silent, expected):
    seen = None if silent is None else NOW - timedelta(seconds=silent)
    assert rules.contact(NOW, seen, POLICY) == expected


@pytest.mark.parametrize(
    ("opened", "live", "due"),
    [
        ((), (), ["picking", "prep"]),
        (("picking", "prep"), ("picking",), []),
        (("picking", "prep"), ("prep",), []),
        (("picking",), (), ["prep"]),
        (("picking", "prep"), (), ["packing"]),
        (("picking", "prep", "packing"), ("packing",), []),
        (("picking", "prep", "packing"), (), ["handoff", "delivery"]),
        (("picking", "prep", "packing", "handoff", "delivery"), (), []),
    ],
)
def test_stages_open_when_what_they_wait_for_is_done(opened, live, due):
    assert rules.next_stages(frozenset(opened), frozenset(live)) == due


@pytest.mark.parametrize(("opened", "due"), [((), ["picking"]), (("picking",), ["packing"])])
def test_nobody_waits_for_a_stage_that_is_not_there(opened, due):
    known = ("picking", "packing", "handoff", "delivery")
    assert rules.next_stages(frozenset(opened), frozenset(), known=known) == due


@pytest.mark.parametrize(
    ("state", "paused", "expected"),
    [
        ("queued", False, []),
        ("offered", False, ["accept", "decline"]),
        ("accepted", False, ["start", "pick", "give_back", "pause"]),
        ("working", False, ["pick", "give_back", "pause"]),
        ("working", True, ["resume", "give_back"]),
        ("done", False, []),
        ("cancelled", False, []),
    ],
)
def test_legal_ops(state, paused, expected):
    assert rules.legal(state, paused, ["pick"]) == expected


@pytest.mark.parametrize(
    ("seconds", "running", "expected"),
    [(0, None, 0), (100, None, 100), (100, 60, 160), (0, 0, 0), (5, -30, 5)],
)
def test_time_out_of_the_cold_adds_up(seconds, running, expected):
    since = None if running is None else NOW - timedelta(seconds=running)
    assert rules.out_of_cold(seconds, since, NOW) == expected


def test_slots_begin_when_they_can_be_kept():
    slots = rules.slots_from(NOW + minutes(31), POLICY)
    assert slots[0] == (NOW + minutes(60), NOW + minutes(90))
    assert len(slots) == POLICY.slots
    assert rules.slots_from(NOW, POLICY)[0][0] == NOW


def test_a_shops_policy_changes_what_it_names():
    policy = Policy.of({"offer_seconds": 45, "capacity": {"picking": 2}, "somebody_elses": 1})
    assert (policy.offer_seconds, policy.capacity["picking"], policy.capacity["packing"]) == (45, 2, 3)


@pytest.mark.parametrize(("text", "code"), [("TOTE-01", "TOTE-01"), (" tote-7 ", "TOTE-7"), ("7", "TOTE-7")])
def test_tote_codes(text, code):
    assert rules.tote_code(text) == code


@pytest.mark.parametrize(
    ("code", "order_no"),
    [
        (rules.bag_code(4711, 2), 4711),
        ("bag-7-1", 7),
        ("BAG-7-12345", None),
        ("BAG-7", None),
        ("BAG--1", None),
        ("TOTE-7-1", None),
        ("BAG-٧-1", None),
        ("BAG-7-1\n", None),
        (f"BAG-{'9' * 19}-1", None),
    ],
)
def test_a_bags_code_names_its_order(code, order_no):
    assert rules.order_of_bag(code) == order_no


def test_tickets_of_the_zones_are_made_in_one_order():
    zones = ("all", "frozen", "ambient", "chilled")
    assert sorted(zones, key=rules.ZONE_ORDER.__getitem__) == ["ambient", "chilled", "frozen", "all"]
    assert len({*rules.ZONE_ORDER.values()}) == len(zones)


def test_an_order_waits_a_minute_for_an_answer_that_is_overdue():
    assert timedelta(minutes=1) == rules.DECISION_GRACE


@pytest.mark.parametrize(
    ("stage", "wish", "reason", "may"),
    [
        ("picking", "ask", "not_found", True),
        ("picking", "substitute", "damaged", True),
        ("picking", "refund", "not_found", False),
        ("picking", "cancel_order", "not_found", False),
        ("picking", "ask", "short_weight", False),
        ("packing", "ask", "missing", False),
        ("handoff", "substitute", "missing_bag", False),
    ],
)
def test_other_goods_may_come_only_while_a_line_is_picked_and_wished_so(stage, wish, reason, may):
    assert rules.replaceable(stage, wish, reason) is may


@pytest.mark.parametrize(
    ("due_in", "after", "asked_for"),
    [(3600, 900, 300), (1200, 900, 300), (1100, 900, 200), (900, 900, 0), (600, 900, 0), (-60, 900, 0)],
)
def test_a_customer_decides_within_five_minutes_and_never_makes_the_order_late(due_in, after, asked_for):
    now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    until = rules.decide_by(now, now + timedelta(seconds=due_in), after, Policy())
    assert (until - now).total_seconds() == asked_for


@pytest.mark.parametrize(
    ("opened", "live", "deciding", "due"),
    [
        ({"picking", "prep"}, set(), False, ["packing"]),
        ({"picking", "prep"}, set(), True, []),
        ({"picking", "prep"}, {"picking"}, True, []),
        (set(), set(), True, ["picking", "prep"]),
        ({"picking", "prep", "packing"}, set(), True, ["handoff", "delivery"]),
    ],
)
def test_packing_waits_for_what_is_decided(opened, live, deciding, due):
    assert rules.next_stages(frozenset(opened), frozenset(live), deciding=deciding) == due


@pytest.mark.parametrize(
    ("state", "carrier", "held", "roles", "actions"),
    [
        ("queued", None, False, {"supervisor"}, ["reassign", "priority", "hold"]),
        ("working", None, True, {"admin"}, ["reassign", "priority", "hold", "unhold"]),
        ("working", None, True, {"operator", "picker"}, []),
        ("working", "third_party", False, {"supervisor"}, []),
        ("done", None, False, {"supervisor"}, []),
        ("cancelled", None, True, {"supervisor"}, []),
    ],
)
def test_what_may_be_done_to_a_ticket(state, carrier, held, roles, actions):
    assert rules.ticket_actions(state, carrier, held, roles) == actions


@dataclass(frozen=True)
class Packed:
    """A line when its order is packed."""

    line_no: int
    picked: int
    short: int = 0
    unit: str = "g"
    quantity: int = 500
    substituted: int = 0
    sku: str = "pears"


@pytest.mark.parametrize(
    ("lines", "missing"),
    [
        ([Packed(1, 500)], None),
        ([Packed(1, 540)], None),
        ([Packed(1, 470)], {1: 30}),
        ([Packed(1, 500, unit="each"), Packed(2, 0, short=470)], {2: 30}),  # lost after it had been weighed
        ([Packed(1, 300, short=100)], {1: 100}),
        ([Packed(1, 300, substituted=100)], {1: 100}),
        ([Packed(1, 400, short=100)], {1: 0}),
        ([Packed(1, 0, short=500)], {}),
        ([Packed(1, 0, short=300, substituted=200)], {}),
    ],
)
def test_what_is_lighter_at_the_seal_is_told(lines, missing):
    told = rules.sealed_otherwise(lines)
    assert (None if told is None else {line.line_no: line.missing for line in told}) == missing


@pytest.mark.parametrize(
    ("ready", "called", "let_go"),
    [
        (600.0, True, False),
        (600.1, False, False),
        (900.0, False, False),
        (900.1, False, True),
        (-5.0, True, False),
    ],
)
def test_a_rider_is_called_once_and_let_go_only_when_it_gets_much_later(ready, called, let_go):
    assert (riders.calls(ready, 600), riders.lets_go(ready, 600)) == (called, let_go)
