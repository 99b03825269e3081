"""HTTP of stock: shelf counts, receipts and till sales."""

from __future__ import annotations

from typing import Any

from fulfil.kit.web import Requires, access, blueprint, in_store, keyed, principal, read, write, write_once
from fulfil.trade.stock import queries, service
from fulfil.trade.stock.schema import CountsOut, MovementIn, ShelfIn, StockOut

bp = blueprint("stock", "What a shop has.")
KEEPERS = Requires("staff", roles=("operator", "supervisor", "till"))
COUNTS_MAX = 200
# They keep references from outside apart from those that the house makes.
TILL_PREFIX, ADJUST_PREFIX = "till:", "adjust:"


@bp.route("/stores/<id:store_id>/stock/<sku>")
@access(KEEPERS)
@bp.response(200, StockOut)
def stock(store_id: int, sku: str) -> dict[str, Any]:
    """What the books say of a sku."""
    with read() as tx:
        return queries.view(tx, in_store(store_id), sku)


@bp.route("/stores/<id:store_id>/stock/<sku>", methods=["PUT"])
@access(Requires("staff", roles=("operator", "supervisor")))
@bp.arguments(ShelfIn)
@bp.response(200, StockOut)
def count(body: dict[str, Any], store_id: int, sku: str) -> dict[str, Any]:
    """Somebody counted the shelf (floor rule 7)."""
    in_store(store_id)
    actor = principal().name
    return write(lambda tx: service.count_shelf(tx, store_id, sku, body["shelf"], actor))


@bp.route("/stores/<id:store_id>/stock-counts")
@access(Requires("staff", roles=("operator", "supervisor")))
@bp.response(200, CountsOut)
def counts(store_id: int) -> dict[str, Any]:
    """Shelves to count, those that wait longest first; a count of the shelf ends its task."""
    with read() as tx:
        return {"counts": queries.to_count(tx, in_store(store_id), COUNTS_MAX)}


@bp.route("/stores/<id:store_id>/stock/movements", methods=["POST"])
@keyed
@access(KEEPERS)
@bp.arguments(MovementIn)
@bp.response(201, StockOut)
def movements(body: dict[str, Any], store_id: int) -> dict[str, Any]:
    """A receipt (delta above 0), a till sale (below 0) or an adjustment, once per `source_ref`."""
    in_store(store_id)
    adjusts = body["adjusts"]
    actor = principal().name
    source_ref = (ADJUST_PREFIX if adjusts else TILL_PREFIX) + body["source_ref"]
    return write_once(
        lambda tx: service.post_movement(
            tx, store_id, body["sku"], body["delta"], source_ref, actor, adjusts=adjusts
        )
    )
