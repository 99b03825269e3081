"""How parties are let loose: all at once through a barrier, or one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from fulfil.sim.clients import Http
from tests.races.ground import Ground

Act = Callable[[], Any]
Together = Callable[[Any, Sequence[Act]], list[Any]]
LATE_SECONDS_MAX = 60
PARTIES_MAX = 64
_parties = ThreadPoolExecutor(PARTIES_MAX)


def at_once(_house: Any, acts: Sequence[Act]) -> list[Any]:
    """What each act gives; all begin together."""
    barrier = Barrier(len(acts), timeout=LATE_SECONDS_MAX)

    def run(act: Act) -> Any:
        barrier.wait()
        return act()

    return list(_parties.map(run, acts))


def in_order(house: Any, acts: Sequence[Act]) -> list[Any]:
    """The first acts first, and the shop comes to rest before the next."""
    results = []
    for act in acts:
        results.append(act())
        house.at_rest()
    return results


def in_reverse(house: Any, acts: Sequence[Act]) -> list[Any]:
    """The last acts first."""
    return in_order(house, acts[::-1])[::-1]


def connected(house: Ground, like: Http) -> Http:
    """Another open connection of the same caller."""
    http = house.line()
    http.headers.update(like.headers)
    return http
