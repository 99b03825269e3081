"""Short messages through any provider that takes JSON over HTTP."""

from __future__ import annotations

import json
from typing import Any

from fulfil.kit.clock import Clock
from fulfil.kit.gateway import CallFailed, Gateway
from fulfil.messages.errors import Undeliverable
from fulfil.messages.rules import providers
from fulfil.messages.rules.sending import refused_for_good
from fulfil.messages.service.console import SMS

TIMEOUT_SECONDS = 10.0


class HttpSms:
    """POSTs `template` (see `providers.filled`) to `url`, with a bearer `token`, or signed with `secret`.

    2xx means sent. A provider that honours `Idempotency-Key` sends a repeated message once.
    """

    def __init__(
        self, gateway: Gateway, clock: Clock, url: str, template: Any, *, token: str = "", secret: str = ""
    ) -> None:
        self._gateway, self._clock, self._url, self._template = gateway, clock, url, template
        self._token, self._secret = token, secret
        gateway.dependency(SMS)

    def send(self, recipient: str, text: str, *, key: str) -> None:
        """Raises CallRefused, CallFailed (nobody knows whether it was sent) and Undeliverable."""
        known_as = providers.provider_key(key)
        said = providers.filled(self._template, {"phone": recipient, "text": text, "key": known_as})
        body = json.dumps(said, ensure_ascii=False).encode()
        answer = self._gateway.http(
            SMS,
            "POST",
            self._url,
            timeout_seconds=TIMEOUT_SECONDS,
            body=body,
            headers=self._headers(known_as, body),
        )
        if refused_for_good(answer.status):
            raise Undeliverable(f"http_{answer.status}")
        if not 200 <= answer.status < 300:
            raise CallFailed(f"the provider of short messages answered {answer.status}")

    def _headers(self, key: str, body: bytes) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        if self._secret:
            at = int(self._clock.now().timestamp())
            headers |= {"X-Timestamp": str(at), "X-Signature": providers.signature(self._secret, at, body)}
        return headers
