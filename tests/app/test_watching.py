"""What is wrong in trade and on the floor reaches the alarms, by shop."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fulfil.app import watching
from fulfil.dispatch.model import Ticket
from fulfil.kit.db import Tx
from fulfil.kit.moves import begin
from fulfil.kit.task_rows import ATTEMPTS_MAX
from fulfil.kit.tasks import BACKOFF_SECONDS_MAX
from fulfil.messages import queries
from fulfil.messages.rules.alarms import Wrong
from fulfil.messages.service import alarms
from fulfil.store import service as stores
from fulfil.store.model import Store
from fulfil.trade.aftersales.model import Case, Refund
from fulfil.trade.aftersales.service import cases
from fulfil.trade.aftersales.states import CASE
from fulfil.trade.orders import service as orders
from fulfil.trade.payments import service as payments
from tests.trade.shop import Shop, build

HOUR = 3600


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = build(database_url)
    yield made
    made.kit.close()


def wrong(shop: Shop, source: object) -> list[Wrong]:
    return shop.read(lambda tx: list(source(tx)))


def test_tasks_that_gave_up_are_counted_by_shop_and_handler(shop: Shop) -> None:
    def fail(_tx: object, _payload: object) -> None:
        raise OSError("down")

    shop.kit.tasks.handler("test.fails", fail)
    for payload in ({"store_id": shop.store_id}, {"store_id": shop.store_id}, {}):
        shop.write(lambda tx, payload=payload: shop.kit.tasks.add(tx, "test.fails", payload))
    for _ in range(ATTEMPTS_MAX):
        shop.run_tasks()
        shop.clock.advance(BACKOFF_SECONDS_MAX)
    found = wrong(shop, watching.dead_tasks)
    assert set(found) == {
        Wrong("dead_tasks", shop.store_id, "test.fails", 2),
        Wrong("dead_tasks", None, "test.fails", 1),
    }


def test_a_refund_that_failed_is_wrong(shop: Shop) -> None:
    payment = shop.start_payment(shop.place())
    shop.clock.advance(900)
    shop.run_tasks()
    shop.tell(payment)
    shop.channel.book.refund_failures = 3
    for _ in range(3):
        shop.settle_refunds()
        shop.clock.advance(1800)
        shop.write(payments.ask_silent)
    assert wrong(shop, watching.failed_refunds) == [Wrong("failed_refunds", shop.store_id, "", 1)]


def test_a_refund_of_which_the_channel_says_nothing_is_wrong_after_a_day(shop: Shop) -> None:
    order_no = shop.place()
    shop.pay(order_no)
    shop.write(lambda tx: orders.cancel(tx, order_no, "guest:1", ""))
    shop.run_tasks()
    shop.clock.advance(24 * HOUR)
    assert wrong(shop, watching.waiting_refunds) == []
    shop.clock.advance(1)
    assert wrong(shop, watching.waiting_refunds) == [Wrong("waiting_refunds", shop.store_id, "requested", 1)]
    shop.settle_refunds()
    assert wrong(shop, watching.waiting_refunds) == []


@pytest.mark.parametrize(
    ("state", "found"),
    [("other_means", True), ("paid_twice", True), ("failed", False), ("audit", False), ("succeeded", False)],
)
def test_a_refund_that_nobody_settles_is_wrong_after_a_day(shop: Shop, state: str, found: bool) -> None:
    def owe(tx: Tx) -> None:
        case_id = tx.number()
        tx.insert(
            Case,
            id=case_id,
            store_id=shop.store_id,
            order_no=1,
            kind="complaint",
            state=CASE.initial,
            version=1,
            source_ref="complaint:1",
            reason="damaged",
            created_at=tx.now,
        )
        tx.insert(
            Refund,
            id=tx.number(),
            store_id=shop.store_id,
            order_no=1,
            case_id=case_id,
            amount=100,
            currency="CNY",
            state=state,
            version=1,
            settled=0,
            failed=0,
            created_at=tx.now,
        )

    shop.write(owe)
    shop.clock.advance(24 * HOUR)
    assert wrong(shop, watching.waiting_refunds) == []
    shop.clock.advance(1)
    assert (
        wrong(shop, watching.waiting_refunds) == [Wrong("waiting_refunds", shop.store_id, state, 1)] * found
    )


def test_a_notice_is_wrong_after_an_hour(shop: Shop) -> None:
    order_no = shop.place()
    shop.tell(shop.start_payment(order_no), amount=1)
    shop.clock.advance(HOUR)
    assert wrong(shop, watching.open_notices) == []
    shop.clock.advance(1)
    assert wrong(shop, watching.open_notices) == [Wrong("open_notices", shop.store_id, "", 1)]


def test_a_case_that_nobody_works_on_is_wrong_after_a_day_or_after_the_shops_own_hours(shop: Shop) -> None:
    def complain(tx: Tx) -> None:
        number = tx.number()
        tx.insert(
            Case,
            id=number,
            store_id=shop.store_id,
            order_no=1,
            kind="complaint",
            state=CASE.initial,
            version=1,
            source_ref=f"complaint:{number}",
            reason="damaged",
            created_at=tx.now,
        )
        begin(tx, Case, CASE, number, store_id=shop.store_id, order_no=1)
        cases.move_case(tx, number, "complain")

    for _ in range(2):
        shop.write(complain)
    shop.clock.advance(23 * HOUR)
    assert wrong(shop, watching.waiting_cases) == []
    shop.write(lambda tx: stores.set_policy(tx, shop.store_id, "case_alarm_hours", 23, "staff:1"))
    assert wrong(shop, watching.waiting_cases) == [Wrong("waiting_cases", shop.store_id, "audit", 2)]
    shop.write(lambda tx: stores.set_policy(tx, shop.store_id, "case_alarm_hours", 24, "staff:1"))
    shop.clock.advance(HOUR)
    assert wrong(shop, watching.waiting_cases) == [Wrong("waiting_cases", shop.store_id, "audit", 2)]


def test_a_ticket_that_nobody_takes_is_wrong_once_it_is_due_soon(shop: Shop) -> None:
    shop.pay(shop.place())
    shop.run_tasks()
    waits = [Wrong("waiting_tickets", shop.store_id, "picking", 1)]
    shop.clock.advance(600)
    assert wrong(shop, watching.waiting_tickets) == []
    shop.clock.advance(1)
    assert wrong(shop, watching.waiting_tickets) == waits
    shop.write(lambda tx: tx.update(Store, {"id": shop.store_id}, policy={"alarm_waiting_minutes": 11}))
    assert wrong(shop, watching.waiting_tickets) == []
    shop.clock.advance(60)
    assert wrong(shop, watching.waiting_tickets) == waits
    shop.write(lambda tx: tx.update(Ticket, {"store_id": shop.store_id}, due_at=tx.now + watching.SOON))
    assert wrong(shop, watching.waiting_tickets) == []
    shop.write(lambda tx: tx.update(Ticket, {"store_id": shop.store_id}, due_at=tx.now, held=True))
    assert wrong(shop, watching.waiting_tickets) == []


def test_the_sweep_asks_all_of_them(shop: Shop) -> None:
    shop.pay(shop.place())
    shop.run_tasks()
    [sweep] = [one for one in shop.kit.tasks.sweeps if one.run == alarms.check]
    shop.clock.advance(601)
    shop.write(sweep.run)
    assert [row.kind for row in shop.read(queries.live_alarms)] == ["waiting_tickets"]
