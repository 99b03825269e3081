"""APScheduler: wakes the sweeps. They are idempotent, so every node may wake them; truth lives in rows."""

from __future__ import annotations

from apscheduler.schedulers.base import BaseScheduler

from fulfil.kit.base import Kit


def start(kit: Kit, scheduler: BaseScheduler) -> BaseScheduler:
    """Add every registered sweep to `scheduler` (in memory) and start it."""
    for sweep in kit.tasks.sweeps:
        scheduler.add_job(_run, "interval", args=(kit, sweep), seconds=sweep.seconds, id=sweep.name,
                          coalesce=True, max_instances=1, misfire_grace_time=None)
    scheduler.start()
    return scheduler


def _run(kit: Kit, sweep) -> None:
    kit.db.write(sweep.run, f"sweep-{sweep.name}")
