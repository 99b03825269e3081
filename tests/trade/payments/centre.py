"""A payment centre of its own on each database, with the sandbox channel's real books behind it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from fulfil.contracts.trade import (
    OrderRefunded,
    PaymentSucceeded,
    PaymentUnneeded,
    RefundSettled,
    ReturnApproved,
    ReturnCalledOff,
    ShortageDecided,
)
from fulfil.kit.base import Kit
from fulfil.kit.clock import VirtualClock
from fulfil.kit.config import Config
from fulfil.sim.sandbox.book import Book
from fulfil.sim.sandbox.inside import InsideChannel
from fulfil.sim.sandbox.outbox import Delivery
from fulfil.trade.payments import jobs, queries, rules, service

ORDER, STORE = 7001, 11
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECRET = "a key that both sides share"
HEARD = (
    PaymentSucceeded,
    PaymentUnneeded,
    RefundSettled,
    ReturnApproved,
    ReturnCalledOff,
    ShortageDecided,
    OrderRefunded,
)


@dataclass
class Centre:
    """The payment centre under test: what it published is in `heard`."""

    kit: Kit
    channel: InsideChannel
    clock: VirtualClock
    heard: list = field(default_factory=list)

    def hear(self, _tx, event) -> None:
        self.heard.append(event)

    def open(self, amount: int = 2590, order_no: int = ORDER) -> int:
        """An order's first payment document, payable for 15 minutes."""
        return self.write(
            lambda tx: service.open_document(
                tx,
                order_no=order_no,
                store_id=STORE,
                amount=amount,
                currency="CNY",
                expires_at=tx.now + timedelta(minutes=15),
            )
        )

    def start(self, order_no: int = ORDER) -> dict:
        """Ask the channel where to pay; the one payment."""
        serial_no = self.write(lambda tx: service.intend(tx, order_no, "platform", "sandbox"))
        [payment] = service.ask_channel(self.kit, serial_no)
        return payment

    def pay(self, payment: dict, outcome: str = "succeeded", amount: int | None = None):
        """The customer pays at the channel; nobody is told yet."""
        return self.channel.book.pay(payment["token"], outcome, amount)

    def paid(self, amount: int = 2590, order_no: int = ORDER) -> int:
        """A paid order; returns its payment document."""
        payment_id = self.open(amount, order_no)
        self.tell(self.pay(self.start(order_no)))
        return payment_id

    def tell(self, row, **delivery) -> None:
        """The channel's callbacks about a payment or a refund arrive."""
        for headers, body in self.channel.callbacks(row, Delivery(**delivery)):
            self.receive(headers, body)

    def receive(self, headers: dict, body: bytes) -> None:
        notice = self.channel.notice(headers, body, self.clock.now())
        self.write(lambda tx: service.hear_notice(tx, "sandbox", notice))

    def refund(self, amount: int, refund_id: int, payment_id: int | None = None) -> None:
        self.write(
            lambda tx: service.refund(
                tx,
                order_no=ORDER,
                store_id=STORE,
                refund_id=refund_id,
                amount=amount,
                reason="test",
                payment_id=payment_id,
            )
        )

    def settle_refunds(self) -> None:
        """The bank answers every refund under way, and the channel tells."""
        self.kit.tasks.run_until_idle()
        for refund in self.channel.book.under_way():
            self.tell(self.channel.book.settle_refund(refund))

    def sweep(self) -> None:
        self.write(service.ask_silent)
        self.kit.tasks.run_until_idle()

    def write(self, work):
        return self.kit.db.write(work, "test")

    def read(self, query, *args):
        with self.kit.db.read() as tx:
            return query(tx, *args)

    def documents(self, order_no: int = ORDER) -> list[tuple]:
        """(state, captured, refunding, refunded) of the order's documents."""
        rows = self.read(queries.documents, order_no)
        return [(row.state, row.captured, row.refunding, row.refunded) for row in rows]

    def violations(self) -> list:
        return self.read(queries.violations)


def build(database_url: str) -> Centre:
    """A centre at noon on an empty database; close its kit after use."""
    clock = VirtualClock(NOON)
    config = Config(database_url=database_url, sandbox_url="http://sandbox.invalid", sandbox_secret=SECRET)
    kit = Kit(config, clock=clock, rng=Random("payments"))
    channel = InsideChannel(kit, rules.accounts(config.receiving_accounts), Book(clock, seed="payments"))
    kit.services["channels"] = {"sandbox": channel}
    jobs.register(kit)
    centre = Centre(kit, channel, clock)
    for event in HEARD:
        kit.events.subscribe(event, f"test.{event.__name__}", centre.hear, inline=True)
    return centre
