"""An order while the chain makes it: what was asked, and what each step found out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cattrs.preconf.json import make_converter

from fulfil.trade.cart.service.carts import CartKey, Shown

_converter = make_converter()


@dataclass(frozen=True)
class OrderRequest:
    """What a customer asks for. `lines` holds wishes by sku; lat/lng in degrees, None where nobody said."""

    owner_kind: str
    owner_id: int
    store_id: int
    cart_type: str
    cart_version: int
    channel: str
    scene: str
    contact: dict[str, Any]
    deliver_by: datetime | None
    on_shortage: str
    if_silent: str
    lines: dict[str, dict[str, str]]
    note: str
    language: str

    @property
    def cart(self) -> CartKey:
        return CartKey(f"{self.owner_kind}:{self.owner_id}", self.store_id, self.cart_type)


@dataclass(frozen=True)
class DraftLine:
    """A line with its snapshots; quantity in pieces or grams, money in minor units."""

    line_no: int
    sku: str
    name_zh: str
    name_en: str
    gtin: str
    category: str
    zone: str
    pack: str
    unit: str
    weighed: bool
    quantity: int
    unit_price: int
    amount: int
    discount: int
    payable: int
    on_shortage: str
    if_silent: str
    picture: str


@dataclass
class Draft:
    """The order in the making. `made` says of which skus the shop makes them, and how; `grams`: of a piece.

    `shown` is what this transaction read of the cart; it is never stored. `joined`: all steps are one
    transaction, so that nobody sees the order before it is accepted.
    """

    order_no: int
    request: OrderRequest
    track_token: str
    delivery_pin: str
    expires_at: datetime
    metres: int = 0
    currency: str = ""
    lines: list[DraftLine] = field(default_factory=list)
    made: dict[str, str] = field(default_factory=dict)
    grams: dict[str, int] = field(default_factory=dict)
    totals: dict[str, int] = field(default_factory=dict)
    hand_over_at: datetime | None = None
    promised_at: datetime | None = None
    shown: Shown | None = None
    joined: bool = False

    def as_json(self) -> dict[str, Any]:
        value = _converter.unstructure({**vars(self), "shown": None, "request": None, "lines": None})
        value["request"] = _converter.unstructure(self.request)
        value["lines"] = _converter.unstructure(self.lines)
        return value

    @classmethod
    def of_json(cls, value: dict[str, Any]) -> Draft:
        instant = _converter.get_structure_hook(datetime)
        at = {
            name: value[name] and instant(value[name], datetime)
            for name in ("expires_at", "hand_over_at", "promised_at")
        }
        return cls(
            **{
                **value,
                **at,
                "request": request_of(value["request"]),
                "lines": _converter.structure(value["lines"], list[DraftLine]),
            }
        )


def request_of(value: dict[str, Any]) -> OrderRequest:
    return _converter.structure(value, OrderRequest)


def request_json(request: OrderRequest) -> dict[str, Any]:
    return _converter.unstructure(request)
