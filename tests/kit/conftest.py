"""A kit on a database of the test's own, with a clock that stands still."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from fulfil.kit.base import Kit
from fulfil.kit.clock import VirtualClock
from fulfil.kit.config import Config
from tests.kit.parcels import Scratch
from tests.servers import PostgresDatabases, children_first, connect, empty

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def kit_database(postgres_databases: PostgresDatabases) -> Iterator[str]:
    """One PostgreSQL database for all tests of the ground floor, with the tables that only they have."""
    url = postgres_databases.fresh()
    engine = sa.create_engine(url)
    Scratch.metadata.create_all(engine)
    engine.dispose()
    yield url
    postgres_databases.drop(url)


@pytest.fixture(scope="session")
def kit_tables(kit_database: str) -> list[str]:
    return children_first(kit_database)


@pytest.fixture
def postgres_url(kit_database: str, kit_tables: list[str]) -> str:
    """URL of the ground floor's PostgreSQL database, emptied."""
    with connect(make_url(kit_database)) as connection:
        empty(connection, kit_tables)
    return kit_database


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(START)


@pytest.fixture
def make_kit(clock: VirtualClock) -> Iterator[Callable[..., Kit]]:
    """Make a kit for a URL; every one is closed after the test."""
    made = []

    def make(url: str, **settings: object) -> Kit:
        config = Config(database_url=url, pin_memory_kib=8, pin_time_cost=1, **settings)
        made.append(Kit(config, clock=clock))
        return made[-1]

    yield make
    for kit in made:
        kit.close()


@pytest.fixture
def kit(database_url: str, make_kit: Callable[..., Kit]) -> Kit:
    """A kit on SQLite, then one on PostgreSQL."""
    return with_parcels(make_kit(database_url))


@pytest.fixture
def sqlite_kit(sqlite_url: str, make_kit: Callable[..., Kit]) -> Kit:
    return with_parcels(make_kit(sqlite_url))


@pytest.fixture
def postgres_kit(postgres_url: str, make_kit: Callable[..., Kit]) -> Kit:
    return with_parcels(make_kit(postgres_url, database_pool=24))


def with_parcels(kit: Kit) -> Kit:
    Scratch.metadata.create_all(kit.db.writer)
    return kit
