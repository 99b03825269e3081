"""The one Alembic line: tables move forward here and nowhere else, on both databases.

Batch mode rebuilds SQLite tables, so foreign keys are off while a migration runs there (on, a rebuild would
delete child rows) and are checked at its end.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory


def upgrade(url: str) -> None:
    """Bring the database at `url` to the newest version. Raises RuntimeError on broken references."""
    engine = sa.create_engine(url)
    try:
        with engine.connect() as connection:
            on_sqlite = connection.dialect.name == "sqlite"
            if on_sqlite:
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
                connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
                connection.commit()
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
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


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config
