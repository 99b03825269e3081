"""A cancelled order's goods end on the shelf or written off (floor rule 8)."""

from fulfil.contracts.fulfilment import GoodsPutBack
from fulfil.dispatch import queries as dispatched


def cancelled(floor, *lines, zone):
    order = floor.paid(*lines)
    worker = floor.take(order, "picking", zone=zone)
    for line in worker.sees()["lines"]:
        worker.does("pick", line=line["id"], quantity=line["quantity"], tote="TOTE-001")
    return order


def test_every_line_is_decided(floor):
    order = cancelled(floor, ("tea", 3), ("rice", 1), zone="ambient")
    floor.cancelled(order)
    back = floor.take(order, "picking", kind="put_back")
    seen = back.sees()
    assert [(line["sku"], line["location"], line["quantity"]) for line in seen["lines"]] == [
        ("tea", "A01-02-1", 3),
        ("rice", "A02-03-1", 1),
    ]
    assert seen["totes"][0]["code"] == "TOTE-001"
    assert back.refused("complete")["code"] == "lines_open"
    assert back.refused("pick", line=back.line(1), quantity=1)["code"] == "not_legal"
    back.does("put_back", line=back.line(1), quantity=2, outcome="restock")
    assert (
        back.refused("put_back", line=back.line(1), quantity=2, outcome="waste")["code"]
        == "more_than_missing"
    )
    back.does("put_back", line=back.line(1), quantity=1, outcome="waste")
    back.does("put_back", line=back.line(2), quantity=1, outcome="restock")
    assert back.refused("put_back", line=back.line(2), quantity=1, outcome="restock")["code"] == "line_closed"
    back.does("complete")
    assert back.state() == "done"
    assert [(e.sku, e.quantity, e.outcome) for e in floor.said(GoodsPutBack)] == [
        ("tea", 2, "restock"),
        ("tea", 1, "waste"),
        ("rice", 1, "restock"),
    ]
    assert floor.tote("TOTE-001").state == "emptied"


def test_goods_that_got_warm_are_waste(floor):
    order = cancelled(floor, ("milk", 1), zone="chilled")
    floor.cancelled(order)
    back = floor.take(order, "picking", kind="put_back")
    floor.clock.advance(1801)
    refused = back.refused("put_back", line=back.line(1), quantity=1, outcome="restock")
    assert refused["code"] == "cold_overrun"
    back.does("put_back", line=back.line(1), quantity=1, outcome="waste")
    back.does("complete")


def test_a_cancel_before_the_first_pick_frees_the_tote(floor):
    order = floor.paid(("tea", 1))
    floor.take(order, "picking").does("tote", code="TOTE-001")
    floor.cancelled(order)
    assert floor.tote("TOTE-001").state == "emptied"
    with floor.reading() as tx:
        assert dispatched.tickets_of(tx, order, kind="put_back") == []
