"""Files that hold people's data are for their owner's eyes only."""

from __future__ import annotations

import os
from pathlib import Path


def private(path: Path) -> None:
    """Make an empty file with mode 0600 where there is none; SQLite gives its journals the same mode.

    An existing file is left as it is: opening and closing it would drop SQLite's locks.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return
