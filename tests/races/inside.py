"""Races inside one process, for what a served shop decides by its clock or hears from elsewhere.

Time to pay that ends, polls, refunds of one payment, a catalogue file. `control` takes the guards out of this
process. A duel that is let loose `in_reverse` gets wrong every time what its guard is there for.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial

from pytest import MonkeyPatch

from fulfil.kit.errors import Refusal
from fulfil.trade.catalog import service as catalog
from fulfil.trade.orders import service as orders
from fulfil.trade.orders.errors import PriceChanged
from fulfil.trade.orders.service import steps
from fulfil.trade.payments import queries as payments
from fulfil.trade.payments import service as payment_service
from fulfil.trade.payments.model import PaymentDocument
from fulfil.trade.payments.service import refunding
from tests.races import guards
from tests.races.together import Together, at_once
from tests.trade.shop import APPLES, GOODS, ICE, MILK, Shop, csv_of

PAYABLE = 2530  # two of milk, their bag and the delivery
owners = itertools.count(1)


class Inside:
    """A shop in this process. `at_rest` as the served one."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def at_rest(self) -> None:
        self.shop.run_tasks()


def expiry_against_payment(shop: Shop, together: Together = at_once) -> list[str]:
    """The time to pay ends while the money comes: paid and held, or expired, free and paid back."""
    before = shop.stock(MILK)
    number = shop.place(next(owners))
    payment = shop.start_payment(number)
    shop.clock.advance(15 * 60)
    together(Inside(shop), [lambda: shop.tell(payment),
                            lambda: shop.write(lambda tx: orders.expire(tx, number))])
    shop.settle_refunds()
    order, after = shop.order(number), shop.stock(MILK)
    held, back = after["reserved"] - before["reserved"], order.refunded
    if (order.state, held, back) not in (("paid", 2, 0), ("expired", 0, PAYABLE)):
        return [f"{order.state}, {held} held, {back} of {order.paid} paid back"]
    return []


def callback_against_poll(shop: Shop, copies: int = 4) -> list[str]:
    """A payment is heard of by callbacks, by polls and by the customer's next click at once: paid once."""
    number = shop.place(next(owners))
    payment = shop.start_payment(number)
    row = shop.channel.book.pay(payment["token"], "succeeded", None)
    serial_no = int(payment["serial_no"])

    def poll() -> None:
        outcome = payment_service.query_payment(shop.kit, {"serial_no": serial_no}, 0)
        if outcome is not None:
            shop.write(outcome)

    at_once(shop, [partial(_tolerant, act) for act in
                   [partial(shop._hear, row), poll] * copies
                   + [lambda: payment_service.ask_channel(shop.kit, serial_no)] * copies])
    shop.run_tasks()
    order = shop.order(number)
    captured = shop.read(lambda tx: payments.captured(tx, number))
    if (order.state, order.paid, order.refunded, captured) != ("paid", PAYABLE, 0, PAYABLE):
        return [f"{order.state}, {order.paid} paid, {captured} captured, {order.refunded} refunded"]
    return []


def refunds_above_paid(shop: Shop, parts: int = 8) -> list[str]:
    """Each refund alone fits into what was paid, two do not: one of them moves money."""
    number = shop.place(next(owners))
    shop.pay(number)
    part = PAYABLE * 6 // 10
    at_once(shop, [partial(_tolerant, partial(shop.write, lambda tx, n=n: payment_service.refund(
        tx, order_no=number, store_id=shop.store_id, refund_id=number + n, amount=part, reason="race")))
        for n in range(1, parts + 1)])
    [document] = shop.read(lambda tx: payments.documents(tx, number))
    going = document.refunding + document.refunded
    return [] if going == part else [f"{going} goes back of {document.captured}"]


def price_against_order(shop: Shop, together: Together = at_once) -> list[str]:
    """A catalogue file changes two prices while a customer orders both: paid is what was shown."""
    owner = next(owners)
    for sku in (MILK, ICE):
        shop.add(owner, sku, 1)
    asked, shown = shop.request(owner), shop.cart(owner)["total"]
    dearer = [{**row, "price_minor": str(int(row["price_minor"]) + 1)} if row["sku"] != APPLES else row
              for row in _goods(shop)]
    placed, _ = together(Inside(shop), [
        lambda: _tolerant(lambda: shop.write(lambda tx: orders.place(tx, asked))),
        lambda: catalog.import_catalog(shop.kit, shop.store_id, csv_of(dearer))])
    if isinstance(placed, PriceChanged):
        return []
    if isinstance(placed, Refusal):
        return [f"refused: {placed.code}"]
    payable = shop.order(int(placed["order_no"])).payable
    return [] if payable == shown else [f"{payable} to pay, {shown} was shown"]


def _goods(shop: Shop) -> list[dict[str, str]]:
    """The catalogue as it stands, with plenty on the shelves."""
    prices = {line["sku"]: line["unit_price"] for line in shop.cart(0)["lines"]}
    return [{**row, "price_minor": str(prices.get(row["sku"], row["price_minor"])), "on_hand": "100000"}
            for row in GOODS]


def _tolerant(act: Callable[[], object]) -> object:
    """What the act gives; a refusal counts as its result."""
    try:
        return act()
    except Refusal as refusal:
        return refusal


def control(patch: MonkeyPatch, shop: Shop) -> None:
    """Take the guards out."""
    for take_out in (guards.take_any_money, guards.let_everybody_win, guards.forget_what_was_answered,
                     guards.order_any_price, guards.refund_unseen):
        take_out(patch)
