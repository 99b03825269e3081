"""What /metrics says of the database's present state, measured when somebody asks."""

from __future__ import annotations

import sqlalchemy as sa

from fulfil.kit.base import Kit
from fulfil.kit.db import Tx
from fulfil.kit.outages import DatabaseAway
from fulfil.kit.task_rows import DEAD, LEASED, WAITING, Task
from fulfil.trade.orders import queries as orders

_DUE = sa.and_(Task.state == WAITING, Task.run_at <= sa.bindparam("now", type_=Task.run_at.type))
_OF_HANDLERS = sa.select(
    Task.handler,
    *(
        sa.func.count(sa.case((condition, 1))).label(name)
        for name, condition in (
            ("due", _DUE),
            ("running", Task.state == LEASED),
            ("dead", Task.state == DEAD),
            ("all", sa.true()),
        )
    ),
    sa.func.min(sa.case((sa.or_(_DUE, Task.state == LEASED), Task.run_at)), type_=Task.run_at.type).label(
        "oldest"
    ),
).group_by(Task.handler)


def measured(kit: Kit) -> bytes:
    """Prometheus text. With the database away, its levels are those of the last time."""
    try:
        with kit.db.read(patient=False) as tx:
            _measure(tx)
    except (sa.exc.SQLAlchemyError, DatabaseAway):
        kit.metrics.count("levels_not_measured")
    return kit.metrics.text()


def lag_seconds(tx: Tx) -> float:
    """How long the order view that is behind longest has been so."""
    since = orders.behind_since(tx)
    return 0.0 if since is None else max(0.0, (tx.now - since).total_seconds())


def _measure(tx: Tx) -> None:
    found: dict[str, dict[str, float]] = {}
    for row in tx.all(_OF_HANDLERS, {"now": tx.now}):
        waiting = row.all - row.due - row.running - row.dead
        oldest = 0.0 if row.oldest is None else max(0.0, (tx.now - row.oldest).total_seconds())
        found[row.handler] = {
            "due": row.due,
            "running": row.running,
            "dead": row.dead,
            "waiting": waiting,
            "oldest_seconds": oldest,
        }
    tx.kit.metrics.tasks(found)
    tx.kit.metrics.read_model(lag_seconds(tx))
    tx.kit.metrics.switches({one["name"]: one["on"] for one in tx.kit.gateway.switches(tx)})
