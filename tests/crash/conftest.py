"""A founded shop per database that tests may kill and start again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import DATABASES
from tests.house import House


@pytest.fixture(scope="package", params=DATABASES)
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The shop; nobody serves it yet."""
    folder = tmp_path_factory.mktemp("house")
    sqlite = request.param == "sqlite"
    databases = request.getfixturevalue("sqlite_databases" if sqlite else "postgres_databases")
    url = databases.fresh(folder) if sqlite else databases.fresh()
    made = House(folder, url)
    yield made
    made.close()
    if not sqlite:
        databases.drop(url)
