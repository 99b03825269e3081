"""Short messages of the demo: sign-in codes stand out on the terminal, all else is read on the console."""

from __future__ import annotations

from fulfil.messages.service.console import Console
from fulfil.trade.customers.service import CODE_KEY


class CodesAlone(Console):
    """A console that prints what somebody waits for; simulated shoppers are told a great deal more."""

    def _print_once(self, key: str, line: str) -> None:
        if key.startswith(CODE_KEY):
            super()._print_once(key, f"\n  >>> {line}\n")
