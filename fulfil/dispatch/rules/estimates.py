"""How long work takes, and when the customer has the goods."""

from __future__ import annotations

from datetime import datetime, timedelta

from fulfil.dispatch.rules.policy import Policy
from fulfil.dispatch.rules.stages import FLOW


def estimate(stage: str, lines: int, grams: int, policy: Policy, metres: float | None = None) -> int:
    """Seconds of work for so many lines and grams in a stage.

    Of picking it is also known how many metres are walked, where the floor has a plan: then a line is only
    reached for.
    """
    kilograms = grams / 1000 if stage in ("picking", "packing") else 0
    base, per_line = policy.base_seconds.get(stage, 0), policy.line_seconds.get(stage, 0)
    walk = 0.0
    if metres is not None and stage == "picking":
        per_line, walk = policy.reach_seconds, metres / policy.walk_metres_per_second
    return round(base + walk + per_line * lines + policy.kilogram_seconds * kilograms)


def after(stage: str, lines: int, ride: int, policy: Policy) -> int:
    """Seconds of the work that follows a stage until the customer has the goods; the ride takes `ride`."""
    before = FLOW["packing"]
    follows = ("packing", "handoff") if stage in before else ("handoff",) if stage == "packing" else ()
    return sum(estimate(name, lines, 0, policy) for name in follows) + (0 if stage == "delivery" else ride)


def ride_seconds(metres: int, policy: Policy) -> int:
    return round(policy.base_seconds["delivery"] + metres / policy.metres_per_second)


def predicted(
    now: datetime, estimate_seconds: int, begun_at: datetime | None, after_seconds: int
) -> datetime:
    """When the customer has the goods if the rest goes as estimated; what has begun is not counted twice."""
    spent = 0.0 if begun_at is None else (now - begun_at).total_seconds()
    return now + timedelta(seconds=max(0.0, estimate_seconds - spent) + after_seconds)
