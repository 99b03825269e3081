"""The sandbox channel: speaks to the sandbox process as to a real provider (P3)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from fulfil.kit.base import Kit
from fulfil.kit.clock import rfc3339
from fulfil.trade.payments.rules import LANGUAGES, Account, RefundSaid, Said, signed_headers, signed_nonce
from fulfil.trade.payments.service.channel import (
    Channel,
    ChannelRefused,
    PaymentAsked,
    PaymentCreated,
    RefundAsked,
    refusal,
)

STATES = ("succeeded", "failed", "pending", "absent")
INT_MAX = 2**63 - 1


class SandboxChannel(Channel):
    """HTTP to `config.sandbox_url`, signed both ways with `config.sandbox_secret`.

    A second key, `config.sandbox_secret_previous`, is still accepted in callbacks while keys rotate.
    """

    name = "sandbox"

    def __init__(self, kit: Kit, accounts: Sequence[Account]) -> None:
        super().__init__(kit.gateway, accounts)
        config = kit.config
        self._kit = kit
        self._url = config.sandbox_url.rstrip("/")
        self._public_url = config.public_url.rstrip("/")
        self._secrets = [key for key in (config.sandbox_secret, config.sandbox_secret_previous) if key]

    def _create(self, asked: PaymentAsked) -> PaymentCreated:
        answer = self._send(
            "POST",
            "/transactions",
            {
                "serial_no": str(asked.serial_no),
                "token": asked.token,
                "method": asked.method,
                "account": asked.account,
                "amount": asked.amount,
                "currency": asked.currency,
                "expires_at": rfc3339(asked.expires_at),
                "notify_url": f"{self._public_url}/api/v1/payments/notify/{self.name}",
                "return_url": f"{self._public_url}/api/v1/payments/return/{asked.token}",
            },
        )
        return PaymentCreated(_text(answer["pay_token"]), _text(answer["pay_url"]))

    def cashier(self, pay_url: str, language: str) -> str:
        """Its page of that language leads back in it."""
        where, _, pay_token = pay_url.rpartition("/")
        return f"{where}/{language}/{pay_token}" if language in LANGUAGES else pay_url

    def _query(self, serial_no: int) -> Said:
        try:
            return _payment(self._send("GET", f"/transactions/{serial_no}"))
        except ChannelRefused:
            return Said(serial_no, "absent")

    def _refund(self, asked: RefundAsked) -> RefundSaid:
        return _refund(
            self._send(
                "POST",
                "/refunds",
                {
                    "refund_id": str(asked.number),
                    "serial_no": str(asked.serial_no),
                    "amount": asked.amount,
                    "currency": asked.currency,
                },
            )
        )

    def _query_refund(self, number: int) -> RefundSaid:
        try:
            return _refund(self._send("GET", f"/refunds/{number}"))
        except ChannelRefused:
            return RefundSaid(number, "absent")

    def _verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> str | None:
        return signed_nonce(self._secrets, headers, body, now)

    def _read(self, body: bytes) -> Said | RefundSaid:
        told = json.loads(body)
        return _refund(told) if told["type"] == "refund" else _payment(told)

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        raw = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
        answer = self.gateway.http(
            self.dependency, method, self._url + path, body=raw, headers=self._headers(raw)
        )
        if answer.status >= 400:
            raise refusal(answer.status)
        return answer.json()

    def _headers(self, body: bytes) -> dict[str, str]:
        nonce = f"{self._kit.random.getrandbits(128):032x}"
        return signed_headers(self._secrets[0], nonce, body, self._kit.clock.now())


def _payment(told: Mapping[str, Any]) -> Said:
    return Said(
        _number(told["serial_no"]),
        _state(told["state"]),
        _amount(told["amount"]),
        _text(told["currency"]),
        _text(told["account"]),
        _text(told["channel_txn"]) if told.get("channel_txn") else None,
    )


def _refund(told: Mapping[str, Any]) -> RefundSaid:
    channel_refund = told.get("channel_refund")
    return RefundSaid(
        _number(told["refund_id"]),
        _state(told["state"]),
        _amount(told["amount"]),
        _text(channel_refund) if channel_refund else None,
    )


def _number(value: Any) -> int:
    """A number of ours that came back as text. Anything else raises ValueError."""
    if not (isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20):
        raise ValueError("not a number of ours")
    return _amount(int(value))


def _amount(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= INT_MAX:
        raise ValueError("an amount is a whole number of minor units")
    return value


def _state(value: Any) -> str:
    if value not in STATES:
        raise ValueError("not a state that was agreed on")
    return value


def _text(value: Any) -> str:
    """Text that both databases can store. Raises ValueError for NUL and lone surrogates."""
    if not isinstance(value, str) or not value or len(value) > 500 or "\0" in value:
        raise ValueError("not a text that was agreed on")
    value.encode("utf-8")
    return value
