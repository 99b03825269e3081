"""How a phone number is shown where not everybody may know it."""

from __future__ import annotations

SHOWN_DIGITS = 4


def masked(phone: str) -> str:
    """`*******5678`: the last four digits, enough to tell one's own phone."""
    return "*" * max(len(phone) - SHOWN_DIGITS, 0) + phone[-SHOWN_DIGITS:]
