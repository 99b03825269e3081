"""The shop whose stories are told: the whole application in one process, with goods and people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fulfil.sim.inside import InsideShop
from tests.servers import redis_of


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[InsideShop]:
    """On SQLite, and on PostgreSQL with Redis; its books are in order afterwards."""
    yield from _opened(database_url, tmp_path)


@pytest.fixture
def sqlite_shop(sqlite_url: str, tmp_path: Path) -> Iterator[InsideShop]:
    """As `shop`, on SQLite alone."""
    yield from _opened(sqlite_url, tmp_path)


@pytest.fixture
def postgres_shop(postgres_url: str, tmp_path: Path) -> Iterator[InsideShop]:
    """As `shop`, on PostgreSQL alone."""
    yield from _opened(postgres_url, tmp_path)


def _opened(database_url: str, folder: Path) -> Iterator[InsideShop]:
    house = InsideShop(database_url, str(folder / "carts.db"), redis_url=redis_of(database_url))
    try:
        yield house
        assert house.violations() == []
    finally:
        house.kit.close()
