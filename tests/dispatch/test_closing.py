"""A shop that closes holds what nobody has begun, and lets it go when it opens, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fulfil.contracts.fulfilment import OrderHeldBack
from fulfil.dispatch import queries
from fulfil.dispatch.service import closing, supervise
from fulfil.store import service as stores
from tests.dispatch.small import SmallShop


def sets(shop: SmallShop, state: str, minutes: int | None = None) -> None:
    until = None if minutes is None else shop.clock.now() + timedelta(minutes=minutes)
    shop.write(lambda tx: stores.set_state(tx, shop.store_id, state, until, "Power cut", "staff:9"))
    shop.run()


def reasons(shop: SmallShop) -> list[tuple[int, str]]:
    found = shop.read(lambda tx: queries.open_holds(tx, shop.store_id))
    return sorted((shop.ticket(one.ticket_id).fulfilment_id, one.reason) for one in found)


def told(shop: SmallShop) -> list[OrderHeldBack]:
    return [event for event in shop.heard if isinstance(event, OrderHeldBack)]


@pytest.mark.parametrize("state", ["closed", "asleep"])
def test_what_nobody_has_begun_is_held_until_the_shop_opens(shop: SmallShop, state: str) -> None:
    picker, other = shop.hire("P1", "picker"), shop.hire("P2", "picker")
    begun, shown, queued = (shop.paid(("tea", 1)) for _ in range(3))
    who = picker if int(shop.work(picker)["offers"][0]["ticket"]["fulfilment_id"]) == begun else other
    ticket = shop.accepts(who)
    sets(shop, state, 60)
    held = [(shown, "shop_closed"), (queued, "shop_closed")]
    assert reasons(shop) == held
    assert shop.work(picker)["offers"] == shop.work(other)["offers"] == []
    assert [(event.fulfilment_id, event.opens_at) for event in told(shop)] == [
        (order, shop.clock.now() + timedelta(minutes=60)) for order in (shown, queued)
    ]
    assert shop.does(who, ticket, "finish")["status"] == "applied", "what was begun goes on"
    late = shop.paid(("tea", 1))
    assert reasons(shop) == [*held, (late, "shop_closed")]
    shop.passes(3601, picker, other)
    shop.run()
    assert reasons(shop) == []
    assert len(shop.work(picker)["offers"]) == len(shop.work(other)["offers"]) == 1


def test_a_locked_shop_holds_nothing_and_another_hold_stays(shop: SmallShop) -> None:
    order = shop.paid(("tea", 1))
    sets(shop, "locked")
    assert reasons(shop) == []
    ticket = shop.tickets(order)[0].id
    shop.write(lambda tx: supervise.hold(tx, ticket, "gift wrap", actor="staff:9"))
    sets(shop, "closed")
    assert reasons(shop) == [(order, "gift wrap"), (order, "shop_closed")]
    sets(shop, "closed")
    assert len(told(shop)) == 1, "it was held already"
    sets(shop, "open")
    assert reasons(shop) == [(order, "gift wrap")] and shop.ticket(ticket).held


def test_many_orders_are_held_and_let_go_some_at_a_time(shop: SmallShop, monkeypatch) -> None:
    monkeypatch.setattr(closing, "AT_ONCE", 2)
    orders = [shop.paid(("tea", 1), ("milk", 1)) for _ in range(5)]
    sets(shop, "closed")
    assert {order for order, _ in reasons(shop)} == set(orders) and len(reasons(shop)) == 10
    sets(shop, "open")
    assert reasons(shop) == []
