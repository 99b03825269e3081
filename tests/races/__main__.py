"""Every race many times, on both databases: `python -m tests.races --times 1000`.

Goes on where the last run stopped, each database in a process of its own. All races run equally often.
Parties begin at once; after each block the invariants are checked, and a new shop is founded. One line per
race: how often, and what went wrong.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, redirect_stderr
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from fulfil import checks
from fulfil.sim.servers import REDIS_DATABASES, PostgresProcess, RedisProcess
from tests import servers
from tests.long_run import DATABASES, Log, begin, side_by_side
from tests.races import inside, races, steering, tours
from tests.races.aisles import Resting
from tests.races.ground import Ground
from tests.trade.shop import build

BLOCK = 20
Race = Callable[[Any], list[str]]
Lend = Callable[[], AbstractContextManager[str]]  # an empty database
Play = Callable[[Race], list[str]]  # one round: what went wrong
Check = Callable[[], list[Any]]  # the invariants that are violated


class Place(NamedTuple):
    """Races, and the shop that they need."""

    races: dict[str, Race]
    founded: Callable[[Lend], AbstractContextManager[tuple[Play, Check]]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=1000, help="how often each race is to be run in all")
    parser.add_argument("--database", choices=DATABASES, help="on this one only, in this process")
    asked, log = parser.parse_args(), Log("races")
    begin()
    if asked.database:
        run(log, asked.database, asked.times)
        return
    command = [sys.executable, "-m", "tests.races", "--times", str(asked.times), "--database"]
    well = side_by_side([*command, database] for database in DATABASES)
    raise SystemExit(1 if report(log) or not well else 0)


def run(log: Log, database: str, times: int) -> None:
    """Run each race of one database so often in all."""
    servers.share_compiled()
    with (_sqlite if database == "sqlite" else _postgres)() as lend:
        for goal in [*range(BLOCK, times, BLOCK), times]:
            for place in PLACES:
                while left := _left(log, place.races, database, goal):
                    _block(log, lend, database, place, left)


def _left(log: Log, names: dict[str, Race], database: str, times: int) -> dict[str, int]:
    """How often each race runs in the next block."""
    done = log.totals(("race", "database"), "times")
    left = {name: min(BLOCK, times - done.get((name, database), 0)) for name in names}
    return {name: count for name, count in left.items() if count > 0}


def _block(log: Log, lend: Lend, database: str, place: Place, left: dict[str, int]) -> None:
    """Run each race so often in one shop, and append what was seen. The first that breaks off ends it."""
    with place.founded(lend) as (play, check):
        for name, count in left.items():
            started, wrong, ran, broken = time.monotonic(), [], 0, False
            while ran < count and not broken:
                ran += 1
                try:
                    wrong += play(place.races[name])
                except Exception as error:
                    broken = True
                    wrong.append(f"{type(error).__name__}: {error}")
            seconds = round(time.monotonic() - started, 1)
            log.add(race=name, database=database, times=ran, anomalies=wrong, seconds=seconds)
            if broken:
                return
        violated = [str(found) for found in check()]
        log.add(race="violations", database=database, times=1, anomalies=violated, seconds=0)


# Shops


@contextmanager
def _served(lend: Lend) -> Iterator[tuple[Play, Check]]:
    with TemporaryDirectory(prefix="fulfil-races-") as folder, lend() as url:
        house = Ground(Path(folder), url)
        try:
            house.start()
            yield lambda race: race(house), lambda: house.at_rest() or house.violations()
        finally:
            house.close()


@contextmanager
def _inside(lend: Lend) -> Iterator[tuple[Play, Check]]:
    with lend() as url:
        with redirect_stderr(io.StringIO()):  # where messages to customers would go
            shop = build(url)
        try:
            yield lambda race: race(shop), lambda: shop.read(checks.violations)
        finally:
            shop.kit.close()


@contextmanager
def _aisles(lend: Lend) -> Iterator[tuple[Play, Check]]:
    """Each round has a shop of its own, and checks its invariants itself."""

    def play(race: Race) -> list[str]:
        with lend() as url:
            shop = Resting(url)
            try:
                return race(shop)
            finally:
                shop.kit.close()

    yield play, list


PLACES = (
    Place(races.DUELS | races.CROWDS, _served),
    Place(inside.DUELS | inside.CROWDS, _inside),
    Place(tours.DUELS | steering.DUELS, _aisles),
)

# Databases


@contextmanager
def _sqlite() -> Iterator[Lend]:
    with TemporaryDirectory(prefix="fulfil-") as template:
        made = servers.SqliteDatabases(Path(template))

        @contextmanager
        def lend() -> Iterator[str]:
            with TemporaryDirectory(prefix="fulfil-") as folder:
                yield made.fresh(Path(folder))

        yield lend


@contextmanager
def _postgres() -> Iterator[Lend]:
    """With carts in Redis, as where several processes serve."""
    postgres, redis = PostgresProcess(), RedisProcess()
    try:
        carts = servers.RedisDatabases(redis.start(), 0, REDIS_DATABASES)
        made = servers.PostgresDatabases(postgres.start(), carts)

        @contextmanager
        def lend() -> Iterator[str]:
            url = made.lend()
            try:
                yield url
            finally:
                made.give_back(url)

        yield lend
    finally:
        postgres.stop()
        redis.stop()


def report(log: Log) -> int:
    """Print one line per race and database; gives how many anomalies there were in all."""
    lines, anomalies = log.lines(), 0
    for name in (*(name for place in PLACES for name in place.races), "violations"):
        for database in DATABASES:
            mine = [line for line in lines if (line["race"], line["database"]) == (name, database)]
            wrong = [text for line in mine for text in line["anomalies"]]
            anomalies += len(wrong)
            what = "blocks checked" if name == "violations" else "times"
            print(
                f"{name:29} {database:11} {sum(line['times'] for line in mine):6} {what}, "
                f"{len(wrong)} anomalies {wrong[:1] or ''}"
            )
    return anomalies


if __name__ == "__main__":
    main()
