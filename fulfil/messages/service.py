"""Sends short messages. Call it outside transactions: a message cannot be rolled back."""

from __future__ import annotations

from typing import TextIO

from fulfil.kit.gateway import Gateway
from fulfil.messages.rules import masked

DEPENDENCY = "sms"


class ConsoleSms:
    """The SMS gateway of an embedded shop: every message is a line on `out`, the phone masked.

    It goes through the gateway like a provider would, so its switch and its metrics are there (F8).
    """

    def __init__(self, gateway: Gateway, out: TextIO) -> None:
        self._gateway, self._out = gateway, out
        gateway.dependency(DEPENDENCY)

    def send(self, phone: str, text: str) -> None:
        """Print `text` for `phone`. Raises CallRefused when the switch "sms" is off."""
        line = f"SMS {masked(phone)}: {' '.join(text.split())}"
        self._gateway.call(DEPENDENCY, lambda: print(line, file=self._out, flush=True))
