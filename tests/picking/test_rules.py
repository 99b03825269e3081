"""Tables for picking's decisions."""

from dataclasses import replace

import pytest

from fulfil.contracts.stage import FulfilmentLine
from fulfil.kit.errors import IllegalMove
from fulfil.picking import rules
from fulfil.picking.errors import LineClosed, MoreThanMissing, NotPicked, OverPick, OverWeight
from fulfil.picking.rules import Amounts
from fulfil.picking.states import PICK_LINE, PUT_BACK_LINE


def line(no, *, zone="ambient", location="A01-01-1", quantity=1, picked=0, short=0, substituted=0, grams=100):
    return FulfilmentLine(
        line_no=no,
        sku=f"S{no}",
        quantity=quantity,
        unit="each",
        zone=zone,
        location=location,
        grams=grams,
        picked=picked,
        short=short,
        substituted=substituted,
        on_shortage="refund",
    )


def amounts(quantity, picked=0, short=0, substituted=0, *, weighed=False, state="todo"):
    return Amounts(state, quantity, picked, short, substituted, weighed)


@pytest.mark.parametrize(
    ("locations", "walk"),
    [
        (["A02-01-1", "A01-09-1", "A01-02-3"], ["A01-02-3", "A01-09-1", "A02-01-1"]),
        (["A02-01-1", "A02-08-1"], ["A02-08-1", "A02-01-1"]),  # even aisles run backwards
        (["A10-01-1", "A9-01-1"], ["A9-01-1", "A10-01-1"]),  # numbers, not text
        (["A01-02-3", "A01-02-1"], ["A01-02-1", "A01-02-3"]),
        (["F01-01-1", "C01-01-1", "A99-01-1"], ["A99-01-1", "C01-01-1", "F01-01-1"]),
        (["counter", "A01-01-1", ""], ["A01-01-1", "", "counter"]),  # unknown forms last
    ],
)
def test_walk_is_one_serpentine(locations, walk):
    assert sorted(locations, key=rules.walk_key) == walk


def test_parts_are_by_zone_in_walk_order_and_leave_out_what_is_settled():
    found = rules.parts(
        [
            line(1, zone="frozen"),
            line(2, location="A02-01-1"),
            line(3, location="A01-01-1"),
            line(4, quantity=3, picked=1, short=2),
            line(5, quantity=2, substituted=2),
            line(6, zone="chilled"),
        ],
        {},
    )
    assert [(part.zone, part.number, [x.line_no for x in part.lines]) for part in found] == [
        ("ambient", 1, [3, 2]),
        ("chilled", 1, [6]),
        ("frozen", 1, [1]),
    ]


def test_the_plan_of_the_floor_goes_before_the_serpentine():
    planned = {"A03-01-1": 0, "A01-01-1": 1}
    lines = [
        line(1, location="A01-01-1"),
        line(2, location="A02-01-1"),
        line(3, location="A03-01-1"),
        line(4, location="A01-02-1"),
    ]
    (part,) = rules.parts(lines, planned)
    assert [x.line_no for x in part.lines] == [3, 1, 4, 2]
    assert rules.walk_of(["A02-01-1", "A01-01-1", "A03-01-1", "A02-01-1"], planned) == {
        "A03-01-1": 0,
        "A01-01-1": 1,
        "A02-01-1": 2,
    }


def test_a_zone_is_split_above_20_lines():
    found = rules.parts([line(no) for no in range(1, 42)], {})
    assert [(part.number, len(part.lines)) for part in found] == [(1, 20), (2, 20), (3, 1)]


@pytest.mark.parametrize(
    ("weights", "sizes"),
    [
        ([15_000], [1]),
        ([7_500, 7_500], [2]),
        ([7_500, 7_501], [1, 1]),
        ([20_000, 1], [1, 1]),
        ([1, 20_000], [1, 1]),
    ],
)
def test_a_zone_is_split_above_15_kilograms(weights, sizes):
    found = rules.parts([line(no, grams=grams) for no, grams in enumerate(weights, start=1)], {})
    assert [len(part.lines) for part in found] == sizes
    assert [part.grams for part in found] == [sum(x.grams for x in part.lines) for part in found]


@pytest.mark.parametrize(
    ("before", "amount", "picked"),
    [
        (amounts(3), 1, 1),
        (amounts(3, 2), 1, 3),
        (amounts(3, 1, short=1), 1, 2),
        (amounts(3, substituted=2), 1, 1),
        (amounts(500, weighed=True), 550, 550),
        (amounts(500, 300, weighed=True), 250, 550),
        (amounts(500, short=100, weighed=True), 450, 450),
    ],
)
def test_pick_adds(before, amount, picked):
    assert rules.picked_after(before, amount) == picked


@pytest.mark.parametrize(
    ("before", "amount", "most"),
    [
        (amounts(3), 4, 3),
        (amounts(3, 3), 1, 3),
        (amounts(3, 1, short=1), 2, 2),
        (amounts(3, substituted=3), 1, 0),
    ],
)
def test_over_pick_is_refused(before, amount, most):
    with pytest.raises(OverPick) as refused:
        rules.picked_after(before, amount)
    assert refused.value.extra["most"] == most


@pytest.mark.parametrize(
    ("before", "amount", "most"),
    [
        (amounts(500, weighed=True), 551, 550),
        (amounts(9, weighed=True), 10, 9),  # 10 % of 9 g is less than 1 g
    ],
)
def test_goods_that_are_too_heavy_are_refused_beyond_the_tolerance(before, amount, most):
    with pytest.raises(OverWeight) as refused:
        rules.picked_after(before, amount)
    assert refused.value.extra["most"] == most


@pytest.mark.parametrize(
    ("picked", "short", "least", "missing"),
    [
        (0, 0, 450, 500),
        (449, 0, 450, 51),
        (450, 0, 450, 0),
        (500, 0, 450, 0),
        (400, 50, 450, 0),
        (0, 460, 450, 40),
        (450, 0, None, 50),
        (499, 0, 500, 1),
    ],
)
def test_weighed_goods_are_whole_from_their_least_weight_on(picked, short, least, missing):
    assert replace(amounts(500, picked, short=short, weighed=True), least=least).missing == missing


@pytest.mark.parametrize(
    ("grams", "percent", "least"), [(500, 10, 450), (9, 10, 9), (999, 10, 900), (500, 0, 500)]
)
def test_how_light_a_line_may_be(grams, percent, least):
    assert rules.least_grams(grams, percent) == least


@pytest.mark.parametrize("state", ["closed", "deciding"])
def test_a_settled_line_takes_neither_pick_nor_report(state):
    with pytest.raises(LineClosed):
        rules.picked_after(amounts(3, state=state), 1)
    with pytest.raises(LineClosed):
        rules.short_quantity(amounts(3, state=state), 1)


def test_unpick_takes_out_no_more_than_is_inside():
    assert rules.picked_before(amounts(3, 2), 2) == 0
    with pytest.raises(NotPicked):
        rules.picked_before(amounts(3, 2), 3)


@pytest.mark.parametrize(
    ("before", "asked", "reported"),
    [
        (amounts(3), None, 3),
        (amounts(3, 1), None, 2),
        (amounts(3, 1), 1, 1),
        (amounts(500, 480, weighed=True), None, 20),
    ],
)
def test_short_reports_what_is_missing(before, asked, reported):
    assert rules.short_quantity(before, asked) == reported


def test_short_reports_no_more_than_is_missing():
    with pytest.raises(MoreThanMissing):
        rules.short_quantity(amounts(3, 1, short=1), 2)


@pytest.mark.parametrize(
    ("after", "ask", "event"),
    [
        (amounts(3, 2), False, None),
        (amounts(3, 3), False, "close"),
        (amounts(3, 1, short=2), False, "close"),
        (amounts(3, 1, short=2), True, "ask"),
        (amounts(500, 520, weighed=True), False, "close"),
        (amounts(3, 2, state="closed"), False, "reopen"),
        (amounts(3, 1, short=1, state="deciding"), False, "reopen"),
        (amounts(3, 3, state="closed"), False, None),
        (amounts(3, 1, short=2, state="deciding"), True, None),
    ],
)
def test_state_follows_from_the_amounts(after, ask, event):
    assert rules.state_event(after, ask=ask) == event


@pytest.mark.parametrize(
    ("inside", "counted", "deltas"),
    [
        ({1: 2, 2: 1}, {1: 2, 2: 1}, {}),
        ({1: 2}, {1: 1}, {1: -1}),
        ({1: 2, 2: 1}, {1: 2}, {2: -1}),
        ({1: 2}, {1: 3}, {1: 1}),
        ({1: 2}, {2: 1}, {1: -2, 2: 1}),
        ({1: 2, 2: 3}, {}, {1: -2, 2: -3}),
    ],
)
def test_a_count_is_truth(inside, counted, deltas):
    assert rules.recount_deltas(inside, counted) == deltas


def test_a_count_may_add_to_a_closed_line_within_the_order_only():
    assert rules.recounted(amounts(3, 3, state="closed"), -1) == 2
    assert rules.recounted(amounts(3, 2), 1) == 3
    with pytest.raises(OverPick):
        rules.recounted(amounts(3, 3, state="closed"), 1)


@pytest.mark.parametrize(("quantity", "decided", "now", "left"), [(3, 0, 1, 2), (3, 1, 2, 0), (3, 0, 3, 0)])
def test_put_back_counts_down(quantity, decided, now, left):
    assert rules.left_to_put_back("todo", quantity, decided, now) == left


def test_put_back_decides_no_more_than_there_is():
    with pytest.raises(MoreThanMissing):
        rules.left_to_put_back("todo", 3, 2, 2)
    with pytest.raises(LineClosed):
        rules.left_to_put_back("closed", 3, 3, 1)


@pytest.mark.parametrize(
    ("states", "picked", "recount", "has", "has_not"),
    [
        (["todo"], 0, False, {"pick", "short", "tote", "moved", "scan"}, {"stage", "complete", "unpick"}),
        (["todo", "closed"], 1, False, {"pick", "short", "unpick"}, {"stage", "complete"}),
        (["closed", "deciding"], 1, False, {"stage", "complete", "unpick"}, {"pick", "short"}),
        (["closed"], 0, False, {"complete"}, {"stage", "pick", "unpick"}),
        (["todo", "closed"], 5, True, {"tote"}, {"pick", "short", "stage", "complete", "unpick", "moved"}),
    ],
)
def test_legal_ops_of_picking(states, picked, recount, has, has_not):
    legal = set(rules.legal_pick(states, picked=picked, recount=recount))
    assert has <= legal
    assert not has_not & legal


def test_legal_ops_of_put_back():
    assert rules.legal_put_back(["todo", "closed"]) == ["put_back"]
    assert rules.legal_put_back(["closed"]) == ["complete"]


@pytest.mark.parametrize(
    ("machine", "state", "event", "target"),
    [
        (PICK_LINE, "todo", "close", "closed"),
        (PICK_LINE, "todo", "ask", "deciding"),
        (PICK_LINE, "deciding", "decide", "closed"),
        (PICK_LINE, "deciding", "reopen", "todo"),
        (PICK_LINE, "closed", "reopen", "todo"),
        (PUT_BACK_LINE, "todo", "decide", "closed"),
    ],
)
def test_machines_move(machine, state, event, target):
    assert machine.next(state, event) == target


@pytest.mark.parametrize(
    ("machine", "state", "event"),
    [
        (PICK_LINE, "todo", "decide"),
        (PICK_LINE, "closed", "close"),
        (PICK_LINE, "closed", "ask"),
        (PICK_LINE, "deciding", "close"),
        (PUT_BACK_LINE, "closed", "decide"),
    ],
)
def test_machines_refuse(machine, state, event):
    with pytest.raises(IllegalMove):
        machine.next(state, event)
