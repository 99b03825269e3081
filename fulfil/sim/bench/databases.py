"""Where a yardstick's shop keeps its books: a SQLite file, or PostgreSQL and Redis, and what those cost."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import psycopg
import redis
from sqlalchemy.engine import URL, make_url

from fulfil.sim.bench import machine
from fulfil.sim.servers import PostgresProcess, RedisProcess

SQLITE, POSTGRESQL = "sqlite", "postgresql"
DATABASE_VARIABLE, REDIS_VARIABLE = "FULFIL_TEST_DATABASE_URL", "FULFIL_TEST_REDIS_URL"
DRIVER = "postgresql+psycopg"
# As a server of a few cores would be set up; every commit is safe on the disk.
SETTINGS = {"shared_buffers": "512MB", "max_wal_size": "4GB", "checkpoint_timeout": "15min"}


@dataclass
class Databases:
    """`with Databases("postgresql", folder) as its:` opens `its.url` (empty) and `its.redis_url`.

    PostgreSQL and Redis are those of FULFIL_TEST_DATABASE_URL (a role that may create databases) and
    FULFIL_TEST_REDIS_URL; without them our own, from wheels. Raises NoServer, OSError.
    """

    kind: str
    folder: Path
    url: str = ""
    redis_url: str = ""

    def __enter__(self) -> Databases:
        self._postgres: PostgresProcess | None = None
        self._redis: RedisProcess | None = None
        self._made: URL | None = None
        if self.kind == SQLITE:
            self.url = f"sqlite:///{self.folder}/shop.db"
            return self
        try:
            self.url, self.redis_url = self._open_postgres(), self._open_redis()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop what is our own; of servers that were given, drop the database."""
        if self._redis:
            self._redis.stop()
        if self._postgres:
            self._postgres.stop()
        elif self._made:
            with _connect(self._made.set(database="postgres")) as connection:
                connection.execute(f'DROP DATABASE IF EXISTS "{self._made.database}" WITH (FORCE)')

    def cpu_seconds(self) -> float | None:
        """CPU of PostgreSQL and Redis so far; 0 for SQLite, which is part of the server; None: not ours."""
        if self.kind == SQLITE:
            return 0.0
        if not (self._postgres and self._redis):
            return None
        first = self._postgres.pid()
        postgres = sum(
            machine.cpu_seconds(pid, with_ended_children=pid == first) for pid in machine.tree(first)
        )
        return postgres + machine.cpu_seconds(self._redis.pid())

    def mib(self) -> float | None:
        """Memory that PostgreSQL and Redis hold now; None for SQLite and for servers that are not ours."""
        if not (self._postgres and self._redis):
            return None
        return machine.shared_mib([*machine.tree(self._postgres.pid()), self._redis.pid()])

    def size_mib(self) -> float:
        """What the database takes on the disk."""
        if self.kind == SQLITE:
            return round(sum(path.stat().st_size for path in self.folder.glob("shop.db*")) / 2**20, 1)
        with _connect(make_url(self.url)) as connection:
            row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        assert row is not None
        return round(row[0] / 2**20, 1)

    def tidy(self) -> None:
        """What PostgreSQL does by itself some time after many rows were written. SQLite does nothing."""
        if self.kind != SQLITE:
            with _connect(make_url(self.url)) as connection:
                connection.execute("VACUUM ANALYZE")
                connection.execute("CHECKPOINT")

    def versions(self) -> dict[str, str]:
        """Of the servers."""
        if self.kind == SQLITE:
            return {}
        with _connect(make_url(self.url)) as connection, redis.Redis.from_url(self.redis_url) as client:
            number = connection.info.server_version
            return {
                "postgresql": f"{number // 10000}.{number % 10000}",
                "redis-server": str(client.info("server")["redis_version"]),
            }

    def _open_postgres(self) -> str:
        given = os.environ.get(DATABASE_VARIABLE)
        if not given:
            self._postgres = PostgresProcess()
            server = self._postgres.start(SETTINGS)
        else:
            server = make_url(given)
            if server.drivername != DRIVER:
                raise OSError(f"{DATABASE_VARIABLE} must begin with {DRIVER}://")
        self._made = server.set(database=f"fulfil_bench_{os.getpid()}")
        with _connect(server) as connection:
            connection.execute(f'CREATE DATABASE "{self._made.database}" TEMPLATE template0')
        return self._made.render_as_string(hide_password=False)

    def _open_redis(self) -> str:
        given = os.environ.get(REDIS_VARIABLE)
        if not given:
            self._redis = RedisProcess()
            return self._redis.start()
        with redis.Redis.from_url(given) as client:
            client.flushdb()
        return given


def _connect(url: URL) -> psycopg.Connection:
    """A plain connection, for what no transaction may hold. Raises OSError when nobody answers."""
    try:
        return psycopg.connect(url.set(drivername="postgresql").render_as_string(False), autocommit=True)
    except psycopg.OperationalError as error:
        raise OSError(f"PostgreSQL does not answer: {str(error).partition(chr(10))[0]}") from error
