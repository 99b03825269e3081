"""A shop has to close: whoever says so waits, whoever is silent gets their money back (floor rule 10)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from fulfil.kit.clock import rfc3339
from fulfil.messages.model import Message
from fulfil.sim.clients import Refused
from fulfil.sim.inside import InsideShop
from tests.journeys.test_life_of_an_order import paid_order
from tests.servers import redis_of


@pytest.fixture
def shop(database_url: str, tmp_path) -> Iterator[InsideShop]:
    house = InsideShop(database_url, str(tmp_path / "carts.db"), redis_url=redis_of(database_url))
    yield house
    house.kit.close()


def sets(shop: InsideShop, state: str, minutes: int | None = None) -> None:
    until = None if minutes is None else rfc3339(shop.clock.now() + timedelta(minutes=minutes))
    shop.operator().call(
        "POST",
        f"/api/v1/stores/{shop.store_id}/state",
        {"state": state, "until": until, "reason": "Power cut"},
    )
    shop.settle()


def test_who_waits_is_served_when_the_shop_opens_and_who_is_silent_gets_the_money(shop: InsideShop) -> None:
    patient, kept = paid_order(shop, ("ambient",))
    silent, lost = paid_order(shop, ("ambient",))
    sets(shop, "closed", 30)
    assert "keep" in patient.order_view(kept)["actions"]
    view = patient.http.call("POST", f"/api/v1/orders/{kept}/keep", {})
    assert "keep" not in view["actions"] and "cancel" in view["actions"]
    assert patient.http.call("POST", f"/api/v1/orders/{kept}/keep", {})["state"] == "paid"
    with shop.kit.db.look() as tx:
        kinds = tx.scalars(select(Message.kind).where(Message.order_no == int(lost)))
    assert kinds == ["shop_opens"]
    shop.advance(14 * 60)
    assert silent.order_view(lost)["state"] == "paid"
    shop.advance(2 * 60)
    shop.settle()
    given_up = silent.order_view(lost)
    assert given_up["state"] == "cancelled" and given_up["refunded"] == given_up["paid"] > 0
    assert patient.order_view(kept)["state"] == "paid"
    with shop.kit.db.look() as tx:
        assert "delay_predicted" not in tx.scalars(select(Message.kind)), "nobody knows when it will come"
    picker = shop.staff("picker")
    assert picker.work()["offers"] == []
    shop.advance(13 * 60)
    picker.work()  # the device is heard of
    shop.advance(65)
    (offer,) = picker.work()["offers"]
    assert offer["ticket"]["order_no"] == kept
    with pytest.raises(Refused) as refused:
        patient.http.call("POST", f"/api/v1/orders/{kept}/keep", {})
    assert refused.value.code == "nothing_to_wait_for"
    assert shop.violations() == []


def test_a_shop_that_opens_in_time_gives_nothing_back(shop: InsideShop) -> None:
    customer, order_no = paid_order(shop, ("ambient",))
    sets(shop, "asleep")
    sets(shop, "open")
    shop.advance(20 * 60)
    view = customer.order_view(order_no)
    assert view["state"] == "paid" and "keep" not in view["actions"]
    assert shop.violations() == []


def test_a_shop_that_closes_again_asks_anew_and_waits_for_that_answer(shop: InsideShop) -> None:
    customer, order_no = paid_order(shop, ("ambient",))
    sets(shop, "closed", 120)
    shop.advance(5 * 60)
    sets(shop, "open")
    shop.advance(5 * 60)
    sets(shop, "closed", 120)
    shop.advance(7 * 60)
    assert customer.order_view(order_no)["state"] == "paid", "the first question's time is over"
    shop.advance(9 * 60)
    shop.settle()
    assert customer.order_view(order_no)["state"] == "cancelled"
    assert shop.violations() == []
