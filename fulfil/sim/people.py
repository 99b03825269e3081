"""`python -m fulfil.sim.people`: the demo's shoppers and colleagues, in a process of their own.

Reads one JSON object from standard input: what `fulfil demo --json` prints, and `speed` and `seed`.
"""

from gevent import monkey

monkey.patch_all()

import csv  # noqa: E402  (after the patch: all of these wait for something)
import itertools  # noqa: E402
import json  # noqa: E402
import logging  # noqa: E402
import random  # noqa: E402
import sys  # noqa: E402
from collections.abc import Iterator, Mapping  # noqa: E402
from typing import Any  # noqa: E402

import gevent  # noqa: E402

from fulfil.kit import logs  # noqa: E402
from fulfil.sim.actors import Actor, Colleague, shoppers  # noqa: E402
from fulfil.sim.shop import DATA  # noqa: E402

log = logging.getLogger("fulfil.sim")
ORDER_SECONDS = 30.0
FIRST_ORDER_SECONDS = 3.0


def main() -> None:
    """Live until SIGTERM."""
    logs.install("WARNING")
    told = json.loads(sys.stdin.readline())
    rng = random.Random(told["seed"])
    actors = [_shoppers(told, rng), *_colleagues(told, rng)]
    gevent.joinall([gevent.spawn(_live, actor, told["speed"]) for actor in actors])


def _live(actor: Actor, speed: float) -> None:
    try:
        for seconds in actor:
            gevent.sleep(seconds / speed)
    except OSError as gone:
        log.warning("the shop does not answer: %s", gone)


def _shoppers(told: Mapping[str, Any], rng: random.Random) -> Actor:
    return shoppers(told["base_url"], told["store_id"], _customers(), told["skus"],
                    random.Random(rng.random()), ORDER_SECONDS)


def _colleagues(told: Mapping[str, Any], rng: random.Random) -> Iterator[Actor]:
    """Everybody but the last of each role, who is left to whoever tries the demo; single ones work, too."""
    codes, totes = iter(told["enrolment_codes"]), (f"TOTE-{n:04}" for n in itertools.count(1))
    for person in told["staff"]:
        if person["badge"] in told["spare"]:
            continue
        yield Colleague(told["base_url"], next(codes), person, random.Random(rng.random()), totes).work()


def _customers() -> list[dict[str, Any]]:
    with (DATA / "shoppers.csv").open(encoding="utf-8", newline="") as file:
        return [{"contact": {"name": row["name_zh"], "phone": row["phone"], "address": row["address_zh"],
                             "lat": float(row["lat"]), "lng": float(row["lng"])}}
                for row in csv.DictReader(file)]


if __name__ == "__main__":
    main()
