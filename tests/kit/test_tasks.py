"""The task engine: db tasks, order within a key, failures, timers."""

from datetime import timedelta
from threading import Event

import pytest
import sqlalchemy as sa

from fulfil.kit import tasks
from fulfil.kit.base import Kit
from fulfil.kit.task_rows import ATTEMPTS_MAX, DEAD, Task
from fulfil.kit.tasks import BATCH
from tests.kit.parcels import Parcel, add, ids, note, notes, together


def put(kit: Kit, name: str, *payloads: dict, **options) -> list[int]:
    return kit.db.write(
        lambda tx: [kit.tasks.add(tx, name, payload, **options) for payload in payloads], "put"
    )


def left(kit: Kit) -> list[tuple]:
    with kit.db.read() as tx:
        return [tuple(row) for row in tx.all(sa.select(Task.id, Task.state, Task.attempts).order_by(Task.id))]


def writes(kit: Kit, name: str = "write") -> None:
    """A handler whose effect shows: it appends its text to a parcel's note."""
    kit.tasks.handler(name, lambda tx, payload: note(tx, payload.get("parcel", 1), payload["text"]))


def texts(letters: str) -> list[dict]:
    return [{"text": letter} for letter in letters]


def test_effect_and_completion_are_one_transaction(kit: Kit) -> None:
    kit.tasks.handler("insert", lambda tx, payload: tx.insert(Parcel, id=payload["id"]))
    put(kit, "insert", {"id": 1})
    kit.db.failpoints.on("tasks:before-commit", lambda: 1 / 0)
    assert kit.tasks.run_batch() == 1
    assert ids(kit) == [] and [row[1:] for row in left(kit)] == [(0, 1)]
    kit.db.failpoints.on("tasks:before-commit", None)
    kit.clock.advance(1)
    assert kit.tasks.run_batch() == 1
    assert ids(kit) == [1] and left(kit) == []


def test_a_task_of_a_rolled_back_transaction_never_runs(kit: Kit) -> None:
    writes(kit)

    def work(tx) -> None:
        kit.tasks.add(tx, "write", {"text": "x"})
        raise KeyError

    with pytest.raises(KeyError):
        kit.db.write(work, "w")
    assert kit.tasks.run_until_idle() == 0


def test_a_posted_task_wakes_and_runs_in_turn_like_every_other(kit: Kit) -> None:
    writes(kit)
    add(kit, 1)
    kit.tasks.take_wake()

    def work(tx) -> None:
        kit.tasks.post(tx, "write", {"text": "a"}, key="k")
        kit.tasks.add(tx, "write", {"text": "b"}, key="k")
        kit.tasks.post(tx, "write", {"text": "c"}, key="k", run_at=tx.now + timedelta(seconds=5))

    kit.db.write(work, "w")
    assert kit.tasks.take_wake() and kit.tasks.run_until_idle() == 2 and notes(kit) == {1: "ab"}
    kit.clock.advance(5)
    assert kit.tasks.run_until_idle() == 1 and notes(kit) == {1: "abc"}
    with pytest.raises(ValueError, match="no handler is named nobody"):
        kit.db.write(lambda tx: kit.tasks.post(tx, "nobody", {}), "w")


def test_an_empty_look_takes_no_write_transaction(kit: Kit) -> None:
    writes(kit)
    kit.tasks.handler("call", lambda kit, payload, task_id: None, kind="call")
    for name in ("tasks", "tasks-lease"):
        kit.db.failpoints.on(f"{name}:before-commit", lambda: 1 / 0)
    assert kit.tasks.run_batch() == 0 and kit.tasks.run_until_idle() == 0


def test_priority_then_time_then_age(kit: Kit) -> None:
    add(kit, 1)
    writes(kit)
    put(kit, "write", *texts("c"), priority=9)
    put(kit, "write", *texts("b"))
    put(kit, "write", *texts("d"), priority=9)
    put(kit, "write", *texts("a"), priority=1)
    assert kit.tasks.run_until_idle() == 4
    assert notes(kit) == {1: "abcd"}


def test_a_priority_that_nobody_looks_for_is_refused(kit: Kit) -> None:
    writes(kit)
    with pytest.raises(ValueError, match="0 is no priority"):
        put(kit, "write", *texts("a"), priority=0)


def test_rows_of_a_key_run_in_order_whatever_their_priority(kit: Kit) -> None:
    add(kit, 1)
    writes(kit)
    put(kit, "write", *texts("a"), key="order:1", priority=9)
    put(kit, "write", *texts("b"), key="order:1", priority=1)
    put(kit, "write", *texts("c"), key="order:1", priority=5)
    kit.tasks.run_until_idle()
    assert notes(kit) == {1: "abc"}


def test_after_waits_for_its_task(kit: Kit) -> None:
    add(kit, 1)
    writes(kit)
    (first,) = put(kit, "write", *texts("a"), run_at=kit.clock.now() + timedelta(seconds=5))
    put(kit, "write", *texts("b"), after=first)
    assert kit.tasks.run_until_idle() == 0
    kit.clock.advance(5)
    assert kit.tasks.run_until_idle() == 2
    assert notes(kit) == {1: "ab"}


def test_a_timer_runs_when_it_is_due(kit: Kit) -> None:
    add(kit, 1)
    writes(kit)
    due = kit.clock.now() + timedelta(seconds=10)
    put(kit, "write", *texts("x"), run_at=due)
    with kit.db.read() as tx:
        assert kit.tasks.next_due(tx) == due
    kit.clock.advance(9.999)
    assert kit.tasks.run_until_idle() == 0
    kit.clock.advance(0.001)
    assert kit.tasks.run_until_idle() == 1 and notes(kit) == {1: "x"}


def test_a_batch_is_bounded(kit: Kit) -> None:
    add(kit, 1)
    writes(kit)
    put(kit, "write", *texts("x" * (BATCH + 3)))
    assert [
        kit.tasks.run_batch(seconds_max=60),
        kit.tasks.run_batch(seconds_max=60),
        kit.tasks.run_batch(),
    ] == [BATCH, 3, 0]
    put(kit, "write", *texts("xx"))
    assert kit.tasks.run_batch(seconds_max=-1) == 1


def test_a_failure_backs_off_holds_its_key_and_spares_the_rest(kit: Kit) -> None:
    add(kit, 1, 2)
    writes(kit)
    broken = [True]

    def fragile(tx, payload) -> None:
        note(tx, 1, "!")
        if broken:
            raise RuntimeError("the shelf fell down")

    kit.tasks.handler("fragile", fragile)
    put(kit, "fragile", {}, key="order:1")
    put(kit, "write", {"parcel": 1, "text": "later"}, key="order:1")
    put(kit, "write", {"parcel": 2, "text": "other"}, key="order:2")
    kit.tasks.run_until_idle()
    assert notes(kit) == {1: "", 2: "other"}
    with kit.db.read() as tx:
        failed = tx.one(sa.select(Task.attempts, Task.error, Task.run_at).order_by(Task.id))
    assert tuple(failed) == (
        1,
        "RuntimeError: the shelf fell down\n",
        kit.clock.now() + timedelta(seconds=0.5),
    )
    kit.clock.advance(0.5)
    kit.tasks.run_until_idle()
    with kit.db.read() as tx:
        assert tx.scalar(sa.select(Task.run_at).order_by(Task.id)) == kit.clock.now() + timedelta(seconds=1)
    broken.clear()
    kit.clock.advance(1)
    kit.tasks.run_until_idle()
    assert notes(kit)[1] == "!later" and left(kit) == []


def test_a_dead_letter_blocks_its_key_until_it_gets_another_life(kit: Kit) -> None:
    add(kit, 1)
    writes(kit)
    broken = [True]

    def fragile(tx, payload) -> None:
        if broken:
            raise RuntimeError

    kit.tasks.handler("fragile", fragile)
    (dead,) = put(kit, "fragile", {}, key="order:1")
    put(kit, "write", *texts("x"), key="order:1")
    for _ in range(ATTEMPTS_MAX):
        assert kit.tasks.run_until_idle() == 1
        kit.clock.advance(301)
    assert kit.tasks.run_until_idle() == 0
    assert left(kit)[0] == (dead, DEAD, ATTEMPTS_MAX) and notes(kit) == {1: ""}
    broken.clear()
    assert kit.db.write(lambda tx: kit.tasks.retry_dead(tx, dead), "retry") is True
    assert kit.db.write(lambda tx: kit.tasks.retry_dead(tx, dead), "retry") is False
    kit.tasks.run_until_idle()
    assert notes(kit) == {1: "x"} and left(kit) == []


def test_who_breaks_the_commit_is_found_in_the_batch(kit: Kit) -> None:
    add(kit, 1)
    writes(kit)
    kit.tasks.handler("unsendable", lambda tx, payload: tx.live(1, "message", {"what": object()}))
    put(kit, "write", *texts("ab"))
    (bad,) = put(kit, "unsendable", {})
    put(kit, "write", *texts("cd"))
    kit.tasks.run_until_idle()
    assert notes(kit) == {1: "abcd"} and left(kit) == [(bad, 0, 1)]


def test_a_handler_may_draw_more_numbers_than_a_batch_has(kit: Kit) -> None:
    drawn = []
    kit.tasks.handler("draw", lambda tx, payload: drawn.append([tx.number() for _ in range(6000)]))
    put(kit, "draw", {})
    assert kit.tasks.run_until_idle() == 1
    assert len(set(drawn[-1])) == 6000 and left(kit) == []


def test_coalescing_serves_all_due_rows_of_the_key_at_once(kit: Kit) -> None:
    runs = []
    kit.tasks.handler("plan", lambda tx, payload: runs.append(payload["n"]), coalesce=True)
    put(kit, "plan", *[{"n": n} for n in range(5)], key="plan:1")
    put(kit, "plan", {"n": 7}, key="plan:2")
    put(kit, "plan", {"n": 8}, key="plan:1", run_at=kit.clock.now() + timedelta(seconds=60))
    assert kit.tasks.run_until_idle() == 2 and runs == [0, 7]
    kit.clock.advance(60)
    kit.tasks.run_until_idle()
    assert runs == [0, 7, 8] and left(kit) == []


def test_a_failed_coalesced_run_loses_no_row(kit: Kit) -> None:
    kit.tasks.handler("plan", lambda tx, payload: 1 / 0, coalesce=True)
    rows = put(kit, "plan", {}, {}, {}, key="plan:1")
    kit.tasks.run_until_idle()
    assert [row[0] for row in left(kit)] == rows


def test_an_unknown_name_is_refused_and_a_foreign_row_is_left_alone(kit: Kit) -> None:
    writes(kit)
    with pytest.raises(ValueError, match="no handler is named nobody"):
        put(kit, "nobody", {})
    kit.tasks.handler("retired", lambda tx, payload: None)
    (row,) = put(kit, "retired", {})
    del kit.tasks._handlers["retired"]
    assert kit.tasks.run_until_idle() == 0 and left(kit) == [(row, 0, 0)]


@pytest.mark.parametrize("name", ["", "o'brien", "a b", "a\n", "x" * 101])
def test_a_name_that_no_statement_can_hold_is_refused(sqlite_kit: Kit, name: str) -> None:
    with pytest.raises(ValueError, match="no name for a handler"):
        sqlite_kit.tasks.handler(name, lambda tx, payload: None)


def test_workers_at_once_run_each_task_once_and_each_key_in_order(
    postgres_kit: Kit, make_kit, postgres_url: str
) -> None:
    parcels, letters = list(range(1, 13)), "abcdefgh"
    nodes = [postgres_kit, make_kit(postgres_url), make_kit(postgres_url)]
    for node in nodes:
        writes(node)
    add(postgres_kit, *parcels)
    for letter in letters:
        put(postgres_kit, "write", *[{"parcel": n, "text": letter} for n in parcels[:6]], key="shared")
        for n in parcels[6:]:
            put(postgres_kit, "write", {"parcel": n, "text": letter}, key=f"order:{n}")

    def drain(node: Kit):
        def run() -> int:
            total = empty = 0
            while empty < 3 or left(postgres_kit):
                did = node.tasks.run_batch(3)
                total, empty = total + did, 0 if did else empty + 1
            return total

        return run

    done = together([drain(node) for node in nodes])
    assert sum(done) == len(parcels) * len(letters)
    assert notes(postgres_kit) == dict.fromkeys(parcels, letters)


def test_the_next_of_a_key_waits_for_an_open_transaction(postgres_kit: Kit) -> None:
    kit, begun, go_on = postgres_kit, Event(), Event()
    add(kit, 1, 2)
    writes(kit)

    def slow(tx, payload) -> None:
        begun.set()
        assert go_on.wait(10)
        note(tx, 1, "a")

    kit.tasks.handler("slow", slow)
    put(kit, "slow", {}, key="order:1")
    put(kit, "write", {"parcel": 1, "text": "b"}, key="order:1")
    put(kit, "write", {"parcel": 2, "text": "free"}, key="order:2")

    def overtake() -> int:
        assert begun.wait(10)
        try:
            return kit.tasks.run_batch()
        finally:
            go_on.set()

    assert together([lambda: kit.tasks.run_batch(1), overtake]) == [1, 1]
    assert notes(kit) == {1: "a", 2: "free"}
    assert kit.tasks.run_batch() == 1 and notes(kit)[1] == "ab"


def test_the_loop_works_when_woken_and_stops(sqlite_kit: Kit) -> None:
    kit, done = sqlite_kit, Event()
    kit.tasks.handler("signal", lambda tx, payload: tx.after_commit(done.set))

    def feed() -> bool:
        put(kit, "signal", {})
        happened = done.wait(10)
        kit.tasks.stop()
        return happened

    assert together([lambda: kit.tasks.run_forever(lambda work: work()), feed]) == [None, True]


def test_whatever_is_due_runs_without_waiting_for_the_next_look(sqlite_kit: Kit, monkeypatch) -> None:
    """A call behind a db task, a db task behind the call, and what shared a batch with one that failed."""
    kit, ran, done = sqlite_kit, [], Event()
    monkeypatch.setattr(tasks, "POLL_SECONDS", 3600)

    def run(name: str) -> None:
        ran.append(name)
        if len(ran) == 3 + BATCH - 1:
            done.set()

    kit.tasks.handler("fail", lambda tx, payload: 1 / 0)
    kit.tasks.handler("db", lambda tx, payload: tx.after_commit(lambda: run("db")))
    kit.tasks.handler("call", lambda kit, payload, task_id: run("call"), kind="call")

    def feed() -> bool:
        def all_at_once(tx) -> None:
            for name in ("db", "call", "db"):
                kit.tasks.add(tx, name, {}, key="order")
            for name in ["db"] * (BATCH - 2) + ["fail", "db"]:
                kit.tasks.add(tx, name, {})

        kit.db.write(all_at_once, "put")
        happened = done.wait(10)
        kit.tasks.stop()
        return happened

    assert together([lambda: kit.tasks.run_forever(lambda work: work()), feed]) == [None, True]
    assert ran.count("call") == 1


def test_loops_work_beside_each_other(postgres_kit: Kit, monkeypatch) -> None:
    kit, begun, done = postgres_kit, Event(), Event()
    monkeypatch.setattr(tasks, "POLL_SECONDS", 3600)
    ended = []

    def first(tx, payload) -> None:
        begun.set()
        ended.append(done.wait(10))

    kit.tasks.handler("first", first)
    kit.tasks.handler("second", lambda tx, payload: tx.after_commit(done.set))

    def feed() -> None:
        put(kit, "first", {})
        begun.wait(10)
        put(kit, "second", {})
        done.wait(10)
        kit.tasks.stop()

    together([lambda: kit.tasks.run_forever(lambda work: work())] * 2 + [feed])
    assert ended == [True] and left(kit) == []


def test_what_another_loop_found_behind_a_task_is_looked_for_again(postgres_kit: Kit, monkeypatch) -> None:
    kit, done = postgres_kit, Event()
    monkeypatch.setattr(tasks, "POLL_SECONDS", 3600)
    # Else a slow machine looks again by itself.
    monkeypatch.setattr(tasks, "BATCH_SECONDS_MAX_POSTGRES", 3600)
    kit.tasks.handler("first", lambda tx, payload: None)
    kit.tasks.handler("second", lambda tx, payload: tx.after_commit(done.set))

    def another() -> None:
        """It comes after the last claim, and another loop, which may not take it yet, hears of it first."""
        kit.db.failpoints.on("tasks:before-commit", None)
        together([lambda: put(kit, "second", {}, key="order:1")])
        kit.tasks._told.clear()

    def feed() -> bool:
        kit.db.failpoints.on("tasks:before-commit", another)
        put(kit, "first", {}, key="order:1")
        happened = done.wait(10)
        kit.tasks.stop()
        return happened

    assert together([lambda: kit.tasks.run_forever(lambda work: work()), feed]) == [None, True]


@pytest.mark.parametrize(("behind", "claims"), [([], 1), (["order:1"], 2), ([None], 1)])
def test_a_batch_looks_again_only_for_what_comes_up(
    postgres_kit: Kit, behind: list[str | None], claims: int
) -> None:
    """The claim, then the end of the task with the commit: what nothing follows takes two flights."""
    kit, flights = postgres_kit, []

    def count(tx) -> None:
        flights.append(tx._wire._flights)

    kit.tasks.handler("first", lambda tx, payload: tx.after_commit(lambda: count(tx)))
    kit.tasks.handler("second", lambda tx, payload: None)
    for _ in range(3):  # a statement is kept once it has been seen
        put(kit, "first", {}, key="order:1")
        for key in behind:
            put(kit, "second", {}, key=key)
        kit.tasks.run_batch(seconds_max=60)
        kit.tasks.run_until_idle()
    assert flights[-1] == 1 + claims + (behind == [None])
    assert left(kit) == []


def test_nobody_is_told_of_what_its_own_batch_has_run(kit: Kit) -> None:
    kit.tasks.handler("first", lambda tx, payload: kit.tasks.post(tx, "second", {}, key="shop"))
    kit.tasks.handler("second", lambda tx, payload: None, coalesce=True)
    put(kit, "first", {}, {})
    kit.tasks.take_wake()
    assert kit.tasks.run_batch(seconds_max=60) == 3
    assert not kit.tasks.take_wake() and left(kit) == []
    put(kit, "first", {})
    kit.tasks.take_wake()
    assert kit.tasks.run_batch(1) == 1
    assert kit.tasks.take_wake()


def test_postgres_counts_the_tasks_again_when_finding_them_was_slow(postgres_kit: Kit, monkeypatch) -> None:
    """Else it would search thousands as it learned to search a handful."""
    kit, done = postgres_kit, Event()
    monkeypatch.setattr(tasks, "CLAIM_SECONDS_MAX", -1.0)
    kit.tasks.handler("signal", lambda tx, payload: tx.after_commit(done.set))
    counted = sa.text("select analyze_count > 0 from pg_stat_user_tables where relname = 'tasks'")

    def feed() -> bool:
        put(kit, "signal", {})
        happened = done.wait(10)
        kit.tasks.stop()
        return happened

    assert together([lambda: kit.tasks.run_forever(lambda work: work()), feed]) == [None, True]
    with kit.db.read() as tx:
        tx.execute(sa.text("select pg_stat_clear_snapshot()"))
        assert tx.scalar(counted)


def test_a_task_taken_back_by_an_earlier_one_of_its_batch_does_not_run(kit: Kit) -> None:
    add(kit, 1)
    writes(kit)
    kit.tasks.handler("take_back", lambda tx, payload: tx.delete(Task, Task.handler == "write"))
    put(kit, "take_back", {})
    put(kit, "write", *texts("xy"))
    assert kit.tasks.run_batch(seconds_max=60) == 1
    assert notes(kit) == {1: ""} and left(kit) == []


def test_what_a_batch_has_no_time_for_stays(kit: Kit) -> None:
    add(kit, 1)
    writes(kit)
    put(kit, "write", *texts("abc"))
    assert kit.tasks.run_batch(seconds_max=-1) == 1
    assert notes(kit) == {1: "a"} and [row[1:] for row in left(kit)] == [(0, 0), (0, 0)]
