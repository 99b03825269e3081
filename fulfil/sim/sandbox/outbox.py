"""Delivers the sandbox's callbacks: signed, in copies, late or out of order as asked, until heard."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import gevent
import urllib3

from fulfil.sim.sandbox.book import FAILED, SUCCEEDED, Book, Refund, Transaction
from fulfil.trade.payments.rules import signed_headers

log = logging.getLogger("fulfil.sandbox")
TRIES_MAX = 14
WAIT_SECONDS_MAX = 30.0
TIMEOUT_SECONDS = 10.0
COPIES_MAX = 100
DELAY_MS_MAX = 3_600_000


@dataclass(frozen=True)
class Delivery:
    """How a callback is sent: `copies` at once after `delay_ms`; `reorder` lets older news come last."""

    copies: int = 1
    delay_ms: int = 0
    reorder: bool = False

    @classmethod
    def of(cls, asked: Mapping[str, Any]) -> Delivery:
        """From the body of a payment. Raises ValueError for what is out of range."""
        copies, delay_ms = asked.get("copies", 1), asked.get("delay_ms", 0)
        whole = all(type(value) is int for value in (copies, delay_ms))
        if not whole or not 0 <= copies <= COPIES_MAX or not 0 <= delay_ms <= DELAY_MS_MAX:
            raise ValueError("copies or delay_ms out of range")
        return cls(copies, delay_ms, bool(asked.get("reorder", False)))


def notices(row: Transaction | Refund, delivery: Delivery) -> list[dict[str, Any]]:
    """What is told, in order. Reordered, a declined first try is told after the success."""
    if isinstance(row, Transaction) and delivery.reorder and row.state == SUCCEEDED:
        return [row.notice(), row.notice(FAILED)]
    return [row.notice()]


class Outbox:
    """Sends from greenlets. `notify_base` replaces scheme and host of every address when given."""

    def __init__(self, book: Book, secret: str, notify_base: str | None, random: Any) -> None:
        self._book, self._secret, self._random = book, secret, random
        self._base = notify_base.rstrip("/") if notify_base else None
        self._connections = urllib3.PoolManager(num_pools=4, maxsize=64, retries=False)

    def send(self, row: Transaction | Refund, delivery: Delivery) -> None:
        """Deliver what is to be told of `row`, without waiting for it."""
        bodies = [json.dumps(notice, separators=(",", ":")).encode() for notice in notices(row, delivery)]
        for _ in range(delivery.copies):
            gevent.spawn_later(delivery.delay_ms / 1000, self._deliver, row, bodies)

    def resume(self) -> None:
        """After a restart: tell what was not heard before."""
        for row in self._book.untold():
            self.send(row, Delivery())

    def _deliver(self, row: Transaction | Refund, bodies: list[bytes]) -> None:
        url = row.notify_url if self._base is None else self._base + urlsplit(row.notify_url).path
        for body in bodies:
            if self._until_heard(url, body):
                self._book.heard(row)

    def _until_heard(self, url: str, body: bytes) -> bool:
        wait_seconds = 0.25
        for _ in range(TRIES_MAX):
            if self._post(url, body):
                return True
            gevent.sleep(wait_seconds)
            wait_seconds = min(wait_seconds * 2, WAIT_SECONDS_MAX)
        log.warning("a callback was never heard", extra={"url": url})
        return False

    def _post(self, url: str, body: bytes) -> bool:
        nonce = f"{self._random.getrandbits(128):032x}"
        headers = signed_headers(self._secret, nonce, body, self._book.clock.now())
        try:
            answer = self._connections.request(
                "POST", url, body=body, headers=headers, timeout=TIMEOUT_SECONDS
            )
            return answer.status < 400
        except urllib3.exceptions.HTTPError:
            return False
