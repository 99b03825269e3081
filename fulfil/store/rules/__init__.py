"""Decisions of the shop: when it sells and to whom, what a scanner read, how its floor is walked."""

from fulfil.store.rules.areas import can_walk_areas
from fulfil.store.rules.floor import Floor, Route, floor_of, wrong_floor
from fulfil.store.rules.hours import (
    WEEKDAYS,
    ZONES,
    StoreRow,
    delivery_fee,
    in_area,
    metres,
    open_at,
    opens_next,
    state_at,
    wrong_opening,
)
from fulfil.store.rules.scans import Scan, check_digit, checks, parse_scan

__all__ = [
    "WEEKDAYS", "ZONES", "Floor", "Route", "Scan", "StoreRow", "can_walk_areas", "check_digit", "checks",
    "delivery_fee", "floor_of", "in_area", "metres", "open_at", "opens_next", "parse_scan", "state_at",
    "wrong_floor", "wrong_opening",
]  # fmt: skip
