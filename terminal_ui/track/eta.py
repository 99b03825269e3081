"""When the customer will have the goods, as a range of times. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

STEP_MINUTES = 5
STEP = timedelta(minutes=STEP_MINUTES)
EARLY = timedelta(minutes=20)  # nobody comes longer than this before the promised time
MARGIN = timedelta(minutes=5)


@dataclass(frozen=True)
class Eta:
    """Between `start` and `end`; `late` when the promised time will be missed."""

    start: datetime
    end: datetime
    late: bool


def eta(now: datetime, promised_at: datetime, predicted: Iterable[datetime]) -> Eta:
    """The range in whole steps, from what each piece of open work predicts and from the promise.

    An order promised for later is not announced for now; the end is the promise until work predicts more.
    """
    expected = max([now, *predicted])
    start = max(_up(now), _down(max(expected, promised_at - EARLY)))
    end = _up(max(promised_at, expected + MARGIN))
    return Eta(start, max(end, start + STEP), expected > promised_at)


def _down(moment: datetime) -> datetime:
    return moment.replace(minute=moment.minute - moment.minute % STEP_MINUTES, second=0, microsecond=0)


def _up(moment: datetime) -> datetime:
    lower = _down(moment)
    return lower if lower == moment else lower + STEP
