"""The shop of several processes. Its servers are always our own: they are stopped, flushed and killed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fulfil.sim.servers import PostgresProcess, RedisProcess
from tests.scale.cluster import Cluster
from tests.servers import PostgresDatabases


@pytest.fixture(scope="package")
def postgres() -> Iterator[PostgresProcess]:
    process = PostgresProcess()
    yield process
    process.stop()


@pytest.fixture(scope="package")
def redis_process() -> Iterator[RedisProcess]:
    process = RedisProcess()
    yield process
    process.stop()


@pytest.fixture(scope="package")
def cluster(
    postgres: PostgresProcess, redis_process: RedisProcess, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """Two nodes and a worker named `first`."""
    url = PostgresDatabases(postgres.start()).fresh()
    made = Cluster(tmp_path_factory.mktemp("cluster"), url, redis_process.start())
    made.start_all("first")
    yield made
    made.close()
