"""Packing by the dispatcher's real pipeline, on both databases."""

import pytest

from fulfil.contracts.fulfilment import GoodsQuarantined, LineQuantity, StockoutReported
from fulfil.dispatch import service as dispatch
from tests.floor import GOODS, Worker, picked, scale_code


def ready_to_pack(floor, *lines):
    """An order picked in all its zones, each in a tote of its own."""
    order = floor.paid(*lines)
    for zone, tote in (("ambient", "TOTE-001"), ("chilled", "TOTE-002"), ("frozen", "TOTE-003")):
        if any(GOODS[line[0]][0] == zone for line in lines):
            picked(floor, order, zone, tote)
    return order


def test_bags_by_temperature_then_shelves(floor):
    order = ready_to_pack(floor, ("tea", 2), ("milk", 1))
    worker = floor.take(order, "packing")
    seen = worker.sees()
    assert [(tote["code"], tote["zone"], tote["place"]) for tote in seen["totes"]] == [
        ("TOTE-001", "ambient", "STG-A01"),
        ("TOTE-002", "chilled", "STG-C01"),
    ]
    assert "seal" not in seen["legal"]
    worker.does("tote", code="TOTE-001")
    first = worker.does("pack", line=worker.line(1), quantity=1)["detail"]["bag"]
    assert worker.does("pack", line=worker.line(1), quantity=1)["detail"]["bag"] == first
    assert floor.tote("TOTE-001").state == "emptied"
    worker.does("close_bag", code=first, place="LOC-SHF-A07")
    worker.does("pack", line=worker.line(2), quantity=1)
    worker.does("seal")
    assert worker.state() == "done"
    assert [(bag.n, bag.temperature, bag.state, bag.place) for bag in floor.bags(order)] == [
        (1, "ambient", "shelved", "SHF-A07"),
        (2, "chilled", "shelved", "SHF-C01"),
    ]
    assert floor.state(order) == "ready"
    assert floor.tote("TOTE-002").state == "emptied"


def test_the_customers_note_is_for_whoever_packs_not_for_whoever_is_asked(floor):
    order = floor.paid(("rice", 1))
    picked(floor, order, "ambient", "TOTE-1")
    asked = floor.ticket(order, "packing")
    assert Worker(floor, floor.people["packer"], asked.id).sees()["note"] == ""
    assert floor.take(order, "packing").sees()["note"] == "ring twice"


def test_a_bag_shows_what_is_inside(floor):
    order = ready_to_pack(floor, ("tea", 2))
    worker = floor.take(order, "packing")
    worker.does("pack", line=worker.line(1), quantity=2)
    seen = worker.sees()
    code = floor.bags(order)[0].code
    assert seen["bags"] == [
        {
            "code": code,
            "n": 1,
            "temperature": "ambient",
            "state": "open",
            "place": None,
            "label": f"/api/v1/packing/bags/{code}/label?store_id={floor.store_id}",
            "lines": [{"line_no": 1, "sku": "tea", "quantity": 2}],
        }
    ]
    assert (seen["lines"][0]["packed"], seen["lines"][0]["state"]) == (2, "closed")


def test_a_full_bag_is_followed_by_another(floor):
    order = ready_to_pack(floor, ("tea", 2))
    worker = floor.take(order, "packing")
    first = worker.does("new_bag", temperature="ambient")["detail"]["bag"]
    worker.does("pack", line=worker.line(1), quantity=1, bag=first)
    worker.does("close_bag", code=first)
    second = worker.does("pack", line=worker.line(1), quantity=1)["detail"]["bag"]
    assert second != first
    worker.does("seal", place="SHF-A09")
    assert [bag.place for bag in floor.bags(order)] == ["SHF-A09", "SHF-A09"]


def test_an_empty_bag_is_thrown_away(floor):
    order = ready_to_pack(floor, ("tea", 1))
    worker = floor.take(order, "packing")
    worker.does("new_bag", temperature="frozen")
    worker.does("pack", line=worker.line(1), quantity=1)
    worker.does("seal")
    assert [(bag.n, bag.temperature) for bag in floor.bags(order)] == [(2, "ambient")]


def test_a_foreign_tote_says_whose_it_is(floor):
    order, other = ready_to_pack(floor, ("tea", 1)), floor.paid(("milk", 1))
    picked(floor, other, "chilled", "TOTE-005")
    refused = floor.take(order, "packing").refused("tote", code="TOTE-005")
    assert (refused["code"], refused["order_no"]) == (
        "tote_of_other_order",
        str(floor.line(other, 1).order_no),
    )


@pytest.mark.parametrize(
    ("op", "payload", "code"),
    [
        ("pack", {"quantity": 3}, "over_pack"),
        ("pack", {"quantity": 1, "line": "1"}, "line_unknown"),
        ("pack", {"quantity": 1, "bag": "BAG-0-0"}, "unknown_bag"),
        ("pack", {"quantity": "1"}, "payload_invalid"),
        ("unpack", {"quantity": 1}, "not_packed"),
        ("short", {"quantity": 3}, "more_than_missing"),
        ("seal", {}, "lines_open"),
        ("tote", {"code": "TOTE-009"}, "tote_empty"),
        ("tote", {"code": "TOTE-999"}, "unknown_tote"),
        ("new_bag", {"temperature": "hot"}, "payload_invalid"),
        ("pick", {"quantity": 1}, "unknown_op"),
    ],
)
def test_a_refusal_changes_nothing(sqlite_floor, op, payload, code):
    order = ready_to_pack(sqlite_floor, ("tea", 2))
    worker = sqlite_floor.take(order, "packing")
    before = worker.sees()
    assert worker.refused(op, **{"line": worker.line(1), **payload})["code"] == code
    assert worker.sees() == before


def test_bags_refuse_what_does_not_belong_in_them(floor):
    order, other = ready_to_pack(floor, ("tea", 2), ("milk", 1)), floor.paid(("rice", 1))
    picked(floor, other, "ambient", "TOTE-005")
    foreign = floor.take(other, "packing", person="packer").does("new_bag", temperature="ambient")["detail"][
        "bag"
    ]
    worker = floor.take(order, "packing")
    bag = worker.does("new_bag", temperature="chilled")["detail"]["bag"]
    assert worker.refused("pack", line=worker.line(1), quantity=1, bag=foreign)["code"] == "bag_foreign"
    assert worker.refused("pack", line=worker.line(1), quantity=1, bag=bag)["code"] == "wrong_temperature"
    assert worker.refused("close_bag", code=bag)["code"] == "bag_empty"
    worker.does("pack", line=worker.line(2), quantity=1, bag=bag)
    assert worker.refused("close_bag", code=bag, place="SHF-A01")["code"] == "wrong_temperature"
    assert worker.refused("close_bag", code=bag, place="STG-C01")["code"] == "unknown_place"
    worker.does("close_bag", code=bag)
    assert worker.refused("close_bag", code=bag)["code"] == "bag_not_open"
    assert worker.refused("pack", line=worker.line(1), quantity=1, bag=bag)["code"] == "bag_not_open"


def test_unpack_opens_the_bag_again(floor):
    order = ready_to_pack(floor, ("tea", 2))
    worker = floor.take(order, "packing")
    bag = worker.does("pack", line=worker.line(1), quantity=2)["detail"]["bag"]
    worker.does("close_bag", code=bag)
    worker.does("unpack", line=worker.line(1), quantity=1)
    assert floor.bags(order)[0].state == "open"
    line = worker.sees()["lines"][0]
    assert (line["packed"], line["state"]) == (1, "todo")
    assert worker.refused("unpack", line=worker.line(1), quantity=2)["code"] == "not_packed"
    worker.does("pack", line=worker.line(1), quantity=1)
    worker.does("seal")


def test_a_missing_item_is_reported_and_refunded(floor):
    order = ready_to_pack(floor, ("tea", 3))
    worker = floor.take(order, "packing")
    worker.does("pack", line=worker.line(1), quantity=2)
    worker.does("short", line=worker.line(1))
    report = floor.said(StockoutReported)[0]
    assert (report.line_no, report.quantity, report.reason) == (1, 1, "missing")
    row = floor.line(order, 1)
    assert (row.picked, row.short) == (2, 1)
    worker.does("seal")
    assert floor.state(order) == "ready"


def test_weighed_goods_picked_above_the_order_are_refunded_up_to_it(floor):
    order = floor.paid(("00042", 500))
    picker = floor.take(order, "picking")
    picker.does("pick", line=picker.line(1), quantity=530, tote="TOTE-001")
    picker.does("complete")
    worker = floor.take(order, "packing")
    worker.does("short", line=worker.line(1), reason="damaged")
    assert [(report.quantity, report.reason) for report in floor.said(StockoutReported)] == [(500, "damaged")]
    row = floor.line(order, 1)
    assert (row.picked, row.short) == (0, 500)
    worker.does("seal")
    assert floor.state(order) == "void"


def test_an_order_is_void_when_its_light_goods_are_lost_too(floor):
    order = floor.paid(("00042", 500))
    picker = floor.take(order, "picking")
    picker.does("pick", line=picker.line(1), quantity=470, tote="TOTE-001")  # whole: the rest is a difference
    picker.does("complete")
    worker = floor.take(order, "packing")
    worker.does("short", line=worker.line(1), reason="damaged")
    worker.does("seal")
    assert floor.state(order) == "void"


def test_surplus_goes_back_by_a_put_back_ticket(floor):
    order = ready_to_pack(floor, ("tea", 1))
    worker = floor.take(order, "packing")
    worker.does("surplus", line=worker.line(1), quantity=2)
    aside = floor.said(GoodsQuarantined)[0]
    assert (aside.reason, aside.lines) == ("surplus", (LineQuantity(1, "tea", 2),))
    back = floor.take(order, "picking", kind="put_back")
    assert back.sees()["lines"][0]["quantity"] == 2
    back.does("put_back", line=back.line(1), quantity=2, outcome="restock")
    back.does("complete")
    assert floor.tote("TOTE-001").state == "bound"  # the order's own tote is not touched
    worker.does("pack", line=worker.line(1), quantity=1)
    worker.does("seal")
    assert floor.bags(order)[0].state == "shelved"


def test_cold_time_runs_from_the_tote_to_the_shelf(floor):
    order = ready_to_pack(floor, ("milk", 1))
    worker = floor.take(order, "packing")
    worker.does("tote", code="TOTE-002")
    floor.clock.advance(200)
    worker.does("pack", line=worker.line(1), quantity=1)
    worker.does("seal")
    floor.clock.advance(999)
    with floor.reading() as tx:
        assert dispatch.cold_seconds(tx, order, "chilled") == 200


def test_scans_alone_pack_an_order(floor):
    order = ready_to_pack(floor, ("tea", 1), ("00042", 500))
    worker = floor.take(order, "packing")
    worker.does("scan", code="TOTE-001")
    bag = worker.does("scan", code=GOODS["tea"][4])["detail"]["bag"]
    worker.does("scan", code=scale_code("00042", 300))
    worker.does("scan", code=GOODS["00042"][4])  # the rest of it
    assert worker.refused("scan", code=GOODS["tea"][4])["code"] == "line_closed"
    assert worker.refused("scan", code=GOODS["rice"][4])["code"] == "not_this_item"
    assert worker.refused("scan", code="BADGE-X")["code"] == "code_unknown"
    worker.does("scan", code=bag)
    worker.does("scan", code="LOC-SHF-A02")
    assert [(bag.state, bag.place) for bag in floor.bags(order)] == [("shelved", "SHF-A02")]


def test_a_cancelled_orders_bags_come_back(floor):
    order = ready_to_pack(floor, ("tea", 1), ("milk", 1))
    worker = floor.take(order, "packing")
    worker.does("pack", line=worker.line(1), quantity=1)
    floor.cancelled(order)
    back = floor.take(order, "picking", kind="put_back", zone="ambient")
    back.does("put_back", line=back.line(1), quantity=1, outcome="restock")
    back.does("complete")
    assert [bag.state for bag in floor.bags(order)] == ["returned"]
    assert floor.tote("TOTE-002").state == "bound"  # the chilled part has its own put-back ticket
