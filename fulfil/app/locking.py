"""One process serves a SQLite database. The lock is a file beside it; the database file is never touched."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import sqlalchemy as sa

from fulfil.kit.errors import Conflict


class AlreadyServed(Conflict):
    code, title = "already_served", "Another process serves this database."


class DatabaseLock:
    """An exclusive `flock` on `<database>.lock`, held until `release` or the end of the process."""

    def __init__(self, url: str) -> None:
        parsed = sa.make_url(url)
        self.path = Path(f"{parsed.database}.lock") if parsed.get_backend_name() == "sqlite" else None
        self._fd: int | None = None

    def acquire(self) -> DatabaseLock:
        """Take the lock. Raises AlreadyServed when somebody else has it. PostgreSQL needs none."""
        if self.path is None:
            return self
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(fd, 20).decode("ascii", "replace").strip()
            os.close(fd)
            raise AlreadyServed(f"Process {holder or '?'} serves this database. Stop it first.") from None
        os.ftruncate(fd, 0)
        os.write(fd, f"{os.getpid()}\n".encode())
        self._fd = fd
        return self

    def release(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
