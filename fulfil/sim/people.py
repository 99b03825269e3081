"""`python -m fulfil.sim.people`: the demo's shoppers and colleagues, in a process of their own.

Reads one JSON object from standard input: what `fulfil demo --json` prints, and `speed`, `seed` and `spare`.
"""

from gevent import monkey

monkey.patch_all()

import csv
import itertools
import json
import random
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import gevent

from fulfil.kit import logs
from fulfil.kit.clock import SystemClock
from fulfil.sim import back_office, shoppers
from fulfil.sim.actors import Colleague, Office, live
from fulfil.sim.clients import Customer, Http
from fulfil.sim.shop import DATA

Sleep = Callable[[float], None]


def main() -> None:
    """Live until SIGTERM."""
    logs.install("WARNING")
    told = json.loads(sys.stdin.readline())
    rng = random.Random(told["seed"])
    played = [person for person in told["staff"] if person["badge"] not in told["spare"]]
    office = _office(told, rng)
    actors = [
        partial(back_office.keep, office, told["store_id"], _own(rng)),
        *(colleague.work for colleague in _colleagues(told, played, rng)),
    ]

    def sleep(seconds: float) -> None:
        gevent.sleep(seconds / told["speed"])

    lives = [gevent.spawn(live, actor, sleep) for actor in actors]
    lives.append(gevent.spawn(_open_doors, told, shoppers.pace(played), sleep, rng))
    gevent.joinall(lives)


def _open_doors(told: Mapping[str, Any], mean_seconds: float, sleep: Sleep, rng: random.Random) -> None:
    """Shoppers come one by one; each shops beside the others."""
    contacts = _contacts(rng)
    for seconds in shoppers.gaps(_own(rng), mean_seconds):
        sleep(seconds)
        gevent.spawn(_shop, told, rng.choice(contacts), sleep, _own(rng))


def _shop(told: Mapping[str, Any], contact: Mapping[str, Any], sleep: Sleep, rng: random.Random) -> None:
    http = Http(told["base_url"], random_ids=rng)
    try:
        for seconds in shoppers.visit(
            lambda: Customer(http, told["store_id"]), SystemClock(), contact, told["skus"], rng
        ):
            sleep(seconds)
    finally:
        http.close()


def _colleagues(
    told: Mapping[str, Any], played: list[dict[str, Any]], rng: random.Random
) -> Iterator[Colleague]:
    codes, totes = iter(told["enrolment_codes"]), (f"TOTE-{n:04}" for n in itertools.count(1))
    for person in played:
        own = _own(rng)
        yield Colleague(
            Http(told["base_url"], random_ids=own), _office(told, own), next(codes), person, own, totes
        )


def _office(told: Mapping[str, Any], rng: random.Random) -> Office:
    http = Http(told["base_url"], random_ids=_own(rng))
    http.headers["Authorization"] = f"Bearer {told['admin_token']}"
    return Office(http, told["store_id"])


def _own(rng: random.Random) -> random.Random:
    """A stream of randomness of one's own: who acts first does not change what others do."""
    return random.Random(rng.random())


def _contacts(rng: random.Random) -> list[dict[str, Any]]:
    with (DATA / "shoppers.csv").open(encoding="utf-8", newline="") as file:
        return [shoppers.contact_of(row, rng) for row in csv.DictReader(file)]


if __name__ == "__main__":
    main()
