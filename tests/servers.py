"""Databases for tests: copies of a migrated template, on SQLite, and on one PostgreSQL and one Redis a run.

PostgreSQL's copies are emptied and lent again: a file system that has just removed the thousand files of one
takes long to make those of the next. A shop on PostgreSQL keeps its carts in Redis, as several processes
would: `redis_of` tells where. What SQLAlchemy has compiled for one database serves all of its kind.
"""

import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import wraps
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import redis
import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url

TEMPLATE = "fulfil_template"
ENDING_SECONDS_MAX = 20
ENDING_LOOK_SECONDS = 0.001  # the server itself would look every 100 ms
# Changes when a table, a column, an index or a constraint does; rows and their clearing away leave it alone.
SHAPE = """
    SELECT md5(string_agg(part, ' ' ORDER BY part)) FROM (
        SELECT 'class' || oid || ':' || xmin AS part FROM pg_class WHERE oid >= 16384
        UNION ALL SELECT 'column' || attrelid || '.' || attnum || ':' || xmin FROM pg_attribute
            WHERE attrelid >= 16384
        UNION ALL SELECT 'constraint' || oid || ':' || xmin FROM pg_constraint WHERE oid >= 16384) AS parts"""
OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
CUT_OFF = f"SELECT pg_terminate_backend(pid) {OTHERS}"
LEFT = f"SELECT count(*) {OTHERS}"
RESTART = "SELECT setval(format('%I', sequencename), 1, false) FROM pg_sequences WHERE last_value IS NOT NULL"
IN_MEMORY = Path("/dev/shm")
ROOM_BYTES_MIN = 4 << 30
_redis_of: dict[str, str] = {}


class Compiled(dict):
    """Statements as SQLAlchemy compiled them, by kind of database; it would do so for each database anew."""

    def get(self, key: tuple, default: Any = None) -> Any:
        return super().get(_of_the_kind(key), default)

    def __setitem__(self, key: tuple, statement: Any) -> None:
        super().__setitem__(_of_the_kind(key), statement)


def _of_the_kind(key: tuple) -> tuple:
    dialect, *statement = key
    return type(dialect), *statement


def share_compiled() -> None:
    """From now on every engine of this process finds what another one has compiled."""
    create, compiled = sa.create_engine, Compiled()

    @wraps(create)
    def create_sharing(*args: Any, **settings: Any) -> sa.Engine:
        engine = create(*args, **settings)
        engine.update_execution_options(compiled_cache=compiled)
        return engine

    sa.create_engine = create_sharing


def files_in_memory() -> None:
    """Without TMPDIR all temporary files lie in memory from now on, where there is room."""
    if (
        "TMPDIR" not in os.environ
        and os.access(IN_MEMORY, os.W_OK)
        and shutil.disk_usage(IN_MEMORY).free > ROOM_BYTES_MIN
    ):
        os.environ["TMPDIR"] = str(IN_MEMORY)
        tempfile.tempdir = None  # it is looked for again


def migrate(url: str) -> None:
    """Bring an empty database to the newest tables."""
    from fulfil import migrations  # here, so that tests of screens and of the build load no tables

    migrations.upgrade(url)


def connect(url: URL) -> psycopg.Connection:
    """Open a plain connection for what no transaction may hold, such as CREATE and DROP DATABASE."""
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
    """Migrated databases on one server, each a copy of a template that was migrated once.

    With `redis` each has a database there, too.
    """

    server: URL
    redis: RedisDatabases | None = None
    _prefix: str = field(default_factory=lambda: f"fulfil_{os.getpid()}")
    _numbers: count = field(default_factory=count)
    _idle: list[str] = field(default_factory=list)
    # One to each that was given back: PostgreSQL takes long to know all tables on a new one.
    _connections: dict[str, psycopg.Connection] = field(default_factory=dict)

    def __post_init__(self) -> None:
        template = self._url(f"{self._prefix}_{TEMPLATE}")
        self._run(f'CREATE DATABASE "{make_url(template).database}" TEMPLATE template0')
        migrate(template)
        self._template, self._tables = template, children_first(template)
        with connect(make_url(template)) as connection:
            self._shape = _shape(connection)

    def fresh(self) -> str:
        """Make a migrated, empty database and return its SQLAlchemy URL."""
        name = f"{self._prefix}_{next(self._numbers)}"
        # Its files are copied as files: through the log of the server a copy costs six times as much.
        self._run(
            f'CREATE DATABASE "{name}" TEMPLATE "{make_url(self._template).database}" STRATEGY FILE_COPY'
        )
        return self._with_redis(self._url(name))

    def lend(self) -> str:
        """The same, but it may have been used before; for who gives it back."""
        return self._with_redis(self._idle.pop()) if self._idle else self.fresh()

    def give_back(self, url: str) -> None:
        """Cut off who is still connected and empty it for the next; one whose tables changed is dropped."""
        connection = self._alone(url)
        if _shape(connection) == self._shape:
            empty(connection, self._tables)
            self._idle.append(url)
        else:
            self.drop(url)

    def drop(self, url: str) -> None:
        """Drop a database of this server, cutting off whoever is still connected."""
        if url in self._connections:
            self._connections.pop(url).close()
        self._run(f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')

    def close(self) -> None:
        """Drop the template, and what nobody has borrowed."""
        for url in [*self._idle, self._template]:
            self.drop(url)

    def _alone(self, url: str) -> psycopg.Connection:
        """Our connection to a database, and nobody else's. A test may have cut it off, too."""
        try:
            self._connections[url].execute(CUT_OFF)
        except (KeyError, psycopg.OperationalError):
            self._connections[url] = connect(make_url(url))
            self._connections[url].execute(CUT_OFF)
        ends_at = time.monotonic() + ENDING_SECONDS_MAX
        while self._connections[url].execute(LEFT).fetchone()[0]:
            if time.monotonic() > ends_at:
                raise TimeoutError(f"somebody is still connected to {url}")
            time.sleep(ENDING_LOOK_SECONDS)
        return self._connections[url]

    def _with_redis(self, url: str) -> str:
        if self.redis is not None:
            _redis_of[url] = self.redis.fresh()
        return url

    def _url(self, name: str) -> str:
        return self.server.set(database=name).render_as_string(hide_password=False)

    def _run(self, statement: str) -> None:
        with connect(self.server) as connection:
            connection.execute(statement)


def children_first(url: str) -> list[str]:
    """The tables of a database but for Alembic's, those that point at others before them."""
    engine = sa.create_engine(url)
    parents_first = [name for name, _ in sa.inspect(engine).get_sorted_table_and_fkc_names() if name]
    engine.dispose()
    return [name for name in reversed(parents_first) if name != "alembic_version"]


def empty(connection: psycopg.Connection, tables: Iterable[str]) -> None:
    """Delete all rows of these tables, and let all numbers begin at one again.

    TRUNCATE would make new files for every table and every index.
    """
    with connection.pipeline():
        deleted = {name: connection.execute(f'DELETE FROM "{name}"') for name in tables}
        connection.execute(RESTART)
    if used := [f'"{name}"' for name, cursor in deleted.items() if cursor.rowcount]:
        connection.execute(f"VACUUM {', '.join(used)}")


def _shape(connection: psycopg.Connection) -> str:
    return connection.execute(SHAPE).fetchone()[0]


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
