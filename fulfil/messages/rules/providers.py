"""What providers are told, from their settings."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

SMTP_PORT, SMTPS_PORT = 587, 465
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def body_template(setting: str) -> Any:
    """The JSON value of `sms_body`. Raises ValueError for what is none, or names neither phone nor text."""
    template = json.loads(setting)
    if any(f"{{{name}}}" not in setting for name in ("phone", "text")):
        raise ValueError("it names no {phone} or no {text}")
    return template


def filled(template: Any, values: Mapping[str, str]) -> Any:
    """The template with its placeholders replaced in every text of it. What is filled in stays a text."""
    if isinstance(template, dict):
        return {name: filled(value, values) for name, value in template.items()}
    if isinstance(template, list):
        return [filled(value, values) for value in template]
    return _replaced(template, values) if isinstance(template, str) else template


def _replaced(text: str, values: Mapping[str, str]) -> str:
    """Piece by piece, so that a value that looks like a placeholder stays what it is."""
    if not values:
        return text
    (name, value), *rest = values.items()
    return value.join(_replaced(piece, dict(rest)) for piece in text.split(f"{{{name}}}"))


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """`sha256=` and the HMAC of `timestamp.body` in hexadecimal, for a provider that shares `secret`."""
    told = str(timestamp).encode() + b"." + body
    return "sha256=" + hmac.new(secret.encode(), told, hashlib.sha256).hexdigest()


def provider_key(key: str) -> str:
    """The idempotency key as a provider may see it: the same for the same message, and tells nothing."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed over. `tls` from the first byte on, else STARTTLS.

    `strict`: not without encryption. Only a relay on this very machine may do without.
    """

    host: str
    port: int
    tls: bool
    strict: bool
    user: str
    password: str


def mail_server(url: str) -> MailServer:
    """Of `smtp://user:password@host:587` or `smtps://…:465`. Raises ValueError."""
    where = urlsplit(url)
    if where.scheme not in ("smtp", "smtps") or not where.hostname or where.path.strip("/"):
        raise ValueError("it is no address of a mail server")
    tls = where.scheme == "smtps"
    return MailServer(
        where.hostname,
        where.port or (SMTPS_PORT if tls else SMTP_PORT),
        tls,
        where.hostname not in LOOPBACK,
        unquote(where.username or ""),
        unquote(where.password or ""),
    )
