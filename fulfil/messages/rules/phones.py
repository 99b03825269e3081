"""How a phone number or an address is shown where not everybody may know it."""

from __future__ import annotations

SHOWN_DIGITS = 4


def masked(phone: str) -> str:
    """`*******5678`: the last four digits, enough to tell one's own phone."""
    return "*" * max(len(phone) - SHOWN_DIGITS, 0) + phone[-SHOWN_DIGITS:]


def masked_contact(contact: str) -> str:
    """The same of a phone; of an e-mail address the first letter and the domain: `l***@example.org`."""
    name, at, domain = contact.partition("@")
    return f"{name[:1]}***@{domain}" if at else masked(contact)
