"""What an owner may do with an order is what the routes then allow, in every state that an order reaches."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fulfil.contracts.fulfilment import Delivered, FulfilmentProgressed
from fulfil.trade.orders import rules, service
from fulfil.trade.orders.states import DELIVERY, ORDER
from tests.trade.orders.test_api import Caller, fill, order_body
from tests.trade.orders.test_api import client as client
from tests.trade.orders.test_api import guest as guest
from tests.trade.shop import Shop


def pay(shop: Shop, order_no: int) -> None:
    shop.pay(order_no)
    shop.run_tasks()


def progress(*events: str) -> Callable[[Shop, int], None]:
    def act(shop: Shop, order_no: int) -> None:
        pay(shop, order_no)
        for event in events:
            shop.publish(FulfilmentProgressed(order_no, shop.store_id, 9, event, shop.clock.now()))

    return act


def delivered(shop: Shop, order_no: int) -> None:
    progress("prepare", "ready", "hand_over")(shop, order_no)
    shop.publish(Delivered(order_no, shop.store_id, 9, shop.clock.now()))


def closed(shop: Shop, order_no: int) -> None:
    delivered(shop, order_no)
    shop.clock.advance(rules.CLOSED_AFTER.total_seconds() + 1)
    shop.write(service.close_completed)


def cancelling(shop: Shop, order_no: int) -> None:
    pay(shop, order_no)
    shop.write(lambda tx: service.cancel(tx, order_no, "guest:1", ""))


def too_late(shop: Shop, order_no: int) -> None:
    """The time to pay has passed; the timer has not run."""
    shop.clock.advance(3600)


WAYS: dict[str, tuple[Callable[[Shop, int], None], list[str]]] = {
    "placed": (lambda shop, order_no: None, ["pay", "cancel"]),
    "placed, too late": (too_late, ["cancel"]),
    "paid": (pay, ["cancel"]),
    "preparing": (progress("prepare"), ["cancel"]),
    "ready": (progress("prepare", "ready"), ["cancel"]),
    "handed over": (progress("prepare", "ready", "hand_over"), ["recall"]),
    "coming back": (progress("prepare", "ready", "hand_over", "return_begin"), []),
    "back": (progress("prepare", "ready", "hand_over", "return_begin", "return_end"), ["cancel"]),
    "delivered": (delivered, ["complain"]),
    "closed": (closed, []),
    "cancelling": (cancelling, []),
    "expired": (lambda shop, order_no: (shop.clock.advance(3600), shop.run_tasks()), []),
}


@pytest.mark.parametrize("way", WAYS)
def test_actions_are_what_the_routes_allow(shop: Shop, guest: Caller, way: str) -> None:
    go, expected = WAYS[way]
    body = order_body(shop, fill(shop, guest)["version"])
    order_no = int(guest.ask("POST", "/orders", body)[1]["order_no"])
    go(shop, order_no)
    view = guest.ask("GET", f"/orders/{order_no}")[1]
    assert view["actions"] == expected
    body = {"method": "platform", "channel": "sandbox"}
    paying = guest.ask("POST", f"/orders/{order_no}/payments", body, **{"Idempotency-Key": "pay"})[0]
    cancel, answer = guest.ask("POST", f"/orders/{order_no}/cancel", {})
    again = answer.get("state") == view["state"] and "cancel" not in expected  # it is being cancelled already
    about = {"lines": [{"line_no": 1, "quantity": 1, "reason": "damaged"}]}
    complaint = guest.ask("POST", f"/orders/{order_no}/aftersales", about, **{"Idempotency-Key": "wrong"})[0]
    done = {
        "pay": paying < 300,
        "cancel": cancel < 300 and not again,
        "recall": cancel < 300 and again and view["state"] == "paid",  # it goes on until it is back
        "complain": complaint < 300,
    }
    assert [name for name, ok in done.items() if ok] == expected


def test_the_table_follows_the_machines() -> None:
    """Whatever state somebody adds, `cancel` is offered only where both machines know it."""
    for state in ORDER.table:
        for delivery in DELIVERY.table:
            offered = rules.actions(state, delivery, in_time=True)
            assert ("pay" in offered) == ORDER.allows(state, "pay")
            known = ORDER.allows(state, "cancel") if state != "cancelling" else False
            assert ("cancel" in offered) == (
                known or (ORDER.allows(state, "request_cancel") and DELIVERY.allows(delivery, "cancel"))
            )
