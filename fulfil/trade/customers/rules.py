"""Decisions about customers: what a phone number is, how many codes may be sent and tried."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

CODE_LIFE = timedelta(minutes=5)
TRIES_MAX = 5
CODES_PER_WINDOW = 5
WINDOW = timedelta(hours=1)
SESSION_LIFE = timedelta(days=30)


def phone(text: str) -> str | None:
    """The number in one spelling (digits, a leading + kept), None when it is none."""
    bare = re.sub(r"[\s()\-.]", "", text)
    return bare if re.fullmatch(r"\+?[0-9]{6,15}", bare) else None


def code_of(number: int) -> str:
    """Six digits."""
    return f"{number % 1_000_000:06}"


def may_send(sent: int, window_at: datetime, now: datetime) -> bool:
    """Whether another code may go to a phone that got `sent` since `window_at`."""
    return sent < CODES_PER_WINDOW or now - window_at >= WINDOW
