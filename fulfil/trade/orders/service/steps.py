"""The steps that accept an order (O1). Each can be done and undone in a transaction of its own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum
from functools import partial

from sqlalchemy.engine import Row

from fulfil.contracts.promise import PromiseLine
from fulfil.kit import moves
from fulfil.kit.base import Kit
from fulfil.kit.clock import rfc3339
from fulfil.kit.db import Tx
from fulfil.store import rules as store_rules
from fulfil.trade.cart.errors import CartsAway
from fulfil.trade.cart.rules import Priced
from fulfil.trade.cart.service import carts
from fulfil.trade.cart.service.carts import Shown
from fulfil.trade.orders import queries, rules
from fulfil.trade.orders.errors import (
    CartChanged,
    CartOrdered,
    EmptyCart,
    LineUnknown,
    OutsideArea,
    PriceChanged,
    PromiseUnavailable,
    StoreClosed,
)
from fulfil.trade.orders.model import Order, OrderAttribute, OrderDelivery, OrderItem
from fulfil.trade.orders.service import showing
from fulfil.trade.orders.service.draft import Draft, DraftLine, OrderRequest
from fulfil.trade.orders.states import DELIVERY, ORDER
from fulfil.trade.payments import service as payments
from fulfil.trade.stock import service as stock

EXPIRE = "orders.expire"
EMPTY_CART = "orders.empty_cart"
EMPTY_CART_AGAIN = timedelta(seconds=30)


class OnFailure(StrEnum):
    """What a step's refusal means for the submission."""

    UNDO = "undo"
    IGNORE = "ignore"


@dataclass(frozen=True)
class Step:
    """A step: `do` and `undo` change the draft and the database in the caller's transaction."""

    name: str
    do: Callable[[Tx, Draft], None]
    undo: Callable[[Tx, Draft], None]
    on_failure: OnFailure = OnFailure.UNDO


def _nothing(_tx: Tx, _draft: Draft) -> None:
    """Undo of a step that only looked."""


def _shown(tx: Tx, draft: Draft) -> Shown:
    """The cart that the customer orders, with today's prices.

    Raises CartOrdered when it became an order already, else CartChanged when it is another now.
    """
    if draft.shown is None:
        key = draft.request.cart
        cart = carts.load(tx, key)
        if cart.version != draft.request.cart_version:
            if _order_of(tx, draft.request) is not None:
                raise _ordered(tx, draft.request)
            raise CartChanged(cart=carts.show(tx, key, draft.request.language))
        draft.shown = carts.price(tx, key, cart)
    return draft.shown


def distance(store: Row, contact: dict) -> int:
    """Metres to the customer, the longest way the shop goes where nobody said. Raises OutsideArea."""
    lat, lng = contact.get("lat"), contact.get("lng")
    if lat is None or lng is None:
        return store.radius_m
    metres = store_rules.metres(store.lat, store.lng, lat, lng)
    if metres > store.radius_m:
        raise OutsideArea(metres=metres, radius_m=store.radius_m)
    return metres


def _saleable(tx: Tx, draft: Draft) -> None:
    shown = _shown(tx, draft)
    if not store_rules.open_at(shown.store, tx.now):
        raise StoreClosed(opens_at=rfc3339(store_rules.opens_next(shown.store, tx.now)))
    if not shown.lines:
        raise EmptyCart()
    if not all(line.sold for line in shown.lines):
        raise CartChanged(cart=carts.show(tx, draft.request.cart, draft.request.language))
    if unknown := set(draft.request.lines) - set(shown.rows):
        raise LineUnknown(skus=sorted(unknown))
    draft.metres = distance(shown.store, draft.request.contact)


def _price(tx: Tx, draft: Draft) -> None:
    """Freeze prices and sums, if they are what the customer was shown last (floor rule 11)."""
    shown = _shown(tx, draft)
    seen = {line.sku: line.price for line in shown.cart.lines}
    same = all(seen[line.sku] == line.unit_price for line in shown.lines)
    if not same or shown.cart.shown != shown.totals.payable:
        raise PriceChanged(cart=carts.show(tx, draft.request.cart, draft.request.language))
    draft.currency = shown.store.currency
    draft.totals = asdict(shown.totals)
    draft.lines = [_line(draft, n, line, shown.rows[line.sku]) for n, line in enumerate(shown.lines, 1)]
    draft.grams = {sku: row.grams for sku, row in shown.rows.items()}
    draft.made = {sku: row.prep for sku, row in shown.rows.items() if row.prep is not None}


def _line(draft: Draft, line_no: int, line: Priced, row: Row) -> DraftLine:
    on_shortage, if_silent = rules.preferences(
        line.sku, draft.request.lines, draft.request.on_shortage, draft.request.if_silent
    )
    return DraftLine(
        line_no=line_no,
        sku=line.sku,
        name_zh=row.name_zh,
        name_en=row.name_en,
        gtin=row.gtin,
        category=row.category,
        zone=row.zone,
        pack=row.pack,
        unit=row.unit,
        weighed=row.weighed,
        quantity=line.quantity,
        unit_price=line.unit_price,
        amount=line.amount,
        discount=0,
        payable=line.amount,
        on_shortage=on_shortage,
        if_silent=if_silent,
        picture=row.picture,
    )


def _promise(tx: Tx, draft: Draft) -> None:
    lines = [
        PromiseLine.of(
            line.sku,
            line.quantity,
            draft.made.get(line.sku),
            line.zone,
            line.unit,
            draft.grams.get(line.sku, 0),
        )
        for line in draft.lines
    ]
    found = tx.kit.services["promise"].reserve(
        tx,
        draft.request.store_id,
        draft.order_no,
        lines,
        draft.metres,
        draft.request.deliver_by,
        draft.expires_at,
    )
    if not found.ok:
        raise PromiseUnavailable(why_not=found.why_not, slots=slots_view(found.slots))
    draft.hand_over_at, draft.promised_at = found.hand_over_at, found.deliver_at


def slots_view(slots) -> list[dict[str, str | None]]:
    """Slots of a promise, JSON-ready."""
    return [{"from": rfc3339(start), "to": rfc3339(end)} for start, end in slots]


def _unpromise(tx: Tx, draft: Draft) -> None:
    tx.kit.services["promise"].release(tx, draft.order_no)


def _stock(tx: Tx, draft: Draft) -> None:
    stock.reserve(tx, draft.request.store_id, draft.order_no, draft.lines, draft.promised_at)


def _unstock(tx: Tx, draft: Draft) -> None:
    stock.release(tx, draft.order_no)


def _order(tx: Tx, draft: Draft) -> None:
    asked = draft.request
    values = dict(
        id=draft.order_no,
        store_id=asked.store_id,
        owner_kind=asked.owner_kind,
        owner_id=asked.owner_id,
        channel=asked.channel,
        scene=asked.scene,
        state=ORDER.initial,
        version=1,
        valid=draft.joined,
        **draft.totals,
        paid=0,
        refunded=0,
        currency=draft.currency,
        cart_type=asked.cart_type,
        cart_version=asked.cart_version,
        promised_at=draft.promised_at,
        deliver_by=asked.deliver_by,
        expires_at=draft.expires_at,
        track_token=draft.track_token,
        delivery_pin=draft.delivery_pin,
        contact=asked.contact,
        note=asked.note,
        created_at=tx.now,
        paid_at=None,
        ended_at=None,
        erased_at=None,
    )
    if tx.insert_new(Order, **values) is None:
        raise _ordered(tx, asked)


def _ordered(tx: Tx, asked: OrderRequest) -> CartOrdered:
    """The same cart was submitted twice: whoever comes second sees it empty, as the first order leaves it."""
    left = carts.left_by_order(tx, asked.cart, asked.cart_version, asked.language)
    return CartOrdered(order_no=str(_order_of(tx, asked)), cart=left)


def _order_of(tx: Tx, asked: OrderRequest) -> int | None:
    return queries.order_of_cart(
        tx, asked.owner_kind, asked.owner_id, asked.store_id, asked.cart_type, asked.cart_version
    )


def _unorder(tx: Tx, draft: Draft) -> None:
    tx.delete(Order, {"id": draft.order_no, "valid": False})


def _children(tx: Tx, draft: Draft) -> None:
    tx.insert_many(OrderItem, [{"order_no": draft.order_no, **vars(line)} for line in draft.lines])
    tx.insert(
        OrderDelivery, id=draft.order_no, store_id=draft.request.store_id, state=DELIVERY.initial, version=1
    )


def _unchildren(tx: Tx, draft: Draft) -> None:
    tx.delete(OrderItem, {"order_no": draft.order_no})
    tx.delete(OrderDelivery, {"id": draft.order_no})


def _attributes(tx: Tx, draft: Draft) -> None:
    facts = {
        "language": draft.request.language,
        "hand_over_at": rfc3339(draft.hand_over_at) or "",
        "metres": str(draft.metres),
    }
    tx.insert_many(
        OrderAttribute,
        [{"order_no": draft.order_no, "name": name, "value": value} for name, value in facts.items()],
    )


def _unattributes(tx: Tx, draft: Draft) -> None:
    tx.delete(OrderAttribute, {"order_no": draft.order_no})


def _payment(tx: Tx, draft: Draft) -> None:
    payments.open_document(
        tx,
        order_no=draft.order_no,
        store_id=draft.request.store_id,
        amount=draft.totals["payable"],
        currency=draft.currency,
        expires_at=draft.expires_at,
    )


def _unpayment(tx: Tx, draft: Draft) -> None:
    payments.close(tx, draft.order_no)


def _accept(tx: Tx, draft: Draft) -> None:
    """The order is valid from here on; whatever follows is tasks (O5)."""
    if not draft.joined:
        tx.rewrite(Order, {"id": draft.order_no}, valid=True)
    where = {"store_id": draft.request.store_id, "order_no": draft.order_no}
    actor = f"{draft.request.owner_kind}:{draft.request.owner_id}"
    moves.begin(tx, Order, ORDER, draft.order_no, actor=actor, event="place", **where)
    moves.begin(tx, OrderDelivery, DELIVERY, draft.order_no, **where)
    showing.mark(
        tx,
        draft.order_no,
        store_id=draft.request.store_id,
        owner_kind=draft.request.owner_kind,
        owner_id=draft.request.owner_id,
    )
    tx.kit.tasks.post(tx, EXPIRE, {"order_no": draft.order_no}, run_at=draft.expires_at)
    _empty_cart(tx, draft.request)


def _empty_cart(tx: Tx, asked: OrderRequest) -> None:
    """Once the order is sure, and never before: a commit may fail. A task sees to it that it happened."""
    tx.after_commit(partial(_empty_now, tx.kit, asked))
    tx.kit.tasks.post(
        tx,
        EMPTY_CART,
        {
            "owner": asked.cart.owner,
            "store_id": asked.store_id,
            "cart_type": asked.cart_type,
            "version": asked.cart_version,
        },
        run_at=tx.now + EMPTY_CART_AGAIN,
    )


def _empty_now(kit: Kit, asked: OrderRequest) -> None:
    with suppress(CartsAway), kit.db.look() as tx:
        carts.empty(tx, asked.cart, asked.cart_version)


STEPS = {
    step.name: step
    for step in (
        Step("saleable", _saleable, _nothing),
        Step("price", _price, _nothing),
        Step("promise", _promise, _unpromise),
        Step("stock", _stock, _unstock),
        Step("order", _order, _unorder),
        Step("children", _children, _unchildren),
        Step("attributes", _attributes, _unattributes, OnFailure.IGNORE),
        Step("payment", _payment, _unpayment),
        Step("accept", _accept, _nothing),
    )
}
