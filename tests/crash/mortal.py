"""A server that dies again and again, and what its clients do: ask until there is an answer."""

from __future__ import annotations

import http.client
import re
import socket
import time
from collections.abc import Callable, Iterator
from threading import Lock
from typing import TypeVar

from tests.house import House

T = TypeVar("T")
GONE = (OSError, http.client.HTTPException)
UNTIL_SECONDS_MAX = 120
BREAKS_MAX = 200
LOOK_SECONDS = 0.02
KILLED_AT = re.compile(r"killed at (\S+)")


class Mortal:
    """The server of a house. Each time it has died it starts with the next failpoint; several may ask.

    `life` is the number of the life that it lives, 0 while it starts, and `failpoint` where that will end.
    """

    def __init__(self, house: House, failpoints: Iterator[str]) -> None:
        self._house, self._failpoints = house, failpoints
        self._lock, self.deaths, self._before = Lock(), 0, len(house.log())
        self.life = self._lives = 0
        self.failpoint = ""
        self.deaths += self._start()

    @property
    def died_at(self) -> list[str]:
        """The failpoints of its deaths, in their order."""
        return KILLED_AT.findall(self._house.log()[self._before :])

    def patiently(self, ask: Callable[[], T]) -> T:
        """Ask until there is an answer. A connection may break without a death, but not for ever."""
        for _ in range(BREAKS_MAX):
            seen = self.deaths
            try:
                return ask()
            except GONE as error:
                broken = error
                self._revive(seen)
        raise broken

    def until(self, look: Callable[[], T]) -> T:
        """Look until there is something to see, for so long without a death.

        A channel that nobody heard calls back after 30 s at most.
        """
        deadline, deaths = time.monotonic() + UNTIL_SECONDS_MAX, self.deaths
        while not (seen := self.patiently(look)):
            if deaths != self.deaths:
                deadline, deaths = time.monotonic() + UNTIL_SECONDS_MAX, self.deaths
            assert time.monotonic() < deadline, f"it does not happen: {self._house.log_tail()}"
            time.sleep(LOOK_SECONDS)
        return seen

    def _revive(self, seen: int) -> None:
        """Start again, unless somebody has since that many deaths.

        They are counted once it serves: whoever knocks in between has seen the old number.
        """
        with self._lock:
            if seen == self.deaths and not self._listens():
                self._house.wait_for_death()
                self.deaths += 1 + self._start()

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self._house.port), timeout=UNTIL_SECONDS_MAX).close()
        except OSError:
            return False
        return True

    def _start(self) -> int:
        """Start; gives how often it died on its way up."""
        died = self.life = 0
        self.failpoint = next(self._failpoints, "")
        while not self._house.start(self.failpoint, may_die=True):
            self.failpoint = next(self._failpoints, "")
            died += 1
        self._lives += 1
        self.life = self._lives
        return died
