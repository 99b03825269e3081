"""Somebody who sends callbacks that the channel never sent, or not like this."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from fulfil.kit.clock import Clock
from fulfil.trade.payments.rules import signed_headers

KINDS = ("unsigned", "altered", "stale", "unknown")
UNAUTHENTICATED = 401
HOUR = timedelta(hours=1)
Callback = tuple[bytes, dict[str, str]]


def forge(kind: str, notice: Mapping[str, Any], secret: str, clock: Clock, rng: random.Random) -> Callback:
    """Body and headers of such a callback, made from a true notice."""
    nonce, body, now = f"{rng.getrandbits(128):032x}", json.dumps(notice).encode(), clock.now()
    if kind == "unsigned":
        return body, signed_headers("a guess", nonce, body, now)
    if kind == "altered":
        more = json.dumps({**notice, "amount": notice["amount"] + 1}).encode()
        return more, signed_headers(secret, nonce, body, now)
    if kind == "stale":
        return body, signed_headers(secret, nonce, body, now - HOUR)
    stray = json.dumps({**notice, "serial_no": f"9{rng.randrange(10**12):012}"}).encode()
    return stray, signed_headers(secret, nonce, stray, now)


def is_right(kind: str, status: int) -> bool:
    """Whether the shop answered as it must: it parks what it does not know, and believes nothing else."""
    return status < 300 if kind == "unknown" else status == UNAUTHENTICATED
