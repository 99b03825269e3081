"""What all tests of screens ask for."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.terminal.pages import Pages


@pytest.fixture(scope="module")
def pages(browser: Browser) -> Iterator[Pages]:
    """Pages of the file's tests."""
    lending = Pages(browser)
    yield lending
    lending.close()
