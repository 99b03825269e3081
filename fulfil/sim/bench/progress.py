"""How far a yardstick is, on a terminal only: programs read its output."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress

Tell = Callable[[str, float], None]


@contextmanager
def shown() -> Iterator[Tell]:
    """`tell(step, share)` moves a bar on standard error; nothing is drawn where that is no terminal."""
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("Starting", total=1.0)
        yield lambda step, share: bar.update(task, description=step, completed=min(share, 1.0))
