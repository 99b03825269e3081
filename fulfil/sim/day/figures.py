"""What a lived day was like."""

from __future__ import annotations

from datetime import timedelta
from statistics import fmean, pstdev
from typing import Any

from fulfil.sim.day.world import AtWork, World

P95 = 0.95


def figures(world: World) -> dict[str, Any]:
    """On time in percent, minutes from paid to handed over, metres an order, units an hour, spread."""
    orders = list(world.orders.values())
    handed_over = [o for o in orders if o.handed_over_at is not None]
    taken = sorted((o.handed_over_at - o.order.paid_at).total_seconds() / 60 for o in handed_over)
    in_time = sum(o.handed_over_at + timedelta(seconds=o.order.ride_seconds) <= o.order.due_at
                  for o in handed_over)
    crew = [*world.gone, *world.people.values()]
    return {
        "left_at_night": len(orders) - len(handed_over),
        "on_time_percent": round(100 * in_time / len(orders), 2),
        "mean_minutes": round(fmean(taken), 1),
        "p95_minutes": round(taken[int(P95 * (len(taken) - 1))], 1),
        "metres_an_order": round(world.metres / len(orders), 1),
        "orders_a_tour": round(sum(len(t) for *_, t in _picked(world)) / max(1, world.tours), 2),
        "units_an_hour": round(3600 * world.units / world.pick_seconds, 1),
        "spread_percent": round(max(_spread(crew, role) for role in ("picker", "packer")), 1),
    }


def _picked(world: World) -> list[tuple]:
    return [bar for bar in world.bars if bar[1] == "picking"]


def _spread(crew: list[AtWork], role: str) -> float:
    """How far the shares of their time that colleagues worked lie apart: standard deviation by mean."""
    shares = [a.worked_seconds / (a.person.goes_at - a.person.comes_at).total_seconds()
              for a in crew if a.person.role == role]
    return 100 * pstdev(shares) / fmean(shares) if len(shares) > 1 and fmean(shares) else 0.0
