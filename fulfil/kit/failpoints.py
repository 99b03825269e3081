"""Named places where a test may break or kill the process."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

ANY = "*"


class Failpoints:
    """Named places where a test may break or kill the process. Unset they cost one dictionary look-up.

    `setting` is `name` or `name@count`: the process kills itself there when it comes by for the count-th
    time. The name `*` stands for every failpoint.
    """

    def __init__(self, setting: str = "") -> None:
        self._actions: dict[str, Callable[[], None]] = {}
        self.at = ""
        if setting:
            name, _, count = setting.partition("@")
            self._actions[name] = self._kill_at(int(count or 1))

    def on(self, name: str, action: Callable[[], None] | None) -> None:
        """Run `action` at the failpoint `name`; None clears it."""
        if action is None:
            self._actions.pop(name, None)
        else:
            self._actions[name] = action

    def hit(self, name: str) -> None:
        if self._actions and (action := self._actions.get(name) or self._actions.get(ANY)):
            self.at = name
            action()

    def _kill_at(self, count: int) -> Callable[[], None]:
        left = [count]

        def kill() -> None:
            left[0] -= 1
            if left[0] == 0:
                os.write(2, f"killed at {self.at}\n".encode())
                os.kill(os.getpid(), signal.SIGKILL)

        return kill
