"""What every payment channel does, in one procedure; a channel fills in the steps (P3)."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from fulfil.kit.base import Kit
from fulfil.kit.gateway import CallFailed, CallRefused, Gateway
from fulfil.trade.payments.errors import (
    BadSignature,
    ChannelUnavailable,
    MalformedNotice,
    MethodUnavailable,
    UnknownChannel,
)
from fulfil.trade.payments.rules import Account, RefundSaid, Said, is_no, route

T = TypeVar("T")


@dataclass(frozen=True)
class PaymentAsked:
    """A payment as a channel is asked for it. The order is not in it (P1)."""

    serial_no: int
    token: str
    method: str
    account: str
    amount: int
    currency: str
    expires_at: datetime


@dataclass(frozen=True)
class PaymentCreated:
    """The channel's answer: where the customer pays."""

    pay_token: str
    pay_url: str


@dataclass(frozen=True)
class RefundAsked:
    """A refund as a channel is asked for it; `number` makes asking again harmless."""

    number: int
    serial_no: int
    amount: int
    currency: str


@dataclass(frozen=True)
class Notice:
    """A callback whose signature is right. `digest` tells a repeat from another body under the same nonce."""

    nonce: str
    digest: str
    said: Said | RefundSaid


def channel_named(kit: Kit, name: str) -> Channel:
    """The channel that the composition root handed in. Raises UnknownChannel."""
    channel = kit.services["channels"].get(name)
    if channel is None:
        raise UnknownChannel(channel=name)
    return channel


class ChannelRefused(Exception):
    """The channel understood and said no: asking again with the same number does not help."""


def refusal(status: int) -> Exception:
    """What an HTTP status of a call that did not succeed means: a no, or nothing at all."""
    return ChannelRefused(status) if is_no(status) else CallFailed(f"answered {status}")


class Channel(ABC):
    """A payment channel. Subclasses name themselves and fill in the steps that begin with an underscore.

    Steps return or raise ChannelRefused; every other trouble (timeout, 5xx, 401, 429, an open breaker, an
    answer that nobody understands) leaves the state unknown and becomes ChannelUnavailable. `refunds_once`:
    the channel takes one refund of a payment while its order is under way, so all changes of an order go
    together.
    """

    name = ""
    refunds_once = False

    def __init__(self, gateway: Gateway, accounts: Sequence[Account]) -> None:
        self.gateway = gateway
        self._accounts = tuple(accounts)
        self.dependency = f"pay_{self.name}"
        gateway.dependency(self.dependency)

    def account(self, business: str, method: str) -> str:
        """The receiving account. Raises MethodUnavailable where the channel does not offer this (P4)."""
        account = route(self._accounts, business, method, self.name)
        if account is None:
            raise MethodUnavailable(method=method, channel=self.name)
        return account

    def create(self, asked: PaymentAsked) -> PaymentCreated:
        """Ask for a payment. Safe to repeat with the same serial number."""
        return self._outside(lambda: self._create(asked))

    def cashier(self, pay_url: str, language: str) -> str:
        """Where a reader of that language ("zh", "en", "" unknown) pays; a channel may have one for all.

        A payment may be begun in one language and paid in another.
        """
        return pay_url

    def query(self, serial_no: int) -> Said:
        """What the channel knows of a payment."""
        return self._outside(lambda: self._query(serial_no))

    def refund(self, asked: RefundAsked) -> RefundSaid:
        """Ask for a refund. Safe to repeat with the same number; the last word comes by callback or query."""
        try:
            return self._outside(lambda: self._refund(asked))
        except ChannelRefused:
            return RefundSaid(asked.number, "failed")

    def query_refund(self, number: int) -> RefundSaid:
        """What the channel knows of a refund."""
        return self._outside(lambda: self._query_refund(number))

    def notice(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice:
        """Judge the signature over the raw bytes, then read them (P8).

        Raises BadSignature before anything is parsed, MalformedNotice when the parts are not as agreed.
        """
        nonce = self._verify(headers, body, now)
        if nonce is None:
            raise BadSignature()
        try:
            said = self._read(body)
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise MalformedNotice() from error
        return Notice(nonce, hashlib.sha256(body).hexdigest(), said)

    def _outside(self, step: Callable[[], T]) -> T:
        try:
            return step()
        except (CallRefused, CallFailed, KeyError, TypeError, ValueError) as error:
            raise ChannelUnavailable(channel=self.name) from error

    @abstractmethod
    def _create(self, asked: PaymentAsked) -> PaymentCreated:
        """Ask the channel for a payment."""

    @abstractmethod
    def _query(self, serial_no: int) -> Said:
        """Ask the channel about a payment; one that it does not know is "absent"."""

    @abstractmethod
    def _refund(self, asked: RefundAsked) -> RefundSaid:
        """Ask the channel for a refund."""

    @abstractmethod
    def _query_refund(self, number: int) -> RefundSaid:
        """Ask the channel about a refund; one that it does not know is "absent"."""

    @abstractmethod
    def _verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> str | None:
        """The nonce of a callback that the channel signed, None when it did not."""

    @abstractmethod
    def _read(self, body: bytes) -> Said | RefundSaid:
        """What a callback says. Raises KeyError, TypeError or ValueError for what was not agreed on."""
