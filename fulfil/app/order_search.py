"""Finding an order: trade knows its customer, dispatch what the shop does for it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from marshmallow import fields
from sqlalchemy import Row

from fulfil.dispatch import rules as dispatch_rules
from fulfil.dispatch.model import Fulfilment
from fulfil.kit.clock import rfc3339
from fulfil.kit.db import Tx
from fulfil.kit.statements import among
from fulfil.kit.web import (
    IdStr,
    Requires,
    Str,
    Strict,
    StrictBool,
    StrictInt,
    TimeIn,
    access,
    blueprint,
    in_store,
    read,
)
from fulfil.trade.orders import queries as orders

bp = blueprint("order_search", "Finding an order.")
TEXT_MAX = 80
_FULFILMENTS = sa.select(Fulfilment.id, Fulfilment.order_no, Fulfilment.state, Fulfilment.due_at).where(
    among(Fulfilment.order_no, "numbers")
)


class SearchQuery(Strict):
    """`q`: a number or its last digits, a phone or its last digits, a bag's code, or how a name begins."""

    store_id = IdStr(required=True)
    q = Str(max=TEXT_MAX, required=True)


class FoundOrder(Strict):
    """`state` is the fulfilment's, the order's where the shop has nothing to do for it (yet, or any more).

    `fulfilment_id` is null then, but not of an archived order. Money in minor units. `name` is empty once the
    order is nobody's.
    """

    order_no = IdStr()
    fulfilment_id = IdStr(allow_none=True)
    state = fields.String()
    due_at = TimeIn()
    order_state = fields.String()
    delivery_state = fields.String()
    name = fields.String()
    total = StrictInt()
    currency = fields.String()
    created_at = TimeIn()
    archived = StrictBool()


class FoundOrders(Strict):
    orders = fields.List(fields.Nested(FoundOrder))


@bp.get("/dispatch/orders")
@access(Requires("staff", roles=("supervisor", "operator", "finance")))
@bp.arguments(SearchQuery, location="query")
@bp.response(200, FoundOrders)
def found_orders(query: dict[str, Any]) -> dict[str, Any]:
    """Find orders of a shop, newest first, 20 at most, archived ones too.

    A number finds its order at once; everything else finds what has been copied for showing, which takes a
    second or two.
    """
    store_id = in_store(query["store_id"])
    with read() as tx:
        return {"orders": find(tx, store_id, query["q"].strip())}


def find(tx: Tx, store_id: int, text: str) -> list[dict[str, Any]]:
    """Orders that `text` means, JSON-ready."""
    rows = orders.search(tx, store_id, text, dispatch_rules.order_of_bag(text))
    live = {row.order_no: row for row in tx.all(_FULFILMENTS, {"numbers": [row.id for row in rows]})}
    return [_found(row, live.get(row.id)) for row in rows]


def _found(row: Row, fulfilment: Row | None) -> dict[str, Any]:
    fulfilment_id = row.archived_fulfilment if fulfilment is None else fulfilment.id
    return {
        "order_no": str(row.id),
        "fulfilment_id": fulfilment_id and str(fulfilment_id),
        "state": row.state if fulfilment is None else fulfilment.state,
        "due_at": rfc3339(row.promised_at if fulfilment is None else fulfilment.due_at),
        "order_state": row.state,
        "delivery_state": row.delivery_state,
        "name": row.contact["name"],
        "total": row.payable,
        "currency": row.currency,
        "created_at": rfc3339(row.created_at),
        "archived": row.archived_at is not None,
    }
