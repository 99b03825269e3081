"""A small shop on each database."""

from collections.abc import Iterator

import pytest

from tests.dispatch.small import SmallShop


@pytest.fixture
def shop(database_url: str) -> Iterator[SmallShop]:
    made = SmallShop(database_url)
    yield made
    assert made.violations() == []
    made.kit.close()
