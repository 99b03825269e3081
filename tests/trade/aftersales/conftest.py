"""Orders, payments and aftersales together on each database, as they are wired in the product."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import select

from fulfil.contracts.fulfilment import (
    Delivered,
    FulfilmentCancelled,
    FulfilmentProgressed,
    FulfilmentVoided,
    OrderSealed,
    StockoutReported,
    WeighedLine,
)
from fulfil.kit.moves import begin
from fulfil.kit.task_rows import Task
from fulfil.messages.service import sending
from fulfil.store import service as stores
from fulfil.trade.aftersales import jobs as aftersales_jobs
from fulfil.trade.aftersales import queries
from fulfil.trade.aftersales.model import Refund
from fulfil.trade.orders import jobs as order_jobs
from fulfil.trade.orders import queries as order_queries
from fulfil.trade.orders import service as orders
from fulfil.trade.orders.model import Order, OrderDelivery, OrderItem
from fulfil.trade.orders.states import DELIVERY, ORDER
from fulfil.trade.payments import queries as payments
from fulfil.trade.payments import service as payment_service
from tests.trade.payments import centre as building
from tests.trade.payments.centre import Centre

LINES = ((1, 3, 1000), (2, 500, 799), (3, 1, 0))
DELIVERY_FEE, BAG_FEE = 500, 50
PAYABLE = sum(payable for _, _, payable in LINES) + DELIVERY_FEE + BAG_FEE


@dataclass
class Shop:
    """A shop with a paid order of LINES: (line_no, quantity, payable)."""

    centre: Centre
    store_id: int
    order_no: int = 0
    reports: int = 0

    def report(self, line_no: int, quantity: int, report_id: int | None = None) -> None:
        """A picker reports `quantity` of a line missing."""
        self.publish(self.shortage(line_no, quantity, report_id))

    def shortage(self, line_no: int, quantity: int, report_id: int | None = None) -> StockoutReported:
        """What a picker says of `quantity` of a line that is missing."""
        self.reports += 1
        return StockoutReported(
            self.order_no,
            self.store_id,
            report_id or self.reports,
            1,
            line_no,
            f"S{line_no}",
            quantity,
            quantity,
            "not_found",
            "empty",
        )

    def seal(self, *weighed: tuple[int, int, int]) -> None:
        """All is packed; of lines that were weighed `(line_no, ordered, missing)`."""
        lines = tuple(
            WeighedLine(no, f"S{no}", ordered, ordered - missing, missing) for no, ordered, missing in weighed
        )
        self.publish(OrderSealed(self.order_no, self.store_id, 1, lines))
        self.publish(FulfilmentProgressed(self.order_no, self.store_id, 1, "ready", self.now()))

    def deliver(self) -> None:
        """The customer has the goods."""
        self.publish(FulfilmentProgressed(self.order_no, self.store_id, 1, "hand_over", self.now()))
        self.publish(Delivered(self.order_no, self.store_id, 1, self.now()))

    def now(self):
        return self.centre.clock.now()

    def refunds(self) -> list:
        """The order's refunds as (amount, state), oldest first."""
        found = (
            select(Refund.amount, Refund.state).where(Refund.order_no == self.order_no).order_by(Refund.id)
        )
        return [tuple(row) for row in self.centre.read(lambda tx: tx.all(found))]

    def refund_state(self) -> str:
        order = self.order()
        return self.centre.read(queries.refund_states, {order.id: order.paid})[order.id]

    def refuse_refunds(self) -> None:
        """The bank refuses every refund for good."""
        self.centre.channel.book.refund_failures = 3
        for _ in range(3):
            self.settle()
            self.centre.clock.advance(600)
            self.centre.sweep()

    def cancel(self, reason: str = "customer", *, returned: bool = False, fees_back: bool = True) -> None:
        self.publish(FulfilmentCancelled(self.order_no, self.store_id, 1, reason, (), returned, fees_back))

    def void(self) -> None:
        self.publish(FulfilmentVoided(self.order_no, self.store_id, 1))

    def publish(self, event) -> None:
        """As fulfilment does, under the order's lock; what follows is worked off."""

        def tell(tx) -> None:
            orders.lock(tx, self.order_no)
            tx.publish(event)

        self.centre.write(tell)
        self.centre.kit.tasks.run_until_idle()

    def settle(self) -> None:
        """The bank pays every refund back, and what follows is worked off."""
        self.centre.settle_refunds()
        self.centre.kit.tasks.run_until_idle()

    def order(self):
        return self.centre.read(order_queries.order, self.order_no)

    def cases(self) -> list[dict]:
        return self.centre.read(queries.cases_of, self.order_no)

    def heard(self, kind: type) -> list:
        return [event for event in self.centre.heard if isinstance(event, kind)]

    def violations(self) -> list:
        return self.centre.read(queries.violations) + self.centre.read(payments.violations)

    def failed_tasks(self) -> list:
        """Tasks that stumbled: there must be none."""
        stumbled = select(Task.handler, Task.error).where(Task.error.is_not(None))
        return self.centre.read(lambda tx: tx.all(stumbled))


class NoPromise:
    """The capacity side, which has nothing reserved here."""

    def release(self, tx, order_no) -> None:
        return None


@pytest.fixture
def shop(database_url):
    centre = building.build(database_url)
    centre.kit.services["promise"] = NoPromise()
    order_jobs.register(centre.kit)
    aftersales_jobs.register(centre.kit)
    for nobodys in ("dispatch.order_paid", sending.DELIVER):  # nobody fulfils here, and nothing leaves
        centre.kit.tasks.handler(nobodys, lambda tx, payload: None)
    found = Shop(centre, centre.write(_store))
    found.order_no = centre.write(lambda tx: _place(tx, found.store_id))
    centre.tell(centre.pay(centre.start(found.order_no)))
    centre.kit.tasks.run_until_idle()
    yield found
    centre.kit.close()


def _store(tx) -> int:
    return stores.create_store(
        tx,
        name_zh="店",
        name_en="Shop",
        tz="Asia/Shanghai",
        currency="CNY",
        lat=31.2,
        lng=121.4,
        radius_m=3000,
        opening={"mon": [["00:00", "24:00"]]},
        delivery_fee=DELIVERY_FEE,
        free_delivery_from=9900,
        bag_fee=BAG_FEE,
    )


def _place(tx, store_id: int) -> int:
    """A placed order with its payment document, as the chain of orders leaves it."""
    order_no, goods = tx.number(), PAYABLE - DELIVERY_FEE - BAG_FEE
    tx.insert(
        Order,
        id=order_no,
        store_id=store_id,
        owner_kind="guest",
        owner_id=1,
        channel="app",
        scene="shop",
        state=ORDER.initial,
        version=1,
        valid=True,
        goods=goods,
        discount=0,
        delivery=DELIVERY_FEE,
        bags=BAG_FEE,
        tax_included=0,
        payable=PAYABLE,
        paid=0,
        refunded=0,
        currency="CNY",
        cart_type="online",
        cart_version=order_no,
        promised_at=tx.now,
        deliver_by=None,
        expires_at=tx.now + timedelta(minutes=15),
        track_token=f"t{order_no}",
        delivery_pin="1234",
        note="",
        created_at=tx.now,
        paid_at=None,
        ended_at=None,
        contact={"name": "A", "phone": "13800000000", "address": "B"},
    )
    begin(tx, Order, ORDER, order_no, store_id=store_id, order_no=order_no)
    tx.insert(OrderDelivery, id=order_no, store_id=store_id, state=DELIVERY.initial, version=1)
    begin(tx, OrderDelivery, DELIVERY, order_no, store_id=store_id, order_no=order_no)
    tx.insert_many(
        OrderItem,
        [
            {
                "order_no": order_no,
                "line_no": line_no,
                "sku": f"S{line_no}",
                "name_zh": "物",
                "name_en": "Thing",
                "gtin": "",
                "category": "c",
                "zone": "ambient",
                "pack": "",
                "picture": "",
                "unit": "g" if quantity > 99 else "piece",
                "weighed": quantity > 99,
                "quantity": quantity,
                "unit_price": payable,
                "amount": payable,
                "discount": 0,
                "payable": payable,
                "on_shortage": "refund",
                "if_silent": "refund",
            }
            for line_no, quantity, payable in LINES
        ],
    )
    payment_service.open_document(
        tx,
        order_no=order_no,
        store_id=store_id,
        amount=PAYABLE,
        currency="CNY",
        expires_at=tx.now + timedelta(minutes=15),
    )
    return order_no
