"""HTTP of the catalogue: what a shop sells, with price and availability."""

from __future__ import annotations

from typing import Any

from fulfil.kit.web import Public, access, blueprint, kit, read
from fulfil.store import queries as store_queries
from fulfil.store.api import language
from fulfil.trade.catalog import queries
from fulfil.trade.catalog.schema import CategoriesOut, ProductsOut, ProductsQuery

bp = blueprint("catalog", "What a shop sells.")


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
