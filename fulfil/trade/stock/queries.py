"""Every select on stock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, or_, select
from sqlalchemy.engine import Row

from fulfil.kit.checks import Violation
from fulfil.kit.clock import rfc3339
from fulfil.kit.db import Tx
from fulfil.kit.statements import among, one_of
from fulfil.trade.stock import rules
from fulfil.trade.stock.errors import UnknownSku
from fulfil.trade.stock.model import Reservation, Stock, StockCount, StockMovement, StockShortage

_S, _R = Stock.__table__.c, Reservation.__table__.c
_STOCK = select(*_S)
# Built once, since every cart and every order asks them.
_BY_SKUS = _STOCK.where(_S.store_id == bindparam("the_store"), among(_S.sku, "skus")).order_by(_S.sku)
_BY_SKUS_LOCKED = _BY_SKUS.with_for_update()
_BY_SKU = _STOCK.where(_S.store_id == bindparam("the_store"), _S.sku == bindparam("the_sku"))
_BY_SKU_LOCKED = _BY_SKU.with_for_update()
_LIVE_OF_ORDER = (
    select(*_R).where(_R.order_no == bindparam("the_order"), _R.state == "live").order_by(_R.sku, _R.line_no)
)
_SHORTAGES = (
    select(*StockShortage.__table__.columns)
    .where(
        StockShortage.store_id == bindparam("the_store"),
        StockShortage.sku == bindparam("the_sku"),
        one_of(StockShortage.state, "open"),
    )
    .order_by(StockShortage.id)
)
_SHORT_SKUS = (
    select(StockShortage.sku)
    .where(
        StockShortage.store_id == bindparam("the_store"),
        among(StockShortage.sku, "skus"),
        one_of(StockShortage.state, "open"),
    )
    .distinct()
    .order_by(StockShortage.sku)
)

_M = StockMovement.__table__.c
_MOVEMENTS = (
    select(*_M)
    .where(_M.store_id == bindparam("the_store"), _M.sku == bindparam("the_sku"))
    .order_by(_M.id.desc())
    .limit(bindparam("most"))
)


def available(tx: Tx, store_id: int, skus: Iterable[str], *, lock: bool = False) -> dict[str, int]:
    """What may still be sold of each sku that the shop has, pieces or grams; `lock` holds the rows."""
    return _available_later(tx, _BY_SKUS_LOCKED if lock else _BY_SKUS, store_id, skus)()


def available_later(tx: Tx, store_id: int, skus: Iterable[str]) -> Callable[[], dict[str, int]]:
    """The same without a lock, asked now and to be had by calling."""
    return _available_later(tx, _BY_SKUS, store_id, skus)


def _available_later(
    tx: Tx, asked: Select, store_id: int, skus: Iterable[str]
) -> Callable[[], dict[str, int]]:
    rows = tx.later(asked, {"the_store": store_id, "skus": sorted(skus)})
    return lambda: {
        row.sku: rules.available(row.on_hand, row.reserved, row.quarantine, row.buffer) for row in rows()
    }


def held(tx: Tx, store_id: int, skus: Iterable[str]) -> dict[str, int]:
    """What live orders and quarantine need on hand of each sku."""
    rows = tx.all(_BY_SKUS, {"the_store": store_id, "skus": sorted(skus)})
    return {row.sku: row.reserved + row.quarantine for row in rows}


def stock(tx: Tx, store_id: int, sku: str, *, lock: bool = False) -> Row:
    """The row of a sku, locked until the end if asked. Raises UnknownSku."""
    row = tx.one(_BY_SKU_LOCKED if lock else _BY_SKU, {"the_store": store_id, "the_sku": sku})
    if row is None:
        raise UnknownSku()
    return row


def picked(tx: Tx, store_id: int, sku: str) -> dict[int, int]:
    """What was picked of a sku and not shipped, by order number; fulfilment knows."""
    return tx.kit.services["picked"](tx, store_id, sku)


def view(tx: Tx, store_id: int, sku: str) -> dict[str, Any]:
    """The state of a sku, JSON-ready. Raises UnknownSku."""
    row = stock(tx, store_id, sku)
    in_totes = sum(picked(tx, store_id, sku).values())
    return {
        "sku": sku,
        "on_hand": row.on_hand,
        "reserved": row.reserved,
        "quarantine": row.quarantine,
        "buffer": row.buffer,
        "picked": in_totes,
        "version": row.version,
        "available": rules.available(row.on_hand, row.reserved, row.quarantine, row.buffer),
        "shelf": max(0, row.on_hand - row.quarantine - in_totes),
    }


def emptied(tx: Tx, store_id: int, wanted: Mapping[str, int]) -> set[str]:
    """Skus of whose shelf nothing is left, by the books, once so much more is taken: pieces or grams.

    A shelf that holds more than all orders want does not become empty: of those nothing more is read.
    """
    if not wanted:
        return set()
    rows = tx.all(_BY_SKUS, {"the_store": store_id, "skus": sorted(wanted)})
    return {
        row.sku
        for row in rows
        if row.on_hand - row.quarantine <= row.reserved
        and row.on_hand - row.quarantine - sum(picked(tx, store_id, row.sku).values()) <= wanted[row.sku]
    }


def movement(tx: Tx, store_id: int, source_ref: str) -> Row | None:
    return tx.one(
        select(*StockMovement.__table__.columns).where(
            StockMovement.store_id == store_id, StockMovement.source_ref == source_ref
        )
    )


def movements(tx: Tx, store_id: int, sku: str, limit: int) -> list[Row]:
    """The last changes of on_hand of a sku, newest first."""
    return tx.all(_MOVEMENTS, {"the_store": store_id, "the_sku": sku, "most": limit})


def movement_view(row: Row) -> dict[str, Any]:
    """A change of on_hand, JSON-ready."""
    return {
        "id": str(row.id),
        "delta": row.delta,
        "asked": row.asked,
        "kind": row.kind,
        "source_ref": row.source_ref,
        "order_no": row.order_no and str(row.order_no),
        "actor": row.actor,
        "at": rfc3339(row.at),
    }


def live_reservations(tx: Tx, order_no: int) -> list[Row]:
    """What an order still holds, by sku."""
    return tx.all(_LIVE_OF_ORDER, {"the_order": order_no})


def reservation(tx: Tx, order_no: int, line_no: int) -> Row | None:
    return tx.one(
        select(*Reservation.__table__.columns).where(
            Reservation.order_no == order_no, Reservation.line_no == line_no
        )
    )


def reservations_of(tx: Tx, store_id: int, sku: str) -> list[Row]:
    """Live reservations of a sku, by due time."""
    return tx.all(
        select(*Reservation.__table__.columns)
        .where(Reservation.store_id == store_id, Reservation.sku == sku, Reservation.state == "live")
        .order_by(Reservation.due_at, Reservation.order_no)
    )


def open_shortages(tx: Tx, store_id: int, sku: str) -> list[Row]:
    return tx.all(_SHORTAGES, {"the_store": store_id, "the_sku": sku})


def short_skus(tx: Tx, store_id: int, skus: Iterable[str]) -> list[str]:
    """Which of these skus have an open shortage, in order."""
    return tx.scalars(_SHORT_SKUS, {"the_store": store_id, "skus": sorted(skus)})


def to_count(tx: Tx, store_id: int, limit: int) -> list[Row]:
    """Shelves that somebody shall count, those that wait longest first."""
    return tx.all(_TO_COUNT, {"the_store": store_id, "most": limit})


def open_count(tx: Tx, store_id: int, sku: str) -> Row | None:
    """The task to count a sku's shelf, if there is one."""
    return tx.one(_OPEN_COUNT, {"the_store": store_id, "the_sku": sku})


_OPEN_COUNT = select(*StockCount.__table__.c).where(
    StockCount.store_id == bindparam("the_store"),
    StockCount.sku == bindparam("the_sku"),
    one_of(StockCount.state, "open"),
)
_TO_COUNT = (
    select(*StockCount.__table__.c)
    .where(StockCount.store_id == bindparam("the_store"), one_of(StockCount.state, "open"))
    .order_by(StockCount.opened_at, StockCount.id)
    .limit(bindparam("most"))
)


def stockouts(tx: Tx, store_id: int, sku: str, since: datetime) -> int:
    """How many orders a sku was reported missing for since then."""
    return tx.scalar(_STOCKOUTS, {"the_store": store_id, "the_sku": sku, "since": since})


_STOCKOUTS = select(func.count(StockMovement.order_no.distinct())).where(
    StockMovement.store_id == bindparam("the_store"),
    StockMovement.sku == bindparam("the_sku"),
    StockMovement.kind == "stockout",
    StockMovement.at >= bindparam("since"),
)


# Orders that hold a reservation, by number.
HOLDERS = select(Reservation.order_no).where(one_of(Reservation.state, "live"))


def violations(tx: Tx) -> list[Violation]:
    """Invariant 7: the books of stock agree with movements, reservations and open shortages."""
    return [
        Violation(
            7,
            "stock",
            f"{row.store_id}/{row.sku}",
            f"on hand {row.on_hand} (movements {row.moved}), reserved {row.reserved} "
            f"(live {row.live}, open shortages {row.short})",
        )
        for row in tx.all(_unbalanced())
    ]


@cache
def _unbalanced() -> Select:
    moved = _summed(StockMovement, StockMovement.delta)
    live = _summed(Reservation, Reservation.quantity, one_of(Reservation.state, "live"))
    short = _summed(StockShortage, StockShortage.quantity, one_of(StockShortage.state, "open"))
    sums = select(
        Stock.store_id,
        Stock.sku,
        Stock.on_hand,
        Stock.reserved,
        *(
            func.coalesce(part.c.total, 0).label(name)
            for name, part in (("moved", moved), ("live", live), ("short", short))
        ),
    )
    for part in (moved, live, short):
        sums = sums.outerjoin(part, and_(part.c.store_id == Stock.store_id, part.c.sku == Stock.sku))
    books = sums.subquery()
    return select(books).where(
        or_(
            books.c.on_hand != books.c.moved,
            books.c.reserved != books.c.live,
            books.c.on_hand < 0,
            books.c.reserved > books.c.on_hand + books.c.short,
        )
    )


def _summed(model: Any, quantity: Any, *where: Any) -> Any:
    """What there is of each sku."""
    key = (model.store_id, model.sku)
    return select(*key, func.sum(quantity).label("total")).where(*where).group_by(*key).subquery()
