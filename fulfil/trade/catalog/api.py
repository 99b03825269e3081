"""HTTP of the catalogue: what a shop sells, with price and availability."""

from __future__ import annotations

from typing import Any

from fulfil.kit.web import (
    Public,
    Requires,
    access,
    blueprint,
    in_store,
    keyed,
    kit,
    principal,
    read,
    write_once,
)
from fulfil.store import queries as store_queries
from fulfil.store.api import language
from fulfil.trade.catalog import queries, service
from fulfil.trade.catalog.schema import CategoriesOut, OffSaleOut, ProductsOut, ProductsQuery, SaleIn

bp = blueprint("catalog", "What a shop sells.")
KEEPERS = Requires("staff", roles=("operator", "supervisor"))
OFF_SALE_MAX = 200


@bp.route("/stores/<id:store_id>/products")
@access(Public())
@bp.arguments(ProductsQuery, location="query")
@bp.response(200, ProductsOut)
def products(query: dict[str, Any], store_id: int) -> dict[str, Any]:
    """Products on sale, paged by `cursor`; `q` searches Chinese and English names, sku and GTIN."""
    with read() as tx:
        store_queries.store(tx, store_id)
        limit = query["limit"]
        rows = queries.products(
            tx, store_id, q=query["q"], category=query["category"], after=query["cursor"], limit=limit + 1
        )
        page = rows[:limit]
        available = kit().services["availability"](tx, store_id, [row.sku for row in page])
        return {
            "products": [queries.view(row, available.get(row.sku, 0), language()) for row in page],
            "cursor": page[-1].sku if len(rows) > limit else None,
        }


@bp.route("/stores/<id:store_id>/categories")
@access(Public())
@bp.response(200, CategoriesOut)
def categories(store_id: int) -> dict[str, Any]:
    """Categories with something on sale."""
    with read() as tx:
        store_queries.store(tx, store_id)
        return {"categories": queries.categories(tx, store_id, language())}


@bp.route("/stores/<id:store_id>/off-sale")
@access(KEEPERS)
@bp.response(200, OffSaleOut)
def off_sale(store_id: int) -> dict[str, Any]:
    """Products that are off sale and why, the last ones first."""
    with read() as tx:
        return {"products": queries.off_sale(tx, in_store(store_id), OFF_SALE_MAX)}


@bp.route("/stores/<id:store_id>/products/<sku>/sale", methods=["POST"])
@keyed
@access(KEEPERS)
@bp.arguments(SaleIn)
@bp.response(200, OffSaleOut)
def sale(body: dict[str, Any], store_id: int, sku: str) -> dict[str, Any]:
    """Put a product on sale again, or take it off. Gives what is off sale then."""
    in_store(store_id)
    actor = principal().name

    def effect(tx) -> dict[str, Any]:
        service.sell(tx, store_id, sku, on_sale=body["on_sale"], reason=body["reason"], actor=actor)
        return {"products": queries.off_sale(tx, store_id, OFF_SALE_MAX)}

    return write_once(effect)
