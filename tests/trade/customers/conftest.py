"""A shop on each database."""

from collections.abc import Iterator

import pytest

from tests.trade.shop import Shop, build


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    made = build(database_url)
    yield made
    made.kit.close()
