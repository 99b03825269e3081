"""A small round of each fuzzer; `python -m tests.fuzz --size N` runs more."""

from __future__ import annotations

import pytest

from tests.edge.town import Town
from tests.fuzz.ops import OpFuzz
from tests.fuzz.requests import Fuzz
from tests.fuzz.sockets import SocketFuzz
from tests.house import House
from tests.servers import SqliteDatabases

EXAMPLES, SEQUENCES, OPS, PACKETS = 2, 3, 120, 100


@pytest.fixture(params=["sqlite", "postgresql"])
def town(request: pytest.FixtureRequest, tmp_path) -> Town:
    made = Town(
        request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url"),
        str(tmp_path / "carts.db"),
    )
    yield made
    made.kit.close()


def test_requests(town: Town) -> None:
    fuzz = Fuzz(town, seed=1)
    fuzz.every_operation(EXAMPLES)
    fuzz.in_sequence(SEQUENCES)
    assert fuzz.faults == []
    assert fuzz.sent > 100
    assert fuzz.statuses[200] > 10
    assert town.violations() == []


def test_ops(town: Town) -> None:
    fuzz = OpFuzz(town, seed=1)
    fuzz.run(OPS)
    assert fuzz.faults == []
    assert len(fuzz.answers) > 5
    assert town.violations() == []


def test_sockets(sqlite_databases: SqliteDatabases, tmp_path) -> None:
    house = House(tmp_path, sqlite_databases.fresh(tmp_path))
    house.start()
    fuzz = SocketFuzz(house, seed=1)
    fuzz.run(PACKETS)
    house.close()
    assert fuzz.faults() == []
    assert fuzz.sent >= PACKETS
