"""When orders that are over are counted."""

from __future__ import annotations

from fulfil.contracts.trade import Complained
from fulfil.kit.base import Kit
from fulfil.reports.service import counting

SECONDS = 10


def register(kit: Kit) -> None:
    """Sweep: each time some orders. A complaint that comes later is taken off."""
    kit.events.subscribe(Complained, counting.COMPLAINED, counting.count_complaint)
    kit.tasks.sweep("reports.figures", SECONDS, counting.count_ended)
