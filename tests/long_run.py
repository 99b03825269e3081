"""What long runs share: databases without pytest, and totals that a later run goes on from."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fulfil.sim.servers import PostgresProcess
from tests.servers import PostgresDatabases, SqliteDatabases

DATABASES = ("sqlite", "postgresql")
LOGS = Path(__file__).parent.parent / ".proof"


class Log:
    """JSON lines in `.proof`, which git ignores. Each line counts something; totals are sums."""

    def __init__(self, name: str) -> None:
        LOGS.mkdir(exist_ok=True)
        self.path = LOGS / f"{name}.jsonl"

    def add(self, **line: Any) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")

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
