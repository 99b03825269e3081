"""A payment channel that loses calls, takes money without an answer, and calls back late, twice or never."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fulfil.kit.base import Kit
from fulfil.kit.clock import Clock
from fulfil.kit.gateway import CallFailed
from fulfil.sim.inside import NOTIFY
from fulfil.sim.sandbox.book import Book, Refund, Transaction
from fulfil.sim.sandbox.inside import InsideChannel, answer
from fulfil.sim.sandbox.outbox import Delivery, notices
from fulfil.sim.simulation import forger
from fulfil.sim.simulation.agenda import Actor, Agenda
from fulfil.sim.simulation.faults import Faults
from fulfil.trade.payments.rules import Account, signed_headers

if TYPE_CHECKING:
    from fulfil.sim.simulation.node import Node

UNAVAILABLE = 503
SOON_SECONDS, LATE_SECONDS = (0.05, 3.0), (30.0, 1500.0)
SETTLE_SECONDS = (1.0, 120.0)
AGAIN_SECONDS, AGAIN_SECONDS_MAX = 1.0, 60.0
EARLY = 0.3  # of the refunds that settle at once, so that their callback overtakes the answer


class Bank:
    """The channel itself: its books, its callbacks, and what goes wrong on the way to it."""

    def __init__(self, book: Book, agenda: Agenda, faults: Faults, secret: str, seed: str) -> None:
        self.book, self._agenda, self._faults, self._secret = book, agenda, faults, secret
        self._rng = random.Random(f"{seed}/bank")
        self._settling: set[str] = set()
        self._forgeries = itertools.cycle(forger.KINDS)
        self.node: Node
        self.doubled = 0

    def pay(self, pay_token: str, outcome: str, amount: int | None = None) -> Transaction:
        """Somebody pays at the cashier; the callbacks are on their way."""
        never = outcome == "succeeded" and self._rng.random() < self._faults.callback_never
        before = self.book.by_token(pay_token).state
        row = self.book.pay(pay_token, "timeout" if never else outcome, amount)
        self._agenda.note(f"channel: payment {row.serial_no} {row.state} {row.charged}")
        if self._rng.random() < self._faults.callback_forged:
            kind = next(self._forgeries)
            self._agenda.after(self._rng.uniform(*SOON_SECONDS), lambda: self._forge(kind, row))
        if never:
            self._agenda.mishap("callback_never", f"channel: no word of payment {row.serial_no}")
        if not never:
            self._tell(row, reorder=before == "failed")
        return row

    def exchange(self, method: str, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """One call of the server, which may be lost, die, or stay without an answer."""
        call = f"{method} {path.split('/')[1]}"
        if self._rng.random() < self._faults.worker_paused:
            self.node.outlast_lease(call)
        if self._rng.random() < self._faults.channel_crash:
            self.node.die(f"before {call} at the channel")
        if self._rng.random() < self._faults.channel_lost:
            raise CallFailed(f"{call}: lost")
        told = answer(self.book, method, path, body)
        if call == "POST refunds":
            self._settle_later(body["refund_id"])
        if self._rng.random() < self._faults.channel_crash:
            self.node.die(f"after {call} at the channel")
        if self._rng.random() < self._faults.channel_silent:
            raise CallFailed(f"{call}: no answer")
        return told

    def headers(self, body: bytes, clock: Clock) -> dict[str, str]:
        return signed_headers(self._secret, f"{self._rng.getrandbits(128):032x}", body, clock.now())

    def _settle_later(self, refund_id: str) -> None:
        refund = self.book.refund_of(refund_id)
        if refund.state != "pending" or refund_id in self._settling:
            return
        self._settling.add(refund_id)
        if self._faults.callback_double and self._rng.random() < EARLY:
            self._settle(refund)
            for notice in notices(refund, Delivery()):
                body = json.dumps(notice).encode()
                self.node.nested("POST", NOTIFY, body, self.headers(body, self._agenda.clock))
        else:
            self._agenda.after(self._rng.uniform(*SETTLE_SECONDS), lambda: self._settle_and_tell(refund))

    def _settle(self, refund: Refund) -> None:
        self._settling.discard(refund.refund_id)
        self.book.refund_failures = int(self._rng.random() < self._faults.refund_fails)
        self.book.settle_refund(refund)
        self._agenda.note(f"channel: refund {refund.refund_id} {refund.state} {refund.amount}")

    def _settle_and_tell(self, refund: Refund) -> None:
        self._settle(refund)
        if self._rng.random() >= self._faults.callback_never:
            self._tell(refund)

    def _tell(self, row: Transaction | Refund, *, reorder: bool = False) -> None:
        copies = 1 + (self._rng.random() < self._faults.callback_double)
        self.doubled += copies - 1
        if reorder:
            self._agenda.mishap("callback_reordered", f"channel: old news of {row.serial_no} come last")
        for notice in notices(row, Delivery(reorder=reorder)):
            for _ in range(copies):
                late = self._rng.random() < self._faults.callback_late
                seconds = self._rng.uniform(*(LATE_SECONDS if late else SOON_SECONDS))
                self._agenda.live(self._until_heard(row, json.dumps(notice).encode()), seconds)

    def _forge(self, kind: str, row: Transaction) -> None:
        body, headers = forger.forge(kind, row.notice(), self._secret, self._agenda.clock, self._rng)
        try:
            status, _ = self.node.handle("POST", NOTIFY, body, headers)
        except OSError:
            return
        self._agenda.mishap(f"callback_{kind}", f"somebody calls back, {kind}: {body.decode()} -> {status}")
        if status != UNAVAILABLE and not forger.is_right(kind, status):
            self.node.bugs.append(f"a callback that is {kind} was answered {status}")

    def _until_heard(self, row: Transaction | Refund, body: bytes) -> Actor:
        pause = AGAIN_SECONDS
        while not self._heard(body):
            yield pause
            pause = min(2 * pause, AGAIN_SECONDS_MAX)
        self.book.heard(row)

    def _heard(self, body: bytes) -> bool:
        if self._rng.random() < self._faults.lose_request:
            return False
        try:
            status, _ = self.node.handle("POST", NOTIFY, body, self.headers(body, self._agenda.clock))
        except OSError:
            return False
        self._agenda.note(f"channel calls back: {body.decode()} -> {status}")
        return status < 400 and self._rng.random() >= self._faults.lose_answer


class FaultyChannel(InsideChannel):
    """The server's end of the line to the bank."""

    def __init__(self, kit: Kit, accounts: Sequence[Account], bank: Bank) -> None:
        super().__init__(kit, accounts, bank.book)
        self._bank = bank

    def _exchange(self, method: str, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        return self._bank.exchange(method, path, body)
