"""Decisions of the payment centre: who signed, what fits, where money goes, when to ask again."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

SIGNATURE_WINDOW_SECONDS = 300
NONCE_KEPT_SECONDS = 3 * SIGNATURE_WINDOW_SECONDS
POLL_FIRST_SECONDS = 5
POLL_PENDING_SECONDS = 30
LANGUAGES = ("zh", "en")
POLL_SECONDS_MAX = 1800
CALL_SECONDS_MAX = 20
SETTLE_HOURS = 24
REFUND_ATTEMPTS_MAX = 3
REFUND_HOURS_MAX = 24
NONCE_SHAPE = re.compile(r"[A-Za-z0-9_-]{8,64}")
TIMESTAMP_HEADER, NONCE_HEADER = "X-Sandbox-Timestamp", "X-Sandbox-Nonce"
SIGNATURE_HEADER = "X-Sandbox-Signature"
TIMESTAMP_SHAPE = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True)
class Account:
    """A receiving account: which money of which business comes in where (P4)."""

    business: str
    method: str
    channel: str
    account: str


@dataclass(frozen=True)
class Said:
    """What a channel says of one payment. `state` is succeeded | failed | pending | absent."""

    serial_no: int
    state: str
    amount: int = 0
    currency: str = ""
    account: str = ""
    channel_txn: str | None = None


@dataclass(frozen=True)
class RefundSaid:
    """What a channel says of one refund; `number` is the one we gave it. States as in `Said`."""

    number: int
    state: str
    amount: int = 0
    channel_refund: str | None = None


@dataclass(frozen=True)
class Refundable:
    """What is left of a captured payment document."""

    payment_id: int
    left: int


def is_no(status: int) -> bool:
    """Whether a channel that answers with this HTTP status refuses what it was asked.

    Whom it does not know or trust now, or who asks too often or too early, may ask again.
    """
    return 400 <= status < 500 and status not in (401, 403, 407, 408, 425, 429)


def signature(secret: str, timestamp: str, nonce: str, body: bytes) -> str:
    """Hex HMAC-SHA256 over the raw body and what keeps it from being played again (P8)."""
    signed = timestamp.encode() + b"." + nonce.encode() + b"." + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def signed(
    secrets: Sequence[str], timestamp: str, nonce: str, body: bytes, given: str, now: datetime
) -> bool:
    """Whether one of the keys made this signature within ±300 s of `now`. Two keys allow rotation."""
    if not (TIMESTAMP_SHAPE.fullmatch(timestamp) and NONCE_SHAPE.fullmatch(nonce)):
        return False
    if abs(now.timestamp() - int(timestamp)) > SIGNATURE_WINDOW_SECONDS:
        return False
    # Every key is tried: the time taken must not tell which one fitted.
    fits = [
        hmac.compare_digest(signature(key, timestamp, nonce, body).encode(), given.encode())
        for key in secrets
    ]
    return any(fits)


def signed_headers(secret: str, nonce: str, body: bytes, now: datetime) -> dict[str, str]:
    """The headers with which shop and sandbox channel send each other a body, signed at `now`."""
    timestamp = str(int(now.timestamp()))
    return {
        "Content-Type": "application/json",
        TIMESTAMP_HEADER: timestamp,
        NONCE_HEADER: nonce,
        SIGNATURE_HEADER: signature(secret, timestamp, nonce, body),
    }


def signed_nonce(
    secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime
) -> str | None:
    """The nonce of a body that came with `signed_headers` of one of the keys, None for every other body."""
    nonce, timestamp = headers.get(NONCE_HEADER, ""), headers.get(TIMESTAMP_HEADER, "")
    given = headers.get(SIGNATURE_HEADER, "")
    return nonce if signed(secrets, timestamp, nonce, body, given, now) else None


def accounts(text: str) -> tuple[Account, ...]:
    """Receiving accounts as configured: `business/method/channel=account`, separated by blanks (P4).

    Raises ValueError for a part of another shape and for a second account of the same way to pay.
    """
    found: dict[tuple[str, ...], Account] = {}
    for part in text.split():
        way, equals, account = part.partition("=")
        names = tuple(way.split("/"))
        if len(names) != 3 or not all((*names, equals, account)) or names in found:
            raise ValueError(f"receiving accounts: {part!r} is not one business/method/channel=account")
        found[names] = Account(*names, account)
    return tuple(found.values())


def route(accounts: Iterable[Account], business: str, method: str, channel: str) -> str | None:
    """The one receiving account of (business, method, channel), None where this way is not offered (P4)."""
    for row in accounts:
        if (row.business, row.method, row.channel) == (business, method, channel):
            return row.account
    return None


def misfit(said: Said, *, amount: int, currency: str, account: str) -> str | None:
    """What of a claimed payment does not fit the transaction it names, None when all does (P8)."""
    if said.currency != currency:
        return "currency_mismatch"
    if said.amount != amount:
        return "amount_mismatch"
    if said.account != account:
        return "account_mismatch"
    if not said.channel_txn:
        return "no_channel_txn"
    return None


def in_language(address: str, language: str) -> str:
    """The address of a page for a reader of that language; unchanged where it is none of ours."""
    return f"{address}?lang={language}" if language in LANGUAGES else address


def poll_after(polls: int, first_seconds: int) -> timedelta:
    """How long to wait before the channel is asked again: doubling, half an hour at most."""
    return timedelta(seconds=min(first_seconds * 2 ** min(polls, 10), POLL_SECONDS_MAX))


def given_up(now: datetime, expires_at: datetime) -> bool:
    """Whether a payment that the channel does not report is over for good."""
    return now >= expires_at + timedelta(hours=SETTLE_HOURS)


def try_refund_again(attempts: int, created_at: datetime, now: datetime) -> bool:
    """Whether a refund that the channel refused is asked once more (floor rule 9: 3 times, 24 h)."""
    return attempts < REFUND_ATTEMPTS_MAX and now < created_at + timedelta(hours=REFUND_HOURS_MAX)


def spread(documents: Sequence[Refundable], amount: int, first: int | None) -> list[tuple[int, int]] | None:
    """Which document gives back how much; `first` is drained before the others. None when it is too much."""
    parts = []
    for document in sorted(documents, key=lambda d: (d.payment_id != first, d.payment_id)):
        take = min(document.left, amount)
        if take > 0:
            parts.append((document.payment_id, take))
            amount -= take
    return parts if amount == 0 else None
