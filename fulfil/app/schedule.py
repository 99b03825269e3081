"""APScheduler: wakes the sweeps. They are idempotent, so every node may wake them; truth lives in rows."""

from __future__ import annotations

import logging

from apscheduler.schedulers.base import BaseScheduler

from fulfil.kit.base import Kit
from fulfil.kit.outages import refusal_of

log = logging.getLogger("fulfil.schedule")


def start(kit: Kit, scheduler: BaseScheduler) -> BaseScheduler:
    """Add every registered sweep to `scheduler` (in memory) and start it."""
    for sweep in kit.tasks.sweeps:
        scheduler.add_job(_run, "interval", args=(kit, sweep), seconds=sweep.seconds, id=sweep.name,
                          coalesce=True, max_instances=1, misfire_grace_time=None)
    scheduler.start()
    return scheduler


def _run(kit: Kit, sweep) -> None:
    try:
        kit.db.write(sweep.run, f"sweep-{sweep.name}")
    except Exception as error:
        if (outage := refusal_of(error)) is None:
            raise
        log.warning("a sweep waits for its next time", extra={"name_of": sweep.name, "code": outage.code})
