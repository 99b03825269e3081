"""Races let loose through a barrier, each with a control that must fail: the harness sees the fault."""

import threading
from collections import Counter
from collections.abc import Callable
from functools import partial

from sqlalchemy import func, select, text

from fulfil.kit.idempotency import once
from fulfil.kit.security import Principal
from fulfil.trade.orders import queries, service
from fulfil.trade.orders.errors import CartOrdered, OrderCancelled
from fulfil.trade.orders.model import Order
from fulfil.trade.orders.service import steps
from fulfil.trade.payments import queries as payment_queries
from fulfil.trade.payments import service as payments
from fulfil.trade.payments.errors import PaymentClosed, PaymentInProgress
from fulfil.trade.stock import queries as stock
from fulfil.trade.stock.errors import InsufficientStock
from fulfil.trade.stock.model import Stock
from tests.trade.shop import ICE, MILK, Shop

WAIT_SECONDS_MAX = 60


def race(runners: int, run: Callable[[int, threading.Barrier], str]) -> Counter:
    """Let `run(number, barrier)` loose in as many threads; how often it ended how."""
    barrier, ends = threading.Barrier(runners), Counter()

    def one(number: int) -> None:
        ends[run(number, barrier)] += 1

    threads = [threading.Thread(target=one, args=(number,)) for number in range(runners)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT_SECONDS_MAX)
    return ends


def test_fifty_buyers_of_ten_units(shop: Shop) -> None:
    for owner in range(50):
        shop.add(owner, ICE, 1)

    def buy(owner: int, barrier: threading.Barrier) -> str:
        asked = shop.request(owner)
        barrier.wait(WAIT_SECONDS_MAX)
        try:
            shop.write(lambda tx: service.place(tx, asked))
        except InsufficientStock:
            return "refused"
        return "ordered"

    assert race(50, buy) == {"ordered": 10, "refused": 40}
    assert (shop.stock(ICE)["reserved"], shop.stock(ICE)["available"]) == (10, 0)
    assert shop.read(queries.violations) == shop.read(stock.violations) == []


def test_control_buyers_who_look_before_they_take_sell_too_much(shop: Shop) -> None:
    def buy(_owner: int, barrier: threading.Barrier) -> str:
        left = shop.read(lambda tx: stock.available(tx, shop.store_id, [ICE])[ICE])
        barrier.wait(WAIT_SECONDS_MAX)
        if not left:
            return "refused"
        shop.write(lambda tx: tx.update(Stock, Stock.sku == ICE, reserved=Stock.reserved + 1))
        return "ordered"

    assert race(16, buy)["ordered"] > 10
    assert [found.invariant for found in shop.read(stock.violations)] == [7]


def orders_of(shop: Shop) -> int:
    return shop.read(lambda tx: tx.scalar(select(func.count()).select_from(Order).where(Order.valid)))


def test_the_same_order_twenty_times_at_once(shop: Shop) -> None:
    shop.add(1, MILK, 1)
    asked = shop.request(1)
    answers: list[dict] = []

    def submit(_number: int, barrier: threading.Barrier) -> str:
        barrier.wait(WAIT_SECONDS_MAX)
        place = partial(service.place, request=asked)
        answers.append(once(shop.kit.db, "test", "guest:1", "k", "h", place))
        return "answered"

    assert race(20, submit) == {"answered": 20}
    assert (orders_of(shop), len({answer["order_no"] for answer in answers})) == (1, 1)


def submit_all(shop: Shop, runners: int) -> Counter:
    """The same cart from many windows at once, each with a request of its own."""
    shop.add(1, MILK, 1)
    asked = shop.request(1)

    def submit(_number: int, barrier: threading.Barrier) -> str:
        barrier.wait(WAIT_SECONDS_MAX)
        try:
            shop.write(lambda tx: service.place(tx, asked))
        except CartOrdered as refused:
            return refused.code
        return "ordered"

    return race(runners, submit)


def test_the_same_cart_submitted_by_many(shop: Shop) -> None:
    ends = submit_all(shop, 8)
    assert ends == {"ordered": 1, "cart_ordered": 7}
    assert orders_of(shop) == 1
    assert shop.stock(MILK)["reserved"] == 1
    assert shop.cart(1)["lines"] == []


def test_control_without_the_guard_one_cart_becomes_many_orders(shop: Shop, monkeypatch) -> None:
    monkeypatch.setattr(steps, "_empty_now", lambda kit, asked: None)  # who is late would see an empty cart
    shop.write(lambda tx: tx.execute(text("DROP INDEX uq_orders_cart")))
    assert submit_all(shop, 4) == {"ordered": 4}
    assert orders_of(shop) == 4


def test_of_payments_that_begin_and_a_cancel_none_is_left_to_be_paid(shop: Shop) -> None:
    order_no = shop.place()
    guest = Principal("guest", 1)

    def intend(tx) -> int:
        service.to_pay(tx, guest, order_no)
        return payments.intend(tx, order_no, "platform", "sandbox")

    def run(number: int, barrier: threading.Barrier) -> str:
        barrier.wait(WAIT_SECONDS_MAX)
        try:
            if not number:
                shop.write(lambda tx: service.cancel(tx, order_no, "guest:1", ""))
                return "stopped"
            payments.ask_channel(shop.kit, shop.write(intend))
        except (OrderCancelled, PaymentClosed, PaymentInProgress) as refused:
            return refused.code
        return "begun"

    ends = race(6, run)
    assert ends["stopped"] == 1 and sum(ends.values()) == 6
    assert shop.order(order_no).state == "cancelled"
    documents = shop.read(lambda tx: payment_queries.documents(tx, order_no))
    assert [document.state for document in documents] == ["closed"]
    for asked in list(shop.channel.book.transactions.values()):
        shop.hear(shop.channel.book.pay(asked.pay_token, "succeeded", None))
    shop.settle_refunds()
    order = shop.order(order_no)
    assert (order.state, order.refunded) == ("cancelled", order.paid)
    assert shop.read(queries.violations) == shop.read(payment_queries.violations) == []


def test_expiry_against_payment(shop: Shop) -> None:
    numbers = [shop.place(owner) for owner in range(8)]
    payments = [shop.start_payment(number) for number in numbers]
    shop.clock.advance(15 * 60)

    def end(number: int, barrier: threading.Barrier) -> str:
        barrier.wait(WAIT_SECONDS_MAX)
        if number % 2:
            shop.tell(payments[number // 2])
        else:
            shop.write(lambda tx: service.expire(tx, numbers[number // 2]))
        return "ended"

    assert race(16, end) == {"ended": 16}
    held = sum(2 for number in numbers if shop.order(number).state == "paid")
    assert {shop.order(number).state for number in numbers} <= {"paid", "expired"}
    assert {shop.order(number).paid for number in numbers} == {2530}
    assert shop.stock(MILK)["reserved"] == held
    assert shop.read(queries.violations) == shop.read(stock.violations) == []
