"""The local reducer of packing: what an op does before the server answers."""

import pytest

from tests.terminal.floor_mock import packing_ticket

REDUCE = """async ([ticket, ops]) => {
  const { reduce } = await import(document.documentElement.dataset.assets + "/station/reduce.js");
  return ops.reduce((was, [type, payload]) => reduce(was, { type, payload }), ticket);
}"""


@pytest.fixture
def reduced(open_desk):
    page = open_desk("/station", ("packer",)).page
    return lambda *ops: page.evaluate(REDUCE, [packing_ticket(), [list(op) for op in ops]])


def amounts(ticket):
    return [(line["packed"], line["short"], line["state"]) for line in ticket["lines"]]


def contents(ticket):
    return [
        (bag["temperature"], bag["state"], [inside["quantity"] for inside in bag["lines"]])
        for bag in ticket["bags"]
    ]


def test_pack_opens_a_bag_of_the_right_temperature_and_fills_it(reduced):
    ticket = reduced(
        ("pack", {"line": "1", "quantity": 1}),
        ("pack", {"line": "2", "quantity": 1}),
        ("pack", {"line": "1", "quantity": 1}),
    )
    assert amounts(ticket) == [(2, 0, "closed"), (1, 0, "closed"), (0, 0, "todo")]
    assert contents(ticket) == [("ambient", "open", [2]), ("chilled", "open", [1])]
    assert ticket["state"] == "working"


def test_unpack_empties_the_bag_again(reduced):
    ticket = reduced(("pack", {"line": "1", "quantity": 2}), ("unpack", {"line": "1", "quantity": 2}))
    assert amounts(ticket)[0] == (0, 0, "todo")
    assert contents(ticket) == [("ambient", "open", [])]


def test_unpack_of_what_no_bag_holds_changes_nothing(reduced):
    assert amounts(reduced(("unpack", {"line": "1", "quantity": 1})))[0] == (0, 0, "todo")


def test_short_closes_what_is_left(reduced):
    ticket = reduced(
        ("pack", {"line": "1", "quantity": 1}), ("short", {"line": "1", "quantity": 1, "reason": "missing"})
    )
    assert amounts(ticket)[0] == (1, 1, "closed")


def test_a_second_bag_of_a_temperature_takes_what_comes_after_it(reduced):
    ticket = reduced(
        ("pack", {"line": "1", "quantity": 1}),
        ("new_bag", {"temperature": "ambient"}),
        ("pack", {"line": "1", "quantity": 1}),
    )
    assert contents(ticket) == [("ambient", "open", [1]), ("ambient", "open", [1])]
