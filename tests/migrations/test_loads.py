"""A crew at work while its shop is brought to a new version (decision 0015)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests.migrations.old import bring, make_old, put

OLD_ROWS = {1: 700, 2: 300, 3: 5}  # seconds; 1 and 2 are on duty, 3 and 5 are not, 4 is and has no row
STATES = {1: "available", 2: "break", 3: "off", 4: "available", 5: "off"}


@pytest.fixture
def old(database_url: str) -> Iterator[sa.Engine]:
    """A database of version 0003."""
    engine = sa.create_engine(database_url)
    make_old(engine, "0003")
    yield engine
    engine.dispose()


def loads(engine: sa.Engine) -> dict[int, int]:
    with engine.connect() as connection:
        return dict(connection.exec_driver_sql("select person_id, seconds from worker_loads").all())


def test_who_is_on_duty_has_a_load_and_nobody_else(old: sa.Engine) -> None:
    with old.begin() as connection:
        put(connection, "stores", id=1)
        for person, state in STATES.items():
            put(connection, "people", id=person, badge=f"P{person}", disabled=0)
            put(connection, "shifts", person_id=person, state=state)
        for person, seconds in OLD_ROWS.items():
            put(connection, "worker_loads", person_id=person, seconds=seconds, missed=0)
    bring(old, "0006")
    assert loads(old) == {1: 700, 2: 300, 4: 300}
    with old.begin() as connection:  # as the code before wrote it when somebody went off duty
        put(connection, "worker_loads", person_id=5, seconds=0, missed=0)
    bring(old, "0007")
    assert loads(old) == {1: 700, 2: 300, 4: 300}
