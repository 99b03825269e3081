"""One served shop for a file's journeys; people come on duty for one journey and leave after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Browser

from tests.browser.people import Look, Person
from tests.house import House, served
from tests.servers import SqliteDatabases

P = TypeVar("P", bound=Person)


@pytest.fixture(scope="module")
def house(sqlite_databases: SqliteDatabases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The demo shop, served over SQLite beside the sandbox channel."""
    with served(sqlite_databases, tmp_path_factory.mktemp("house")) as made:
        yield made


@pytest.fixture
def on_duty(house: House, browser: Browser) -> Iterator[Callable[..., Any]]:
    """`on_duty(Picker)` → somebody of that role at a newly enrolled screen, on duty.

    Afterwards everybody leaves, no script has failed and the books are in order.
    """
    present: list[Person] = []

    def come(kind: type[P], *, language: str = "en", look: Look = lambda screen, page: None) -> P:
        person = next(one for one in house.access.staff if one["roles"] == [kind.role])
        page = browser.new_context(**kind.device).new_page()
        came = kind(page, house, person["badge"], person["pin"])
        present.append(came)
        came.come_on_duty(house.enrolment_code(), language, look)
        return came

    yield come
    for person in present:
        person.leave()
    assert [fault for person in present for fault in person.faults] == []
    house.at_rest()
    assert house.violations() == []
