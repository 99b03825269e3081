"""When old things are looked for, and what others may ask of the archive without knowing it."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from fulfil.kit.base import Kit
from fulfil.kit.db import Tx
from fulfil.retention import archive, personal
from fulfil.retention.ageing import Ageing

SECONDS = 5
LOCK = 7_385_643  # any number: on PostgreSQL one process at a time sweeps, the others have nothing to do
_ALONE = sa.select(sa.func.pg_try_advisory_xact_lock(LOCK))


def register(kit: Kit) -> None:
    """Sweep, each time a little; offer the archived timeline to dispatch and farewells to members."""
    for name, sweep in (("age", Ageing()), ("archive", archive.Archiving()), ("erase", personal.Erasing())):
        kit.tasks.sweep(f"retention.{name}", SECONDS, _alone(sweep))
    kit.services["archived_timeline"] = archive.timeline
    kit.services["archived_view"] = archive.shown
    kit.services["forget_member"] = personal.forget_member


def _alone(sweep: Callable[[Tx], None]) -> Callable[[Tx], None]:
    def run(tx: Tx) -> None:
        if tx.dialect != "postgresql" or tx.scalar(_ALONE):
            sweep(tx)

    return run
