"""Every select on the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from sqlalchemy import Text, and_, bindparam, cast, func, or_, select
from sqlalchemy.engine import Row

from fulfil.kit.checks import Check, Violation, broken
from fulfil.kit.clock import rfc3339
from fulfil.kit.db import Tx
from fulfil.kit.statements import among
from fulfil.store.model import Item, Store
from fulfil.trade.catalog.model import Category, Product

_OF_ITEM = and_(Item.store_id == Product.store_id, Item.sku == Product.sku)
_PRICED = select(
    Product.sku,
    Product.price,
    Product.currency,
    Product.on_sale,
    Item.gtin,
    Item.name_zh,
    Item.name_en,
    Item.category,
    Item.unit,
    Item.pack,
    Item.zone,
    Item.weighed,
    Item.picture,
    Item.grams,
    Item.brand,
    Item.prep,
).join(Item, _OF_ITEM)
# Built once, since every cart asks it.
_PRICED_BY_SKU = _PRICED.where(Product.store_id == bindparam("store_id"), among(Product.sku, "skus"))


def priced(tx: Tx, store_id: int, skus: Iterable[str]) -> dict[str, Row]:
    """Products of a shop with their identity, by sku; those not on sale are among them."""
    return priced_later(tx, store_id, skus)()


def priced_later(tx: Tx, store_id: int, skus: Iterable[str]) -> Callable[[], dict[str, Row]]:
    """The same, asked now and to be had by calling."""
    rows = tx.later(_PRICED_BY_SKU, {"store_id": store_id, "skus": sorted(skus)})
    return lambda: {row.sku: row for row in rows()}


def product(tx: Tx, store_id: int, sku: str, *, lock: bool = False) -> Row | None:
    """A product's own row, locked until the end if asked."""
    return tx.one(_PRODUCT_LOCKED if lock else _PRODUCT, {"store_id": store_id, "the_sku": sku})


_PRODUCT = select(*Product.__table__.c).where(
    Product.store_id == bindparam("store_id"), Product.sku == bindparam("the_sku")
)
_PRODUCT_LOCKED = _PRODUCT.with_for_update()


def off_sale(tx: Tx, store_id: int, limit: int) -> list[dict[str, Any]]:
    """Products that went off sale, the last ones first, JSON-ready."""
    rows = tx.all(_OFF_SALE, {"store_id": store_id, "most": limit})
    return [
        {
            "sku": row.sku,
            "names": {"zh": row.name_zh, "en": row.name_en},
            "pack": row.pack,
            "picture": picture_url(row.picture),
            "reason": row.off_sale_reason,
            "at": rfc3339(row.off_sale_at),
        }
        for row in rows
    ]


_OFF_SALE = (
    _PRICED.add_columns(Product.off_sale_reason, Product.off_sale_at)
    .where(Product.store_id == bindparam("store_id"), Product.off_sale_at.is_not(None))
    .order_by(Product.off_sale_at.desc(), Product.sku)
    .limit(bindparam("most"))
)


def alternatives(tx: Tx, store_id: int, category: str, zone: str, unit: str) -> list[Row]:
    """Products on sale of a category, temperature and unit, by sku."""
    return tx.all(_ALTERNATIVES, {"store_id": store_id, "category": category, "zone": zone, "unit": unit})


_ALTERNATIVES = _PRICED.where(
    Product.store_id == bindparam("store_id"),
    Item.store_id == bindparam("store_id"),
    Product.on_sale,
    Item.category == bindparam("category"),
    Item.zone == bindparam("zone"),
    Item.unit == bindparam("unit"),
    Item.prep.is_(None),
).order_by(Product.sku)


def products(tx: Tx, store_id: int, *, q: str, category: str, after: str, limit: int) -> list[Row]:
    """Products on sale in sku order, after the sku `after`; `q` is looked for in names, sku and GTIN."""
    asked = _PRICED.where(Product.store_id == store_id, Product.on_sale, Product.sku > after)
    if category:
        asked = asked.where(Item.category == category)
    if q:
        asked = asked.where(
            or_(
                *(
                    column.icontains(q, autoescape=True)
                    for column in (Item.name_zh, Item.name_en, Item.sku, Item.gtin)
                )
            )
        )
    return tx.all(asked.order_by(Product.sku).limit(limit))


def view(row: Row, available: int, language: str) -> dict[str, Any]:
    """A product as a customer sees it, JSON-ready. `price` is per piece, or per 1000 g of weighed goods."""
    return {
        "sku": row.sku,
        "gtin": row.gtin,
        "name": row.name_zh if language == "zh" else row.name_en,
        "names": {"zh": row.name_zh, "en": row.name_en},
        "category": row.category,
        "unit": row.unit,
        "pack": row.pack,
        "price": row.price,
        "currency": row.currency,
        "zone": row.zone,
        "weighed": row.weighed,
        "picture": picture_url(row.picture),
        "available": available,
    }


def picture_url(picture: str) -> str | None:
    """Where a product's picture is served; None where it has none."""
    return f"/ui/pictures/{picture}" if picture else None


def categories(tx: Tx, store_id: int, language: str) -> list[dict[str, Any]]:
    """Categories that have something on sale, with how many, by slug; JSON-ready."""
    rows = tx.all(
        select(
            Item.category, func.count().label("products"), Category.name_zh, Category.name_en, Category.icon
        )
        .join(Product, _OF_ITEM)
        .outerjoin(Category, and_(Category.store_id == Item.store_id, Category.slug == Item.category))
        .where(Item.store_id == store_id, Product.on_sale)
        .group_by(Item.category, Category.name_zh, Category.name_en, Category.icon)
        .order_by(Item.category)
    )
    return [
        {
            "slug": row.category,
            "name": (row.name_zh if language == "zh" else row.name_en) or row.category,
            "names": {"zh": row.name_zh or row.category, "en": row.name_en or row.category},
            "icon": row.icon or "",
            "products": row.products,
        }
        for row in rows
    ]


def item_units(tx: Tx, store_id: int, skus: Iterable[str]) -> dict[str, bool]:
    """Whether each known sku is weighed."""
    rows = tx.all(select(Item.sku, Item.weighed).where(Item.store_id == store_id, Item.sku.in_(sorted(skus))))
    return {row.sku: row.weighed for row in rows}


def gtin_owners(tx: Tx, store_id: int, gtins: Iterable[str]) -> dict[str, str]:
    """Which sku owns each of these GTINs in the shop."""
    rows = tx.all(select(Item.gtin, Item.sku).where(Item.store_id == store_id, Item.gtin.in_(sorted(gtins))))
    return {row.gtin: row.sku for row in rows}


def violations(tx: Tx) -> list[Violation]:
    """Invariants 2 (a price is in the shop's currency) and 18 (a product has its item)."""
    return broken(tx, _checks())


@cache
def _checks() -> tuple[Check, ...]:
    which = cast(Product.store_id, Text) + "/" + Product.sku
    foreign = (
        select(which).join(Store, Store.id == Product.store_id).where(Product.currency != Store.currency)
    )
    orphans = select(which).outerjoin(Item, _OF_ITEM).where(Item.sku.is_(None))
    return (
        Check(2, "products", "priced in another currency than its shop", foreign),
        Check(18, "products", "no such item", orphans),
    )
