"""APScheduler: wakes the sweeps. They are idempotent, so every node may wake them; truth lives in rows.

It reckons with the machine's clock. However that is set, sweeps go on (decision 0014): set back, they would
rest until the old time comes again; set ahead, APScheduler would count every time that was missed.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from apscheduler.schedulers.gevent import GeventScheduler
from apscheduler.triggers.base import BaseTrigger

from fulfil.kit.base import Kit
from fulfil.kit.outages import refusal_of

log = logging.getLogger("fulfil.schedule")


class Every(BaseTrigger):
    """So many seconds from now, whenever the last time was."""

    def __init__(self, seconds: float) -> None:
        self.interval = timedelta(seconds=seconds)

    def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime:
        return now + self.interval

    def __str__(self) -> str:
        return f"every {self.interval.total_seconds():g} s"


class Scheduler(GeventScheduler):
    """Wakes what waits longer than it ever should: the clock was set back."""

    def _process_jobs(self) -> float | None:
        now = datetime.now(self.timezone)
        for job in self.get_jobs():
            if job.next_run_time - now > job.trigger.interval:
                job.modify(next_run_time=now)
        return super()._process_jobs()


def start(kit: Kit) -> Scheduler:
    """Wake every registered sweep from now on; a greenlet does, in memory."""
    scheduler = Scheduler()
    for sweep in kit.tasks.sweeps:
        scheduler.add_job(
            _run,
            Every(sweep.seconds),
            args=(kit, sweep),
            id=sweep.name,
            name=sweep.name,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
    scheduler.start()
    return scheduler


def _run(kit: Kit, sweep) -> None:
    try:
        kit.db.write(sweep.run, f"sweep-{sweep.name}")
    except Exception as error:
        if (outage := refusal_of(error)) is None:
            raise
        log.warning("a sweep waits for its next time", extra={"name_of": sweep.name, "code": outage.code})
