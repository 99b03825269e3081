"""Transactions, on both databases."""

import subprocess
import sys
from threading import Event, Thread

import pytest
import sqlalchemy as sa

from fulfil.kit.base import Kit
from fulfil.kit.db import NestedWrite, NumbersExhausted
from tests.kit.parcels import Parcel, add, ids


def insert(number: int):
    return lambda tx: tx.insert(Parcel, id=number)


class Refused(Exception):
    """Raised by a test's own work."""


def test_a_write_commits_and_gives_its_result(kit: Kit) -> None:
    assert kit.db.write(lambda tx: [tx.insert(Parcel, id=1), "done"][1], "w") == "done"
    assert ids(kit) == [1]


def test_an_error_leaves_nothing_and_lets_nothing_out(kit: Kit) -> None:
    heard = []
    kit.live.on_wake(heard.append)
    kit.live.on_changed(heard.append)

    def work(tx) -> None:
        tx.insert(Parcel, id=1)
        tx.live(7, "ticket.changed", {})
        tx.hint("board:1")
        tx.after_commit(lambda: heard.append("after"))
        raise Refused

    with pytest.raises(Refused):
        kit.db.write(work, "w")
    assert ids(kit) == [] and heard == []
    add(kit, 2)  # the writer is free again
    assert ids(kit) == [2]


def test_news_leaves_after_the_commit_only(kit: Kit) -> None:
    seen = []
    kit.live.on_wake(lambda people: seen.append((sorted(people), ids(kit))))
    kit.live.on_changed(lambda topic: seen.append((topic, ids(kit))))

    def work(tx) -> None:
        tx.hint("track:2")
        tx.hint("board:1")
        tx.hint("board:1")
        tx.live(9, "a", {})
        tx.live(7, "a", {})
        tx.after_commit(lambda: seen.append(("after", ids(kit))))
        tx.insert(Parcel, id=1)

    kit.db.write(work, "w")
    assert seen == [("after", [1]), ([7, 9], [1]), ("board:1", [1]), ("track:2", [1])]


def test_a_listener_that_fails_neither_undoes_nor_repeats(kit: Kit) -> None:
    def fails(*_: object) -> None:
        raise sa.exc.OperationalError("late", None, Exception(), connection_invalidated=True)

    kit.live.on_wake(fails)
    kit.live.on_changed(fails)
    runs = []

    def work(tx) -> None:
        runs.append(tx)
        tx.insert(Parcel, id=len(runs))
        tx.live(1, "a", {})
        tx.hint("board:1")
        tx.after_commit(fails)

    kit.db.write(work, "w")
    assert ids(kit) == [1] and len(runs) == 1


def test_a_savepoint_drops_rows_live_hints_and_actions(kit: Kit) -> None:
    heard = []
    kit.live.on_changed(heard.append)

    def work(tx) -> None:
        tx.insert(Parcel, id=1)
        tx.hint("kept")
        tx.live(1, "kept", {})
        with pytest.raises(Refused), tx.savepoint():
            tx.insert(Parcel, id=2)
            tx.hint("dropped")
            tx.live(1, "dropped", {})
            tx.after_commit(lambda: heard.append("dropped"))
            raise Refused
        with tx.savepoint():
            tx.insert(Parcel, id=3)
            tx.hint("inner")

    kit.db.write(work, "w")
    assert ids(kit) == [1, 3] and heard == ["inner", "kept"]
    with kit.db.read() as tx:
        assert [push["type"] for push in kit.live.since(tx, 1, 0)] == ["kept"]


def test_a_savepoint_outlives_a_broken_constraint(kit: Kit) -> None:
    add(kit, 1)

    def work(tx) -> None:
        with pytest.raises(sa.exc.IntegrityError), tx.savepoint():
            tx.insert(Parcel, id=1)
        tx.insert(Parcel, id=2)

    kit.db.write(work, "w")
    assert ids(kit) == [1, 2]


def test_a_reading_sees_one_snapshot_and_may_not_write(kit: Kit) -> None:
    add(kit, 1)
    with kit.db.read() as tx:
        assert tx.scalar(sa.select(sa.func.count()).select_from(Parcel)) == 1
        add(kit, 2)
        assert tx.scalar(sa.select(sa.func.count()).select_from(Parcel)) == 1
    assert ids(kit) == [1, 2]
    with pytest.raises(sa.exc.DBAPIError), kit.db.read() as tx:
        tx.insert(Parcel, id=3)
    assert ids(kit) == [1, 2]


def test_rows_to_be_had_later_are_those_of_the_question(kit: Kit) -> None:
    """The first time, when the statement is not prepared yet, and after it; and also past a part undone."""
    every = sa.select(Parcel.id).order_by(Parcel.id)

    def work(tx) -> list[list[int]]:
        before = tx.later(every)
        tx.insert(Parcel, id=ids_taken.pop())
        with pytest.raises(Refused), tx.savepoint():
            tx.insert(Parcel, id=9)
            raise Refused
        return [[row.id for row in rows()] for rows in (before, tx.later(every), before)]

    ids_taken = [3, 2, 1]
    assert [kit.db.write(work, "w") for _ in range(3)] == [
        [[], [1], []],
        [[1], [1, 2], [1]],
        [[1, 2], [1, 2, 3], [1, 2]],
    ]


def test_a_look_begun_in_vain_leaves_its_connection_as_it_was(kit: Kit) -> None:
    """What a look or a reading did not end is undone, so that the next one sees what was written since."""
    count = sa.select(sa.func.count()).select_from(Parcel)
    for number, reading in enumerate((kit.db.look, kit.db.read), 1):
        with pytest.raises(Refused), reading() as tx:
            assert tx.scalar(count) == number - 1
            raise Refused
        add(kit, number)
        with reading() as tx:
            assert tx.scalar(count) == number


def test_a_write_inside_a_write_is_refused(kit: Kit) -> None:
    with pytest.raises(NestedWrite, match="inner inside outer"):
        kit.db.write(lambda tx: kit.db.write(insert(2), "inner"), "outer")
    kit.db.write(insert(1), "after")
    assert ids(kit) == [1]


def test_a_transaction_has_one_instant(kit: Kit, clock) -> None:
    def work(tx) -> bool:
        before = tx.now
        clock.advance(5)
        return before == tx.now

    assert kit.db.write(work, "w")


def test_strict_tables_refuse_the_wrong_type(sqlite_kit: Kit) -> None:
    with pytest.raises(sa.exc.IntegrityError, match="cannot store TEXT"):
        sqlite_kit.db.write(
            lambda tx: tx.execute(sa.text("insert into live_heads (person_id, seq) values (1, 'x')")), "w"
        )


def test_sqlite_is_safe_against_power_loss(sqlite_kit: Kit) -> None:
    def pragmas(tx) -> list:
        return [
            tx.scalar(sa.text(f"pragma {name}")) for name in ("journal_mode", "synchronous", "foreign_keys")
        ]

    assert sqlite_kit.db.write(pragmas, "w") == ["wal", 2, 1]


@pytest.mark.parametrize("drawn", [257, 5000])
def test_who_draws_many_numbers_gets_them(kit: Kit, drawn: int) -> None:
    kit.db.write(lambda tx: tx.number(), "w")
    numbers = kit.db.write(lambda tx: [tx.number() for _ in range(drawn)], "w")
    assert len(set(numbers)) == drawn and numbers == sorted(numbers)


def test_a_single_transaction_says_when_numbers_run_out(kit: Kit) -> None:
    with pytest.raises(NumbersExhausted), kit.db.transaction("w", numbers=1) as tx:
        tx.insert(Parcel, id=1)
        for _ in range(5000):
            tx.number()
    assert ids(kit) == []


def test_what_is_kept_is_asked_once_until_its_table_changes(kit: Kit) -> None:
    asked = []

    def work(tx) -> list[str]:
        def note() -> str:
            def ask() -> str:
                asked.append(1)
                return tx.scalar(sa.select(Parcel.note).where(Parcel.id == 1))

            return tx.keep(Parcel, 1, ask)

        seen = [note(), note()]
        for change in (
            lambda: tx.update(Parcel, {"id": 1}, note="a"),
            lambda: tx.delete(Parcel, {"id": 1}),
            lambda: tx.insert(Parcel, id=1, note="b"),
            lambda: tx.delete(Parcel, {"id": 1}),
            lambda: tx.insert_new(Parcel, id=1, note="c"),
            lambda: tx.discard(Parcel, {"id": 1}),
            lambda: tx.insert_many(Parcel, [{"id": 1, "note": "d"}]),
            lambda: tx.rewrite(Parcel, {"id": 1}, note="e"),
        ):
            change()
            seen += [note(), note()]
        with pytest.raises(KeyError), tx.savepoint():
            tx.update(Parcel, {"id": 1}, note="f")
            seen.append(note())
            raise KeyError
        return [*seen, note()]

    add(kit, 1)
    twice = [one for note in ("", "a", None, "b", None, "c", None, "d", "e") for one in (note, note)]
    assert kit.db.write(work, "w") == [*twice, "f", "e"]
    assert len(asked) == 11


def test_what_is_foreseen_is_asked_before_it_is_wanted_and_no_more(kit: Kit) -> None:
    """Also the first times, when the statement is not prepared yet."""
    of_number = sa.select(Parcel.note).where(Parcel.id == sa.bindparam("number"))

    def work(tx) -> list[str | None]:
        def note(number: int) -> str | None:
            row = tx.keep(Parcel, number, lambda: tx.one(of_number, {"number": number}))
            return None if row is None else row.note

        for number in (1, 2, 1):
            tx.foresee(Parcel, number, of_number, {"number": number})
        tx.execute(sa.update(Parcel).values(note="later"))  # unseen by what was asked before
        seen = [note(1), note(2), note(1)]
        tx.foresee(Parcel, 1, of_number, {"number": 1})
        seen.append(note(1))
        tx.update(Parcel, {"id": 1}, note="")
        tx.foresee(Parcel, 1, of_number, {"number": 1})
        with pytest.raises(Refused), tx.savepoint():
            tx.foresee(Parcel, 3, of_number, {"number": 3})
            raise Refused
        return [*seen, note(1), note(3)]

    add(kit, 1)
    for _ in range(3):
        assert kit.db.write(work, "w") == ["", None, "", "", "", None]


GREENLETS = """
from gevent import monkey; monkey.patch_all()
import sys, gevent
import sqlalchemy as sa
from fulfil.kit.base import Kit
from fulfil.kit.config import Config
kit = Kit(Config(database_url=sys.argv[1]))
order = []
def wait_for_lock():
    kit.db.write(lambda tx: tx.execute(sa.text("select pg_advisory_xact_lock(1)")), "waiter")
    order.append("got it")
def hold(tx):
    tx.execute(sa.text("select pg_advisory_xact_lock(1)"))
    waiter = gevent.spawn(wait_for_lock)
    while not kit_waits():
        gevent.sleep(0.01)
    order.append("still held")
    return waiter
def kit_waits():
    with kit.db.read() as tx:
        return tx.scalar(sa.text("select count(*) from pg_locks where not granted and locktype = 'advisory'"))
kit.db.write(hold, "holder").join()
print(order)
"""


def test_greenlets_wait_for_postgresql_without_stopping_each_other(postgres_kit: Kit) -> None:
    url = postgres_kit.db.url.render_as_string(hide_password=False)
    child = subprocess.run([sys.executable, "-c", GREENLETS, url], capture_output=True, text=True, timeout=30)
    assert child.stdout == "['still held', 'got it']\n", child.stderr


def test_who_looks_while_all_is_closed_ends_quietly_and_what_comes_next_looks_anew(sqlite_kit: Kit) -> None:
    with sqlite_kit.db.read() as tx:
        assert tx.scalar(sa.text("select 1")) == 1
        sqlite_kit.db.close()
    with sqlite_kit.db.read() as tx:
        assert tx.scalar(sa.text("select 2")) == 2


def test_a_write_under_way_comes_to_its_end_before_all_is_closed(sqlite_kit: Kit) -> None:
    closed = Event()

    def close() -> None:
        sqlite_kit.db.close()
        closed.set()

    def work(tx) -> bool:
        tx.insert(Parcel, id=1, note="")
        Thread(target=close).start()
        return closed.wait(0.1)

    assert sqlite_kit.db.write(work, "w") is False
    assert closed.wait(10)
    assert ids(sqlite_kit) == [1]
