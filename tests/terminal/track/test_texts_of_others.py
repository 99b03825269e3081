"""Whatever somebody writes into an order is shown as they wrote it, and does nothing; both databases."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

import pytest

from fulfil.app.wiring import create_app
from fulfil.contracts.fulfilment import Delivered, FulfilmentProgressed
from fulfil.kit.security import Principal
from fulfil.trade.aftersales import service
from fulfil.trade.orders import service as orders
from tests.trade.shop import CONTACT, MILK, Shop, build

GUEST = Principal("guest", 1)
ANN = Principal("staff", 71, frozenset({"operator"}), session_id=71)
NASTY = '<script>alert(1)</script>{{ 7*7 }}\'"=HYPERLINK("x")'


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = build(database_url)
    yield made
    made.kit.close()


def delivered(shop: Shop) -> int:
    shop.add(1, MILK, 2)
    asked = shop.request(1, contact={**CONTACT, "name": NASTY, "address": NASTY}, note=NASTY)
    order_no = int(shop.write(lambda tx: orders.place(tx, asked))["order_no"])
    shop.pay(order_no)
    shop.run_tasks()
    for event in ("prepare", "ready", "hand_over"):
        shop.publish(FulfilmentProgressed(order_no, shop.store_id, 1, event, shop.clock.now()))
    shop.publish(Delivered(order_no, shop.store_id, 1, shop.clock.now()))
    return order_no


def test_the_tracking_page_shows_texts_as_texts(shop: Shop) -> None:
    order_no = delivered(shop)
    about = [{"line_no": 1, "quantity": 1, "reason": "damaged", "wants": "refund"}]
    case_id = shop.write(lambda tx: service.complain(tx, GUEST, order_no, about, NASTY, ()))
    shop.write(lambda tx: service.decide(tx, ANN, case_id, "refuse", {}, NASTY))
    page = (
        create_app(shop.kit)
        .test_client()
        .get(f"/track/{shop.order(order_no).track_token}?lang=en&problem={NASTY}")
        .get_data(as_text=True)
    )
    assert "<script>alert" not in page
    shown = escape("<script>alert(1)</script>{{ 7*7 }}", quote=False)
    assert page.count(shown) == 2  # the address, and our answer
