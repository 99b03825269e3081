"""What long runs share: databases without pytest, and totals that a later run goes on from."""

from __future__ import annotations

import fcntl
import json
import signal
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fulfil.sim import children
from fulfil.sim.servers import PostgresProcess
from tests.servers import PostgresDatabases, SqliteDatabases, files_in_memory

DATABASES = ("sqlite", "postgresql")
LOGS = Path(__file__).parent.parent / ".proof"


def begin() -> None:
    """Before anything else: files lie in memory, and SIGTERM and SIGINT end what the run has started, too."""
    files_in_memory()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)


def _end(number: int, _frame: object) -> None:
    """Leave through every `finally`, and let no second signal interrupt them."""
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)
    raise SystemExit(128 + number)


def side_by_side(commands: Iterable[Sequence[str]]) -> bool:
    """Run these at once; whether all ended well. They end with this process."""
    running = [children.start(command) for command in commands]
    try:
        ended = [each.wait() for each in running]
        return not any(ended)
    finally:
        for each in running:
            each.terminate()
        for each in running:
            each.wait()


class Log:
    """JSON lines in `.proof`, which git ignores. Each line counts something; totals are sums.

    Several runs may write one log: lines come whole, and no number is given twice.
    """

    def __init__(self, name: str) -> None:
        LOGS.mkdir(exist_ok=True)
        self.path = LOGS / f"{name}.jsonl"

    def add(self, **line: Any) -> None:
        with self.path.open("ab", buffering=0) as file:
            file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")

    def next_seed(self) -> int:
        """The seed after all that were given out and written down."""
        with self.path.with_suffix(".seed").open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            seed = 1 + max([int(file.read() or 0), *(line["seed"] for line in self.lines())])
            file.truncate(0)
            file.write(str(seed))
        return seed

    def lines(self) -> list[dict[str, Any]]:
        return (
            [json.loads(line) for line in self.path.read_text("utf-8").splitlines()]
            if self.path.exists()
            else []
        )

    def totals(self, keys: tuple[str, ...], count: str) -> Mapping[tuple[Any, ...], int]:
        """The sum of `count` over the lines, by the values of `keys`."""
        sums: Counter[tuple[Any, ...]] = Counter()
        for line in self.lines():
            sums[tuple(line.get(key) for key in keys)] += line[count]
        return sums


@contextmanager
def databases(kind: str) -> Iterator[Callable[[Path], str]]:
    """Fresh databases of that kind; call it with a folder for the URL of one more."""
    with tempfile.TemporaryDirectory(prefix="fulfil-") as folder:
        if kind == "sqlite":
            yield SqliteDatabases(Path(folder)).fresh
            return
        process = PostgresProcess()
        try:
            made = PostgresDatabases(process.start())
            yield lambda _folder: made.fresh()
        finally:
            process.stop()
