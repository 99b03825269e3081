"""The numbers that a shop may set itself. Seconds are estimates of human work."""

from __future__ import annotations

from ast import literal_eval
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from typing import Any


@dataclass(frozen=True)
class Policy:
    """A shop's numbers. `planned` people count in the promise when fewer are on duty.

    `stations` of its kitchen make so many things at once; what is not named, one.
    """

    offer_seconds: int = 15
    away_seconds: int = 45
    takeover_seconds: int = 600
    rider_patience_seconds: int = 600
    rider_lead_seconds: int = 600
    decline_seconds: int = 300
    ask_seconds: int = 300
    tries_alarm: int = 3
    missed_max: int = 2
    look_ahead_seconds: int = 60
    newcomer_tickets: int = 20
    newcomer_lines: int = 10
    newcomer_offer_seconds: int = 45
    battery_min: int = 15
    unpacked_per_packer: int = 8
    release_limit: int | None = None
    cold_lead_seconds: int = 300
    cold_limit_seconds: Mapping[str, int] = field(default_factory=lambda: {"chilled": 1800, "frozen": 900})
    ageing: float = 0.5
    late_first_max: int = 3
    capacity: Mapping[str, int] = field(
        default_factory=lambda: {"picking": 1, "prep": 6, "packing": 3, "handoff": 30, "delivery": 3}
    )
    stations: Mapping[str, int] = field(default_factory=dict)
    planned: Mapping[str, int] = field(default_factory=lambda: {"picker": 2, "packer": 1, "rider": 2})
    base_seconds: Mapping[str, int] = field(
        default_factory=lambda: {"picking": 60, "packing": 45, "handoff": 60, "delivery": 120}
    )
    line_seconds: Mapping[str, int] = field(
        default_factory=lambda: {"picking": 25, "packing": 8, "handoff": 0, "delivery": 0}
    )
    kilogram_seconds: int = 2
    reach_seconds: int = 12
    walk_metres_per_second: float = 1.0
    tour_margin_seconds: int = 120
    tour_patience_seconds: int = 0
    tour_orders_max: int = 5
    tour_lines_max: int = 40
    tour_grams_max: int = 40_000
    tour_volume_ml_max: int = 80_000
    weight_under_percent: int = 10
    metres_per_second: float = 4.0
    promise_minutes_max: int = 240
    slot_minutes: int = 30
    slots: int = 6

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Policy:
        """Defaults with what the shop sets itself; mappings are merged, other keys are not ours."""
        return _merged(repr(given))


@lru_cache(maxsize=1024)  # an order asks six times, and shops rarely change their minds
def _merged(written: str) -> Policy:
    """The numbers of what is `written` as Python writes it: a mapping itself can be no key."""
    policy, given = Policy(), literal_eval(written)
    changes = {f.name: given[f.name] for f in fields(Policy) if f.name in given}
    for name, value in changes.items():
        if isinstance(value, Mapping):
            changes[name] = {**getattr(policy, name), **value}
    return replace(policy, **changes)
