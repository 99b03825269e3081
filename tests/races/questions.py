"""Races for goods that come instead: the last of them, and an extra that is paid as its question ends."""

from __future__ import annotations

import itertools
from datetime import timedelta
from functools import partial

from fulfil.contracts.fulfilment import OrderSealed
from fulfil.kit.errors import Refusal
from fulfil.trade.aftersales import queries, service
from fulfil.trade.catalog import service as catalog
from fulfil.trade.orders import service as orders
from fulfil.trade.payments import service as payments
from tests.races.together import Together, at_once
from tests.trade.aftersales.test_loop import report
from tests.trade.shop import Shop, csv_of, row

rounds, owners = itertools.count(1), itertools.count(10_000)


class Inside:
    """A shop in this process. `at_rest` as the served one."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def at_rest(self) -> None:
        self.shop.run_tasks()


def last_substitute(shop: Shop, together: Together = at_once) -> list[str]:
    """Two customers approve the last piece that may come instead: one gets it, the other their money."""
    missing, last = _goods(shop, price=1000, on_hand=1)
    asked = [_asked(shop, missing) for _ in range(2)]
    together(
        Inside(shop),
        [partial(_answered, shop, order_no, decision_id, last) for order_no, decision_id in asked],
    )
    shop.settle_refunds()
    told = sorted(_end(shop, order_no) for order_no, _ in asked)
    held = shop.stock(last)["reserved"]
    if (told, held) != ([("approved", 1, 0), ("expired", 0, 1000)], 1):
        return [f"{told}, {held} held of the last one"]
    return []


def extra_against_deadline(shop: Shop, together: Together = at_once) -> list[str]:
    """The channel confirms an extra while the question ends: what was chosen comes, or all goes back."""
    missing, dear = _goods(shop, price=1400, on_hand=9)
    order_no, decision_id = _asked(shop, missing)
    _answered(shop, order_no, decision_id, dear)
    serial_no = shop.write(lambda tx: payments.intend_extra(tx, order_no, decision_id))
    [payment] = payments.ask_channel(shop.kit, serial_no)
    paid = shop.channel.book.pay(payment["token"], "succeeded")
    together(
        Inside(shop),
        [
            partial(shop.hear, paid),
            lambda: shop.write(lambda tx: service.on_due(tx, {"decision_id": decision_id})),
        ],
    )
    shop.settle_refunds()
    told, held = _end(shop, order_no), shop.stock(dear)["reserved"]
    if (told, held) not in ((("approved", 1, 0), 1), (("expired", 0, 1000 + payment["amount"]), 0)):
        return [f"{told}, {held} held"]
    return []


def _goods(shop: Shop, *, price: int, on_hand: int) -> tuple[str, str]:
    """Two new products, of which the second may come for the first: nothing else is like them."""
    number = next(rounds)
    rows = [
        row(2000 + 2 * number, category=f"c{number}", price_minor=1000),
        row(2001 + 2 * number, category=f"c{number}", price_minor=price, on_hand=on_hand),
    ]
    report = catalog.import_catalog(shop.kit, shop.store_id, csv_of(rows))
    assert report.applied, report.problems
    return rows[0]["sku"], rows[1]["sku"]


def _asked(shop: Shop, sku: str) -> tuple[int, int]:
    """A paid order whose only piece is missing: its number, and the question to its customer."""
    owner = next(owners)
    shop.add(owner, sku, 1)
    asked = shop.request(owner, on_shortage="ask", deliver_by=shop.clock.now() + timedelta(hours=2))
    order_no = int(shop.write(lambda tx: orders.place(tx, asked))["order_no"])
    shop.pay(order_no)
    shop.run_tasks()
    report(shop, order_no, quantity=1, reason="damaged")
    [decision] = shop.read(lambda tx: queries.decisions(tx, order_no))
    return order_no, decision.id


def _answered(shop: Shop, order_no: int, decision_id: int, sku: str) -> str | None:
    try:
        shop.write(lambda tx: service.answer(tx, order_no, decision_id, "approve", sku))
    except Refusal as refusal:
        return refusal.code
    return None


def _end(shop: Shop, order_no: int) -> tuple[str, int, int]:
    """How the question ended, how many pieces come instead, and what has gone back by the order's seal."""
    shop.publish(OrderSealed(order_no, shop.store_id, order_no, ()))
    shop.settle_refunds()
    [decision] = shop.read(lambda tx: queries.decisions(tx, order_no))
    return (
        decision.state,
        len(shop.read(lambda tx: queries.substitutions(tx, order_no))),
        shop.order(order_no).refunded,
    )
