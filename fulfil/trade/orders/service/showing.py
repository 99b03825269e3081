"""Views of orders are copied from them by a task, soon after each change (O4).

A change marks its order, in its own transaction and with one statement. Once a second a task for each shop
that has marks copies up to COPIED_AT_ONCE orders and takes their marks away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Row

from fulfil.kit.db import Tx
from fulfil.kit.statements import among
from fulfil.kit.task_book import PRIORITY_LOW
from fulfil.trade.orders import queries, rules
from fulfil.trade.orders.model import OrderChange, OrderView

TASK = "orders.copy"
COPIED_AT_ONCE = 200
_VIEW = OrderView.__table__
_COPIED = tuple(
    column.name for column in _VIEW.c if column.name not in ("id", "phone", "name", "archived_at")
)
_FORGET = delete(OrderChange.__table__).where(
    OrderChange.store_id == bindparam("the_store"), among(OrderChange.order_no, "numbers")
)
_DROP = delete(_VIEW).where(among(_VIEW.c.id, "numbers"))


def _put(dialect: Any) -> Any:
    wanted = dialect.insert(_VIEW)
    return wanted.on_conflict_do_update(
        index_elements=["id"],
        set_={column.name: wanted.excluded[column.name] for column in _VIEW.c if column.name != "id"},
    )


_keep = postgresql.insert(OrderChange.__table__)
# A mark that is there already is locked on PostgreSQL: whoever copies the order at this moment would take it
# away without having seen what we change. The copying never waits for it, so nobody waits in a circle.
_MARK = {
    "postgresql": _keep.on_conflict_do_update(
        index_elements=["store_id", "order_no"], set_={"order_no": _keep.excluded.order_no}
    ),
    "sqlite": sqlite.insert(OrderChange.__table__).on_conflict_do_nothing(),
}
_PUT = {"postgresql": _put(postgresql), "sqlite": _put(sqlite)}


def mark(tx: Tx, order_no: int, *, store_id: int, owner_kind: str, owner_id: int) -> None:
    """The order changes in this transaction, so its view is behind."""
    tx.post(
        _MARK[tx.dialect],
        (
            {
                "store_id": store_id,
                "order_no": order_no,
                "owner_kind": owner_kind,
                "owner_id": owner_id,
                "at": tx.now,
            },
        ),
    )


def changed(tx: Tx, row: Row) -> None:
    """The same for an order's row."""
    mark(tx, row.id, store_id=row.store_id, owner_kind=row.owner_kind, owner_id=row.owner_id)


def wake(tx: Tx) -> None:
    """Sweep: a task for every shop of which some view is behind, unless one waits already."""
    for store_id in queries.stores_behind(tx):
        if not queries.is_copying(tx, key_of(store_id)):
            _go_on(tx, store_id)


def key_of(store_id: int) -> str:
    """The key of the tasks that copy a shop's orders."""
    return f"views:{store_id}"


def _go_on(tx: Tx, store_id: int) -> None:
    tx.kit.tasks.post(tx, TASK, {"store_id": store_id}, key=key_of(store_id), priority=PRIORITY_LOW)


def copy_marked(tx: Tx, payload: Mapping[str, Any]) -> None:
    """Task: copy the shop's marked orders; when there are more, another task goes on."""
    store_id = payload["store_id"]
    numbers = queries.marked(tx, store_id, COPIED_AT_ONCE)
    copy(tx, store_id, numbers)
    if len(numbers) == COPIED_AT_ONCE:
        _go_on(tx, store_id)


def copy(tx: Tx, store_id: int, numbers: Sequence[int]) -> None:
    """Make the views of a shop's orders as the orders are, and take their marks away.

    What the archive holds is told by who keeps it, as "archived_view"; what is nowhere is shown no more.
    """
    if not numbers:
        return
    rows = [_view(row) for row in queries.valid_among(tx, numbers)]
    missing = set(numbers) - {row["id"] for row in rows}
    rows += [
        tx.kit.services["archived_view"](tx, number)
        for number in (queries.archived_among(tx, missing) if missing else ())
    ]
    put(tx, store_id, numbers, rows)
    if gone := sorted(missing - {row["id"] for row in rows}):
        tx.change(_DROP, {"numbers": gone})


def put(tx: Tx, store_id: int, numbers: Sequence[int], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write these views, and take the marks of these orders away."""
    tx.change(_FORGET, {"the_store": store_id, "numbers": numbers})
    if rows:
        tx.change_many(_PUT[tx.dialect], rows)


def mark_all(tx: Tx, after: int, limit: int) -> tuple[int, int] | None:
    """Mark the next orders behind the number `after`, archived ones too.

    The number of the last one and how many there were, None at the end.
    """
    rows = queries.numbers_after(tx, after, limit)
    if not rows:
        return None
    tx.change_many(_MARK[tx.dialect], [dict(row._mapping) | {"at": tx.now} for row in rows])
    return rows[-1].order_no, len(rows)


def drop_nobodys(tx: Tx) -> int:
    """Take away views of which there is no order; how many there were."""
    numbers = queries.nobodys(tx)
    return tx.change(_DROP, {"numbers": numbers}) if numbers else 0


def _view(row: Row) -> dict[str, Any]:
    return (
        rules.searchable(row.contact)
        | {name: getattr(row, name) for name in _COPIED}
        | {"id": row.id, "archived_at": None}
    )
