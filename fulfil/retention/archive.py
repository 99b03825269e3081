"""The archive: orders that ended long ago, each whole in one row, and how they are read again."""

from __future__ import annotations

import json
import logging
import zlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from fulfil.kit.clock import parse_rfc3339, rfc3339
from fulfil.kit.db import Tx, Utc
from fulfil.kit.errors import NotFound, StaleRow
from fulfil.retention import movements, parts
from fulfil.retention.final import final, is_final
from fulfil.retention.walk import UNTIL, Walk
from fulfil.trade.orders import rules
from fulfil.trade.orders.model import ArchivedOrder, Order, OrderView
from fulfil.trade.orders.service import showing
from fulfil.trade.payments.model import PaymentDocument, PayTransaction

log = logging.getLogger("fulfil.retention")
LOOKED_AT = 100
ORDERS_MAX = {"sqlite": 3, "postgresql": 20}  # 5 ms each, and on SQLite every other writer waits meanwhile
_A = ArchivedOrder.__table__.c
_BY_NUMBER = sa.select(*_A).where(_A.order_no == sa.bindparam("the_order"))
_BY_FULFILMENT = sa.select(*_A).where(_A.fulfilment_id == sa.bindparam("the_fulfilment"))
_LOCKED = (
    sa.select(
        Order.id,
        Order.store_id,
        Order.state,
        Order.owner_kind,
        Order.owner_id,
        Order.ended_at,
        Order.erased_at,
    )
    .where(Order.id == sa.bindparam("the_order"))
    .with_for_update()
)
# A late word of the channel locks the payment before the order: whoever comes second sees what the first did.
_PAYMENTS_LOCKED = (
    sa.select(PayTransaction.id)
    .join(PaymentDocument, PaymentDocument.serial_no == PayTransaction.id)
    .where(PaymentDocument.order_no == sa.bindparam("the_order"))
    .order_by(PayTransaction.id)
    .with_for_update()
)


SHOWN = frozenset(OrderView.__table__.c.keys())


class UnknownArchived(NotFound):
    code, title = "unknown_order", "There is no such order in the archive."


class Archiving:
    """A sweep: looks at the oldest orders, some at a time, and archives those whose time has come."""

    def __init__(self) -> None:
        self._walk = Walk(
            Order, "id", "created_at", LOOKED_AT, where=sa.and_(Order.ended_at < UNTIL, final())
        )

    def __call__(self, tx: Tx) -> None:
        until = tx.now - timedelta(days=tx.kit.config.archive_after_days)
        for order_no in self._walk.next(tx, until, most=ORDERS_MAX[tx.dialect]):
            try:
                with tx.savepoint():
                    archive(tx, order_no)
            except StaleRow:
                log.info("an order changed while it was archived; the next walk finds it again")


def archive(tx: Tx, order_no: int) -> bool:
    """Move the order to the archive, unless something of it still waits; whether it went.

    Raises StaleRow when something of it changed meanwhile.
    """
    tx.all(_PAYMENTS_LOCKED, {"the_order": order_no})
    order = tx.one(_LOCKED, {"the_order": order_no})
    if order is None or not is_final(tx, order_no):
        return False
    found = parts.rows_of(tx, order)
    fulfilments = found.get("fulfilments", [])
    tx.insert(
        ArchivedOrder,
        order_no=order.id,
        store_id=order.store_id,
        owner_kind=order.owner_kind,
        owner_id=order.owner_id,
        state=order.state,
        ended_at=order.ended_at,
        archived_at=tx.now,
        fulfilment_id=fulfilments[0]["id"] if fulfilments else None,
        erased_at=order.erased_at,
        document=packed(found),
    )
    parts.delete(tx, order, found)
    showing.put(tx, order.store_id, [order.id], [shown(tx, order.id)])
    movements.carry(tx, found.get("stock_movements", ()))
    return True


def packed(found: Mapping[str, Any]) -> bytes:
    """Rows by table as compressed JSON; instants as RFC 3339."""
    text = json.dumps(found, ensure_ascii=False, separators=(",", ":"), default=_instant)
    return zlib.compress(text.encode())


def shown(tx: Tx, order_no: int) -> dict[str, Any]:
    """An archived order as it is searched for; only its number, shop, money and who it was are looked at."""
    row = order(tx, order_no)
    found = unpacked(row.document)
    head = found["orders"][0]
    copied = {name: _typed(column, head[name]) for name, column in Order.__table__.c.items() if name in SHOWN}
    return (
        copied
        | rules.searchable(copied["contact"])
        | {"delivery_state": found["order_deliveries"][0]["state"], "archived_at": row.archived_at}
    )


def _typed(column: sa.Column[Any], value: Any) -> Any:
    return parse_rfc3339(value) if value is not None and column.type is Utc else value


def unpacked(document: bytes) -> parts.Rows:
    return json.loads(zlib.decompress(document))


def _instant(value: datetime) -> str:
    return value.isoformat()


def order(tx: Tx, order_no: int) -> sa.Row:
    """The row of an archived order. Raises UnknownArchived."""
    row = tx.one(_BY_NUMBER, {"the_order": order_no})
    if row is None:
        raise UnknownArchived()
    return row


def view(tx: Tx, row: sa.Row) -> dict[str, Any]:
    """An archived order as staff see it, JSON-ready: money, lines, payments, refunds and every step."""
    found = unpacked(row.document)
    head = found["orders"][0]
    return {
        "order_no": str(row.order_no),
        "store_id": str(row.store_id),
        "state": row.state,
        "archived_at": rfc3339(row.archived_at),
        "erased_at": rfc3339(row.erased_at),
        "created_at": _time(head["created_at"]),
        "ended_at": rfc3339(row.ended_at),
        "total": head["payable"],
        "paid": head["paid"],
        "refunded": head["refunded"],
        "currency": head["currency"],
        "lines": [{name: line[name] for name in LINE} for line in found.get("order_items", ())],
        "payments": [{name: one[name] for name in PAYMENT} for one in found.get("payment_documents", ())],
        "refunds": [{name: one[name] for name in REFUND} for one in found.get("refunds", ())],
        "events": events(tx, found),
    }


LINE = (
    "line_no",
    "sku",
    "name_zh",
    "name_en",
    "unit",
    "quantity",
    "unit_price",
    "amount",
    "discount",
    "payable",
)
PAYMENT = ("pay_seq", "state", "amount", "captured", "refunded", "currency")
REFUND = ("state", "amount", "settled", "currency")


def timeline(tx: Tx, fulfilment_id: int) -> tuple[int, dict[str, Any]] | None:
    """The shop and the timeline of an archived fulfilment order, as dispatch shows it; None without one."""
    row = tx.one(_BY_FULFILMENT, {"the_fulfilment": fulfilment_id})
    if row is None:
        return None
    found = unpacked(row.document)
    return row.store_id, {
        "fulfilment_id": str(fulfilment_id),
        "order_no": str(row.order_no),
        "state": found["fulfilments"][0]["state"],
        "events": events(tx, found),
    }


def events(tx: Tx, found: parts.Rows) -> list[dict[str, Any]]:
    """The order's steps, oldest first, and what was switched meanwhile, as far as that is still known."""
    steps = [dict(step, at=parse_rfc3339(step["at"])) for step in found.get("history", ())]
    if steps:
        times = [step["at"] for step in steps]
        steps += [flip._mapping for flip in tx.kit.gateway.flips(tx, min(times), max(times))]
    return [
        {
            "at": rfc3339(step["at"]),
            "entity": step["entity"],
            "entity_id": str(step["entity_id"]),
            "event": step["event"],
            "from_state": step["from_state"],
            "to_state": step["to_state"],
            "actor": step["actor"],
            "reason": step["reason"],
            "detail": step["detail"],
        }
        for step in sorted(steps, key=lambda step: step["id"])
    ]


def _time(text: str) -> str | None:
    return rfc3339(parse_rfc3339(text))
