"""Tasks that call the outside: lease, call, and an outcome in the transaction that completes them."""

import signal
import subprocess
import sys
from datetime import timedelta
from threading import Event, Thread

import pytest
import sqlalchemy as sa

from fulfil.kit.base import Kit
from fulfil.kit.gateway import CallRefused
from fulfil.kit.task_rows import ATTEMPTS_MAX, DEAD, LEASED, WAITING, Task
from fulfil.kit.tasks import LEASE, REFUSED_SECONDS
from tests.kit.parcels import Parcel, add, ids, note, notes, together
from tests.kit.test_tasks import left, put


def free(kit: Kit) -> None:
    kit.db.write(kit.tasks.free_expired_leases, "free", numbers=0)


def test_the_call_is_outside_and_its_outcome_completes_the_task(kit: Kit) -> None:
    seen = []

    def call(kit: Kit, payload, task_id):
        seen.append((payload, task_id, left(kit)))
        add(kit, 1)  # a write of its own: no transaction is open here
        return lambda tx: note(tx, 1, "paid")

    kit.tasks.handler("call", call, kind="call")
    (task_id,) = put(kit, "call", {"serial": "7"})
    assert kit.tasks.run_until_idle() == 1
    assert seen == [({"serial": "7"}, task_id, [(task_id, LEASED, 1)])]
    assert notes(kit) == {1: "paid"} and left(kit) == []


def test_an_outcome_that_fails_leaves_the_task(kit: Kit) -> None:
    def outcome(tx) -> None:
        tx.insert(Parcel, id=1)
        raise RuntimeError

    kit.tasks.handler("call", lambda kit, payload, task_id: outcome, kind="call")
    (task_id,) = put(kit, "call", {})
    kit.tasks.run_until_idle()
    assert ids(kit) == [] and left(kit) == [(task_id, WAITING, 1)]


def test_a_failed_call_is_made_again_with_the_same_id_until_it_is_dead(kit: Kit) -> None:
    calls = []

    def call(kit: Kit, payload, task_id):
        calls.append(task_id)
        raise ConnectionError

    kit.tasks.handler("call", call, kind="call")
    (task_id,) = put(kit, "call", {})
    for _ in range(ATTEMPTS_MAX + 3):
        kit.tasks.run_until_idle()
        kit.clock.advance(301)
    assert calls == [task_id] * ATTEMPTS_MAX and left(kit) == [(task_id, DEAD, ATTEMPTS_MAX)]


def test_a_switched_off_call_waits_without_dying(kit: Kit) -> None:
    off = [True]

    def call(kit: Kit, payload, task_id):
        if off:
            raise CallRefused

    kit.tasks.handler("call", call, kind="call")
    (task_id,) = put(kit, "call", {}, key="order:1")
    for _ in range(ATTEMPTS_MAX + 3):
        assert kit.tasks.run_until_idle() == 1
        assert left(kit) == [(task_id, WAITING, 0)]
        kit.clock.advance(REFUSED_SECONDS)
    off.clear()
    kit.tasks.run_until_idle()
    assert left(kit) == []


def test_a_leased_row_holds_its_key(kit: Kit) -> None:
    kit.tasks.handler("call", lambda kit, payload, task_id: None, kind="call")
    kit.tasks.handler("write", lambda tx, payload: tx.insert(Parcel, id=1))
    put(kit, "call", {}, key="order:1")
    put(kit, "write", {}, key="order:1")
    task = kit.tasks._lease_call()
    assert kit.tasks.run_until_idle() == 0 and ids(kit) == []
    kit.tasks._call(task)
    kit.tasks.run_until_idle()
    assert ids(kit) == [1]


@pytest.mark.parametrize("first_ends", ["well", "badly"])
def test_a_worker_that_lost_its_lease_changes_nothing(kit: Kit, first_ends: str) -> None:
    endings = [first_ends, "well"]

    def call(kit: Kit, payload, task_id):
        if endings.pop(0) == "badly":
            raise ConnectionError
        return lambda tx: note(tx, 1, "paid")

    kit.tasks.handler("call", call, kind="call")
    add(kit, 1)
    put(kit, "call", {})
    slow = kit.tasks._lease_call()
    kit.clock.advance(LEASE.total_seconds() + 1)
    free(kit)
    quick = kit.tasks._lease_call()
    assert (quick.id, quick.attempts) == (slow.id, slow.attempts + 1)
    kit.tasks._call(slow)
    assert notes(kit) == {1: ""} and left(kit) == [(quick.id, LEASED, 2)]
    kit.tasks._call(quick)
    assert notes(kit) == {1: "paid"} and left(kit) == []


def test_a_lease_that_holds_is_not_freed(kit: Kit) -> None:
    kit.tasks.handler("call", lambda kit, payload, task_id: None, kind="call")
    put(kit, "call", {})
    kit.tasks._lease_call()
    kit.clock.advance(LEASE.total_seconds())
    free(kit)
    assert left(kit)[0][1] == LEASED and kit.tasks._lease_call() is None


def test_a_task_that_kills_its_workers_becomes_a_dead_letter(kit: Kit) -> None:
    kit.tasks.handler("call", lambda kit, payload, task_id: None, kind="call")
    put(kit, "call", {})
    for _ in range(ATTEMPTS_MAX):
        assert kit.tasks._lease_call() is not None
        kit.clock.advance(LEASE.total_seconds() + 1)
        free(kit)
    assert left(kit)[0][1:] == (DEAD, ATTEMPTS_MAX) and kit.tasks._lease_call() is None


def test_workers_at_once_make_each_call_once(postgres_kit: Kit, make_kit, postgres_url: str) -> None:
    calls = []
    nodes = [postgres_kit, make_kit(postgres_url), make_kit(postgres_url)]
    for node in nodes:
        node.tasks.handler("call", lambda kit, payload, task_id: calls.append(payload["n"]), kind="call")
    for n in range(30):
        put(postgres_kit, "call", {"n": n}, key=f"order:{n % 4}" if n % 2 else None)

    def drain(node: Kit):
        def run() -> None:
            while left(postgres_kit):
                if task := node.tasks._lease_call():
                    node.tasks._call(task)

        return run

    together([drain(node) for node in nodes])
    assert sorted(calls) == list(range(30))
    for key in (1, 3):
        mine = [n for n in calls if n % 2 and n % 4 == key]
        assert mine == sorted(mine)


def test_the_loop_makes_calls_beside_each_other(sqlite_kit: Kit) -> None:
    kit, both = sqlite_kit, [Event(), Event()]

    def call(kit: Kit, payload, task_id):
        both[payload["n"]].set()
        assert both[1 - payload["n"]].wait(10)  # ends only when the other call has begun
        return lambda tx: tx.insert(Parcel, id=payload["n"])

    kit.tasks.handler("call", call, kind="call")
    put(kit, "call", {"n": 0}, {"n": 1})
    threads = []

    def spawn(work) -> None:
        threads.append(Thread(target=work))
        threads[-1].start()

    def stop() -> None:
        for event in both:
            assert event.wait(10)
        kit.tasks.stop()

    together([lambda: kit.tasks.run_forever(spawn), stop])
    for thread in threads:
        thread.join(10)
    assert ids(kit) == [0, 1] and left(kit) == []


CHILD = """
import sys
from fulfil.kit.base import Kit
from fulfil.kit.config import Config
from tests.kit.parcels import Parcel
kit = Kit(Config(database_url=sys.argv[1]))
def call(kit, payload, task_id):
    print("called", task_id, flush=True)
    return lambda tx: tx.insert(Parcel, id=task_id)
kit.tasks.handler("call", call, kind="call")
kit.tasks.handler("insert", lambda tx, payload: tx.insert(Parcel, id=100))
kit.tasks.run_until_idle()
"""


@pytest.mark.parametrize(
    ("handler", "point", "said", "lasting"),
    [
        ("call", "task-call:before-commit", "called 1\n", False),
        ("call", "task-call:after-commit", "called 1\n", True),
        ("insert", "tasks:before-commit", "", False),
        ("insert", "tasks:after-commit", "", True),
    ],
)
def test_a_worker_killed_around_its_commit(kit: Kit, monkeypatch, handler, point, said, lasting) -> None:
    calls = []

    def call(kit: Kit, payload, task_id):
        calls.append(task_id)
        return lambda tx: tx.insert(Parcel, id=task_id)

    kit.tasks.handler("call", call, kind="call")
    kit.tasks.handler("insert", lambda tx, payload: tx.insert(Parcel, id=100))
    put(kit, handler, {})
    monkeypatch.setenv("FULFIL_FAILPOINT", point)
    url = kit.db.url.render_as_string(hide_password=False)
    child = subprocess.run([sys.executable, "-c", CHILD, url], capture_output=True, text=True, timeout=30)
    assert child.returncode == -signal.SIGKILL and child.stdout == said, child.stderr
    expected = [1] if handler == "call" else [100]
    assert ids(kit) == (expected if lasting else [])
    with kit.db.read() as tx:
        lease = tx.scalar(sa.select(Task.lease_until))
    kit.clock.move_to((lease or kit.clock.now()) + timedelta(seconds=1))
    free(kit)
    kit.tasks.run_until_idle()
    assert ids(kit) == expected and left(kit) == []
    assert calls == ([1] if handler == "call" and not lasting else [])
