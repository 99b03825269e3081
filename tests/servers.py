"""Databases for tests: copies of a migrated template, on SQLite, and on one PostgreSQL and one Redis a run.

A shop on PostgreSQL keeps its carts in Redis, as several processes would: `redis_of` tells where.
"""

import os
import shutil
import sqlite3
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
import redis
from sqlalchemy.engine import URL, make_url

TEMPLATE = "fulfil_template"
_redis_of: dict[str, str] = {}


def migrate(url: str) -> None:
    """Bring an empty database to the newest tables."""
    from fulfil import migrations  # here, so that tests of screens and of the build load no tables

    migrations.upgrade(url)


def connect(url: URL) -> psycopg.Connection:
    """Open a plain connection for CREATE and DROP DATABASE, which no transaction may hold."""
    return psycopg.connect(url.set(drivername="postgresql").render_as_string(False), autocommit=True)


def redis_of(database_url: str) -> str:
    """The Redis that goes with a database; none with SQLite."""
    return _redis_of.get(database_url, "")


@dataclass
class RedisDatabases:
    """The databases `first` … `first + many - 1` of one Redis; each new PostgreSQL database gets the next."""

    server: str
    first: int
    many: int
    _given: count = field(default_factory=count)

    def fresh(self) -> str:
        """An empty one; it is used again after all others were."""
        url = f"{self.server}?db={self.first + next(self._given) % self.many}"
        with redis.Redis.from_url(url) as client:
            client.flushdb()
        return url


@dataclass
class PostgresDatabases:
    """Fresh databases on one server, each a copy of a template that was migrated once.

    With `redis` each has a database there, too.
    """

    server: URL
    redis: RedisDatabases | None = None
    _prefix: str = field(default_factory=lambda: f"fulfil_{os.getpid()}")
    _numbers: count = field(default_factory=count)

    def __post_init__(self) -> None:
        self._template = f"{self._prefix}_{TEMPLATE}"
        self._run(f'CREATE DATABASE "{self._template}" TEMPLATE template0')
        migrate(self._url(self._template))

    def fresh(self) -> str:
        """Make a migrated, empty database and return its SQLAlchemy URL."""
        name = f"{self._prefix}_{next(self._numbers)}"
        # Its files are copied as files: through the log of the server a copy costs six times as much.
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{self._template}" STRATEGY FILE_COPY')
        url = self._url(name)
        if self.redis is not None:
            _redis_of[url] = self.redis.fresh()
        return url

    def drop(self, url: str) -> None:
        """Drop a database of this server, cutting off whoever is still connected."""
        self._run(f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')

    def close(self) -> None:
        """Drop the template."""
        self.drop(self._url(self._template))

    def _url(self, name: str) -> str:
        return self.server.set(database=name).render_as_string(hide_password=False)

    def _run(self, statement: str) -> None:
        with connect(self.server) as connection:
            connection.execute(statement)


class SqliteDatabases:
    """Fresh SQLite files, each a copy of one that was migrated once."""

    def __init__(self, folder: Path) -> None:
        self._template = folder / "template.db"
        migrate(f"sqlite:///{self._template}")
        # Only the main file is copied: whatever still stands in the write-ahead log moves into it first.
        connection = sqlite3.connect(self._template)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()

    def fresh(self, folder: Path) -> str:
        """Copy the template into `folder` and return the copy's SQLAlchemy URL."""
        path = folder / "fulfil.db"
        shutil.copyfile(self._template, path)
        return f"sqlite:///{path}"
