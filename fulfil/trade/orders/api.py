"""HTTP of orders: quote, place, look, cancel."""

from __future__ import annotations

from typing import Any

from flask import request

from fulfil.kit.web import Requires, access, blueprint, keyed, kit, principal, read, write, write_once
from fulfil.store.api import language
from fulfil.trade.cart import service as carts
from fulfil.trade.orders import queries, service
from fulfil.trade.orders.errors import UnknownOrder
from fulfil.trade.orders.schema import (
    CancelIn,
    CustomerOrderOut,
    CustomerOrdersOut,
    OrderIn,
    OrdersQuery,
    PlacedOut,
    QuoteIn,
    QuoteOut,
)
from fulfil.trade.orders.service import OrderRequest

bp = blueprint("orders", "Orders of customers.")
OWNERS = Requires("guest", "customer")
CANCELLERS = Requires("guest", "customer", "staff", roles=("operator", "supervisor"))


@bp.route("/quotes", methods=["POST"])
@access(OWNERS)
@bp.arguments(QuoteIn)
@bp.response(200, QuoteOut)
def quotes(body: dict[str, Any]) -> dict[str, Any]:
    """What could be promised for the cart now; nothing is held."""
    who = principal()
    with read() as tx:
        key = carts.key_of(who.kind, who.id, body["store_id"], body["cart_type"])
        return service.quote(tx, key, body["contact"], body["deliver_by"])


@bp.route("/orders", methods=["POST"])
@keyed
@access(OWNERS)
@bp.arguments(OrderIn)
@bp.response(201, PlacedOut)
def place(body: dict[str, Any]) -> dict[str, Any]:
    """Order the cart.

    409: cart_changed and price_changed carry the whole cart, promise_unavailable later slots, out_of_stock
    the lines that lack; store_closed, outside_area, empty_cart. 422 channel_not_supported: an order that a
    platform took.
    """
    who = principal()
    lines = {line["sku"]: line for line in body.pop("lines")}
    asked = OrderRequest(owner_kind=who.kind, owner_id=who.id, language=language(), lines=lines, **body)
    if kit().config.chain_commit_each_step:
        return service.place_in_steps(kit(), asked, request.headers.get("Idempotency-Key", ""))
    return write_once(lambda tx: service.place(tx, asked))


@bp.route("/orders")
@access(OWNERS)
@bp.arguments(OrdersQuery, location="query")
@bp.response(200, CustomerOrdersOut)
def orders(query: dict[str, Any]) -> dict[str, Any]:
    """The caller's orders, newest first."""
    who, limit = principal(), query["limit"]
    with read() as tx:
        rows = queries.of_owner(tx, who.kind, who.id, before=query["cursor"], limit=limit + 1)
        page = rows[:limit]
        heads = queries.heads(tx, page)
    return {"orders": heads, "cursor": str(page[-1].id) if len(rows) > limit else None}


@bp.route("/orders/<id:order_no>")
@access(OWNERS)
@bp.response(200, CustomerOrderOut)
def order(order_no: int) -> dict[str, Any]:
    """One order of the caller."""
    who = principal()
    with read() as tx:
        row = queries.shown(tx, who.kind, who.id, order_no)
        return queries.order_view(tx, row, language(), kit().config.public_url)


@bp.route("/orders/<id:order_no>/keep", methods=["POST"])
@access(OWNERS)
@bp.response(200, CustomerOrderOut)
def keep(order_no: int) -> dict[str, Any]:
    """The shop had to close before anybody began: its customer waits until it opens.

    Whoever says nothing for 15 minutes gets the whole order cancelled and all money back.
    409 nothing_to_wait_for.
    """
    who = principal()

    def effect(tx) -> dict[str, Any]:
        service.accessible(tx, who, order_no)
        service.keep(tx, order_no, who.name)
        return queries.order_view(tx, queries.order(tx, order_no), language(), kit().config.public_url)

    return write(effect)


@bp.route("/orders/<id:order_no>/cancel", methods=["POST"])
@access(CANCELLERS)
@bp.arguments(CancelIn)
@bp.response(200, CustomerOrderOut)
def cancel(body: dict[str, Any], order_no: int) -> dict[str, Any]:
    """Cancel an order, at once before payment, else when fulfilment has stopped and the money is back.

    Its customer may, and operators and supervisors of its shop; these learn neither
    the delivery PIN nor the link that shows it. What is
    with the rider stays `paid`: the rider is asked to bring it back. 409 not_cancellable.
    """
    who = principal()

    def effect(tx) -> dict[str, Any]:
        if who.kind != "staff":
            service.accessible(tx, who, order_no)
        elif not who.sees(queries.order(tx, order_no).store_id):
            raise UnknownOrder()
        service.cancel(tx, order_no, who.name, body["reason"])
        view = queries.order_view(tx, queries.order(tx, order_no), language(), kit().config.public_url)
        if who.kind == "staff":
            del view["delivery_pin"], view["track_url"]
        return view

    return write(effect)
