"""What waits for a person: money that fits no books, refunds that failed, effects that never came."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from fulfil.app import tasks
from fulfil.app.tasks import Sight
from fulfil.kit.clock import rfc3339
from fulfil.kit.db import Tx
from fulfil.kit.security import Principal
from fulfil.messages.rules import wording
from fulfil.store import queries as stores
from fulfil.trade.aftersales import queries as aftersales
from fulfil.trade.payments import queries as payments
from fulfil.trade.payments import service as payment_service
from fulfil.trade.payments.errors import UnknownNotice

SHOWN_MAX = 200


def exceptions(tx: Tx, who: Principal, store_id: int, *, resolved: bool = False) -> list[dict[str, Any]]:
    """Open exceptions of a shop, newest first, at most SHOWN_MAX of each kind; amounts in minor units.

    What names no shop is shown to those who see every shop, and in the only shop there is. `resolved`: also
    the notices that somebody has resolved. Raises UnknownStore.
    """
    stores.store(tx, store_id)
    strays = Sight.of(tx, who).strays
    found = [
        *(
            _notice_view(tx, row)
            for row in payments.held(tx, store_id, strays=strays, resolved=resolved, limit=SHOWN_MAX)
        ),
        *(
            _view(tx, "refund_failed", row, row.reason)
            for row in aftersales.failed_refunds(tx, store_id, limit=SHOWN_MAX)
        ),
        *_dead_tasks(tx, store_id, strays),
    ]
    return sorted(found, key=lambda one: (one["age_seconds"], one["kind"], one["id"]))


def resolve(tx: Tx, who: Principal, notice_id: int, note: str) -> dict[str, Any]:
    """End a payment notice with a note. Raises UnknownNotice, also for other shops', and NoticeResolved."""
    row = payments.notice(tx, notice_id)
    if row is None or not Sight.of(tx, who).sees(row.store_id):
        raise UnknownNotice()
    payment_service.resolve(tx, notice_id, note, who.name)
    if row.store_id is not None:
        tx.hint(f"board:{row.store_id}")
    return _notice_view(tx, payments.notice(tx, notice_id))


def _notice_view(tx: Tx, row: Row) -> dict[str, Any]:
    return _view(tx, "payment_notice", row, row.kind) | {
        "resolved_at": rfc3339(row.resolved_at),
        "resolved_by": row.resolved_by,
        "note": row.note,
    }


def _dead_tasks(tx: Tx, store_id: int, strays: bool) -> list[dict[str, Any]]:
    found, rows = [], tx.kit.tasks.dead(tx, SHOWN_MAX)
    owners = tasks.subjects(tx, rows)
    for row in rows:
        whose, order_no = owners[row.id]
        if whose == store_id or (whose is None and strays):
            view = _view(tx, "dead_task", row, f"{row.handler}: {tasks.error_of(row)}")
            found.append(
                view
                | {
                    "order_no": order_no and str(order_no),
                    "store_id": whose and str(whose),
                    "said": wording.doing(row.handler),
                }
            )
    return found


def _view(tx: Tx, kind: str, row: Row, reason: str) -> dict[str, Any]:
    values = row._mapping
    order_no, store_id = values.get("order_no"), values.get("store_id")
    said = values.get("body") or {}
    return {
        "kind": kind,
        "id": str(row.id),
        "order_no": order_no and str(order_no),
        "reason": reason,
        "store_id": store_id and str(store_id),
        "amount": values.get("amount"),
        "currency": said.get("currency") or values.get("currency"),
        "at": rfc3339(row.at),
        "age_seconds": max(0, int((tx.now - row.at).total_seconds())),
    }
