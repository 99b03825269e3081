"""How far a yardstick is, on a terminal only, for programs read its output; and its end by a signal."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress

Tell = Callable[[str, float], None]


@contextmanager
def shown() -> Iterator[Tell]:
    """`tell(step, share)` moves a bar on standard error; nothing is drawn where that is no terminal.

    SIGTERM ends what is inside as Ctrl-C does: servers that were started are stopped.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("Starting", total=1.0)
        yield lambda step, share: bar.update(task, description=step, completed=min(share, 1.0))
