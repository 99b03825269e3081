"""HTTP of carts. Every answer is the whole cart (C1)."""

from __future__ import annotations

from typing import Any

from flask import request

from fulfil.kit.errors import NotFound
from fulfil.kit.web import Requires, access, blueprint, principal, read
from fulfil.store.api import language
from fulfil.trade.cart import service
from fulfil.trade.cart.rules import CART_TYPES
from fulfil.trade.cart.schema import CartOut, ItemIn, MergeIn
from fulfil.trade.cart.service.carts import CartKey

bp = blueprint("carts", "Carts: one per owner, shop and type.")
OWNERS = Requires("guest", "customer")
KEY_CHARS_MAX = 128


def _key(store_id: int, cart_type: str) -> CartKey:
    if cart_type not in CART_TYPES:
        raise NotFound("There is no such cart type.")
    who = principal()
    return service.key_of(who.kind, who.id, store_id, cart_type)


@bp.route("/stores/<id:store_id>/carts/<cart_type>")
@access(OWNERS)
@bp.response(200, CartOut)
def cart(store_id: int, cart_type: str) -> dict[str, Any]:
    """The cart with today's prices."""
    with read() as tx:
        return service.show(tx, _key(store_id, cart_type), language())


@bp.route("/stores/<id:store_id>/carts/<cart_type>/items", methods=["POST"])
@access(OWNERS)
@bp.arguments(ItemIn)
@bp.response(200, CartOut)
def items(body: dict[str, Any], store_id: int, cart_type: str) -> dict[str, Any]:
    """Add to, set or remove a line. With an Idempotency-Key the same operation counts once."""
    idempotency_key = request.headers.get("Idempotency-Key", "")[:KEY_CHARS_MAX]
    with read() as tx:
        return service.change(
            tx,
            _key(store_id, cart_type),
            body["op"],
            body["sku"],
            body["quantity"],
            language(),
            idempotency_key,
        )


@bp.route("/stores/<id:store_id>/carts/<cart_type>/merge", methods=["POST"])
@access(Requires("customer"))
@bp.arguments(MergeIn)
@bp.response(200, CartOut)
def merge(body: dict[str, Any], store_id: int, cart_type: str) -> dict[str, Any]:
    """Bring a guest's cart into the member's; repeating it adds nothing (C3)."""
    with read() as tx:
        return service.merge_guest(tx, _key(store_id, cart_type), body["guest_token"], language())
