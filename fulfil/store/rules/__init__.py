"""Decisions of the shop: when it sells and to whom, what a scanner read, how its floor is walked."""

from fulfil.store.rules.floor import Floor, Route, floor_of, wrong_floor
from fulfil.store.rules.hours import (
    WEEKDAYS,
    ZONES,
    StoreRow,
    delivery_fee,
    metres,
    open_at,
    opens_next,
    state_at,
    wrong_opening,
)
from fulfil.store.rules.lengths import Stops, effort, length, stops_of, together
from fulfil.store.rules.onward import onward
from fulfil.store.rules.scans import Scan, check_digit, checks, parse_scan

__all__ = [
    "WEEKDAYS",
    "ZONES",
    "Floor",
    "Route",
    "Scan",
    "Stops",
    "StoreRow",
    "check_digit",
    "checks",
    "delivery_fee",
    "effort",
    "floor_of",
    "length",
    "metres",
    "onward",
    "open_at",
    "opens_next",
    "parse_scan",
    "state_at",
    "stops_of",
    "together",
    "wrong_floor",
    "wrong_opening",
]
