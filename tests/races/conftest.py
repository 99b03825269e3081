"""A served shop per database, and one without guards; started once for all races."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import DATABASES
from tests.house import SERVE
from tests.races.ground import Ground

UNGUARDED = "tests.races.unguarded"


@pytest.fixture(scope="package", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="package")
def house(
    request: pytest.FixtureRequest, database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ground]:
    """The shop as it is."""
    yield from _served(request, database, tmp_path_factory, SERVE)


@pytest.fixture(scope="package")
def unguarded(
    request: pytest.FixtureRequest, database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ground]:
    """The negative control: the same shop, its guards taken out."""
    yield from _served(request, database, tmp_path_factory, UNGUARDED)


def _served(request, database: str, tmp_path_factory, program: str) -> Iterator[Ground]:
    folder = tmp_path_factory.mktemp("house")
    databases = request.getfixturevalue("sqlite_databases" if database == "sqlite" else "postgres_databases")
    url = databases.fresh(folder) if database == "sqlite" else databases.fresh()
    made = Ground(folder, url, program=program)
    made.start()
    yield made
    made.close()
    if database == "postgresql":
        databases.drop(url)
