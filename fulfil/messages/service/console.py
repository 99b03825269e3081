"""The gateways of a shop without providers: every message is a line. Call them outside transactions."""

from __future__ import annotations

from collections import OrderedDict
from typing import TextIO

from fulfil.kit.gateway import Gateway
from fulfil.messages.rules.phones import masked_contact

KEYS_KEPT_MAX = 10_000
SMS, EMAIL = "sms", "email"
HEADS = {SMS: "SMS", EMAIL: "E-MAIL"}


class Console:
    """Prints messages of one `channel` ("sms" or "email") on `out`, whom they are for masked.

    It goes through the gateway like a provider would, so its switch and its metrics are there (F8).
    """

    def __init__(self, gateway: Gateway, out: TextIO, channel: str) -> None:
        self._gateway, self._out, self._channel = gateway, out, channel
        self._sent: OrderedDict[str, None] = OrderedDict()
        gateway.dependency(channel)

    def send(self, recipient: str, text: str, *, key: str, subject: str = "") -> None:
        """Print the message, once for each `key`. Raises CallRefused when the channel's switch is off.

        `key` is the idempotency key: a sender that does not know whether its message went out sends it again
        under the same one. The last KEYS_KEPT_MAX are known, until the process ends.
        """
        said = " ".join(f"{subject}: {text}".split() if subject else text.split())
        line = f"{HEADS[self._channel]} {masked_contact(recipient)}: {said}"
        self._gateway.call(self._channel, lambda: self._print_once(key, line))

    def _print_once(self, key: str, line: str) -> None:
        if key in self._sent:
            return
        print(line, file=self._out, flush=True)
        self._sent[key] = None
        if len(self._sent) > KEYS_KEPT_MAX:
            self._sent.popitem(last=False)
