"""Decisions about customers: what a phone number is, how many codes may be sent and tried."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

CODE_LIFE = timedelta(minutes=5)
TRIES_MAX = 5
CODES_PER_WINDOW = 5
WINDOW = timedelta(hours=1)
MOBILE = re.compile(r"1[3-9][0-9]{9}")
E164 = re.compile(r"\+[1-9][0-9]{6,14}")
SESSION_LIFE = timedelta(days=30)


def phone(text: str) -> str | None:
    """The number in one spelling, None when it is none: a mainland mobile's 11 digits, else E.164 with its +.

    A mainland mobile is the same number with and without +86.
    """
    bare = re.sub(r"[\s()\-.]", "", text)
    national = bare.removeprefix("+86")
    if MOBILE.fullmatch(national):
        return national
    slip = national != bare and national.startswith("1")
    return bare if E164.fullmatch(bare) and not slip else None


def code_of(number: int) -> str:
    """Six digits."""
    return f"{number % 1_000_000:06}"


def may_send(sent: int, window_at: datetime, now: datetime) -> bool:
    """Whether another code may go to a phone that got `sent` since `window_at`."""
    return sent < CODES_PER_WINDOW or now - window_at >= WINDOW
