"""Databases as older code left them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import command

from fulfil import migrations


def make_old(engine: sa.Engine, version: str) -> None:
    """Empty the database and bring it to `version`."""
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            tables = sa.MetaData()
            tables.reflect(connection)
            tables.drop_all(connection)
        else:
            connection.exec_driver_sql("drop schema public cascade")
            connection.exec_driver_sql("create schema public")
        connection.commit()
    bring(engine, version)


def bring(engine: sa.Engine, version: str) -> None:
    """Bring the database to `version`, and no further."""
    with engine.connect() as connection:
        config = migrations._config()
        config.attributes["connection"] = connection
        command.upgrade(config, version)
        connection.commit()


def put(connection: sa.Connection, name: str, **values: Any) -> None:
    """A row of which only `values` matter."""
    table = sa.Table(name, sa.MetaData(), autoload_with=connection)
    rest = {
        column.name: "{}" if isinstance(column.type, sa.String) else 1
        for column in table.c
        if not column.nullable and column.name not in values
    }
    connection.execute(table.insert().values(rest | values))
