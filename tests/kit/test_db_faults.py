"""What the database or the machine does to a transaction: deadlocks, cut connections, busy files, kill -9."""

import signal
import sqlite3
import subprocess
import sys
import time
from threading import Event, Thread
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from fulfil.kit.base import Kit
from fulfil.kit.db import RETRIES_MAX, CommitUnknown
from tests.kit.parcels import Parcel, add, ids, note, notes, together


def insert(number: int):
    return lambda tx: tx.insert(Parcel, id=number)


def test_a_deadlock_runs_one_of_both_again(postgres_kit: Kit) -> None:
    kit, runs = postgres_kit, []
    add(kit, 1, 2)
    first_locked = {1: Event(), 2: Event()}

    def cross(mine: int, other: int):
        def work(tx) -> None:
            runs.append(mine)
            note(tx, mine, "a")
            first_locked[mine].set()
            assert first_locked[other].wait(10)
            note(tx, other, "b")

        return lambda: kit.db.write(work, "cross")

    assert together([cross(1, 2), cross(2, 1)]) == [None, None]
    assert sorted("".join(sorted(text)) for text in notes(kit).values()) == ["ab", "ab"]
    # The one that gave way may be quicker to lock its own row again than the other to get it: then once more.
    again = len(runs) - 2
    assert 1 <= again < RETRIES_MAX
    assert f'fulfil_transaction_retries_total{{name="cross"}} {again}.0'.encode() in kit.metrics.text()


def test_a_serialization_failure_runs_again(postgres_kit: Kit) -> None:
    kit, runs = postgres_kit, []
    add(kit, 1)

    def work(tx) -> None:
        runs.append(1)
        if len(runs) == 1:
            tx.execute(sa.text("set transaction isolation level repeatable read"))
        tx.scalar(sa.select(Parcel.note).where(Parcel.id == 1))
        if len(runs) == 1:
            other = Thread(target=lambda: kit.db.write(lambda tx: note(tx, 1, "x"), "other"))
            other.start()
            other.join(10)
        note(tx, 1, "y")

    kit.db.write(work, "w")
    assert notes(kit) == {1: "xy"} and len(runs) == 2


def test_other_errors_of_the_database_are_not_repeated(kit: Kit) -> None:
    runs = []

    def work(tx) -> None:
        runs.append(1)
        tx.insert(Parcel, id=1)
        tx.insert(Parcel, id=1)

    with pytest.raises(sa.exc.IntegrityError):
        kit.db.write(work, "w")
    assert len(runs) == 1 and ids(kit) == []


def test_a_connection_lost_before_the_commit_is_repeated(postgres_kit: Kit) -> None:
    kit, runs = postgres_kit, []

    def work(tx) -> None:
        runs.append(1)
        tx.insert(Parcel, id=1)
        if len(runs) == 1:
            cut_off(kit, tx)
        tx.update(Parcel, {"id": 1}, note="seen")
        tx.insert(Parcel, id=2)

    kit.db.write(work, "w")
    assert ids(kit) == [1, 2] and len(runs) == 2


def test_a_connection_lost_in_the_commit_is_never_repeated(postgres_kit: Kit) -> None:
    kit, runs = postgres_kit, []

    def work(tx) -> None:
        runs.append(1)
        tx.insert(Parcel, id=1)
        kit.db.failpoints.on("w:before-commit", lambda: cut_off(kit, tx))

    with pytest.raises(CommitUnknown):
        kit.db.write(work, "w")
    assert len(runs) == 1


def cut_off(kit: Kit, tx) -> None:
    """End the server's side of this transaction's connection."""
    backend = tx.scalar(sa.text("select pg_backend_pid()"))

    def kill() -> None:
        with kit.db.read() as other:
            assert other.scalar(sa.text("select pg_terminate_backend(:pid, 5000)"), {"pid": backend})

    killer = Thread(target=kill)
    killer.start()
    killer.join(10)


def test_a_busy_file_is_waited_for(sqlite_kit: Kit, sqlite_url: str, monkeypatch) -> None:
    other = sqlite3.connect(
        sqlite_url.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False
    )
    other.execute("begin immediate")
    other.execute("insert into parcels (id, state, version, note) values (1, 'open', 1, '')")
    waited = []

    def pause(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            other.execute("commit")

    monkeypatch.setattr("fulfil.kit.db.time", SimpleNamespace(sleep=pause, monotonic=time.monotonic))
    sqlite_kit.db.write(insert(2), "w")
    other.close()
    assert ids(sqlite_kit) == [1, 2] and len(waited) == 3


CHILD = """
import sys
from fulfil.kit.base import Kit
from fulfil.kit.config import Config
from tests.kit.parcels import Parcel
kit = Kit(Config(database_url=sys.argv[1]))
for number in (1, 2, 3):
    kit.db.write(lambda tx: tx.insert(Parcel, id=number), "place")
    print(number, flush=True)
"""


@pytest.mark.parametrize(
    ("point", "kept", "told"),
    [
        ("place:before-commit@2", [1], "1\n"),
        ("place:after-commit@2", [1, 2], "1\n"),
        ("place:after-commit@9", [1, 2, 3], "1\n2\n3\n"),
    ],
)
def test_a_process_killed_around_the_commit(kit: Kit, monkeypatch, point, kept, told) -> None:
    monkeypatch.setenv("FULFIL_FAILPOINT", point)
    url = kit.db.url.render_as_string(hide_password=False)
    child = subprocess.run([sys.executable, "-c", CHILD, url], capture_output=True, text=True, timeout=30)
    assert child.returncode == (0 if kept == [1, 2, 3] else -signal.SIGKILL), child.stderr
    assert child.stdout == told and ids(kit) == kept
    add(kit, 10)
    assert ids(kit) == [*kept, 10]
