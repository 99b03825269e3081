"""The sandbox channel without a process: the same books and signatures, on the caller's clock."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fulfil.kit.base import Kit
from fulfil.kit.gateway import CallFailed
from fulfil.sim.sandbox.book import Book, BookRefused, Refund, Transaction
from fulfil.sim.sandbox.outbox import Delivery, notices
from fulfil.trade.payments.rules import Account
from fulfil.trade.payments.service import SandboxChannel
from fulfil.trade.payments.service.channel import refusal

Callback = tuple[dict[str, str], bytes]


class InsideChannel(SandboxChannel):
    """A SandboxChannel that speaks to `book` directly. `kit.config.sandbox_secret` signs the callbacks.

    `silent` names calls ("POST refunds") that do their work and get no answer: a timeout after the fact.
    """

    def __init__(self, kit: Kit, accounts: Sequence[Account], book: Book) -> None:
        super().__init__(kit, accounts)
        self.book = book
        self.silent: set[str] = set()

    def callbacks(self, row: Transaction | Refund, delivery: Delivery | None = None) -> list[Callback]:
        """Signed callbacks (headers, body) of what has settled, each with its own nonce."""
        delivery = delivery or Delivery()
        told = [json.dumps(notice).encode() for notice in notices(row, delivery)]
        return [(self._headers(body), body) for body in told for _ in range(delivery.copies)]

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        def ask() -> Mapping[str, Any]:
            try:
                return self._exchange(method, path, body or {})
            except BookRefused as refused:
                return {"refused": refused.status}

        told = self.gateway.call(self.dependency, ask)
        if "refused" in told:
            raise refusal(told["refused"])
        return told

    def _exchange(self, method: str, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """One call at the channel. Raises BookRefused, and CallFailed when no answer comes."""
        told = answer(self.book, method, path, body)
        if f"{method} {path.split('/')[1]}" in self.silent:
            raise CallFailed(path)
        return told


def answer(book: Book, method: str, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the channel's API answers to one call of ours. Raises BookRefused."""
    kind, _, number = path.strip("/").partition("/")
    if kind == "transactions" and method == "POST":
        created = book.create(body)
        return {**created, "pay_url": f"http://sandbox.invalid/cashier/{created['pay_token']}"}
    if kind == "transactions":
        return book.transaction(number).notice()
    if method == "POST":
        return book.refund(body).notice()
    return book.refund_of(number).notice()
