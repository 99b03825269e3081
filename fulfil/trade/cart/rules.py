"""What a cart is and how an operation changes it (C1, C3). Values only; prices come from outside."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from fulfil.kit.money import line_amount
from fulfil.store.rules import StoreRow, delivery_fee, open_at
from fulfil.trade.cart.errors import LinesLimit, QuantityLimit

PIECES_MAX = 99
GRAMS_MAX = 50_000
LINES_MAX = 100
KEYS_KEPT = 20
MERGED_KEPT = 20
TAX_BASIS_POINTS = 900
NIGHT_HOURS = range(3, 5)
CART_TYPES = ("online", "till", "self_checkout")
OPS = ("add", "set", "remove")


@dataclass(frozen=True)
class CartLine:
    """What somebody wants, and the unit price (minor units) that the last answer showed; None before one."""

    sku: str
    quantity: int
    price: int | None = None


@dataclass(frozen=True)
class Cart:
    """The serialised value of a cart. `version` only grows, an emptied cart included.

    `shown` is the payable of the last answer; `keys` the last idempotency keys; `merged` maps a guest's id to
    the quantities that its cart gave, so that a retried merge adds nothing (C3).
    """

    version: int = 0
    lines: tuple[CartLine, ...] = ()
    shown: int = 0
    keys: tuple[str, ...] = ()
    merged: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "version": self.version,
            "lines": [[line.sku, line.quantity, line.price] for line in self.lines],
            "shown": self.shown,
            "keys": list(self.keys),
            "merged": {k: dict(v) for k, v in self.merged.items()},
        }

    @classmethod
    def of_json(cls, value: Mapping[str, Any]) -> Cart:
        lines = tuple(CartLine(sku, quantity, price) for sku, quantity, price in value["lines"])
        return cls(value["version"], lines, value["shown"], tuple(value["keys"]), value["merged"])

    def quantities(self) -> dict[str, int]:
        return {line.sku: line.quantity for line in self.lines}


def limit_of(unit: str) -> int:
    """The most of one thing in an order: pieces, or grams."""
    return GRAMS_MAX if unit == "g" else PIECES_MAX


def apply_op(cart: Cart, op: str, sku: str, quantity: int, unit: str) -> Cart:
    """The cart after `add`, `set` or `remove`; a quantity of 0 removes. Raises QuantityLimit, LinesLimit."""
    now = cart.quantities().get(sku, 0)
    wanted = {"add": now + quantity, "set": quantity, "remove": 0}[op]
    if wanted > limit_of(unit):
        raise QuantityLimit(sku=sku, limit=limit_of(unit))
    return with_quantity(cart, sku, wanted)


def with_quantity(cart: Cart, sku: str, quantity: int) -> Cart:
    """The cart with that much of `sku`; a new line comes last. Raises LinesLimit."""
    if sku in cart.quantities():
        lines = tuple(replace(line, quantity=quantity) if line.sku == sku else line for line in cart.lines)
    else:
        lines = (*cart.lines, CartLine(sku, quantity))
    lines = tuple(line for line in lines if line.quantity)
    if len(lines) > LINES_MAX:
        raise LinesLimit(limit=LINES_MAX)
    return replace(cart, lines=lines)


def merge(cart: Cart, guest_id: str, guest: Mapping[str, int], units: Mapping[str, str]) -> Cart:
    """The member's cart with what the guest's cart holds beyond what it gave before (C3).

    What a limit does not let in stays out: a merge never fails.
    """
    given = cart.merged.get(guest_id, {})
    for sku, quantity in guest.items():
        more = quantity - given.get(sku, 0)
        now = cart.quantities().get(sku, 0)
        wanted = min(now + more, limit_of(units[sku])) if sku in units else 0
        if more > 0 and wanted > now and (now or len(cart.lines) < LINES_MAX):
            cart = with_quantity(cart, sku, wanted)
    merged = {**{k: v for k, v in cart.merged.items() if k != guest_id}, guest_id: dict(guest)}
    return replace(cart, merged=dict(list(merged.items())[-MERGED_KEPT:]))


@dataclass(frozen=True)
class Priced:
    """A line with today's price. `sold` is whether it counts; `available` pieces or grams."""

    sku: str
    quantity: int
    unit: str
    unit_price: int
    zone: str
    sold: bool
    available: int

    @property
    def amount(self) -> int:
        return line_amount(self.unit_price, self.quantity, self.unit) if self.sold else 0


@dataclass(frozen=True)
class Totals:
    """Minor units: payable = goods − discount + delivery + bags, `tax_included` in it (floor rule 13)."""

    goods: int
    discount: int
    delivery: int
    bags: int
    tax_included: int
    payable: int


def totals(lines: Sequence[Priced], store: StoreRow, bag_fee: int, policy: Mapping[str, Any]) -> Totals:
    """What a cart costs: goods, the delivery fee, a bag for each temperature in it, and the tax inside."""
    sold = [line for line in lines if line.sold]
    goods = sum(line.amount for line in sold)
    delivery = delivery_fee(store, goods) if sold else 0
    bags = bag_fee * len({line.zone for line in sold})
    payable = goods + delivery + bags
    tax = int(policy.get("tax_basis_points", TAX_BASIS_POINTS))
    included = (2 * payable * tax + 10_000 + tax) // (2 * (10_000 + tax))
    return Totals(goods, 0, delivery, bags, included, payable)


def notices(line: Priced, shown_price: int | None) -> list[str]:
    """What a customer should know of a line: not_on_sale, out_of_stock, less_available, price_changed."""
    if not line.sold:
        return ["not_on_sale"]
    found = []
    if line.available == 0:
        found.append("out_of_stock")
    elif line.available < line.quantity:
        found.append("less_available")
    if shown_price is not None and shown_price != line.unit_price:
        found.append("price_changed")
    return found


def repriced(cart: Cart, prices: Mapping[str, int], payable: int) -> Cart:
    """The cart that remembers what an answer shows; the version grows when a price or the sum changed."""
    lines = tuple(replace(line, price=prices.get(line.sku, line.price)) for line in cart.lines)
    return replace(cart, lines=lines, shown=payable)


def seen(cart: Cart, key: str) -> bool:
    """Whether an operation with this idempotency key was applied already."""
    return bool(key) and key in cart.keys


def remember(cart: Cart, key: str) -> Cart:
    return replace(cart, keys=(*cart.keys, key)[-KEYS_KEPT:]) if key else cart


def night(stores: Collection[StoreRow], now: datetime) -> bool:
    """Whether no shop trades: all are closed, or it is the dead of night where a shop never closes."""
    return all(
        not open_at(store, now) or now.astimezone(ZoneInfo(store.tz)).hour in NIGHT_HOURS for store in stores
    )
