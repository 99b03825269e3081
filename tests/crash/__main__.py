"""kill -9 under load, many times, on both databases in turn: `python -m tests.crash --kills 10000 --jobs 2`.

Goes on with the next seed where the last run stopped, several seeds at once. Each seed founds a shop and
kills its server some times under load; then everything that was acknowledged must be there once, and no
invariant be violated. `--seed N` runs that one again.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.crash.many import load
from tests.house import House
from tests.long_run import DATABASES, Log, begin, databases, side_by_side
from tests.nursery import warm_nursery

KILLS_OF_A_SEED = 100
SEEDS_OF_A_SERVER = 20
Fresh = Mapping[str, Callable[[Path], str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=10_000, help="how many there are to be in all")
    parser.add_argument("--jobs", type=int, default=1, help="how many seeds run at once")
    parser.add_argument("--seed", type=int, help="run this seed only, and write nothing down")
    asked, log = parser.parse_args(), Log("crash")
    begin()
    if asked.seed is not None:
        with _servers() as fresh:
            print(_run(fresh, asked.seed))
    elif asked.jobs > 1:
        side_by_side([[sys.executable, "-m", "tests.crash", "--kills", str(asked.kills)]] * asked.jobs)
        raise SystemExit(1 if report(log) else 0)
    else:
        while _done(log) < asked.kills:
            _some(log, asked.kills)


def _some(log: Log, kills: int) -> None:
    with _servers() as fresh:
        for _ in range(SEEDS_OF_A_SERVER):
            if _done(log) < kills:
                seed = log.next_seed()
                log.add(seed=seed, database=_database(seed), **_run(fresh, seed))


def _done(log: Log) -> int:
    return sum(line["kills"] or 1 for line in log.lines())


def _database(seed: int) -> str:
    return DATABASES[seed % 2]


@contextmanager
def _servers() -> Iterator[Fresh]:
    """Databases of both kinds, on each of which whatever is forked from now on has lived an order."""
    with ExitStack() as ends:
        fresh = {kind: ends.enter_context(databases(kind)) for kind in DATABASES}
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="fulfil-crash-")))
        with warm_nursery(folder, *(make(folder) for make in fresh.values())):
            yield fresh


def _run(fresh: Fresh, seed: int) -> dict:
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fulfil-crash-") as folder:
        house = House(Path(folder), fresh[_database(seed)](Path(folder)))
        try:
            told = vars(load(house, seed=seed, kills=KILLS_OF_A_SEED))
        except AssertionError as error:
            told = {"kills": 0, "orders": 0, "died_at": {}, "faults": [f"seed {seed}: {error}"[:2000]]}
        finally:
            house.close_after_death()
    return told | {"seconds": round(time.monotonic() - started, 1)}


def report(log: Log) -> int:
    """Print totals; gives how much was lost or doubled."""
    lines = log.lines()
    for database in DATABASES:
        mine = [line for line in lines if line["database"] == database]
        print(
            f"{database:11} {sum(line['kills'] for line in mine):6} kills, "
            f"{sum(line['orders'] for line in mine)} orders, "
            f"{sum(len(line['faults']) for line in mine)} lost, doubled or violated"
        )
    places: Counter[str] = Counter()
    for line in lines:
        places.update(line["died_at"])
    print(", ".join(f"{place} {count}" for place, count in places.most_common()))
    faults = [fault for line in lines for fault in line["faults"]]
    print(*faults[:5], sep="\n")
    return len(faults)


if __name__ == "__main__":
    main()
