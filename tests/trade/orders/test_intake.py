"""What follows a paid order: split by business, composed from the flows, changed by configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace as Row
from typing import Any

import pytest

from fulfil.app.wiring import wire
from fulfil.contracts.trade import OrderPaid
from fulfil.dispatch import queries as dispatch
from fulfil.kit.base import Kit
from fulfil.kit.config import Config
from fulfil.kit.errors import ConfigError
from fulfil.kit.task_rows import DEAD, Task
from fulfil.trade.orders import rules
from fulfil.trade.orders import service as orders
from fulfil.trade.orders.rules import FlowStep
from fulfil.trade.orders.service import intake
from tests.trade.shop import ICE, MILK, Shop, build

CHECKED = "*/goods=test.check:1;dispatch.order_paid:2@order<test.check;test.tell:9<dispatch.order_paid"


@pytest.mark.parametrize(
    ("text", "channel", "business", "flow"),
    [
        ("", "app", "goods", (FlowStep("dispatch.order_paid", 2, None, True),)),
        ("", "app", "vouchers", ()),
        ("*/vouchers=a", "app", "vouchers", (FlowStep("a"),)),
        (
            "*/vouchers=a app/vouchers=b:1;c@order<b",
            "app",
            "vouchers",
            (FlowStep("b", 1), FlowStep("c", 5, "b", True)),
        ),
        ("*/vouchers=a app/vouchers=b", "shop", "vouchers", (FlowStep("a"),)),
        ("app/goods=x.y:9", "app", "goods", (FlowStep("x.y", 9),)),
        ("app/goods=x.y:9", "shop", "goods", rules.FLOWS["*", "goods"]),
    ],
)
def test_the_flow_of_a_channel_and_a_business(text: str, channel: str, business: str, flow: Any) -> None:
    assert rules.flow_of(rules.flows(text), channel, business) == flow


@pytest.mark.parametrize(
    "text",
    [
        "goods=a",
        "app/goods",
        "/goods=a",
        "app/=a",
        "app/goods=",
        "app/goods=a:0",
        "app/goods=a:10",
        "app/goods=a;a",
        "app/goods=a<b",
        "app/goods=a<b;b",
        "app/goods=a<a",
        "app/goods=a@",
        "app/goods=a b",
        "app/goods=a!",
    ],
)
def test_what_is_no_flow_stops_the_start(sqlite_url: str, text: str) -> None:
    kit = Kit(Config(database_url=sqlite_url, flows=text))
    with pytest.raises(ConfigError, match="flows"):
        wire(kit)
    kit.close()


@pytest.mark.parametrize("text", ["cards", "=vouchers", "cards=", "cards=vouchers cards=goods"])
def test_what_names_no_business_stops_the_start(sqlite_url: str, text: str) -> None:
    kit = Kit(Config(database_url=sqlite_url, businesses=text))
    with pytest.raises(ConfigError, match="businesses"):
        wire(kit)
    kit.close()


def test_lines_are_of_the_business_of_their_category() -> None:
    lines = [Row(category=category) for category in ("dairy", "gift-cards", "fruit")]
    assert rules.split(lines, rules.businesses("gift-cards=vouchers tickets=vouchers")) == {
        "goods": [lines[0], lines[2]],
        "vouchers": [lines[1]],
    }
    assert rules.split(lines, rules.businesses("")) == {"goods": lines}


def test_a_handler_that_nobody_has_stops_the_start(sqlite_url: str) -> None:
    kit = Kit(Config(database_url=sqlite_url, flows="*/goods=no.body"))
    with pytest.raises(ConfigError, match=r"no\.body"):
        wire(kit)
    kit.close()


class Heard:
    """Handlers of these tests: each writes down its name and the lines it was given."""

    def __init__(self) -> None:
        self.told: list[tuple[str, list[str]]] = []
        self.broken: set[str] = set()

    def register(self, kit: Kit, *names: str) -> None:
        for name in names:
            kit.events.handler(OrderPaid, name, self._handler(name))

    def _handler(self, name: str) -> Callable[[Any, OrderPaid], None]:
        def handle(_tx: Any, paid: OrderPaid) -> None:
            if name in self.broken:
                raise OSError(name)
            self.told.append((name, [line.sku for line in paid.lines]))

        return handle


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def checked(database_url: str, heard: Heard) -> Iterator[Shop]:
    """A shop that lets somebody look at an order before its goods are picked, and tells somebody after."""
    shop = shop_with(database_url, heard, CHECKED, "test.check", "test.tell")
    yield shop
    shop.kit.close()


def shop_with(url: str, heard: Heard, flows: str, *names: str) -> Shop:
    """A shop whose program has handlers of these names, too."""
    shop = build(url)
    heard.register(shop.kit, *names)
    shop.kit.services["flows"] = rules.flows(flows)
    intake.check(shop.kit)
    return shop


def opened(shop: Shop, order_no: int) -> bool:
    return shop.read(lambda tx: dispatch.fulfilment_of_order(tx, order_no)) is not None


def test_tasks_of_a_flow_wait_for_each_other(checked: Shop, heard: Heard) -> None:
    heard.broken.add("test.check")
    order_no = checked.place()
    checked.pay(order_no)
    checked.run_tasks()
    assert heard.told == [] and not opened(checked, order_no)
    heard.broken.clear()
    checked.clock.advance(60)
    checked.run_tasks()
    assert heard.told == [("test.check", [MILK]), ("test.tell", [MILK])] and opened(checked, order_no)


def test_a_cancel_does_not_overtake_the_opening(checked: Shop, heard: Heard) -> None:
    heard.broken.add("test.check")
    order_no = checked.place()
    checked.pay(order_no)
    checked.run_tasks()
    checked.write(lambda tx: orders.cancel(tx, order_no, "guest:1", ""))
    checked.run_tasks()
    assert checked.order(order_no).state == "cancelling" and not opened(checked, order_no)
    heard.broken.clear()
    checked.clock.advance(60)
    checked.settle_refunds()
    assert checked.order(order_no).state == "cancelled" and opened(checked, order_no)


def test_lines_of_a_second_business_go_their_own_way(sqlite_url: str, heard: Heard) -> None:
    shop = shop_with(sqlite_url, heard, "*/vouchers=test.issue:3", "test.issue")
    shop.kit.services["businesses"] = rules.businesses("frozen=vouchers")
    heard.broken.add("test.issue")
    shop.add(1, ICE, 1)
    order_no = shop.place(1, MILK, 2)
    shop.pay(order_no)
    shop.run_tasks()
    fulfilment = shop.read(lambda tx: dispatch.fulfilment_of_order(tx, order_no))
    assert [row.sku for row in shop.read(lambda tx: dispatch.lines(tx, fulfilment.id))] == [MILK]
    assert heard.told == []  # what breaks in one business holds up no other
    heard.broken.clear()
    shop.clock.advance(60)
    shop.run_tasks()
    assert heard.told == [("test.issue", [ICE])]
    assert shop.read(lambda tx: tx.scalars(Task.__table__.select().where(Task.state == DEAD))) == []
    shop.kit.close()
