"""Goods in hand are truth: count the totes before anyone continues (floor rule 1)."""

from datetime import timedelta

from fulfil.contracts.fulfilment import GoodsQuarantined, LineQuantity
from fulfil.kit.clock import rfc3339


def begun(floor):
    order = floor.paid(("tea", 2), ("rice", 1))
    first = floor.take(order, "picking")
    first.does("pick", line=first.line(1), quantity=2, tote="TOTE-001")
    floor.taken_over(first.ticket_id)
    return order, first, floor.take(order, "picking", person="second")


def test_the_successor_counts_first(floor):
    order, first, second = begun(floor)
    assert second.sees()["recount"] == ["TOTE-001"]
    assert second.sees()["legal"] == ["tote", "scan"]
    assert second.refused("pick", line=second.line(2), quantity=1)["code"] == "count_first"
    assert second.refused("complete")["code"] == "count_first"
    assert second.refused("tote", code="TOTE-001")["code"] == "count_first"
    assert first.refused("pick", line=first.line(2), quantity=1)["code"] == "not_yours"


def test_the_count_becomes_picked(floor):
    order, _, second = begun(floor)
    second.does(
        "tote",
        code="TOTE-001",
        counts=[{"line": second.line(1), "quantity": 1}, {"line": second.line(2), "quantity": 1}],
    )
    seen = {line["line_no"]: (line["picked"], line["state"]) for line in second.sees()["lines"]}
    assert seen == {1: (1, "todo"), 2: (1, "closed")}
    assert [floor.line(order, no).picked for no in (1, 2)] == [1, 1]
    second.does("pick", line=second.line(1), quantity=1, tote="TOTE-001")
    second.does("complete")


def test_a_lost_tote_is_picked_again_and_its_goods_go_to_put_back(floor):
    order, _, second = begun(floor)
    floor.clock.advance(180)
    second.does("tote", code="TOTE-001", missing=True)
    assert floor.line(order, 1).picked == 0
    assert floor.tote("TOTE-001").quarantine
    gone = floor.said(GoodsQuarantined)[0]
    assert (gone.reason, gone.lines) == ("found_later", (LineQuantity(1, "tea", 2),))
    back = floor.take(order, "picking", kind="put_back", person="picker")
    for no in (1, 2):
        second.does("pick", line=second.line(no), quantity=3 - no, tote="TOTE-002")
    assert second.refused("tote", code="TOTE-001")["code"] == "tote_set_aside"
    second.does("complete")
    assert floor.tote("TOTE-002").state == "bound"
    back.does("put_back", line=back.line(1), quantity=2, outcome="restock")
    back.does("complete")
    assert floor.tote("TOTE-001").state == "emptied"
    assert floor.tote("TOTE-002").state == "bound"


def test_a_tote_is_searched_for_three_minutes(floor):
    order, _, second = begun(floor)
    floor.clock.advance(60)
    assert second.sees()["search_until"] == rfc3339(floor.clock.now() + timedelta(seconds=120))
    refused = second.refused("tote", code="TOTE-001", missing=True)
    assert (refused["code"], refused["seconds"]) == ("search_first", 120)
    assert (second.sees()["recount"], floor.line(order, 1).picked) == (["TOTE-001"], 2)
    floor.clock.advance(119)
    assert second.refused("tote", code="TOTE-001", missing=True)["seconds"] == 1
    floor.clock.advance(1)
    second.does("tote", code="TOTE-001", missing=True)
    assert second.sees()["search_until"] is None


def test_nothing_in_the_totes_needs_no_count(floor):
    order = floor.paid(("tea", 2))
    first = floor.take(order, "picking")
    first.does("tote", code="TOTE-001")
    floor.taken_over(first.ticket_id)
    assert floor.take(order, "picking", person="second").sees()["recount"] == []
