"""Every race many times, on both databases: `python -m tests.races --times 1000`.

Goes on where the last run stopped. Parties begin at once; after each block the invariants are checked, and a
new shop is founded. One line per race: how often, and what went wrong.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from fulfil import checks
from tests.long_run import DATABASES, Log, databases
from tests.races import inside, races
from tests.races.ground import Ground
from tests.trade.shop import build

BLOCK = 20
SERVED = races.CROWDS | races.DUELS
INSIDE = inside.CROWDS | inside.DUELS
Race = Callable[[Any], list[str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=1000, help="how often each race is to be run in all")
    times, log = parser.parse_args().times, Log("races")
    for database in DATABASES:
        with databases(database) as fresh:
            for names in (SERVED, INSIDE):
                while left := _left(log, names, database, times):
                    _block(log, fresh, database, left)
    wrong = report(log)
    raise SystemExit(1 if wrong else 0)


def _left(log: Log, names: dict[str, Race], database: str, times: int) -> dict[str, int]:
    """How often each race runs in the next block."""
    done = log.totals(("race", "database"), "times")
    left = {name: min(BLOCK, times - done.get((name, database), 0)) for name in names}
    return {name: count for name, count in left.items() if count > 0}


def _block(log: Log, fresh: Callable[[Path], str], database: str, left: dict[str, int]) -> None:
    """Run each race so often in one shop, and append what was seen."""
    served = next(iter(left)) in SERVED
    with tempfile.TemporaryDirectory(prefix="fulfil-races-") as folder, ExitStack() as ends:
        url = fresh(Path(folder))
        shop: Any = Ground(Path(folder), url) if served else build(url)
        if served:
            ends.callback(shop.close)
            shop.start()
        else:
            ends.callback(shop.kit.close)
        broken = ""
        for name, count in left.items():
            started, wrong, ran = time.monotonic(), [], 0
            while ran < count and not broken:
                ran += 1
                try:
                    wrong += (SERVED if served else INSIDE)[name](shop)
                except Exception as error:
                    broken = f"{type(error).__name__}: {error}"
                    wrong.append(broken)
            log.add(
                race=name,
                database=database,
                times=ran,
                anomalies=wrong,
                seconds=round(time.monotonic() - started, 1),
            )
        if not broken:
            log.add(
                race="violations",
                database=database,
                times=1,
                seconds=0,
                anomalies=[str(found) for found in _violations(shop, served)],
            )


def _violations(shop: Any, served: bool) -> list[Any]:
    if served:
        shop.at_rest()
        return shop.violations()
    return shop.read(checks.violations)


def report(log: Log) -> int:
    """Print one line per race and database; gives how many anomalies there were in all."""
    lines, anomalies = log.lines(), 0
    for name in (*SERVED, *INSIDE, "violations"):
        for database in DATABASES:
            mine = [line for line in lines if (line["race"], line["database"]) == (name, database)]
            wrong = [text for line in mine for text in line["anomalies"]]
            anomalies += len(wrong)
            what = "blocks checked" if name == "violations" else "times"
            print(
                f"{name:26} {database:11} {sum(line['times'] for line in mine):6} {what}, "
                f"{len(wrong)} anomalies {wrong[:1] or ''}"
            )
    return anomalies


if __name__ == "__main__":
    main()
