"""The one Alembic line: tables move forward here and nowhere else, on both databases.

A migration that the code before it could not work with says `phase = "post"`: it waits until every process
runs the new code. All others run before the new code does, while the old code still works.

Alembic takes 4 MiB of a process and is loaded only where there is something to do: who serves a database
of this version never needs it.

Batch mode rebuilds SQLite tables, so foreign keys are off while a migration runs there (on, a rebuild would
delete child rows) and are checked at its end.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from alembic.config import Config

PRE, POST = "pre", "post"
HERE = Path(__file__).parent
SAYS = re.compile(r'^(revision|phase) = "(\w+)"$', re.MULTILINE)
TABLE = sa.table("alembic_version", sa.column("version_num", sa.Text))
VERSION = sa.select(TABLE.c.version_num)  # of a database that is not empty
LOCK = 7_385_642  # any number: one migration at a time


def upgrade(url: str, *, phase: str = POST) -> None:
    """Bring the database at `url` to the newest version, or only to the one that this code needs (PRE).

    Raises RuntimeError on broken references.
    """
    engine = sa.create_engine(url)
    try:
        with engine.connect() as connection:
            on_sqlite = connection.dialect.name == "sqlite"
            if on_sqlite:
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
                connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
                connection.commit()
            else:
                connection.execute(sa.select(sa.func.pg_advisory_lock(LOCK)))
                connection.commit()
            found = current(connection)
            if found != newest() and (phase == POST or not suffices(found)):
                _move(connection, newest() if phase == POST else needed())
            connection.commit()
            if on_sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
                raise RuntimeError(f"references are broken after the migration: {broken[:5]}")
    finally:
        engine.dispose()


def current(connection: sa.Connection) -> str | None:
    """The version of the database, None for an empty one."""
    if not sa.inspect(connection).has_table(TABLE.name):
        return None
    return connection.scalar(VERSION)


def newest() -> str:
    """The version that this code needs."""
    return _line()[0][0]


def needed() -> str:
    """The oldest version that this code works with: what comes after it are migrations of phase "post"."""
    return next(revision for revision, phase in _line() if phase == PRE)


def suffices(version: str | None) -> bool:
    """Whether this code works with a database of that version; an unknown one is that of newer code."""
    known = [revision for revision, _ in _line()]
    return version is not None and (version not in known or known.index(version) <= known.index(needed()))


def serves(url: str) -> bool:
    """Whether this code works with the database at `url`."""
    engine = sa.create_engine(url)
    try:
        with engine.connect() as connection:
            return suffices(current(connection))
    finally:
        engine.dispose()


@cache
def _line() -> tuple[tuple[str, str], ...]:
    """Each migration and its phase, newest first, as the files say."""
    files = sorted(HERE.glob("versions/[0-9]*.py"), reverse=True)
    said = [dict(SAYS.findall(file.read_text())) for file in files]
    return tuple((words["revision"], words.get("phase", PRE)) for words in said)


def _move(connection: sa.Connection, version: str) -> None:
    from alembic import command

    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, version)


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(HERE))
    return config
