"""One timeline of everything: documents, payments, refunds, messages, skipped tasks, switches (F1)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fulfil.app import tasks
from fulfil.dispatch import queries as dispatch
from fulfil.dispatch.service import views
from fulfil.kit.security import Principal
from fulfil.messages import service as messages
from fulfil.trade.orders import service as orders
from tests.trade.shop import CONTACT, Shop, build

ADMIN = Principal("staff", 1, frozenset({"admin"}))


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = build(database_url)
    yield made
    made.kit.close()


def flip(shop: Shop, on: bool) -> None:
    shop.write(lambda tx: shop.kit.gateway.flip(tx, "sms", on, "drill", "staff:1"))
    shop.clock.advance(1)


def message(shop: Shop, order_no: int) -> None:
    shop.write(
        lambda tx: messages.send(
            tx,
            kind="promise_slipped",
            store_id=shop.store_id,
            order_no=order_no,
            phone=CONTACT["phone"],
            language="",
            values={"order": order_no, "at": "12:00", "link": "http://x"},
            key="test",
        )
    )


def test_an_order_tells_all_that_happened_to_it(shop: Shop) -> None:
    flip(shop, False)
    order_no = shop.place()
    flip(shop, True)
    shop.pay(order_no)
    message(shop, order_no)
    waiting = shop.write(
        lambda tx: shop.kit.tasks.add(
            tx, orders.chain.RESUME, {"order_no": order_no}, run_at=shop.clock.now().replace(year=2030)
        )
    )
    shop.write(lambda tx: tasks.skip(tx, ADMIN, waiting, "not needed"))
    shop.run_tasks()
    shop.write(lambda tx: orders.cancel(tx, order_no, "guest:1", ""))
    shop.settle_refunds()
    shop.run_tasks()
    shop.clock.advance(1)
    flip(shop, False)
    other = shop.place(owner=2)
    shop.pay(other)

    fulfilment = shop.read(lambda tx: dispatch.fulfilment_of_order(tx, order_no))
    _, told = shop.read(lambda tx: views.timeline(tx, fulfilment.id))
    steps = [(step["entity"], step["event"]) for step in told["events"]]
    assert {entity for entity, _ in steps} >= {
        "orders",
        "order_deliveries",
        "payment_documents",
        "pay_transactions",
        "fulfilments",
        "tickets",
        "messages",
        "tasks",
        "switches",
        "cases",
        "refunds",
        "pay_refunds",
    }
    assert ("tasks", "skip") in steps and ("pay_transactions", "succeed") in steps
    assert [event for entity, event in steps if entity == "switches"] == ["switch_on"]  # while it was alive
    assert [step["at"] for step in told["events"]] == sorted(step["at"] for step in told["events"])
    assert {step["entity_id"] for step in told["events"] if step["entity"] == "orders"} == {str(order_no)}
    assert steps.count(("pay_transactions", "create")) == 1
