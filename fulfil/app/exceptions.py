"""What waits for a person: money that fits no books, refunds that failed, effects that never came."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Row

from fulfil.dispatch.model import Offer
from fulfil.kit.clock import rfc3339
from fulfil.kit.db import Tx
from fulfil.kit.errors import NotFound
from fulfil.kit.moves import record
from fulfil.kit.security import Principal
from fulfil.store import queries as stores
from fulfil.trade.aftersales import queries as aftersales
from fulfil.trade.orders.model import Order
from fulfil.trade.payments import queries as payments
from fulfil.trade.payments import service as payment_service
from fulfil.trade.payments.errors import UnknownNotice
from fulfil.trade.payments.model import PayRefund, PayTransaction

SHOWN_MAX = 200
ERROR_NAME = re.compile(r"[\w.]+(?=:|\s*$)")
ORDER_KEY = re.compile(r"order:([0-9]{1,18})")
NO_STORE = 0
# Which row the parts of a task's payload name, and the order it belongs to.
_SUBJECTS = (
    ("order_no", Order, Order.id), ("number", PayRefund, PayRefund.order_no),
    ("serial_no", PayTransaction, sa.null()), ("offer_id", Offer, sa.null()),
)  # fmt: skip


class UnknownTask(NotFound):
    code, title = "unknown_task", "No task with that number has failed for good."


def exceptions(tx: Tx, who: Principal, store_id: int, *, resolved: bool = False) -> list[dict[str, Any]]:
    """Open exceptions of a shop, newest first, at most SHOWN_MAX of each kind; amounts in minor units.

    What names no shop is shown to those who see every shop, and in the only shop there is. `resolved`: also
    the notices that somebody has resolved. Raises UnknownStore.
    """
    stores.store(tx, store_id)
    strays = _sees_strays(tx, who)
    found = [
        *(_notice_view(tx, row)
          for row in payments.held(tx, store_id, strays=strays, resolved=resolved, limit=SHOWN_MAX)),
        *(_view(tx, "refund_failed", row, row.reason)
          for row in aftersales.failed_refunds(tx, store_id, limit=SHOWN_MAX)),
        *_dead_tasks(tx, store_id, strays),
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one["age_seconds"], one["kind"], one["id"]))


def resolve(tx: Tx, who: Principal, notice_id: int, note: str) -> dict[str, Any]:
    """End a payment notice with a note. Raises UnknownNotice, also for other shops', and NoticeResolved."""
    row = payments.notice(tx, notice_id)
    seen = row is not None and (_sees_strays(tx, who) if row.store_id is None else who.sees(row.store_id))
    if not seen:
        raise UnknownNotice()
    payment_service.resolve(tx, notice_id, note, who.name)
    if row.store_id is not None:
        tx.hint(f"board:{row.store_id}")
    return _notice_view(tx, payments.notice(tx, notice_id))


def retry(tx: Tx, who: Principal, task_id: int) -> None:
    """Give a dead task another life and write down who did.

    A supervisor does so for their shops, an administrator also for what belongs to none. Raises UnknownTask,
    also for what somebody else would have to try again.
    """
    row = tx.kit.tasks.dead_one(tx, task_id)
    store_id, order_no = (None, None) if row is None else _whose(tx, row)
    seen = "admin" in who.roles and _sees_strays(tx, who) if store_id is None else who.sees(store_id)
    if row is None or not seen or not tx.kit.tasks.retry_dead(tx, task_id):
        raise UnknownTask()
    record(tx, store_id=store_id or NO_STORE, order_no=order_no, entity="tasks", entity_id=task_id,
           event="retry", actor=who.name, detail={"handler": row.handler, "error": _error(row)})


def _sees_strays(tx: Tx, who: Principal) -> bool:
    return who.store_ids is None or len(stores.stores(tx)) == 1


def _notice_view(tx: Tx, row: Row) -> dict[str, Any]:
    return _view(tx, "payment_notice", row, row.kind) | {
        "resolved_at": rfc3339(row.resolved_at), "resolved_by": row.resolved_by, "note": row.note}


def _dead_tasks(tx: Tx, store_id: int, strays: bool) -> list[dict[str, Any]]:
    found = []
    for row in tx.kit.tasks.dead(tx, SHOWN_MAX):
        whose, order_no = _whose(tx, row)
        if whose == store_id or (whose is None and strays):
            view = _view(tx, "dead_task", row, f"{row.handler}: {_error(row)}")
            found.append(view | {"order_no": order_no and str(order_no), "store_id": whose and str(whose)})
    return found


def _error(task: Row) -> str:
    """The kind of error alone: its text may hold what is not for everybody's eyes."""
    name = ERROR_NAME.match(task.error or "")
    return name[0].rpartition(".")[2] if name else "died"


def _whose(tx: Tx, task: Row) -> tuple[int | None, int | None]:
    """Shop and order that a task is about, as far as its payload tells, or the order in its key."""
    payload = task.payload
    if "store_id" in payload:
        return payload["store_id"], payload.get("order_no")
    for name, model, order in _SUBJECTS:
        if name in payload:
            return _belonging(tx, model, order, payload[name])
    named = ORDER_KEY.fullmatch(task.key or "")
    return _belonging(tx, Order, Order.id, int(named[1])) if named else (None, None)


def _belonging(tx: Tx, model: Any, order: Any, row_id: int) -> tuple[int | None, int | None]:
    row = tx.one(sa.select(model.store_id, order.label("order_no")).where(model.id == row_id))
    return (row.store_id, row.order_no) if row else (None, None)


def _view(tx: Tx, kind: str, row: Row, reason: str) -> dict[str, Any]:
    values = row._mapping
    order_no, store_id = values.get("order_no"), values.get("store_id")
    said = values.get("body") or {}
    return {
        "kind": kind, "id": str(row.id), "order_no": order_no and str(order_no), "reason": reason,
        "store_id": store_id and str(store_id),
        "amount": values.get("amount"),
        "currency": said.get("currency") or values.get("currency"), "at": rfc3339(row.at),
        "age_seconds": max(0, int((tx.now - row.at).total_seconds())),
    }  # fmt: skip
