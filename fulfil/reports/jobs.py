"""When orders that are over are counted."""

from __future__ import annotations

from fulfil.kit.base import Kit
from fulfil.reports.service import counting

SECONDS = 10


def register(kit: Kit) -> None:
    """Sweep: each time some orders."""
    kit.tasks.sweep("reports.figures", SECONDS, counting.count_ended)
