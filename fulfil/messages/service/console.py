"""Sends short messages. Call it outside transactions: a message cannot be rolled back."""

from __future__ import annotations

from collections import OrderedDict
from typing import TextIO

from fulfil.kit.gateway import Gateway
from fulfil.messages.rules.phones import masked

DEPENDENCY = "sms"
KEYS_KEPT_MAX = 10_000


class ConsoleSms:
    """The SMS gateway of an embedded shop: every message is a line on `out`, the phone masked.

    It goes through the gateway like a provider would, so its switch and its metrics are there (F8).
    """

    def __init__(self, gateway: Gateway, out: TextIO) -> None:
        self._gateway, self._out = gateway, out
        self._sent: OrderedDict[str, None] = OrderedDict()
        gateway.dependency(DEPENDENCY)

    def send(self, phone: str, text: str, *, key: str) -> None:
        """Print `text` for `phone`, once for each `key`. Raises CallRefused when the switch "sms" is off.

        `key` is the idempotency key: a sender that does not know whether its message went out sends it again
        under the same one. The last KEYS_KEPT_MAX are known, until the process ends.
        """
        line = f"SMS {masked(phone)}: {' '.join(text.split())}"
        self._gateway.call(DEPENDENCY, lambda: self._print_once(key, line))

    def _print_once(self, key: str, line: str) -> None:
        if key in self._sent:
            return
        print(line, file=self._out, flush=True)
        self._sent[key] = None
        if len(self._sent) > KEYS_KEPT_MAX:
            self._sent.popitem(last=False)
