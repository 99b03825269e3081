"""When a message is tried again, and when it is given up."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

PAUSES_SECONDS = (5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800)
ATTEMPTS_MAX = len(PAUSES_SECONDS) + 1
# ASCII only, no quoting and no comments: nobody's real address, and a header's whole danger.
_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@"
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)
_PHONE = re.compile(r"\+?[0-9]{5,15}")
ADDRESS_CHARS_MAX = 254


def next_try(attempts: int, now: datetime, expires_at: datetime) -> datetime | None:
    """When to try again after so many attempts; None when it is given up."""
    if attempts >= ATTEMPTS_MAX:
        return None
    at = now + timedelta(seconds=PAUSES_SECONDS[attempts - 1])
    return at if at < expires_at else None


def channel_of(contact: str) -> str | None:
    """ "email" or "sms" for an address or a phone number, None for what is neither."""
    if len(contact) <= ADDRESS_CHARS_MAX and _ADDRESS.fullmatch(contact):
        return "email"
    return "sms" if _PHONE.fullmatch(contact) else None


def refused_for_good(status: int) -> bool:
    """Whether a provider's 4xx is about this message: no other answer will come to it.

    A wrong key, a late request and too many of them are mended, and the message is still wanted then.
    """
    return 400 <= status < 500 and status not in (401, 403, 407, 408, 425, 429)
