"""How much later than predicted something is promised, so that most of what is promised comes in time.

A prediction is the middle of what may happen; who promises that is late with every second order. The margin
is learned: each delivery that was late makes it longer, each in time a little shorter, until `ON_TIME` of
them are in time (a quantile by stochastic approximation: Robbins & Monro 1951).
"""

from __future__ import annotations

from collections.abc import Iterable

ON_TIME = 0.95  # of the deliveries
STEP_SECONDS = 40.0  # a late one adds 38 s, one in time takes 2 s away
MARGIN_MAX = 900.0


def margin_after(margin: float, deliveries: Iterable[bool]) -> float:
    """The margin in seconds after these deliveries, in order: whether each was late."""
    for late in deliveries:
        margin += STEP_SECONDS * (ON_TIME if late else ON_TIME - 1)
        margin = min(MARGIN_MAX, max(0.0, margin))
    return margin
