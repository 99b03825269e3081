"""kill -9 under load, many times, on both databases in turn: `python -m tests.crash --kills 10000`.

Goes on with the next seed where the last run stopped. Each seed founds a shop and kills its server a few
times under load; then everything that was acknowledged must be there once, and no invariant be violated.
`--seed N` runs that one again.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.crash.many import load
from tests.house import House
from tests.long_run import DATABASES, Log, databases

KILLS_OF_A_SEED = 25
SEEDS_OF_A_SERVER = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=10_000, help="how many there are to be in all")
    parser.add_argument("--seed", type=int, help="run this seed only, and write nothing down")
    asked, log = parser.parse_args(), Log("crash")
    if asked.seed is not None:
        with databases(DATABASES[asked.seed % 2]) as fresh:
            print(_run(fresh, asked.seed))
        return
    while (done := sum(line["kills"] or 1 for line in log.lines())) < asked.kills:
        first = 1 + max((line["seed"] for line in log.lines()), default=0)
        for database in DATABASES:
            with databases(database) as fresh:
                seeds = [
                    seed
                    for seed in range(first, first + SEEDS_OF_A_SERVER)
                    if DATABASES[seed % 2] == database
                ]
                for seed in seeds:
                    if done < asked.kills:
                        line = _run(fresh, seed)
                        log.add(seed=seed, database=database, **line)
                        done += line["kills"]
    raise SystemExit(1 if report(log) else 0)


def _run(fresh: Callable[[Path], str], seed: int) -> dict:
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fulfil-crash-") as folder:
        house = House(Path(folder), fresh(Path(folder)))
        try:
            seen = load(house, seed=seed, kills=KILLS_OF_A_SEED)
            told = vars(seen)
        except AssertionError as error:
            told = {"kills": 0, "orders": 0, "died_at": {}, "faults": [f"seed {seed}: {error}"[:2000]]}
            house.strike()
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
