"""The local reducer of picking: what an op does before the server answers."""

import pytest

from tests.terminal.mock_server import picking_ticket

REDUCE = """async ([ticket, ops]) => {
  const { reduce } = await import(document.documentElement.dataset.assets + "/handheld/reduce.js");
  return ops.reduce((was, [type, payload]) => reduce(was, { type, payload }), ticket);
}"""
PICK_2 = ("pick", {"line": "2", "quantity": 2, "tote": "TOTE-1"})


@pytest.fixture(scope="module")
def page(browser):
    from tests.terminal.floor_desk import Shop

    running = Shop()
    page = browser.new_page()
    page.goto(running.url + "/terminal")
    yield page
    page.close()
    running.stop()


def reduced(page, *ops, **changes):
    ticket = {**picking_ticket(), **changes}
    return page.evaluate(REDUCE, [ticket, [list(op) for op in ops]])


@pytest.mark.parametrize(
    ("ops", "line", "expected"),
    [
        ([PICK_2], 1, (2, 0, "closed")),
        ([("pick", {"line": "2", "quantity": 1, "tote": "TOTE-1"})], 1, (1, 0, "todo")),
        ([PICK_2, ("unpick", {"line": "2", "quantity": 1})], 1, (1, 0, "todo")),
        ([("short", {"line": "2", "quantity": 2, "reason": "not_found"})], 1, (0, 2, "closed")),
        ([("short", {"line": "2", "quantity": 1, "reason": "damaged"})], 1, (0, 1, "todo")),
        ([("pick", {"line": "3", "quantity": 600, "weight_g": 600, "tote": "T"})], 2, (600, 0, "todo")),
        ([("pick", {"line": "3", "quantity": 1030, "weight_g": 1030, "tote": "T"})], 2, (1030, 0, "closed")),
    ],
)
def test_lines(page, ops, line, expected):
    found = reduced(page, *ops)["lines"][line]
    assert (found["picked"], found["short"], found["state"]) == expected


@pytest.mark.parametrize(
    ("wish", "reason", "state"),
    [
        ("ask", "not_found", "deciding"),
        ("substitute", "damaged", "deciding"),
        ("ask", "short_weight", "closed"),
        ("refund", "not_found", "closed"),
        ("cancel_order", "not_found", "closed"),
    ],
)
def test_a_short_line_waits_only_for_a_customer_who_may_get_other_goods(page, wish, reason, state):
    ticket = picking_ticket()
    ticket["lines"][1]["on_shortage"] = wish
    report = ("short", {"line": "2", "quantity": 2, "reason": reason})
    found = reduced(page, report, lines=ticket["lines"])
    assert found["lines"][1]["state"] == state


def test_totes_are_bound_once_and_counted_ones_leave_the_recount(page):
    twice = reduced(page, ("tote", {"code": "TOTE-1"}), ("tote", {"code": "TOTE-1"}))
    assert [tote["code"] for tote in twice["totes"]] == ["TOTE-1"]
    counted = reduced(page, ("tote", {"code": "TOTE-9", "counts": []}), recount=["TOTE-9", "TOTE-8"])
    assert counted["recount"] == ["TOTE-8"]


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("accept", "accepted"),
        ("tote", "working"),
        ("stage", "done"),
        ("complete", "done"),
        ("give_back", "queued"),
    ],
)
def test_states(page, kind, state):
    assert reduced(page, (kind, {"code": "TOTE-1", "location": "STG-A01"}))["state"] == state


def test_put_back_lines_end_on_the_shelf_or_written_off(page):
    lines = [{"id": "1", "quantity": 3, "restocked": 0, "wasted": 0, "state": "todo"}]
    one = reduced(page, ("put_back", {"line": "1", "quantity": 2, "outcome": "restock"}), lines=lines)
    assert one["lines"][0] == {**lines[0], "restocked": 2}
    both = reduced(page, ("put_back", {"line": "1", "quantity": 1, "outcome": "waste"}), lines=one["lines"])
    assert both["lines"][0] == {**lines[0], "restocked": 2, "wasted": 1, "state": "closed"}
