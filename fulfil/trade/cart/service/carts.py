"""Changing and showing carts. Every answer is the whole cart with today's prices (C1).

What an answer shows is remembered in the cart: an order is refused when price or sum are different by then
(floor rule 11), and the version grows when an answer shows something new.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.engine import Row

from fulfil.kit.db import Tx
from fulfil.store import queries as store_queries
from fulfil.trade.cart import rules
from fulfil.trade.cart.errors import CartBusy, UnknownProduct, WrongGuest
from fulfil.trade.cart.rules import Cart, Priced, Totals
from fulfil.trade.cart.service.embedded import CartStore
from fulfil.trade.catalog import queries as catalog
from fulfil.trade.customers import queries as customers
from fulfil.trade.stock import queries as stock

ATTEMPTS_MAX = 10
Edit = Callable[[Cart, Mapping[str, Row]], Cart]


@dataclass(frozen=True)
class CartKey:
    """Whose cart, in which shop, of which type."""

    owner: str
    store_id: int
    cart_type: str

    @property
    def field(self) -> str:
        return f"{self.store_id}:{self.cart_type}"


@dataclass(frozen=True)
class Shown:
    """A cart with today's prices: what an answer or an order is made of. `rows` are products by sku."""

    cart: Cart
    store: Row
    rows: dict[str, Row]
    lines: tuple[Priced, ...]
    totals: Totals


def key_of(kind: str, owner_id: int, store_id: int, cart_type: str) -> CartKey:
    return CartKey(f"{kind}:{owner_id}", store_id, cart_type)


def _carts(tx: Tx) -> CartStore:
    return tx.kit.services["carts"]


def load(tx: Tx, key: CartKey) -> Cart:
    """The cart as it is stored; a new one has version 0."""
    value = _carts(tx).get(key.owner, key.field)
    return Cart() if value is None else Cart.of_json(value)


@dataclass(frozen=True)
class Goods:
    """What the shop says of some skus now: `rows` are products, `left` what may still be sold."""

    store: Row
    rows: dict[str, Row]
    left: dict[str, int]


def _goods(tx: Tx, key: CartKey, skus: Collection[str]) -> Goods:
    """Raises UnknownStore."""
    rows = catalog.priced_later(tx, key.store_id, skus)
    left = stock.available_later(tx, key.store_id, skus)
    return Goods(store_queries.store(tx, key.store_id), rows(), left())


def price(tx: Tx, key: CartKey, cart: Cart) -> Shown:
    """The cart with today's prices and availability. Raises UnknownStore."""
    return _shown(_goods(tx, key, cart.quantities()), cart)


def _shown(goods: Goods, cart: Cart) -> Shown:
    lines = tuple(_priced(line, goods.rows.get(line.sku), goods.left.get(line.sku, 0)) for line in cart.lines)
    store = goods.store
    return Shown(cart, store, goods.rows, lines, rules.totals(lines, store, store.bag_fee, store.policy))


def _priced(line: rules.CartLine, row: Row | None, available: int) -> Priced:
    if row is None:
        return Priced(line.sku, line.quantity, "each", line.price or 0, "ambient", False, 0)
    return Priced(line.sku, line.quantity, row.unit, row.price, row.zone, row.on_sale, available)


def show(tx: Tx, key: CartKey, language: str) -> dict[str, Any]:
    """The whole cart, JSON-ready, and remembered as shown."""
    return _edit(tx, key, language, lambda cart, rows: cart)


def change(
    tx: Tx, key: CartKey, op: str, sku: str, quantity: int, language: str, idempotency_key: str = ""
) -> dict[str, Any]:
    """Apply one operation and answer the whole cart; the same idempotency key is applied once.

    Raises UnknownProduct, QuantityLimit, LinesLimit, CartBusy.
    """

    def edit(cart: Cart, rows: Mapping[str, Row]) -> Cart:
        row = rows.get(sku)
        if op != "remove" and (row is None or not row.on_sale):
            raise UnknownProduct(sku=sku)
        if rules.seen(cart, idempotency_key):
            return cart
        unit = row.unit if row is not None else "each"
        return rules.remember(rules.apply_op(cart, op, sku, quantity, unit), idempotency_key)

    return _edit(tx, key, language, edit, [sku])


def merge_guest(tx: Tx, key: CartKey, guest_token: str, language: str) -> dict[str, Any]:
    """Bring a guest's cart into the member's and mark it for the nightly job (C3). Raises WrongGuest."""
    guest_id = customers.guest_id(tx, guest_token)
    if guest_id is None:
        raise WrongGuest()
    guest_key = key_of("guest", guest_id, key.store_id, key.cart_type)
    guest = load(tx, guest_key).quantities()

    def edit(cart: Cart, rows: Mapping[str, Row]) -> Cart:
        units = {sku: row.unit for sku, row in rows.items() if row.on_sale}
        return rules.merge(cart, str(guest_id), guest, units)

    answer = _edit(tx, key, language, edit, guest)
    _carts(tx).mark_for_deletion(guest_key.owner, guest_key.field, tx.now)
    return answer


def _edit(tx: Tx, key: CartKey, language: str, edit: Edit, also: Collection[str] = ()) -> dict[str, Any]:
    """Read, edit, price, store if nobody else stored meanwhile; answer what is stored then.

    `also` names skus that the edit may bring in.
    """
    for _ in range(ATTEMPTS_MAX):
        before = load(tx, key)
        goods = _goods(tx, key, {*before.quantities(), *also})
        shown = _shown(goods, edit(before, goods.rows))
        prices = {line.sku: line.unit_price for line in shown.lines if line.sold}
        after = rules.repriced(shown.cart, prices, shown.totals.payable)
        if after == before:
            return view(shown, before, key, language)
        after = replace(after, version=before.version + 1)
        if _carts(tx).put(key.owner, key.field, after.as_json(), expected=before.version, now=tx.now):
            return view(replace(shown, cart=after), before, key, language)
    raise CartBusy()


def empty(tx: Tx, key: CartKey, version: int) -> None:
    """Empty the cart that an order took, unless it was changed since. Safe to repeat."""
    cart = load(tx, key)
    if cart.version == version and cart.lines:
        _carts(tx).put(key.owner, key.field, _emptied(cart).as_json(), expected=version, now=tx.now)


def left_by_order(tx: Tx, key: CartKey, version: int, language: str) -> dict[str, Any]:
    """The whole cart as the order of this version leaves it, or as it was changed since.

    Nothing is stored: the order's own commit may still fail.
    """
    cart = load(tx, key)
    left = _emptied(cart) if cart.version == version else cart
    return view(price(tx, key, left), left, key, language)


def _emptied(cart: Cart) -> Cart:
    return replace(cart, version=cart.version + 1, lines=(), shown=0)


def prune(tx: Tx) -> None:
    """Outside trading hours, delete merged guest carts that nobody touched since (C3)."""
    if rules.night(store_queries.stores(tx), tx.now):
        _carts(tx).delete_marked()


def view(shown: Shown, before: Cart, key: CartKey, language: str) -> dict[str, Any]:
    """The cart as the contract shows it. `before` is what the last answer showed, for notices of prices."""
    shown_prices = {line.sku: line.price for line in before.lines}
    return {
        "cart_type": key.cart_type,
        "version": shown.cart.version,
        "lines": [
            _line(line, shown.rows.get(line.sku), shown_prices.get(line.sku), language)
            for line in shown.lines
        ],
        "promotions": [],
        "totals": vars(shown.totals),
        "currency": shown.store.currency,
    }


def _line(line: Priced, row: Row | None, shown_price: int | None, language: str) -> dict[str, Any]:
    names = {"zh": row.name_zh, "en": row.name_en} if row is not None else {"zh": line.sku, "en": line.sku}
    return {
        "sku": line.sku,
        "name": names[language],
        "names": names,
        "picture": catalog.picture_url(row.picture) if row is not None else None,
        "pack": row.pack if row is not None else "",
        "quantity": line.quantity,
        "unit": line.unit,
        "unit_price": line.unit_price,
        "amount": line.amount,
        "shares": [],
        "payable": line.amount,
        "available": line.available,
        "notices": rules.notices(line, shown_price),
    }
