"""Events that the trade side publishes. `key` orders tasks: all tasks of one order run in id order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class OrderEvent:
    """Something happened to an order. `order_no` is its number, `store_id` its shop."""

    order_no: int
    store_id: int

    @property
    def key(self) -> str:
        return f"order:{self.order_no}"


@dataclass(frozen=True)
class PaidLine:
    """A line as it was paid. `quantity` is pieces, or grams where `unit` is "g"; `payable` minor units."""

    line_no: int
    sku: str
    quantity: int
    unit: str
    payable: int
    on_shortage: str
    if_silent: str


@dataclass(frozen=True)
class Contact:
    """Who receives the order and where. `lat`/`lng` in degrees, None where nobody said."""

    name: str
    phone: str
    address: str
    lat: float | None
    lng: float | None


@dataclass(frozen=True)
class OrderPaid(OrderEvent):
    """The order is paid in full. A task of its flow is given it with the lines of its own business (O5)."""

    paid_at: datetime
    promised_at: datetime
    contact: Contact
    note: str
    delivery_pin: str
    lines: tuple[PaidLine, ...]


@dataclass(frozen=True)
class OrderExpired(OrderEvent):
    """Nobody paid in time; its capacity is free again."""


@dataclass(frozen=True)
class OrderEnded(OrderEvent):
    """An order came to its end. `state` is completed | cancelled | expired."""

    state: str
    at: datetime


@dataclass(frozen=True)
class OrderCancelRequested(OrderEvent):
    """A paid order shall be cancelled: fulfilment stops if it still can (F7)."""

    reason: str
    by: str


@dataclass(frozen=True)
class OrderRecallRequested(OrderEvent):
    """A customer does not want what is on its way: the rider is told, and decides by what they do (F7)."""

    reason: str
    by: str


@dataclass(frozen=True)
class Substitute:
    """Other goods that come instead, as a further line of the order: pieces or grams, reserved already."""

    line_no: int
    sku: str
    quantity: int


@dataclass(frozen=True)
class ShortageDecided(OrderEvent):
    """The answer to a stock-out report (F6), whose quantity it repeats.

    `outcome` is "refund" | "substitute" | "cancel_order" (the whole order shall end); `amount`, minor units,
    is what goes back at once.
    """

    report_id: int
    line_no: int
    quantity: int
    outcome: str
    amount: int
    substitute: Substitute | None = None


@dataclass(frozen=True)
class ShelfToCount(OrderEvent):
    """Somebody shall count a shelf, since something of this order was not as the books say.

    `second`: the first count was far from the books.
    """

    count_id: int
    sku: str
    second: bool

    @property
    def key(self) -> str:
        return f"count:{self.count_id}"


@dataclass(frozen=True)
class ShelfCountEnded:
    """A shelf was counted, by whomever: nobody needs to do it any more."""

    store_id: int
    count_id: int

    @property
    def key(self) -> str:
        return f"count:{self.count_id}"


@dataclass(frozen=True)
class PaymentSucceeded(OrderEvent):
    """The channel says a payment document's money has come. `amount` in minor units.

    `extra_for` is the question whose answer costs so much more; None: the order itself is paid.
    """

    payment_id: int
    amount: int
    currency: str
    at: datetime
    extra_for: int | None = None


@dataclass(frozen=True)
class PaymentUnneeded(OrderEvent):
    """Money came for an order that no longer wants it (expired, cancelled, paid twice): it goes back."""

    payment_id: int
    amount: int
    reason: str


@dataclass(frozen=True)
class RefundSettled(OrderEvent):
    """The channel's last word on one refund payment. `refund_id` is the aftersales refund that asked."""

    refund_id: int
    amount: int
    succeeded: bool


@dataclass(frozen=True)
class ReturnLine:
    """So much of an order's line that comes back: pieces or grams."""

    line_no: int
    quantity: int


@dataclass(frozen=True)
class ReturnApproved(OrderEvent):
    """A complaint is granted, and its goods come back: a rider fetches them (F7)."""

    case_id: int
    lines: tuple[ReturnLine, ...]


@dataclass(frozen=True)
class ReturnCalledOff(OrderEvent):
    """Nobody shall fetch the goods of a complaint any more; what a rider has already, still comes (F7)."""

    case_id: int
    reason: str


@dataclass(frozen=True)
class Complained(OrderEvent):
    """Somebody finds goods of a delivered order wrong. `first`: nobody did before, of this order."""

    case_id: int
    first: bool


@dataclass(frozen=True)
class OrderRefunded(OrderEvent):
    """A refund has had the channel's word: `amount` minor units have just gone back, 0 when it was refused.

    `whole`: the order was stopped, and none of its money is on the way any more (A7).
    """

    refund_id: int
    case_id: int
    kind: str
    amount: int
    whole: bool
