"""When a rider is asked for an order that is still being made (floor rule 4)."""

from __future__ import annotations

SPARE_SECONDS = 300.0  # so much later it may get before a rider who waits for it is let go


def calls(ready_seconds: float, lead_seconds: float) -> bool:
    """Whether it is time: from then on whoever is asked has just the way to the counter before them."""
    return ready_seconds <= lead_seconds


def lets_go(ready_seconds: float, lead_seconds: float) -> bool:
    """Whether a rider who is asked or waits has something better to do first."""
    return ready_seconds > lead_seconds + SPARE_SECONDS
