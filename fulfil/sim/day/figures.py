"""What a lived day was like."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from statistics import fmean, pvariance
from typing import Any

from fulfil.sim.day.world import AtWork, World

P95 = 0.95
ROLES = ("picker", "packer")


def figures(world: World) -> dict[str, Any]:
    """On time in percent, minutes from paid to handed over, metres an order, units an hour, spread.

    The spread of the work that was given, and of the time that it took, by everybody's own pace.
    """
    orders = list(world.orders.values())
    handed_over = [o for o in orders if o.handed_over_at is not None]
    taken = sorted((o.handed_over_at - o.order.paid_at).total_seconds() / 60 for o in handed_over)
    in_time = sum(
        o.handed_over_at + timedelta(seconds=o.order.ride_seconds) <= o.order.due_at for o in handed_over
    )
    crew = [*world.gone, *world.people.values()]
    return {
        "left_at_night": len(orders) - len(handed_over),
        "on_time_percent": round(100 * in_time / len(orders), 2),
        "mean_minutes": round(fmean(taken), 1),
        "p95_minutes": round(taken[int(P95 * (len(taken) - 1))], 1),
        "metres_an_order": round(world.metres / len(orders), 1),
        "orders_a_tour": round(fmean(map(len, world.walked)), 2),
        "units_an_hour": round(3600 * world.units / world.pick_seconds, 1),
        "spread_percent": _worst(spread(crew, role, lambda a: a.given_seconds) for role in ROLES),
        "time_spread_percent": _worst(spread(crew, role, lambda a: a.worked_seconds) for role in ROLES),
    }


def _worst(spreads: Iterable[float]) -> float:
    return round(max(spreads), 1)


def spread(crew: Sequence[AtWork], role: str, seconds: Callable[[AtWork], float]) -> float:
    """How far the shares of their shift lie apart that colleagues of one shift had work: deviation by mean.

    That one shift has more to do than another is not the dispatcher's choice, and does not count.
    """
    shifts: dict[datetime, list[float]] = defaultdict(list)
    for at_work in crew:
        person = at_work.person
        if person.role == role:
            there = (person.goes_at - person.comes_at).total_seconds()
            shifts[person.comes_at].append(seconds(at_work) / there)
    shares = [share for shift in shifts.values() for share in shift]
    apart = fmean([pvariance(shift) for shift in shifts.values() for _ in shift]) if shares else 0.0
    return 100 * math.sqrt(apart) / fmean(shares) if apart else 0.0
