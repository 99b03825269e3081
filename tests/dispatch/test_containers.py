"""Totes, bags and cold clocks, on both databases."""

from __future__ import annotations

import pytest

from fulfil.dispatch import queries
from fulfil.dispatch import service as dispatch
from fulfil.dispatch.errors import ShortTooMuch, ToteBusy, UnknownBag, UnknownTote
from fulfil.kit.errors import IllegalMove
from tests.dispatch.small import SmallShop


@pytest.fixture
def fulfilment_id(shop: SmallShop) -> int:
    return shop.paid(("tea", 3), ("milk", 1))


def view(shop: SmallShop, fulfilment_id: int, zone: str):
    row = next(t for t in shop.tickets(fulfilment_id, "picking") if t.zone == zone)
    return queries.ticket_view(row)


def test_a_tote_holds_one_orders_goods_of_one_zone(shop, fulfilment_id):
    ambient, chilled = view(shop, fulfilment_id, "ambient"), view(shop, fulfilment_id, "chilled")
    other = view(shop, shop.paid(("tea", 1)), "ambient")
    assert shop.write(lambda tx: dispatch.bind_tote(tx, ambient, " tote-001")) == "TOTE-001"
    shop.write(lambda tx: dispatch.bind_tote(tx, ambient, "TOTE-001"))
    for ticket in (other, chilled):
        with pytest.raises(ToteBusy) as busy:
            shop.write(lambda tx, ticket=ticket: dispatch.bind_tote(tx, ticket, "TOTE-001"))
        assert busy.value.extra == {"tote": "TOTE-001", "order_no": str(ambient.order_no)}
    with pytest.raises(UnknownTote):
        shop.read(lambda tx: dispatch.tote(tx, shop.store_id, "TOTE-999"))
    assert shop.write(lambda tx: dispatch.bind_tote(tx, ambient, "999")) == "TOTE-999", "a tote bought today"
    assert shop.write(lambda tx: dispatch.stage_totes(tx, ambient, "STG-A01")) == ["TOTE-001", "TOTE-999"]
    shop.write(lambda tx: dispatch.empty_tote(tx, shop.store_id, "TOTE-001"))
    shop.write(lambda tx: dispatch.bind_tote(tx, other, "TOTE-001"))
    assert shop.read(lambda tx: dispatch.tote(tx, shop.store_id, "001")).order_no == other.order_no


def test_a_lost_tote_stays_bound_in_quarantine(shop, fulfilment_id):
    ambient = view(shop, fulfilment_id, "ambient")
    shop.write(lambda tx: dispatch.bind_tote(tx, ambient, "TOTE-002"))
    shop.write(lambda tx: dispatch.set_aside_tote(tx, shop.store_id, "TOTE-002"))
    lost = shop.read(lambda tx: dispatch.tote(tx, shop.store_id, "TOTE-002"))
    assert (lost.state, lost.quarantine, lost.ticket_id) == ("bound", True, None)


def test_bags_are_numbered_and_know_what_is_in_them(shop, fulfilment_id):
    first = shop.write(lambda tx: dispatch.new_bag(tx, fulfilment_id, "ambient"))
    second = shop.write(lambda tx: dispatch.new_bag(tx, fulfilment_id, "chilled"))
    assert [first.n, second.n] == [1, 2]
    assert first.code == f"BAG-{first.order_no}-1"
    for quantity in (2, 1, -1):
        shop.write(lambda tx, quantity=quantity: dispatch.pack_into(tx, first.id, 1, quantity))
    (inside,) = shop.read(lambda tx: dispatch.bag_lines(tx, [first.id, second.id]))
    assert (inside.bag_id, inside.line_no, inside.sku, inside.quantity) == (first.id, 1, "tea", 2)
    with pytest.raises(ShortTooMuch):
        shop.write(lambda tx: dispatch.pack_into(tx, first.id, 1, -3))
    shop.write(lambda tx: dispatch.move_bag(tx, second.id, "discard"))
    assert [bag.id for bag in shop.read(lambda tx: dispatch.bags_of(tx, fulfilment_id))] == [first.id]
    with pytest.raises(IllegalMove):
        shop.write(lambda tx: dispatch.move_bag(tx, first.id, "release"))
    with pytest.raises(UnknownBag):
        shop.read(lambda tx: dispatch.bag(tx, shop.store_id, "BAG-1-1"))


def test_time_out_of_the_cold_adds_up_over_several_stretches(shop, fulfilment_id):
    def seconds() -> int:
        return shop.read(lambda tx: dispatch.cold_seconds(tx, fulfilment_id, "chilled"))

    for _ in range(2):
        shop.write(lambda tx: dispatch.cold_out(tx, fulfilment_id, "chilled"))
        shop.clock.advance(60)
        shop.write(lambda tx: dispatch.cold_out(tx, fulfilment_id, "chilled"))
        shop.clock.advance(40)
        shop.write(lambda tx: dispatch.cold_in(tx, fulfilment_id, "chilled"))
        shop.clock.advance(1000)
    assert seconds() == 200
    shop.write(lambda tx: dispatch.cold_out(tx, fulfilment_id, "chilled"))
    shop.clock.advance(30)
    assert seconds() == 230
    shop.write(lambda tx: dispatch.cold_out(tx, fulfilment_id, "ambient"))
    assert shop.read(lambda tx: dispatch.cold_seconds(tx, fulfilment_id, "ambient")) == 0
    limits = [
        shop.read(lambda tx, z=z: dispatch.cold_limit(tx, shop.store_id, z))
        for z in ("ambient", "chilled", "frozen")
    ]
    assert limits == [None, 1800, 900]
