"""Webhooks by the Standard Webhooks convention: signatures, retries, and where they may go (SSRF)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

SECRET_PREFIX, SECRET_BYTES = "whsec_", 24
PREVIOUS_KEPT = timedelta(hours=24)
PAUSES_SECONDS = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
ATTEMPTS_MAX = len(PAUSES_SECONDS) + 1
JITTER = 0.2
FAILING_MAX = timedelta(days=3)
URL_CHARS_MAX = 500
GONE = 410
_NAT64 = IPv6Network("64:ff9b::/96")
_LOOPBACK_NAMES = ("localhost",)


def new_secret(random_bytes: bytes) -> str:
    """`whsec_` and the bytes in base64."""
    return SECRET_PREFIX + base64.b64encode(random_bytes).decode()


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers(secrets: Iterable[str], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers of a call; while secrets rotate it is signed with each."""
    signed = " ".join(signature(secret, message_id, timestamp, body) for secret in secrets)
    return {
        "Content-Type": "application/json",
        "User-Agent": "fulfil-webhooks",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signed,
    }


def secrets_at(secrets: Sequence[str], previous_until: datetime | None, now: datetime) -> Sequence[str]:
    """The secrets that count: the newest first; the one before until its time has passed."""
    return secrets if previous_until is not None and now < previous_until else secrets[:1]


def next_try(attempts: int, now: datetime, share: float) -> datetime | None:
    """When to try again after so many attempts, None after the last; `share` of 0 to 1 is for the jitter."""
    if attempts >= ATTEMPTS_MAX:
        return None
    return now + timedelta(seconds=PAUSES_SECONDS[attempts - 1] * (1 + JITTER * share))


def fails_too_long(failing_since: datetime | None, now: datetime) -> bool:
    return failing_since is not None and now - failing_since >= FAILING_MAX


def wants(types: Sequence[str], name: str) -> bool:
    """Whether who asked for `types` (none: all) is told of `name`."""
    return not types or name in types


def wrong_url(url: str, *, embedded: bool) -> str | None:
    """What is wrong with a receiver's address, None when nothing is.

    https; plain http only to this very machine, where one process serves the shop (`embedded`).
    """
    try:
        where = urlsplit(url)
        host, port = where.hostname, where.port
    except ValueError:
        return "it is no address"
    if len(url) > URL_CHARS_MAX or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return f"it must have at most {URL_CHARS_MAX} characters of ASCII"
    if where.scheme not in ("https", "http") or not host or port == 0:
        return "it must begin with https:// and a host"
    if where.username is not None or where.password is not None or where.fragment:
        return "it must hold neither a user nor a fragment"
    if where.scheme == "http" and not (embedded and _is_loopback(host)):
        return "it must begin with https://"
    return None


def named(url: str, webhook_id: int) -> str:
    """What people are told a webhook by: its host, and its number, for a host may have several.

    Some receivers take whoever knows the rest of their address, so nobody is told that.
    """
    return f"{urlsplit(url).netloc} ({webhook_id})"


def may_go_to(address: str, *, embedded: bool, private: bool) -> bool:
    """Whether a call may go to this IP address, that a receiver's name has led to.

    Public ones. This machine where one process serves the shop; networks of one's own where they are
    `private`, which is allowed by configuration. Never to link-local ones, where clouds tell their secrets.
    """
    ip = _inner(ip_address(address.partition("%")[0]))
    if ip.is_multicast or ip.is_unspecified or ip.is_link_local:
        return False
    if ip.is_loopback:
        return embedded or private
    return ip.is_global or (private and not ip.is_reserved)


def _inner(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 one stands for, however it is wrapped."""
    if isinstance(ip, IPv4Address):
        return ip
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else ip)


def _is_loopback(host: str) -> bool:
    if host in _LOOPBACK_NAMES:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
