"""Races inside one process, for what a served shop decides by its clock or hears from elsewhere.

Time to pay that ends, polls, refunds of one payment, a catalogue file. `control` takes the guards out of this
process. A duel that is let loose `in_reverse` gets wrong every time what its guard is there for.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial

from pytest import MonkeyPatch

from fulfil.contracts.trade import PaymentUnneeded
from fulfil.kit.errors import Refusal
from fulfil.trade.aftersales import service as aftersales
from fulfil.trade.catalog import service as catalog
from fulfil.trade.orders import service as orders
from fulfil.trade.orders.errors import PriceChanged
from fulfil.trade.payments import queries as payments
from fulfil.trade.payments import service as payment_service
from fulfil.trade.stock import service as stock
from tests.races import guards, questions
from tests.races.questions import Inside
from tests.races.together import Together, at_once
from tests.trade.shop import APPLES, GOODS, ICE, MILK, Shop, csv_of

owners, dearer = itertools.count(1), itertools.count(1)


def _restock(shop: Shop) -> None:
    """What rounds before this one hold stays held; there is enough for one more."""
    for sku in (MILK, ICE):
        shop.write(
            lambda tx, sku=sku: stock.post_movement(
                tx, shop.store_id, sku, 5, f"restock:{next(owners)}", "test"
            )
        )


def expiry_against_payment(shop: Shop, together: Together = at_once) -> list[str]:
    """The time to pay ends while the money comes: paid and held, or expired, free and paid back."""
    _restock(shop)
    before = shop.stock(MILK)
    number = shop.place(next(owners))
    payment = shop.start_payment(number)
    shop.clock.advance(15 * 60)
    together(
        Inside(shop), [lambda: shop.tell(payment), lambda: shop.write(lambda tx: orders.expire(tx, number))]
    )
    shop.settle_refunds()
    order, after = shop.order(number), shop.stock(MILK)
    held, back = after["reserved"] - before["reserved"], order.refunded
    if (order.state, held, back) not in (("paid", 2, 0), ("expired", 0, order.payable)):
        return [f"{order.state}, {held} held, {back} of {order.paid} paid back"]
    return []


def callback_against_poll(shop: Shop, copies: int = 4) -> list[str]:
    """A payment is heard of by callbacks, by polls and by the customer's next click at once: paid once."""
    _restock(shop)
    number = shop.place(next(owners))
    payment = shop.start_payment(number)
    row = shop.channel.book.pay(payment["token"], "succeeded", None)
    serial_no = int(payment["serial_no"])

    def poll() -> None:
        outcome = payment_service.query_payment(shop.kit, {"serial_no": serial_no}, 0)
        if outcome is not None:
            shop.write(outcome)

    clicks = [lambda: payment_service.ask_channel(shop.kit, serial_no)] * copies
    acts = [partial(shop.hear, row), poll] * copies + clicks
    at_once(shop, [partial(_tolerant, act) for act in acts])
    shop.run_tasks()
    order = shop.order(number)
    captured = shop.read(lambda tx: payments.captured(tx, number))
    if (order.state, order.paid, order.refunded, captured) != ("paid", order.payable, 0, order.payable):
        return [f"{order.state}, {order.paid} paid, {captured} captured, {order.refunded} refunded"]
    return []


def refunds_above_paid(shop: Shop, parts: int = 8) -> list[str]:
    """Each refund alone fits into what was paid, two do not: one of them moves money."""
    _restock(shop)
    number = shop.place(next(owners))
    shop.pay(number)
    part = shop.order(number).payable * 6 // 10
    asked = [
        PaymentUnneeded(
            order_no=number, store_id=shop.store_id, payment_id=number + n, amount=part, reason="race"
        )
        for n in range(1, parts + 1)
    ]
    at_once(
        shop,
        [
            partial(_tolerant, partial(shop.write, partial(aftersales.late_payment, event=event)))
            for event in asked
        ],
    )
    [document] = shop.read(lambda tx: payments.documents(tx, number))
    going = document.refunding + document.refunded
    return [] if going == part else [f"{going} goes back of {document.captured}"]


def price_against_order(shop: Shop, together: Together = at_once) -> list[str]:
    """A catalogue file changes two prices while a customer orders both: paid is what was shown."""
    _restock(shop)
    owner = next(owners)
    for sku in (MILK, ICE):
        shop.add(owner, sku, 1)
    asked, shown = shop.request(owner), shop.cart(owner)["totals"]["payable"]
    file = csv_of(_goods(shop, next(dearer)))
    placed, _ = together(
        Inside(shop),
        [
            lambda: _tolerant(lambda: shop.write(lambda tx: orders.place(tx, asked))),
            lambda: catalog.import_catalog(shop.kit, shop.store_id, file),
        ],
    )
    if isinstance(placed, PriceChanged):
        return []
    if isinstance(placed, Refusal):
        return [f"refused: {placed.code}"]
    payable = shop.order(int(placed["order_no"])).payable
    return [] if payable == shown else [f"{payable} to pay, {shown} was shown"]


def _goods(shop: Shop, more: int) -> list[dict[str, str]]:
    """The catalogue with milk and ice so much dearer than at first, and what is on hand now."""
    return [
        {
            **row,
            "on_hand": str(shop.stock(row["sku"])["on_hand"]),
            "price_minor": str(int(row["price_minor"]) + (0 if row["sku"] == APPLES else more)),
        }
        for row in GOODS
    ]


def _tolerant(act: Callable[[], object]) -> object:
    """What the act gives; a refusal counts as its result."""
    try:
        return act()
    except Refusal as refusal:
        return refusal


CONTROLS: dict[str, tuple[Callable[[MonkeyPatch], None], ...]] = {
    "expiry_against_payment": (guards.take_any_money, guards.let_everybody_win),
    "callback_against_poll": (guards.forget_what_was_answered, guards.let_everybody_win),
    "refunds_above_paid": (guards.refund_unseen,),
    "price_against_order": (guards.order_at_any_price,),
    "last_substitute": (guards.sell_unseen,),
    "extra_against_deadline": (guards.take_any_extra, guards.let_everybody_win),
}
CROWDS = {race.__name__: race for race in (callback_against_poll, refunds_above_paid)}
DUELS = {
    race.__name__: race
    for race in (
        questions.last_substitute,  # first: nobody picks, and these are to come in two hours
        questions.extra_against_deadline,
        expiry_against_payment,
        price_against_order,
    )
}
