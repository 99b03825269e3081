"""Backups of an embedded shop: online copies by SQLite's own backup, checked before they count."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import sqlalchemy as sa

from fulfil.app.locking import AlreadyServed, DatabaseLock
from fulfil.kit.config import Config
from fulfil.kit.errors import Conflict, NotFound
from fulfil.kit.files import private

MAIN, CARTS = "fulfil.db", "carts.db"


class UseServerTools(Conflict):
    code = "use_server_tools"
    title = "PostgreSQL has its own tools: pg_dump --format=custom, and pg_restore."


class BackupBroken(Conflict):
    code, title = "backup_broken", "The copy is not whole. Nothing was replaced."


class WouldReplace(Conflict):
    code, title = "would_replace", "There is a database already. Say --yes to replace it."


class ServedNow(Conflict):
    code, title = "served_now", "The shop is being served. Stop `fulfil serve` first."


def backup(config: Config, folder: Path) -> list[Path]:
    """Copy database and carts into `folder`; returns the files. Existing files there are replaced whole.

    Raises NotFound without a database: a backup of nothing must not look like one. BackupBroken.
    """
    files = _files(config)
    if not files[MAIN].exists():
        raise NotFound(f"There is no database {files[MAIN]}.")
    folder.mkdir(parents=True, exist_ok=True)
    return [_copy(source, folder / name) for name, source in files.items() if source.exists()]


def restore(config: Config, folder: Path, *, replace: bool) -> list[Path]:
    """Put the files of `folder` in place of the shop's. Raises ServedNow, WouldReplace, BackupBroken."""
    files = _files(config)
    if not (folder / MAIN).exists():
        raise NotFound(f"There is no {MAIN} in {folder}.")
    if files[MAIN].exists() and not replace:
        raise WouldReplace()
    try:
        lock = DatabaseLock(config.database_url).acquire()
    except AlreadyServed:
        raise ServedNow() from None
    try:
        fresh = {
            target: _copy(folder / name, target.with_name(f"{target.name}.restoring"))
            for name, target in files.items()
            if (folder / name).exists()
        }
        for target, copy in fresh.items():
            _keep(target)
            os.replace(copy, target)
        return list(fresh)
    finally:
        lock.release()


def _files(config: Config) -> dict[str, Path]:
    url = sa.make_url(config.database_url)
    if url.get_backend_name() != "sqlite":
        raise UseServerTools()
    main = Path(str(url.database))
    return {MAIN: main, CARTS: Path(config.carts_path or f"{main}.carts")}


def _copy(source: Path, target: Path) -> Path:
    """An online copy that is whole when it has its name. Raises BackupBroken."""
    partial = target.with_name(target.name + ".partial")
    partial.unlink(missing_ok=True)
    private(partial)
    reading = sqlite3.connect(f"file:{source}?mode=ro", uri=True)
    writing = sqlite3.connect(partial)
    try:
        reading.backup(writing)
        if writing.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
            raise BackupBroken()
    except sqlite3.DatabaseError as error:
        raise BackupBroken(f"The copy is not whole: {error}. Nothing was replaced.") from error
    finally:
        reading.close()
        writing.close()
    with partial.open("rb+") as written:
        os.fsync(written.fileno())
    os.replace(partial, target)
    return target


def _keep(target: Path) -> None:
    """Put what is there aside, with its log: after a kill the last commits stand in that alone."""
    kept = f"{target}.before-restore"
    if target.exists():
        for rest in ("-wal", "-shm"):  # of what was kept before
            Path(f"{kept}{rest}").unlink(missing_ok=True)
    for part in ("", "-wal"):
        if Path(f"{target}{part}").exists():
            os.replace(f"{target}{part}", f"{kept}{part}")
    Path(f"{target}-shm").unlink(missing_ok=True)
