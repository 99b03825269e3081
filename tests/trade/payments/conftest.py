"""A payment centre of its own for every test, on each database."""

import pytest

from tests.trade.payments import centre as building


@pytest.fixture
def centre(database_url):
    found = building.build(database_url)
    yield found
    found.kit.close()
