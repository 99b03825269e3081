"""What a customer may complain of, how much of it is granted, and what a photo is (F7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from io import BytesIO
from typing import Any

import imagesize

from fulfil.trade.aftersales.errors import MoreThanLeft, PartNeeded
from fulfil.trade.aftersales.rules.shares import Given, Line
from fulfil.trade.orders.errors import LineUnknown

REASONS = ("damaged", "missing", "wrong", "expired", "quality")
WANTS = ("refund", "return")
DECISIONS = ("approve", "refuse", "approve_part")
AUDIT_MINOR = 20_000
ALARM_HOURS, DEFAULT_HOURS = 24, 72
PHOTO_BYTES_MAX = 300 * 1024
PIXELS_MAX = 24_000_000  # what looks at it holds four bytes for each
PHOTOS_OF_CASE_MAX = 3
PHOTOS_OF_ORDER_MAX = 12
COMPLAINTS_OF_ORDER_MAX = 20
# How a picture of each kind begins; WebP has the length of the file between its two words.
BEGINNINGS = (
    ("image/jpeg", b"\xff\xd8\xff", b""),
    ("image/png", b"\x89PNG\r\n\x1a\n", b""),
    ("image/webp", b"RIFF", b"WEBP"),
)


def media_type(body: bytes) -> str | None:
    """What a picture is by its first bytes, whatever somebody calls it; None when it is none of ours."""
    for kind, first, third in BEGINNINGS:
        if body.startswith(first) and body[8:12].startswith(third):
            return kind
    return None


def pixels(body: bytes) -> int:
    """How many pixels a picture would fill when somebody looks at it; 0 where it does not say."""
    width, height = imagesize.get(BytesIO(body))
    return int(width * height) if width > 0 and height > 0 else 0


def check_left(
    lines: Sequence[Line], asked: Mapping[int, int], given: Given, taken: Mapping[int, int]
) -> None:
    """Never more than is left of a line: `taken` is what other complaints speak of.

    Raises LineUnknown, MoreThanLeft.
    """
    known = {line.line_no: line for line in lines}
    if not asked.keys() <= known.keys():
        raise LineUnknown(lines=sorted(asked.keys() - known.keys()))
    left = {no: max(0, given.left(known[no]) - taken.get(no, 0)) for no in asked}
    above = [{"line_no": no, "left": left[no]} for no, most in sorted(asked.items()) if most > left[no]]
    if above:
        raise MoreThanLeft(lines=above)


def granted_by_silence(
    lines: Sequence[Line], asked: Mapping[int, int], given: Given, taken: Mapping[int, int]
) -> dict[int, int]:
    """What a complaint gets that nobody decided: what it asks for, as far as it is left of each line."""
    known = {line.line_no: line for line in lines}
    return {
        no: min(quantity, max(0, given.left(known[no]) - taken.get(no, 0))) for no, quantity in asked.items()
    }


def granted(decision: str, asked: Mapping[int, int], part: Mapping[int, int]) -> dict[int, int]:
    """How much of each line a decision grants: all, nothing, or `part` of what was asked.

    Raises LineUnknown, MoreThanLeft for more than was asked, PartNeeded for no part.
    """
    if decision == "approve":
        return dict(asked)
    if decision == "refuse":
        return dict.fromkeys(asked, 0)
    if not part.keys() <= asked.keys():
        raise LineUnknown(lines=sorted(part.keys() - asked.keys()))
    above = [{"line_no": no, "left": asked[no]} for no, most in sorted(part.items()) if most > asked[no]]
    if above:
        raise MoreThanLeft(lines=above)
    if not any(part.values()):
        raise PartNeeded()
    return {no: part.get(no, 0) for no in asked}


def alarm_after(policy: Mapping[str, Any]) -> timedelta:
    """How long a case may wait for somebody until a person is told (floor rules: every exception has one)."""
    return timedelta(hours=policy.get("case_alarm_hours", ALARM_HOURS))


def default_after(policy: Mapping[str, Any]) -> timedelta:
    """How long a case may wait for somebody until it ends by itself, in the customer's favour."""
    return timedelta(hours=policy.get("case_default_hours", DEFAULT_HOURS))


def needs_two(amount: int, policy: Mapping[str, Any]) -> bool:
    """Whether so much money, minor units, goes back only when a second person agrees."""
    return amount > audit_minor(policy)


def audit_minor(policy: Mapping[str, Any]) -> int:
    """The most that one person may give back for an order's complaints, minor units."""
    return int(policy.get("refund_audit_minor", AUDIT_MINOR))
