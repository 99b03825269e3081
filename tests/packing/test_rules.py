"""Tables for packing's decisions."""

import pytest

from fulfil.packing import rules
from fulfil.packing.errors import LineClosed, MoreThanMissing, NotPacked, OverPack
from fulfil.packing.rules import Amounts
from fulfil.packing.states import PACK_LINE


def amounts(quantity, packed=0, short=0, state="todo"):
    return Amounts(state, quantity, packed, short)


def test_pack_adds_up_to_what_was_picked():
    assert rules.packed_after(amounts(3, 1), 2) == 3
    with pytest.raises(OverPack) as refused:
        rules.packed_after(amounts(3, 1, short=1), 2)
    assert refused.value.extra["left"] == 1
    with pytest.raises(LineClosed):
        rules.packed_after(amounts(3, 3, state="closed"), 1)


def test_unpack_takes_out_no_more_than_is_inside():
    assert rules.packed_before(amounts(3, 2), 2) == 0
    with pytest.raises(NotPacked):
        rules.packed_before(amounts(3, 2), 3)


@pytest.mark.parametrize(
    ("before", "asked", "missing"), [(amounts(3), None, 3), (amounts(3, 2), None, 1), (amounts(3, 1), 1, 1)]
)
def test_missing_is_what_is_left(before, asked, missing):
    assert rules.missing_quantity(before, asked) == missing


def test_missing_is_no_more_than_is_left():
    with pytest.raises(MoreThanMissing):
        rules.missing_quantity(amounts(3, 2), 2)
    with pytest.raises(LineClosed):
        rules.missing_quantity(amounts(3, 3, state="closed"), None)


@pytest.mark.parametrize(
    ("ordered", "picked", "short", "missing", "reported"),
    [
        (3, 3, 0, 1, 1),
        (3, 2, 1, 2, 2),
        (3, 3, 0, 3, 3),
        (500, 520, 0, 20, 0),
        (500, 520, 0, 520, 500),
        (500, 480, 20, 480, 480),
    ],
)
def test_what_was_picked_above_the_order_is_not_refunded(ordered, picked, short, missing, reported):
    assert rules.to_report(ordered, picked, short, missing) == reported


@pytest.mark.parametrize(
    ("after", "event"),
    [
        (amounts(3, 2), None),
        (amounts(3, 3), "close"),
        (amounts(3, 1, short=2), "close"),
        (amounts(3, 2, state="closed"), "reopen"),
        (amounts(3, 3, state="closed"), None),
    ],
)
def test_state_follows_from_the_amounts(after, event):
    assert rules.state_event(after) == event


@pytest.mark.parametrize(
    ("used", "place"),
    [({}, "S1"), ({"S1": 1}, "S2"), ({"S1": 1, "S2": 1}, "S3"), ({"S1": 2, "S2": 1, "S3": 1}, "S2")],
)
def test_every_bag_gets_a_free_shelf_while_there_is_one(used, place):
    assert rules.shelf_for(["S2", "S1", "S3"], used) == place


def test_a_shop_may_have_no_shelf():
    assert rules.shelf_for([], {}) is None


@pytest.mark.parametrize(
    ("states", "packed", "open_bags", "has", "has_not"),
    [
        (["todo"], 0, 0, {"pack", "short", "tote", "new_bag"}, {"seal", "unpack", "close_bag"}),
        (["todo", "closed"], 2, 1, {"pack", "unpack", "close_bag"}, {"seal"}),
        (["closed"], 2, 0, {"seal", "unpack"}, {"pack", "short", "close_bag"}),
    ],
)
def test_legal_ops(states, packed, open_bags, has, has_not):
    legal = set(rules.legal_pack(states, packed=packed, open_bags=open_bags))
    assert has <= legal
    assert not has_not & legal


@pytest.mark.parametrize(("name", "shown"), [("王小明", "王**"), (" Ann Lee", "A**"), ("", ""), ("  ", "")])
def test_a_label_shows_an_initial_only(name, shown):
    assert rules.masked_name(name) == shown


@pytest.mark.parametrize(("code", "bare"), [("LOC-BAG-A1", "BAG-A1"), (" bag-a1 ", "BAG-A1"), ("loc-x", "X")])
def test_a_place_is_known_with_and_without_its_prefix(code, bare):
    assert rules.bare_place(code) == bare


def test_the_machine_opens_and_closes_a_line():
    assert PACK_LINE.next("todo", "close") == "closed"
    assert PACK_LINE.next("closed", "reopen") == "todo"
    assert not PACK_LINE.allows("closed", "close")
