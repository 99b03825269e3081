"""Every fuzzer with many examples: `python -m tests.fuzz --size 5000`. Goes on with the next seed.

`size` requests at least go to the operations of the API on each database, a tenth as many ops and packets.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.edge.town import Town
from tests.fuzz.ops import OpFuzz
from tests.fuzz.requests import Fuzz
from tests.fuzz.sockets import SocketFuzz
from tests.house import House
from tests.long_run import DATABASES, Log, begin, databases

OPERATIONS, REQUESTS_OF_A_SEQUENCE, BLOCK = 59, 8, 2000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=5000, help="how many requests there are to be in all")
    size, log = parser.parse_args().size, Log("fuzz")
    begin()
    for database in DATABASES:
        with databases(database) as fresh:
            while (done := log.totals(("database",), "requests").get((database,), 0)) < size:
                seed = 1 + max((line["seed"] for line in log.lines()), default=0)
                _block(log, fresh, database, seed, min(BLOCK, size - done))
    raise SystemExit(1 if report(log) else 0)


def _block(log: Log, fresh: Callable[[Path], str], database: str, seed: int, size: int) -> None:
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fulfil-fuzz-") as folder:
        inside = Path(folder) / "inside"
        inside.mkdir()
        town = Town(fresh(inside), str(inside / "carts.db"))
        requests, ops = Fuzz(town, seed), OpFuzz(town, seed)
        ops.run(max(1, size // 10))  # first: a request may well end the picker's session
        requests.every_operation(max(1, size // OPERATIONS))
        requests.in_sequence(max(1, size // 5 // REQUESTS_OF_A_SEQUENCE))
        violations = [str(found) for found in town.violations()]
        town.kit.close()
        house = House(Path(folder), fresh(Path(folder)))
        house.start()
        sockets = SocketFuzz(house, seed)
        sockets.run(max(100, size // 10))
        house.close()
        faults = requests.faults + ops.faults + sockets.faults() + violations
    told: dict[str, Any] = {
        "requests": requests.sent,
        "ops": sum(ops.answers.values()),
        "packets": sockets.sent,
        "statuses": {str(status): count for status, count in sorted(requests.statuses.items())},
        "faults": faults,
    }
    log.add(seed=seed, database=database, **told, seconds=round(time.monotonic() - started, 1))


def report(log: Log) -> int:
    """Print totals; gives how many faults there were."""
    lines = log.lines()
    for database in DATABASES:
        mine = [line for line in lines if line["database"] == database]
        sums = {name: sum(line[name] for line in mine) for name in ("requests", "ops", "packets")}
        print(f"{database:11} {sums}, {sum(len(line['faults']) for line in mine)} faults")
    faults = [fault for line in lines for fault in line["faults"]]
    print(*faults[:10], sep="\n")
    return len(faults)


if __name__ == "__main__":
    main()
