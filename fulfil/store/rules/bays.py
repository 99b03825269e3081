"""What blocks and irregular areas of a floor share: aisles, their bays, and what a plan may say of them."""

from __future__ import annotations

import math
import re

BAYS_MAX = 64
METRES_MAX = 500.0
AISLE = re.compile(r"[A-Z]{1,3}\d{1,3}")
LOCATION = re.compile(r"([A-Z]+\d+)-(\d+)(?:-(\d+))?")


def bay_of(location: str) -> tuple[str, int] | None:
    """Aisle and bay of a location such as A03-07-2; None when it has another form."""
    match = LOCATION.fullmatch(location.upper())
    return (match[1], int(match[2])) if match else None


def wrong_aisle(code: object) -> str | None:
    """What is wrong with the code of an aisle, None when nothing is."""
    if not isinstance(code, str) or not AISLE.fullmatch(code):
        return f"{code!r} is no aisle such as A03"
    return None


def wrong_bays(bays: object) -> str | None:
    """What is wrong with the number of bays of an aisle, None when nothing is."""
    if type(bays) is not int or not 1 <= bays <= BAYS_MAX:
        return f"bays is a whole number from 1 to {BAYS_MAX}"
    return None


def is_metres(value: object, *, positive: bool = False) -> bool:
    """Whether a plan may have this number as a place (or, `positive`, as a width) in metres."""
    if type(value) not in (int, float) or not math.isfinite(value):
        return False
    return 0 < value <= METRES_MAX if positive else abs(value) <= METRES_MAX
