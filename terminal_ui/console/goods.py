"""One product as whoever keeps the stock sees it, found by its sku or by what a scanner reads."""

from __future__ import annotations

from typing import Any

from fulfil.kit.db import Tx
from fulfil.store import queries as stores
from fulfil.store.rules import parse_scan
from fulfil.trade.catalog import queries as catalog
from fulfil.trade.stock import queries as stock
from fulfil.trade.stock.errors import UnknownSku
from terminal_ui.console.view import people

MOVEMENTS_SHOWN = 50
GTIN_LENGTHS = (14, 13, 12, 8)


def goods(tx: Tx, store_id: int, code: str) -> dict[str, Any]:
    """What it is, what the books say, its last movements and open shortages, JSON-ready. Raises UnknownSku.

    `people` are the names of the staff in `movements`, by id.
    """
    sku = sku_of(tx, store_id, code)
    item, product = stores.item(tx, store_id, sku), catalog.priced(tx, store_id, [sku]).get(sku)
    if item is None:
        raise UnknownSku()
    moved = stock.movements(tx, store_id, sku, MOVEMENTS_SHOWN)
    return {
        **stock.view(tx, store_id, sku),
        "names": {"zh": item.name_zh, "en": item.name_en},
        "unit": item.unit,
        "pack": item.pack,
        "gtin": item.gtin,
        "location": item.location,
        "zone": item.zone,
        "picture": catalog.picture_url(item.picture),
        "price": product and product.price,
        "currency": product and product.currency,
        "on_sale": product is not None and product.on_sale,
        "shortages": [
            {"order_no": str(row.order_no), "line_no": row.line_no, "quantity": row.quantity}
            for row in stock.open_shortages(tx, store_id, sku)
        ],
        "movements": [stock.movement_view(row) for row in moved],
        "people": people(tx, (row.actor for row in moved)),
    }


def sku_of(tx: Tx, store_id: int, code: str) -> str:
    """The sku that a code names: itself, the owner of its GTIN, or the goods of a scale label."""
    if stores.item(tx, store_id, code) is not None:
        return code
    scan = parse_scan(code, stores.store(tx, store_id).scale_rules)
    if scan.gtin is None:
        return scan.sku or code
    written = [scan.gtin[-length:] for length in GTIN_LENGTHS if not scan.gtin[:-length].strip("0")]
    owners = catalog.gtin_owners(tx, store_id, written)
    return next(iter(owners.values()), code)
