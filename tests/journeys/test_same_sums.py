"""Whatever happened to an order's money, every page names the same sums as the books, to the cent.

The books are read here by plain sums over their tables; pages are asked as they are shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape

import pytest
import sqlalchemy as sa

from fulfil.app.wiring import create_app
from fulfil.contracts.fulfilment import (
    Delivered,
    FulfilmentProgressed,
    GoodsRefused,
    OrderSealed,
    RefusedLine,
    WeighedLine,
)
from fulfil.kit.security import Principal
from fulfil.store.model import Store
from fulfil.trade.aftersales import queries as aftersales
from fulfil.trade.aftersales import service
from fulfil.trade.aftersales.model import Refund, RefundItem
from fulfil.trade.catalog import service as catalog
from fulfil.trade.orders import queries as orders
from fulfil.trade.orders import service as order_service
from fulfil.trade.payments import queries as payments
from fulfil.trade.payments import service as payment_service
from fulfil.trade.payments.model import PaymentDocument
from terminal_ui.console import view as console
from terminal_ui.track import view as track
from tests.trade import shop as building
from tests.trade.aftersales.test_extras import start
from tests.trade.aftersales.test_loop import CREAM, OAT, PRICES, SOY, report, say
from tests.trade.shop import APPLES, MILK, SHOP, Shop, csv_of, row

GUEST = Principal("guest", 1)
ANN, BEN = (Principal("staff", n, frozenset({"admin"}), session_id=n) for n in (71, 72))
GRAMS = 337  # 532 minor units: no two of its shares are what a third of the price says
ROW = re.compile(r"<div[^>]*><dt>([^<]+)</dt>\s*<dd>−?¥([\d,]+\.\d\d)</dd></div>")


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = building.build(database_url)
    rows = [
        row(int(sku) - 100000, category="dairy", zone="chilled", price_minor=price)
        for sku, price in PRICES.items()
    ]
    assert catalog.import_catalog(made.kit, made.store_id, csv_of(rows)).applied
    yield made
    for books in (aftersales, payments):  # nobody works on the floor here
        assert made.read(books.violations) == []
    made.kit.close()


def bought(shop: Shop, **wish: str) -> int:
    """Three bottles of milk and some apples, paid: the order's number."""
    shop.add(1, MILK, 3)
    shop.add(1, APPLES, GRAMS)
    asked = shop.request(
        1,
        **{"on_shortage": "refund", "if_silent": "refund", **wish},
        deliver_by=shop.clock.now() + timedelta(hours=2),
    )
    order_no = int(shop.write(lambda tx: order_service.place(tx, asked))["order_no"])
    shop.pay(order_no)
    shop.run_tasks()
    return order_no


def two_lines_short(shop: Shop) -> int:
    order_no = bought(shop)
    report(shop, order_no, 1)
    report(shop, order_no, 112, line_no=2)
    return order_no


def sealed(shop: Shop, lighter: int = 0) -> int:
    order_no = two_lines_short(shop)
    left = GRAMS - 112
    weighed = (WeighedLine(2, APPLES, left, left - lighter, lighter),) if lighter else ()
    shop.publish(OrderSealed(order_no, shop.store_id, 1, weighed))
    for event in ("prepare", "ready"):
        shop.publish(FulfilmentProgressed(order_no, shop.store_id, 1, event, shop.clock.now()))
    return order_no


def lighter(shop: Shop) -> int:
    return sealed(shop, 31)


def arrived(shop: Shop) -> int:
    order_no = lighter(shop)
    shop.settle_refunds()
    return order_no


def cheaper(shop: Shop) -> int:
    order_no = bought(shop, on_shortage="ask")
    report(shop, order_no, 2)
    say(shop, order_no, "approve", OAT)
    return order_no


def dearer(shop: Shop) -> int:
    order_no = bought(shop, on_shortage="ask")
    report(shop, order_no, 2)
    say(shop, order_no, "approve", CREAM)
    return order_no


def extra_chosen(shop: Shop) -> int:
    order_no = bought(shop, on_shortage="ask")
    report(shop, order_no, 2)
    say(shop, order_no, "approve", SOY)
    return order_no


def extra_paid(shop: Shop) -> int:
    order_no = extra_chosen(shop)
    shop.tell(start(shop, order_no))
    shop.run_tasks()
    return order_no


def extra_paid_and_missing_too(shop: Shop) -> int:
    order_no = extra_paid(shop)
    report(shop, order_no, 1, line_no=1001)
    shop.settle_refunds()
    return order_no


def extra_paid_too_late(shop: Shop) -> int:
    order_no = extra_chosen(shop)
    payment = start(shop, order_no)
    shop.clock.advance(301)
    shop.run_tasks()
    shop.tell(payment)
    shop.run_tasks()
    return order_no


def cancelled_after_a_part(shop: Shop) -> int:
    order_no = extra_paid_and_missing_too(shop)
    shop.write(lambda tx: order_service.cancel(tx, order_no, "guest:1", ""))
    shop.run_tasks()
    return order_no


def all_of_it_back(shop: Shop) -> int:
    order_no = cancelled_after_a_part(shop)
    shop.settle_refunds()
    return order_no


def refused_by_the_bank(shop: Shop) -> int:
    order_no = two_lines_short(shop)
    shop.channel.book.refund_failures = 9
    shop.write(lambda tx: order_service.cancel(tx, order_no, "guest:1", ""))
    for _ in range(4):
        shop.settle_refunds()
        shop.clock.advance(7 * 3600)
        shop.run_tasks()
        shop.write(payment_service.ask_silent)
    return order_no


def delivered(shop: Shop) -> int:
    order_no = arrived(shop)
    shop.publish(FulfilmentProgressed(order_no, shop.store_id, 1, "hand_over", shop.clock.now()))
    shop.publish(Delivered(order_no, shop.store_id, 1, shop.clock.now()))
    return order_no


def complained(shop: Shop, order_no: int, line_no: int, quantity: int, *, grant: bool = True) -> None:
    about = [{"line_no": line_no, "quantity": quantity, "reason": "damaged", "wants": "refund"}]
    case_id = shop.write(lambda tx: service.complain(tx, GUEST, order_no, about, "", ()))
    if grant:
        shop.write(lambda tx: service.decide(tx, ANN, case_id, "approve", {}, "sorry"))
    shop.run_tasks()


def complaint_waiting(shop: Shop) -> int:
    order_no = delivered(shop)
    complained(shop, order_no, 1, 1, grant=False)
    return order_no


def complaints_granted(shop: Shop) -> int:
    """Gram by gram, so to speak: each share rounds by itself, and together they are what was paid."""
    order_no = delivered(shop)
    for grams in (1, 70, 123):
        complained(shop, order_no, 2, grams)
        shop.settle_refunds()
    complained(shop, order_no, 1, 2)
    return order_no


def second_person_asked(shop: Shop) -> int:
    shop.write(
        lambda tx: tx.update(Store, {"id": shop.store_id}, policy={**SHOP["policy"], "refund_audit_minor": 1})
    )
    order_no = delivered(shop)
    complained(shop, order_no, 1, 1)
    return order_no


def second_person_says_no(shop: Shop) -> int:
    order_no = second_person_asked(shop)
    waiting = shop.read(lambda tx: tx.scalar(sa.select(Refund.id).where(Refund.state == "audit")))
    shop.write(lambda tx: service.audit(tx, BEN, waiting, False, "no"))
    return order_no


def refused_at_the_door(shop: Shop) -> int:
    order_no = delivered(shop)
    shop.publish(GoodsRefused(order_no, shop.store_id, 5, "damaged", True, (RefusedLine(1, 1),)))
    return order_no


def debt_proposed(shop: Shop) -> int:
    order_no = refused_by_the_bank(shop)
    owed = shop.read(lambda tx: tx.scalar(sa.select(Refund.id).where(Refund.state == "failed")))
    shop.write(lambda tx: service.other_means(tx, ANN, owed, "transfer 17", "by bank"))
    return order_no


def debt_settled(shop: Shop) -> int:
    order_no = debt_proposed(shop)
    owed = shop.read(lambda tx: tx.scalar(sa.select(Refund.id).where(Refund.state == "other_means")))
    shop.write(lambda tx: service.audit(tx, BEN, owed, True, "seen"))
    return order_no


WAYS: list[Callable[[Shop], int]] = [
    bought,
    two_lines_short,
    sealed,
    lighter,
    arrived,
    cheaper,
    dearer,
    extra_chosen,
    extra_paid,
    extra_paid_and_missing_too,
    extra_paid_too_late,
    cancelled_after_a_part,
    all_of_it_back,
    refused_by_the_bank,
    debt_proposed,
    debt_settled,
    delivered,
    complaint_waiting,
    complaints_granted,
    second_person_asked,
    second_person_says_no,
    refused_at_the_door,
]


class Books:
    """Sums over the tables of one order, minor units."""

    def __init__(self, shop: Shop, order_no: int) -> None:
        documents, self.refunds, self.items = (
            shop.read(
                lambda tx, model=model: tx.all(
                    sa.select(*model.__table__.c).where(model.order_no == order_no)
                )
            )
            for model in (PaymentDocument, Refund, RefundItem)
        )
        self.paid = sum(row.captured for row in documents)
        self.by_channel = sum(row.refunded for row in documents)
        other = [row for row in self.refunds if row.state == "settled"]
        self.back = self.by_channel + sum(row.amount - row.settled for row in other)
        self.coming = self.open("collecting", "agreed", "requested")
        self.asked = self.open("audit")
        self.owed = self.open("failed", "other_means", "paid_twice", "lapsed")

    def open(self, *states: str) -> int:
        return sum(row.amount - row.settled for row in self.refunds if row.state in states)

    def of_line(self, line_no: int) -> int:
        return sum(item.amount for item in self.items if item.kind == "line" and item.line_no == line_no)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_every_page_names_the_sums_of_the_books(shop: Shop, way: Callable[[Shop], int]) -> None:
    order_no = way(shop)
    books, order = Books(shop, order_no), shop.order(order_no)
    page = shop.read(lambda tx: track.tracking(tx, order.track_token, "en"))
    desk = shop.read(lambda tx: console.order_page(tx, ANN, order_no, "en"))
    mine = shop.read(lambda tx: orders.order_view(tx, order, "en", ""))
    for shown in (page, desk, mine):
        assert (shown["paid"], shown["refunded"], shown["total"]) == (
            books.paid,
            books.by_channel,
            order.payable,
        )
    assert page["balance"] == {
        "paid": books.paid,
        "back": books.back,
        "coming": books.coming,
        "owed": books.owed,
        "stays": books.paid - books.back - books.coming - books.owed,
    }
    assert (desk["pending"], desk["debt"]) == (books.coming + books.asked, books.owed)
    for line in (*page["lines"], *page["substitutes"], *desk["lines"]):
        assert line["refunded"] == books.of_line(line["line_no"]) <= line["payable"]
    for one in books.refunds:
        parts = [part["amount"] for part in page["refunds"] if part["refund_id"] == str(one.id)]
        cases = [
            case["refund"]["amount"]
            for case in desk["cases"]
            if case["refund"] and case["refund"]["refund_id"] == str(one.id)
        ]
        assert sum(parts) == sum(cases) == one.amount
        written = sum(item.amount for item in books.items if item.refund_id == one.id)
        assert written == one.amount or one.state in ("audit", "refused")
    assert_printed(shop, order, books)


def assert_printed(shop: Shop, order: sa.Row, books: Books) -> None:
    """The tracking page says the same in print."""
    page = create_app(shop.kit).test_client().get(f"/track/{order.track_token}?lang=en")
    html = page.get_data(as_text=True)
    said = {
        unescape(name): int(amount.replace(",", "").replace(".", "")) for name, amount in ROW.findall(html)
    }
    stays = books.paid - books.back - books.coming - books.owed
    expected = {"Total": order.payable}
    if stays != order.payable:
        named = {
            "Paid on top": books.paid - order.payable,
            "Given back": books.back,
            "On its way back": books.coming,
            "Still owed to you": books.owed,
        }
        expected |= {name: amount for name, amount in named.items() if amount} | {"You pay in the end": stays}
    totals = {
        *expected,
        "Paid on top",
        "Given back",
        "On its way back",
        "Still owed to you",
        "You pay in the end",
    }
    assert {name: amount for name, amount in said.items() if name in totals} == expected


def test_what_was_given_back_gram_by_gram_is_what_was_paid(shop: Shop) -> None:
    order_no = complaints_granted(shop)
    shop.settle_refunds()
    order = shop.order(order_no)
    assert order.paid - order.refunded == order.payable - order.goods  # fees stay: the goods were at fault
