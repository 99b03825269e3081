"""A database that goes away: how long it is waited for, and what is answered meanwhile."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy as sa

from fulfil.kit import outages, web
from fulfil.kit.base import Kit
from fulfil.kit.config import Config
from fulfil.kit.db import retryable
from fulfil.kit.outages import (
    CommitUnknown,
    DatabaseAway,
    OutcomeUnknown,
    StorageFailing,
    is_lost,
    reach,
    refusal_of,
)
from fulfil.sim.servers import PostgresProcess
from tests.kit.parcels import Parcel
from tests.servers import PostgresDatabases

NOWHERE = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"


def failed(
    orig: Exception, *, invalidated: bool = False, kind: type[sa.exc.DBAPIError] = sa.exc.OperationalError
) -> sa.exc.DBAPIError:
    return kind("select", None, orig, connection_invalidated=invalidated)


@pytest.mark.parametrize(
    ("error", "lost"),
    [
        (failed(psycopg.OperationalError("sending query failed")), True),
        (failed(psycopg.errors.AdminShutdown()), True),
        (failed(psycopg.errors.CannotConnectNow()), True),
        (failed(Exception(), invalidated=True), True),
        (failed(psycopg.errors.DiskFull()), False),
        (failed(psycopg.errors.DeadlockDetected()), False),
        (failed(psycopg.errors.UniqueViolation(), kind=sa.exc.IntegrityError), False),
        (failed(Exception("database is locked")), False),
    ],
)
def test_a_lost_connection_is_told_from_what_the_server_says(error: sa.exc.DBAPIError, lost: bool) -> None:
    assert is_lost(error) is lost
    assert isinstance(refusal_of(error), DatabaseAway) is lost
    assert retryable(error) is (lost or isinstance(error.orig, psycopg.errors.DeadlockDetected))


def of_sqlite(code: int) -> sa.exc.DBAPIError:
    error = sqlite3.OperationalError("as SQLite says it")
    error.sqlite_errorcode = code
    return failed(error)


@pytest.mark.parametrize(
    ("error", "storage"),
    [
        (failed(psycopg.errors.DiskFull()), True),
        (failed(psycopg.errors.IoError()), True),
        (of_sqlite(sqlite3.SQLITE_FULL), True),
        (of_sqlite(sqlite3.SQLITE_IOERR_FSYNC), True),
        (of_sqlite(sqlite3.SQLITE_BUSY), False),
        (of_sqlite(sqlite3.SQLITE_CONSTRAINT_UNIQUE), False),
        (failed(psycopg.errors.UniqueViolation(), kind=sa.exc.IntegrityError), False),
    ],
)
def test_a_disk_that_fails_is_told_from_mistakes(error: sa.exc.DBAPIError, storage: bool) -> None:
    assert isinstance(refusal_of(error), StorageFailing) is storage


def test_what_is_no_outage_is_nobodys_refusal() -> None:
    assert refusal_of(ValueError()) is None
    assert isinstance(refusal_of(CommitUnknown()), OutcomeUnknown)
    away = DatabaseAway()
    assert refusal_of(away) is away


def test_a_server_that_comes_back_in_time_is_waited_for() -> None:
    tries = iter([failed(psycopg.OperationalError()), failed(psycopg.OperationalError()), None])

    def connect() -> str:
        if (error := next(tries)) is not None:
            raise error
        return "connection"

    assert reach(connect) == "connection"


def test_waiting_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outages, "WAIT_SECONDS_MAX", 0.2)
    kit = Kit(Config(database_url=NOWHERE))
    for read in (kit.db.read, lambda: kit.db.read(patient=False)):
        with pytest.raises(DatabaseAway), read():
            pass
    with pytest.raises(DatabaseAway):
        kit.db.write(lambda tx: None, "w")
    kit.close()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (failed(psycopg.OperationalError("the connection is lost")), "database_away"),
        (CommitUnknown(), "outcome_unknown"),
        (DatabaseAway(retry_after_seconds=2), "database_away"),
    ],
)
def test_an_outage_is_answered_with_503_and_a_time_to_come_again(
    sqlite_url: str, error: Exception, code: str
) -> None:
    kit, app = Kit(Config(database_url=sqlite_url)), web.Application("outage")
    web.install(app, kit)

    @app.get("/ask")
    @web.access(web.Public())
    def ask() -> str:
        raise error

    answer = app.test_client().get("/ask")
    assert (answer.status_code, answer.json["code"]) == (503, code)
    assert answer.headers["Retry-After"] == "2"
    kit.close()


def test_a_full_disk_refuses_until_there_is_room_and_leaves_nothing_behind(sqlite_url: str) -> None:
    kit, app = Kit(Config(database_url=sqlite_url)), web.Application("full")
    web.install(app, kit)
    Parcel.__table__.create(kit.db.writer)

    @app.post("/parcels/<int:number>")
    @web.access(web.Public())
    def add(number: int) -> dict[str, int]:
        web.write(lambda tx: tx.insert(Parcel, id=number, note="x" * 100_000))
        return {"id": number}

    def allow(pages: int) -> None:
        with kit.db.writer.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    asked = app.test_client().post
    assert asked("/parcels/1").status_code == 200
    allow(1)  # never less than the file has
    answers = [asked(f"/parcels/{number}") for number in range(2, 6)]
    assert {(answer.status_code, answer.json["code"]) for answer in answers[1:]} == {(503, "storage_failing")}
    allow(1_000_000)
    assert asked("/parcels/9").status_code == 200
    with kit.db.read() as tx:
        known = set(tx.scalars(sa.select(Parcel.id)))
    assert known == {1, 9} | {answer.json["id"] for answer in answers if answer.status_code == 200}
    kit.close()


@pytest.fixture
def restarted() -> Iterator[tuple[PostgresProcess, Kit]]:
    process = PostgresProcess()
    url = PostgresDatabases(process.start()).fresh()
    kit = Kit(Config(database_url=url))
    Parcel.__table__.create(kit.db.writer)
    yield process, kit
    kit.close()
    process.stop()


def test_work_goes_on_over_restarts_and_each_write_counts_once(
    restarted: tuple[PostgresProcess, Kit],
) -> None:
    """Writers write all the time; whose commit is unknown looks before it writes again."""
    process, kit = restarted
    done, end = [], threading.Event()

    def exists(number: int) -> bool:
        """Asked until the database answers: while it is away nobody knows."""
        while True:
            try:
                with kit.db.read() as tx:
                    return tx.scalar(sa.select(Parcel.id).where(Parcel.id == number)) is not None
            except Exception as error:  # a look that broke off, too, as the edge knows it
                if not isinstance(refusal_of(error), DatabaseAway):
                    raise

    def write(first: int) -> None:
        number = first
        while not end.is_set():
            try:
                kit.db.write(lambda tx, number=number: tx.insert(Parcel, id=number), "w")
            except (CommitUnknown, DatabaseAway):
                if not exists(number):
                    continue
            done.append(number)
            number += 1

    writers = [threading.Thread(target=write, args=(first,)) for first in (1_000_000, 2_000_000)]
    for writer in writers:
        writer.start()
    for _ in range(2):
        process.restart()
    end.set()
    for writer in writers:
        writer.join()
    with kit.db.read() as tx:
        assert tx.scalars(sa.select(Parcel.id).order_by(Parcel.id)) == sorted(done)
    assert len(done) == len(set(done)) > 2
