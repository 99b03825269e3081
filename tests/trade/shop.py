"""A shop over a wired kit: three kinds of goods, customers who order, money that comes and goes.

Everything is the real thing, joined by the composition root; only clock and randomness are the test's own.
"""

from __future__ import annotations

import io
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from fulfil.app.wiring import wire
from fulfil.kit.base import Kit
from fulfil.kit.clock import VirtualClock
from fulfil.kit.config import Config
from fulfil.sim.sandbox.book import Book
from fulfil.sim.sandbox.inside import InsideChannel
from fulfil.store import service as stores
from fulfil.store.rules import check_digit
from fulfil.trade.cart import service as carts
from fulfil.trade.cart.service import EmbeddedCarts
from fulfil.trade.catalog import service as catalog
from fulfil.trade.catalog.rules import COLUMNS
from fulfil.trade.orders import queries as orders
from fulfil.trade.orders import service as order_service
from fulfil.trade.orders.service import OrderRequest
from fulfil.trade.payments import rules as payment_rules
from fulfil.trade.payments import service as payments
from fulfil.trade.stock import queries as stock
from tests.servers import redis_of

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)  # a Monday, noon in Shanghai
ALL_WEEK = {day: [["07:00", "23:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
SHOP = {
    "name_zh": "静安店",
    "name_en": "Jing'an",
    "tz": "Asia/Shanghai",
    "currency": "CNY",
    "lat": 31.2304,
    "lng": 121.4737,
    "radius_m": 3000,
    "opening": ALL_WEEK,
    "delivery_fee": 500,
    "free_delivery_from": 6900,
    "bag_fee": 30,
    "policy": {"online_buffer": 0, "online_buffer_grams": 0},
    "scale_rules": [
        {"regex": r"21(?P<item>\d{5})(?P<value>\d{5})(?P<check>\d)", "unit": "g", "sku_prefix": "1"}
    ],
}
CONTACT = {"name": "Li", "phone": "19900000001", "address": "Road 1", "lat": 31.2310, "lng": 121.4740}
MILK, APPLES, ICE = "100001", "100002", "100003"


def gtin(n: int) -> str:
    digits = f"6999{n:08}"
    return digits + check_digit(digits)


def row(n: int, **changes: Any) -> dict[str, str]:
    """A right row of a catalogue file."""
    cells = {
        "sku": f"{100000 + n}",
        "gtin": gtin(n),
        "name_zh": f"商品{n}",
        "name_en": f"Thing {n}",
        "category": "things",
        "unit": "each",
        "pack": "500 ml",
        "price_minor": "1290",
        "currency": "CNY",
        "zone": "ambient",
        "location": f"A{n // 50 % 99 + 1:02}-{n % 50:02}-1",
        "on_hand": "50",
        "weighed": "0",
        "picture": "",
    }
    return {**cells, **{name: str(value) for name, value in changes.items()}}


def csv_of(rows: list[dict[str, str]]) -> io.BytesIO:
    lines = [",".join(COLUMNS), *(",".join(cells[name] for name in COLUMNS) for cells in rows)]
    return io.BytesIO(("\n".join(lines) + "\n").encode())


GOODS = [
    row(1, name_zh="牛奶", name_en="Milk", category="dairy", zone="chilled", price_minor=1000),
    row(
        2,
        name_zh="苹果",
        name_en="Apples",
        category="fruit",
        unit="kg",
        weighed=1,
        price_minor=1580,
        on_hand=20000,
    ),
    row(
        3,
        name_zh="冰淇淋",
        name_en="Ice cream",
        category="frozen",
        zone="frozen",
        price_minor=2500,
        on_hand=10,
    ),
]


class Undone(Exception):
    """Ends a transaction whose damage has been looked at."""


@dataclass
class Shop:
    """The shop under test."""

    kit: Kit
    clock: VirtualClock
    channel: InsideChannel
    store_id: int = 0

    def write(self, work, name: str = "test"):
        return self.kit.db.write(work, name)

    def read(self, work):
        with self.kit.db.read() as tx:
            return work(tx)

    def spoiled(self, folder: Any, damage: sa.Update | sa.Delete) -> set[tuple[int, str]]:
        """What `folder.violations` finds once a bug has done this to one row; undone afterwards."""
        with pytest.raises(Undone), self.kit.db.transaction("test") as tx:
            assert tx.execute(damage).rowcount == 1
            found = {(one.invariant, one.entity) for one in folder.violations(tx)}
            raise Undone
        return found

    def key(self, owner: int, kind: str = "guest"):
        return carts.key_of(kind, owner, self.store_id, "online")

    def add(self, owner: int, sku: str, quantity: int, op: str = "add", **more: Any) -> dict[str, Any]:
        """An operation on the cart of a guest; the whole cart."""
        return self.read(lambda tx: carts.change(tx, self.key(owner), op, sku, quantity, "en", **more))

    def cart(self, owner: int) -> dict[str, Any]:
        return self.read(lambda tx: carts.show(tx, self.key(owner), "en"))

    def request(self, owner: int, **changes: Any) -> OrderRequest:
        asked = {
            "owner_kind": "guest",
            "owner_id": owner,
            "store_id": self.store_id,
            "cart_type": "online",
            "cart_version": self.cart(owner)["version"],
            "channel": "app",
            "scene": "delivery",
            "contact": CONTACT,
            "deliver_by": None,
            "on_shortage": "refund",
            "if_silent": "refund",
            "lines": {},
            "note": "",
            "language": "en",
        }
        return OrderRequest(**{**asked, **changes})

    def place(self, owner: int = 1, sku: str = MILK, quantity: int = 2) -> int:
        """A guest puts one thing into the cart and orders it; the order's number."""
        self.add(owner, sku, quantity)
        asked = self.request(owner)
        return int(self.write(lambda tx: order_service.place(tx, asked))["order_no"])

    def order(self, order_no: int):
        return self.read(lambda tx: orders.order(tx, order_no))

    def stock(self, sku: str) -> dict[str, Any]:
        return self.read(lambda tx: stock.view(tx, self.store_id, sku))

    def start_payment(self, order_no: int) -> dict[str, Any]:
        """The customer asks to pay; the channel has answered where."""
        serial_no = self.write(lambda tx: payments.intend(tx, order_no, "platform", "sandbox"))
        [payment] = payments.ask_channel(self.kit, serial_no)
        return payment

    def tell(self, payment: dict[str, Any], amount: int | None = None, outcome: str = "succeeded") -> None:
        """The customer pays, a wrong `amount` if given, and the channel's callback arrives."""
        self.hear(self.channel.book.pay(payment["token"], outcome, amount))

    def pay(self, order_no: int) -> None:
        self.tell(self.start_payment(order_no))

    def settle_refunds(self) -> None:
        """Every refund under way arrives at the customer, and all that follows has happened."""
        self.run_tasks()
        for refund in self.channel.book.under_way():
            self.hear(self.channel.book.settle_refund(refund))
        self.run_tasks()

    def hear(self, row: Any) -> None:
        """The channel's callbacks about a payment or a refund arrive."""
        for headers, body in self.channel.callbacks(row):
            notice = self.channel.notice(headers, body, self.clock.now())
            self.write(lambda tx, notice=notice: payments.hear_notice(tx, "sandbox", notice))

    def run_tasks(self) -> None:
        self.kit.tasks.run_until_idle()

    def publish(self, happened: Any) -> None:
        """Fulfilment says something, and everybody has heard it."""
        self.write(lambda tx: tx.publish(happened))
        self.run_tasks()


def build(url: str, seed: int = 7, **settings: Any) -> Shop:
    """A wired shop with its goods on sale, noon on a Monday."""
    clock = VirtualClock(NOON)
    config = Config(
        database_url=url,
        pin_memory_kib=8,
        pin_time_cost=1,
        sandbox_url="http://sandbox.invalid",
        sandbox_secret="a key that both sides share",
        redis_url=redis_of(url),
        **settings,
    )
    kit = Kit(config, clock=clock, rng=random.Random(seed))
    if not config.redis_url:
        kit.services["carts"] = EmbeddedCarts(":memory:")
    accounts = payment_rules.accounts(config.receiving_accounts)
    channel = InsideChannel(kit, accounts, Book(clock, seed="shop"))
    kit.services["channels"] = {"sandbox": channel}
    shop = Shop(wire(kit), clock, channel)
    shop.store_id = shop.write(lambda tx: stores.create_store(tx, **SHOP))
    report = catalog.import_catalog(kit, shop.store_id, csv_of(GOODS))
    assert report.applied, report.problems
    return shop
