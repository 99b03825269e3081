"""What a process says of itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from fulfil.app.health import health
from fulfil.app.wiring import create_app, wire
from fulfil.app.worker import probe_application
from fulfil.kit.base import Kit
from fulfil.kit.config import Config
from fulfil.kit.signals import Signals


@pytest.fixture
def kit(sqlite_url: str) -> Iterator[Kit]:
    made = wire(Kit(Config(database_url=sqlite_url)))
    yield made
    made.close()


def test_a_process_that_lacks_nothing_is_well(kit: Kit) -> None:
    assert health(kit) == (
        200,
        {"status": "ok", "database": "ok", "tasks_due": 0, "read_model_lag_seconds": 0.0, "switched_off": []},
    )


def test_what_is_switched_off_is_named(kit: Kit) -> None:
    kit.gateway.dependency("redis")
    kit.db.write(lambda tx: kit.gateway.flip(tx, "redis", False, "slow", "staff:1"), "flip")
    status, told = health(kit)
    assert (status, told["status"], told["switched_off"]) == (200, "degraded", ["redis"])


def test_an_older_database_is_of_no_use(kit: Kit) -> None:
    kit.db.write(lambda tx: tx.execute(sa.text("UPDATE alembic_version SET version_num = '0001'")), "back")
    assert health(kit) == (503, {"status": "failing", "database": "behind"})


def test_a_dead_database_and_a_dead_redis_are_told_at_once() -> None:
    kit = Kit(
        Config(database_url="postgresql+psycopg://nobody@127.0.0.1:1/x", redis_url="redis://127.0.0.1:1/0")
    )
    assert health(kit) == (503, {"status": "failing", "database": "away", "redis": "away"})
    kit.close()


@pytest.mark.parametrize(("complete", "told"), [(True, ("ok", "ok")), (False, ("degraded", "away"))])
def test_without_redis_a_process_still_works(sqlite_url: str, complete: bool, told: tuple[str, str]) -> None:
    kit = Kit(Config(database_url=sqlite_url, redis_url="redis://127.0.0.1:1/0"))
    kit.signals = Signals(complete=complete)
    status, answer = health(kit)
    assert (status, answer["status"], answer["redis"]) == (200, *told)
    kit.close()


def test_the_worker_and_the_server_say_the_same(kit: Kit) -> None:
    said: list[str] = []

    def start_response(status: str, _headers: list) -> None:
        said.append(status)

    worker = probe_application(kit)
    body = b"".join(worker({"PATH_INFO": "/health"}, start_response))
    assert body == (
        b'{"status": "ok", "database": "ok", "tasks_due": 0, "read_model_lag_seconds": 0.0,'
        b' "switched_off": []}'
    )
    assert b"fulfil_levels" in b"".join(worker({"PATH_INFO": "/metrics"}, start_response))
    worker({"PATH_INFO": "/api/v1/orders"}, start_response)
    assert said == ["200 OK", "200 OK", "404 Not Found"]
    answer = create_app(kit).test_client().get("/health")
    assert (answer.status_code, answer.json["status"]) == (200, "ok")
