"""The one Alembic line: tables move forward here and nowhere else, on both databases.

A migration that the code before it could not work with says `phase = "post"`: it waits until every process
runs the new code. All others run before the new code does, while the old code still works.

Batch mode rebuilds SQLite tables, so foreign keys are off while a migration runs there (on, a rebuild would
delete child rows) and are checked at its end.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

PRE, POST = "pre", "post"
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
            config = _config()
            config.attributes["connection"] = connection
            if phase == POST or not suffices(current(connection)):
                command.upgrade(config, "head" if phase == POST else needed())
            connection.commit()
            if on_sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
                raise RuntimeError(f"references are broken after the migration: {broken[:5]}")
    finally:
        engine.dispose()


def current(connection: sa.Connection) -> str | None:
    """The version of the database, None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def newest() -> str:
    """The version that this code needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


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
    """Each migration and its phase, newest first. Read once: Alembic runs all scripts to tell them."""
    scripts = ScriptDirectory.from_config(_config()).walk_revisions()
    return tuple((script.revision, getattr(script.module, "phase", PRE)) for script in scripts)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config
