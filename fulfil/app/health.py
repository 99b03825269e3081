"""Whether a process is well, and what is wrong where it is not."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from fulfil import migrations
from fulfil.app import levels
from fulfil.kit.base import Kit
from fulfil.kit.outages import DatabaseAway

OK, AWAY, BEHIND = "ok", "away", "behind"


def health(kit: Kit) -> tuple[int, dict[str, Any]]:
    """HTTP status and `{status, database, redis?, tasks_due?, read_model_lag_seconds?, switched_off?}`.

    `status`: ok; degraded (Redis is away: carts are refused, pushes take up to a second; or a switch is
    off); failing (503: the database is away, or older than this code).
    """
    told: dict[str, Any] = {"database": OK}
    try:
        with kit.db.read(patient=False) as tx:
            if not migrations.suffices(tx.scalar(migrations.VERSION)):
                told["database"] = BEHIND
            else:
                told["tasks_due"] = kit.tasks.due(tx)
                told["read_model_lag_seconds"] = round(levels.lag_seconds(tx), 3)
                told["switched_off"] = [s["name"] for s in kit.gateway.switches(tx) if not s["on"]]
    except (sa.exc.SQLAlchemyError, DatabaseAway):
        told["database"] = AWAY
    if kit.config.redis_url:
        told["redis"] = OK if kit.signals.complete else AWAY
    if told["database"] != OK:
        return 503, {"status": "failing"} | told
    degraded = told.get("redis") == AWAY or told["switched_off"]
    return 200, {"status": "degraded" if degraded else "ok"} | told
