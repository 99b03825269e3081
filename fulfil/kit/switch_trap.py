"""The trap for greenlet switches inside a write transaction.

SQLite has one writer. A greenlet that waits for the outside while it holds it stops every other writer, so
such a switch is recorded here and the transaction is refused before its commit.
"""

from __future__ import annotations

from typing import Any


class SwitchInTransaction(RuntimeError):
    """A greenlet yielded inside a write transaction: some code in it waited for the outside."""


class SwitchTrap:
    """Notices a greenlet switch away from a write transaction (gevent only; otherwise nothing to trap).

    It looks only while somebody is inside: to be told of every switch costs as much as a switch.
    """

    _installed: SwitchTrap | None = None

    def __init__(self) -> None:
        self._switched: dict[Any, bool] = {}

    @classmethod
    def install(cls) -> SwitchTrap | None:
        """The trap of this process, None where threads are threads."""
        from gevent import monkey

        if not monkey.is_module_patched("threading"):
            return None
        if cls._installed is None:
            cls._installed = cls()
        return cls._installed

    def enter(self) -> None:
        """From here on the present greenlet may not switch. Databases differ, so several may be inside."""
        import greenlet

        self._switched[greenlet.getcurrent()] = False
        greenlet.settrace(self._trace)

    def leave(self) -> bool:
        """Whether the present greenlet switched since it entered."""
        import greenlet

        switched = self._switched.pop(greenlet.getcurrent())
        if not self._switched:
            greenlet.settrace(None)
        return switched

    def _trace(self, kind: str, args: Any) -> None:
        if args[0] in self._switched and kind in ("switch", "throw"):
            self._switched[args[0]] = True
