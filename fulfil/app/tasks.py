"""What people see of the task engine, and what they may do to it: look, try again, skip, drain (O5)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Row

from fulfil.dispatch.model import Offer
from fulfil.kit.clock import rfc3339
from fulfil.kit.db import Tx
from fulfil.kit.errors import Conflict, NotFound
from fulfil.kit.moves import record
from fulfil.kit.security import Principal
from fulfil.kit.statements import among
from fulfil.kit.task_rows import ATTEMPTS_MAX, DEAD, LEASED, WAITING, Task
from fulfil.messages.model import Message, WebhookDelivery
from fulfil.messages.rules import wording
from fulfil.store import queries as stores
from fulfil.trade.orders.model import Order
from fulfil.trade.payments.model import PayRefund, PayTransaction

STATES = ("due", "waiting", "running", "dead")
LOOKED_AT_MAX = 500
DRAINED_MAX = 200
BEHIND_MAX = 50
ERROR_NAME = re.compile(r"[\w.]+(?=:|\s*$)")
ORDER_KEY = re.compile(r"order:([0-9]{1,18})")
# What of a payload anybody may see who may see the task: numbers, times and words of the house. What names or
# describes a customer, and what somebody wrote, is in none of these fields.
SHOWN = frozenset(
    (
        "amount",
        "at",
        "cart_type",
        "case_id",
        "currency",
        "delivery_id",
        "event",
        "fees_back",
        "fulfilment_id",
        "if_silent",
        "kind",
        "known",
        "line_no",
        "lines",
        "message_id",
        "number",
        "offer_id",
        "on_shortage",
        "order_no",
        "ordered",
        "outcome",
        "paid_at",
        "payable",
        "payment_id",
        "person_id",
        "picked",
        "portions",
        "promised_at",
        "quantity",
        "refund_id",
        "report_id",
        "returned",
        "serial_no",
        "session_id",
        "shelf_effect",
        "sku",
        "state",
        "store_id",
        "succeeded",
        "ticket_id",
        "unit",
        "version",
        "whole",
    )
)
WORD = re.compile(r"[A-Za-z0-9_.:+-]{0,64}")
Whose = tuple[int | None, int | None]
NOBODYS: Whose = (None, None)
# Which row the parts of a payload name, and the order it belongs to.
_NO_ORDER = sa.cast(sa.null(), sa.BigInteger)
_SUBJECTS = (
    ("order_no", Order, Order.id),
    ("number", PayRefund, PayRefund.order_no),
    ("message_id", Message, Message.order_no),
    ("delivery_id", WebhookDelivery, WebhookDelivery.order_no),
    ("serial_no", PayTransaction, _NO_ORDER),
    ("offer_id", Offer, _NO_ORDER),
)
_BELONGING = sa.union_all(
    *(
        sa.select(
            sa.literal_column(f"'{name}'").label("name"), model.id, model.store_id, order.label("order_no")
        ).where(among(model.id, name))
        for name, model, order in _SUBJECTS
    )
)

_T = Task.__table__.c
_ahead, _before = (sa.alias(Task.__table__).c for _ in range(2))
_AHEAD = sa.select(sa.func.min(_ahead.id)).where(_ahead.key == _T.key, _ahead.id < _T.id).scalar_subquery()
_BEFORE = sa.select(_before.id).where(_before.id == _T.after).scalar_subquery()
_HELD_UP = sa.or_(_AHEAD.is_not(None), _BEFORE.is_not(None))
_SEEN = sa.select(*Task.__table__.c, sa.func.coalesce(_AHEAD, _BEFORE).label("ahead"))
_ONE = _SEEN.where(_T.id == sa.bindparam("the_task"))
_LOCKED = sa.select(*Task.__table__.c).where(_T.id == sa.bindparam("the_task")).with_for_update()
_BEHIND = (
    sa.select(_T.id, _T.handler)
    .where(
        sa.or_(
            _T.after == sa.bindparam("the_task"),
            sa.and_(_T.key == sa.bindparam("the_key"), _T.id > sa.bindparam("the_task")),
        )
    )
    .order_by(_T.id)
    .limit(BEHIND_MAX)
)
_DEAD_OF = (
    sa.select(*Task.__table__.c)
    .where(_T.state == sa.literal_column(str(DEAD)), _T.handler == sa.bindparam("the_handler"))
    .order_by(_T.id)
    .limit(LOOKED_AT_MAX)
)
_GONE = sa.delete(Task.__table__).where(
    _T.id == sa.bindparam("the_task"), _T.state != sa.literal_column(str(LEASED))
)


class UnknownTask(NotFound):
    code, title = "unknown_task", "No task with that number waits for anybody."


class TaskRunning(Conflict):
    code, title = "task_running", "The task is being done at this moment. Wait until it ends."


@dataclass(frozen=True)
class Sight:
    """Whose tasks somebody sees and may act on; `strays`: what belongs to no shop, too."""

    who: Principal
    strays: bool

    @classmethod
    def of(cls, tx: Tx, who: Principal) -> Sight:
        return cls(who, stores.sees_strays(tx, who))

    def sees(self, store_id: int | None) -> bool:
        return self.strays if store_id is None else self.who.sees(store_id)

    def acts(self, store_id: int | None) -> bool:
        return self.sees(store_id) and (store_id is not None or "admin" in self.who.roles)


def tasks(
    tx: Tx,
    who: Principal,
    *,
    state: str | None,
    handler: str | None,
    order_no: int | None,
    before: int | None,
    limit: int,
) -> dict[str, Any]:
    """The tasks that `who` sees, newest first: `{tasks, cursor}`.

    A page may be short, even empty, though more follow: `cursor` says whether there is more to look at.
    """
    asked = _SEEN.where(*_narrowed(state, handler, order_no)).order_by(_T.id.desc()).limit(LOOKED_AT_MAX + 1)
    if before is not None:
        asked = asked.where(_T.id < before)
    found: list[dict[str, Any]] = []
    sight = Sight.of(tx, who)
    rows = tx.all(asked, {"now": tx.now} if state in ("due", "waiting") else {})
    owners = subjects(tx, rows)
    for place, row in enumerate(rows[:LOOKED_AT_MAX]):
        if sight.sees(owners[row.id][0]):
            found.append(_view(tx, sight, row, owners[row.id]))
        if len(found) == limit:
            return {"tasks": found, "cursor": str(row.id) if place + 1 < len(rows) else None}
    return {"tasks": found, "cursor": str(rows[LOOKED_AT_MAX - 1].id) if len(rows) > LOOKED_AT_MAX else None}


def task(tx: Tx, who: Principal, task_id: int) -> dict[str, Any]:
    """One task with its payload and what waits for it. Raises UnknownTask, also for other shops'."""
    row, sight = tx.one(_ONE, {"the_task": task_id}), Sight.of(tx, who)
    whose = NOBODYS if row is None else subject(tx, row)
    if row is None or not sight.sees(whose[0]):
        raise UnknownTask()
    shown, withheld = _allowed(row.payload)
    behind = tx.all(_BEHIND, {"the_task": row.id, "the_key": row.key})
    return _view(tx, sight, row, whose) | {
        "payload": shown,
        "withheld": sorted(withheld),
        "behind": [{"id": str(one.id), "handler": one.handler} for one in behind],
    }


def retry(tx: Tx, who: Principal, task_id: int) -> None:
    """Give a dead task another life and write down who did.

    A supervisor does so for their shops, an administrator also for what belongs to none. Raises UnknownTask,
    also for what somebody else would have to try again.
    """
    row = tx.kit.tasks.dead_one(tx, task_id)
    whose = NOBODYS if row is None else subject(tx, row)
    if row is None or not Sight.of(tx, who).acts(whose[0]) or not tx.kit.tasks.retry_dead(tx, task_id):
        raise UnknownTask()
    _write_down(tx, who, row, whose, "retry")


def skip(tx: Tx, who: Principal, task_id: int, reason: str) -> None:
    """Take a task away undone, so that what waits behind it goes on; its effect never comes.

    Raises UnknownTask, also for what is somebody else's, and TaskRunning.
    """
    row = tx.one(_LOCKED, {"the_task": task_id})
    whose = NOBODYS if row is None else subject(tx, row)
    if row is None or not Sight.of(tx, who).acts(whose[0]):
        raise UnknownTask()
    if not tx.change(_GONE, {"the_task": task_id}):
        raise TaskRunning()
    _write_down(tx, who, row, whose, "skip", reason)
    tx.after_commit(tx.kit.tasks.wake)


def drain(tx: Tx, who: Principal, handler: str) -> dict[str, int]:
    """Give every dead task of a handler another life, the oldest first, DRAINED_MAX at once.

    `{retried, left}`: `left` of those that were looked at are still dead and may be tried again, too.
    """
    sight, rows = Sight.of(tx, who), tx.all(_DEAD_OF, {"the_handler": handler})
    owners = subjects(tx, rows)
    seen = [row for row in rows if sight.acts(owners[row.id][0])]
    retried = 0
    for row in seen[:DRAINED_MAX]:
        if tx.kit.tasks.retry_dead(tx, row.id):
            _write_down(tx, who, row, owners[row.id], "retry")
            retried += 1
    return {"retried": retried, "left": max(0, len(seen) - DRAINED_MAX)}


def subject(tx: Tx, row: Row) -> Whose:
    """Shop and order that a task is about, as far as its payload tells, or the order in its key."""
    return subjects(tx, [row])[row.id]


def subjects(tx: Tx, rows: Collection[Row]) -> dict[int, Whose]:
    """As `subject`, of all these tasks by id, with one statement."""
    named = {row.id: _named(row) for row in rows}
    asked: dict[str, set[int]] = defaultdict(set)
    for name, number in filter(None, named.values()):
        asked[name].add(number)
    found = (
        {}
        if not asked
        else {
            (one.name, one.id): (one.store_id, one.order_no)
            for one in tx.all(_BELONGING, {name: sorted(asked[name]) for name, _, _ in _SUBJECTS})
        }
    )
    return {row.id: _said(row) or found.get(named[row.id], NOBODYS) for row in rows}


def error_of(row: Row) -> str:
    """The kind of error alone: its text may hold what is not for everybody's eyes."""
    name = ERROR_NAME.match(row.error or "")
    return name[0].rpartition(".")[2] if name else "died"


def _narrowed(state: str | None, handler: str | None, order_no: int | None) -> list[Any]:
    in_time = sa.bindparam("now", type_=_T.run_at.type)
    where = {
        "dead": [_T.state == sa.literal_column(str(DEAD))],
        "running": [_T.state == sa.literal_column(str(LEASED))],
        "due": [_T.state == sa.literal_column(str(WAITING)), _T.run_at <= in_time, ~_HELD_UP],
        "waiting": [_T.state == sa.literal_column(str(WAITING)), sa.or_(_T.run_at > in_time, _HELD_UP)],
        None: [],
    }[state]
    if handler is not None:
        where.append(_T.handler == handler)
    if order_no is not None:
        text = sa.type_coerce(_T.payload, sa.Text)
        where.append(
            sa.or_(
                _T.key == f"order:{order_no}",
                text.like(f'%"order_no":{order_no},%'),
                text.like(f'%"order_no":{order_no}}}%'),
            )
        )
    return where


def _view(tx: Tx, sight: Sight, row: Row, whose: Whose) -> dict[str, Any]:
    store_id, order_no = whose
    state = {DEAD: "dead", LEASED: "running"}.get(row.state)
    state = state or ("waiting" if row.run_at > tx.now or row.ahead is not None else "due")
    return {
        "id": str(row.id),
        "handler": row.handler,
        "said": wording.doing(row.handler),
        "state": state,
        "store_id": store_id and str(store_id),
        "order_no": order_no and str(order_no),
        "priority": row.priority,
        "attempts": row.attempts,
        "attempts_max": ATTEMPTS_MAX,
        "error": error_of(row) if row.error else None,
        "run_at": rfc3339(row.run_at),
        "created_at": rfc3339(row.created_at),
        "age_seconds": max(0, int((tx.now - row.created_at).total_seconds())),
        "ahead": row.ahead and str(row.ahead),
        "actions": _actions(sight, state, store_id),
    }


def _actions(sight: Sight, state: str, store_id: int | None) -> list[str]:
    """What may be done to the task now."""
    if state == "running" or not sight.acts(store_id):
        return []
    retry_it = ["retry"] if state == "dead" and sight.who.roles & {"supervisor", "admin"} else []
    return retry_it + (["skip"] if "admin" in sight.who.roles else [])


def _allowed(payload: Mapping[str, Any]) -> tuple[dict[str, Any], set[str]]:
    """What of a payload is shown, and the names of what is not."""
    shown, withheld = {}, set()
    for name, value in payload.items():
        if name not in SHOWN:
            withheld.add(name)
        elif isinstance(value, list):
            parts = [_allowed(one) for one in value if isinstance(one, Mapping)]
            shown[name] = [part for part, _ in parts]
            withheld |= {f"{name}.{inner}" for _, hidden in parts for inner in hidden}
        elif isinstance(value, str | int | float | None) and WORD.fullmatch(str(value)):
            shown[name] = value
        else:
            withheld.add(name)
    return shown, withheld


def _said(row: Row) -> Whose | None:
    """What the payload itself says of shop and order, None where it names no shop."""
    if "store_id" not in row.payload:
        return None
    return row.payload["store_id"], row.payload.get("order_no") or _order_in_key(row)


def _named(row: Row) -> tuple[str, int] | None:
    """The row that has to be looked up to know whose the task is: the part of its payload, and its id."""
    if "store_id" in row.payload:
        return None
    for name, _, _ in _SUBJECTS:
        if isinstance(row.payload.get(name), int):
            return name, row.payload[name]
    number = _order_in_key(row)
    return None if number is None else ("order_no", number)


def _order_in_key(row: Row) -> int | None:
    found = ORDER_KEY.fullmatch(row.key or "")
    return int(found[1]) if found else None


def _write_down(tx: Tx, who: Principal, row: Row, whose: Whose, event: str, reason: str = "") -> None:
    store_id, order_no = whose
    record(
        tx,
        store_id=store_id,
        order_no=order_no,
        entity=Task.__tablename__,
        entity_id=row.id,
        event=event,
        actor=who.name,
        reason=reason,
        detail={"handler": row.handler, "error": error_of(row)},
    )
