"""One served shop, and one town for all attacks of a file: they must change nothing, so they can share it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.edge.town import Town
from tests.house import House, served
from tests.servers import PostgresDatabases, SqliteDatabases


@pytest.fixture(scope="module")
def house(sqlite_databases: SqliteDatabases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A served shop."""
    with served(sqlite_databases, tmp_path_factory.mktemp("house")) as made:
        yield made


@pytest.fixture(scope="module")
def town(sqlite_databases: SqliteDatabases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town on SQLite."""
    folder = tmp_path_factory.mktemp("town")
    made = Town(sqlite_databases.fresh(folder), str(folder / "carts.db"))
    yield made
    made.kit.close()


@pytest.fixture(scope="module")
def postgres_town(
    postgres_databases: PostgresDatabases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    """A town on PostgreSQL."""
    url = postgres_databases.fresh()
    made = Town(url, str(tmp_path_factory.mktemp("town") / "carts.db"))
    yield made
    made.kit.close()
    postgres_databases.drop(url)
