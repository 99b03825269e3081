"""Events that the fulfilment side publishes, keyed by order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fulfil.contracts.trade import OrderEvent


@dataclass(frozen=True)
class LineQuantity:
    """A quantity of one order line: pieces, or grams for weighed goods."""

    line_no: int
    sku: str
    quantity: int


@dataclass(frozen=True)
class WeighedLine:
    """Goods that were priced by weight: `grams` are packed of the `quantity` grams ordered.

    `missing` grams are neither packed nor were they reported short.
    """

    line_no: int
    sku: str
    quantity: int
    grams: int
    missing: int


@dataclass(frozen=True)
class OrderSealed(OrderEvent):
    """All is packed, and something is not as it was ordered: its money goes back now (floor rule 9)."""

    fulfilment_id: int
    weighed: tuple[WeighedLine, ...]


@dataclass(frozen=True)
class FulfilmentProgressed(OrderEvent):
    """The delivery side of an order moved. `event` is one of the delivery machine's events.

    prepare (work began), ready (packed), hand_over, deliver, return_begin, return_end.
    """

    fulfilment_id: int
    event: str
    at: datetime


@dataclass(frozen=True)
class HandedOver(OrderEvent):
    """The goods left the shop: `lines` are what was shipped, so stock can be booked out."""

    fulfilment_id: int
    at: datetime
    lines: tuple[LineQuantity, ...]


@dataclass(frozen=True)
class DelayPredicted(OrderEvent):
    """The order is still in the shop, and will come more than ten minutes late. Told once of an order."""

    fulfilment_id: int
    promised_at: datetime
    predicted_at: datetime


@dataclass(frozen=True)
class Delivered(OrderEvent):
    """The customer has the goods."""

    fulfilment_id: int
    at: datetime


@dataclass(frozen=True)
class StockoutReported(OrderEvent):
    """A line can't be picked whole (F6). `quantity` is what is missing of the line.

    `reason` is not_found | damaged | expired | wrong_location | short_weight | only_heavier |
    only_lighter | missing_bag | cold_overrun;
    `shelf_effect` is what stock must believe: "empty" (available becomes 0) | "minus" (on hand − quantity)
    | "none" (the shelf is as it was). Until `decide_by` other goods may still come instead, if that is what
    the customer wishes; None: it is too late for that, or of no use. `heavier`, grams, is what the only piece
    weighs that is there (only_heavier); 0 where nobody said. `photo` names a picture of the shelf that was
    sent before, if one was taken.
    """

    report_id: int
    fulfilment_id: int
    line_no: int
    sku: str
    quantity: int
    ordered: int
    reason: str
    shelf_effect: str
    decide_by: datetime | None = None
    heavier: int = 0
    photo: str | None = None


@dataclass(frozen=True)
class ShelfNotEmpty(OrderEvent):
    """A picker took what the books call a shelf's last, and sees more there."""

    sku: str


@dataclass(frozen=True)
class ShelfCounted(OrderEvent):
    """A picker counted a shelf for the task `count_id`: pieces, or grams. `by` names them as history does."""

    count_id: int
    sku: str
    quantity: int
    by: str


@dataclass(frozen=True)
class FulfilmentCancelled(OrderEvent):
    """Fulfilment has stopped. `picked` lines wait in quarantine for a put-back; the money may return.

    `reason` is for people to read. `returned`: the goods came back from the customer's door; the fees go back
    with their money only with `fees_back` (floor rule 4).
    """

    fulfilment_id: int
    reason: str
    picked: tuple[LineQuantity, ...]
    returned: bool = False
    fees_back: bool = True


@dataclass(frozen=True)
class CancelRefused(OrderEvent):
    """Too late: the commit of the release came first (floor rule 8)."""

    fulfilment_id: int
    reason: str


@dataclass(frozen=True)
class FulfilmentVoided(OrderEvent):
    """Every line was short: nothing will be delivered."""

    fulfilment_id: int


@dataclass(frozen=True)
class GoodsPutBack(OrderEvent):
    """A put-back or return line ended. `outcome` is "restock" (sellable again) or "waste" (written off)."""

    ticket_id: int
    line_no: int
    sku: str
    quantity: int
    outcome: str


@dataclass(frozen=True)
class GoodsQuarantined(OrderEvent):
    """Goods of a live or returned order wait for a put-back ticket, unsellable until it decides.

    `reason` is returned (shipped goods came back) | cold_overrun | found_later | surplus.
    """

    fulfilment_id: int
    reason: str
    lines: tuple[LineQuantity, ...]


@dataclass(frozen=True)
class RefusedLine:
    """Pieces or grams of a line that the customer did not take."""

    line_no: int
    quantity: int


@dataclass(frozen=True)
class GoodsRefused(OrderEvent):
    """The customer took the order, but not these goods: they come back with the rider (floor rule 4).

    `return_id` names the return; the fees go back, too, with `fees_back`.
    """

    return_id: int
    reason: str
    fees_back: bool
    lines: tuple[RefusedLine, ...]


@dataclass(frozen=True)
class BroughtLine:
    """What of a line reached the counter; `ticket_id` is the put-back ticket that inspects it, if any."""

    line_no: int
    quantity: int
    ticket_id: int | None


@dataclass(frozen=True)
class GoodsBrought(OrderEvent):
    """A return has ended at the counter; what came waits in quarantine to be inspected.

    `case_id` is the complaint that asked for it, None for goods that were refused at the door.
    """

    return_id: int
    case_id: int | None
    lines: tuple[BroughtLine, ...]


@dataclass(frozen=True)
class ToteSeen:
    """The packer has a tote of an order before them, or it is empty now (`emptied`)."""

    store_id: int
    code: str
    emptied: bool = False

    @property
    def key(self) -> None:
        return None


@dataclass(frozen=True)
class OrderHeldBack(OrderEvent):
    """The shop has closed before anybody began with the order. `opens_at`: when it opens, if known."""

    fulfilment_id: int
    opens_at: datetime | None


@dataclass(frozen=True)
class ShopStateChanged:
    """A shop was opened, locked, closed, or put to sleep."""

    store_id: int
    state: str

    @property
    def key(self) -> None:
        return None


@dataclass(frozen=True)
class ShiftChanged:
    """Somebody's availability changed: the shop's work is planned again."""

    store_id: int
    person_id: int
    state: str

    @property
    def key(self) -> None:
        return None


@dataclass(frozen=True)
class SessionEnded:
    """A staff session ended (logout, second login, revoked): its socket is closed, its work is kept."""

    store_id: int
    person_id: int
    session_id: int
    reason: str

    @property
    def key(self) -> None:
        return None
