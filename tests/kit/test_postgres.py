"""What flies together on PostgreSQL: order, errors, parts that are undone, and who waits for the answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import gevent
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from fulfil.kit import connections
from fulfil.kit.base import Kit
from fulfil.kit.connections import connect_by
from fulfil.kit.db import LOOKERS
from fulfil.kit.outages import DatabaseAway, is_lost
from fulfil.kit.postgres import LoopConnection, PostgresWire
from tests.kit.parcels import Parcel, add, ids, notes

BOX = sa.select(Parcel.note).where(Parcel.id == sa.bindparam("box"))
AWKWARD = ["", "字", "a'b\"c\\d", "\n\t", "{1,NULL}", "%s %(a)s :b $1"]


@pytest.fixture
def warm(postgres_kit: Kit) -> Kit:
    """Its statements have been seen twice, so that they go straight to the wire."""
    for _ in range(2):
        postgres_kit.db.write(
            lambda tx: (
                tx.insert(Parcel, id=99),
                tx.update(Parcel, {"id": 99}, note=""),
                tx.scalar(BOX, {"box": 99}),
                tx.delete(Parcel, {"id": 99}),
            ),
            "warm",
        )
    return postgres_kit


def flights(tx) -> int:
    return tx._wire._flights


def test_what_is_posted_leaves_with_the_next_question(warm: Kit) -> None:
    def work(tx) -> list[int]:
        seen = []
        for number in (1, 2):
            tx.insert(Parcel, id=number, note=str(number))
            seen.append(flights(tx))
        assert tx.scalar(BOX, {"box": 2}) == "2"
        tx.insert(Parcel, id=3)
        return [*seen, flights(tx)]

    assert warm.db.write(work, "w") == [0, 0, 1]
    assert ids(warm) == [1, 2, 3]


def test_questions_to_be_answered_later_take_one_flight(warm: Kit) -> None:
    add(warm, 1, 2)

    def work(tx) -> tuple[list[str], list[int]]:
        first = tx.later(BOX, {"box": 1})
        tx.update(Parcel, {"id": 1}, note="new")
        asked = [tx.later(BOX, {"box": box}) for box in (1, 2)]
        before = flights(tx)
        notes = [rows()[0].note for rows in (asked[1], first, asked[0])]
        return notes, [before, flights(tx)]

    assert warm.db.write(work, "w") == (["", "", "new"], [1, 2])


def test_an_error_of_what_was_posted_comes_up_at_the_next_question(warm: Kit) -> None:
    add(warm, 1)
    reached = []

    def work(tx) -> None:
        tx.insert(Parcel, id=2)
        tx.insert(Parcel, id=1)
        reached.append("posted")
        tx.scalar(BOX, {"box": 2})
        reached.append("answered")

    with pytest.raises(sa.exc.IntegrityError):
        warm.db.write(work, "w")
    assert reached == ["posted"] and ids(warm) == [1]


@pytest.mark.parametrize("end", [lambda tx: None, lambda tx: tx.flush(), lambda tx: tx.connection])
def test_at_the_latest_it_comes_up_at_the_end(warm: Kit, end) -> None:
    add(warm, 1)

    def work(tx) -> None:
        tx.insert(Parcel, id=2)
        tx.insert(Parcel, id=1)
        end(tx)

    with pytest.raises(sa.exc.IntegrityError):
        warm.db.write(work, "w")
    assert ids(warm) == [1]


def test_an_error_inside_a_part_undoes_the_part_alone(warm: Kit) -> None:
    def work(tx) -> None:
        tx.insert(Parcel, id=1)
        with pytest.raises(sa.exc.IntegrityError), tx.savepoint():
            tx.insert(Parcel, id=2)
            tx.insert(Parcel, id=1)
        tx.insert(Parcel, id=3)

    warm.db.write(work, "w")
    assert ids(warm) == [1, 3]


@pytest.mark.parametrize("refuses", [False, True])
def test_an_error_before_a_part_is_not_hidden_by_the_part_that_never_began(warm: Kit, refuses: bool) -> None:
    add(warm, 1)

    def part(tx) -> None:
        with tx.savepoint():
            try:
                tx.scalar(BOX, {"box": 2})
            except sa.exc.IntegrityError:
                if refuses:
                    raise KeyError from None
                raise

    def work(tx) -> None:
        tx.insert(Parcel, id=2)
        tx.insert(Parcel, id=1)
        try:
            part(tx)
        except KeyError:
            pytest.fail("what was posted before the part was taken for the part's own refusal")

    with pytest.raises(sa.exc.IntegrityError) as told:
        warm.db.write(work, "w")
    assert told.value.orig.sqlstate == "23505"
    assert ids(warm) == [1]


@pytest.mark.parametrize("asking", [False, True])
def test_a_part_that_is_given_up_leaves_nothing(warm: Kit, asking: bool) -> None:
    """Whether its beginning is already there or has never left."""

    def work(tx) -> None:
        tx.insert(Parcel, id=1)
        with pytest.raises(ZeroDivisionError), tx.savepoint():
            tx.insert(Parcel, id=2)
            if asking:
                assert tx.scalar(BOX, {"box": 2}) == ""
            with pytest.raises(KeyError), tx.savepoint():
                tx.insert(Parcel, id=3)
                raise KeyError
            tx.insert(Parcel, id=4)
            raise ZeroDivisionError
        with tx.savepoint():
            tx.insert(Parcel, id=5)
        assert flights(tx) == (3 if asking else 1)

    warm.db.write(work, "w")
    assert ids(warm) == [1, 5]


class Gone(Exception):
    """What must be there is not."""


def take(tx, box: int) -> None:
    tx.must_update(Parcel, {"id": box}, Gone, note="taken")


@pytest.mark.parametrize(
    "end",
    [
        lambda tx: None,
        lambda tx: tx.flush(),
        lambda tx: tx.connection,
        lambda tx: tx.scalar(BOX, {"box": 1}),
        lambda tx: tx.savepoint().__enter__(),
        lambda tx: tx.insert(Parcel, id=1),
    ],
)
def test_what_must_change_a_row_and_does_not_undoes_everything(warm: Kit, end) -> None:
    """Also where an error follows from what it did not do."""
    add(warm, 1)

    def work(tx) -> None:
        tx.insert(Parcel, id=2)
        take(tx, 1)
        before = flights(tx)
        take(tx, 7)
        assert flights(tx) == before == 0
        end(tx)

    with pytest.raises(Gone):
        warm.db.write(work, "w")
    assert notes(warm) == {1: ""}


def test_what_must_change_a_row_leaves_with_the_end(warm: Kit) -> None:
    """The database itself refuses to go on where it changed none."""
    add(warm, 1, 2)
    begun = []

    def work(tx) -> None:
        begun.append(tx)
        with tx.savepoint():
            take(tx, 1)
        assert flights(tx) == 1
        take(tx, 2)

    for _ in range(2):
        warm.db.write(work, "w")
    assert flights(begun[-1]) == 2
    assert notes(warm) == {1: "taken", 2: "taken"}


def test_what_was_asked_before_the_commit_is_there_after_it(warm: Kit) -> None:
    add(warm, 1)
    begun = []

    def work(tx):
        begun.append(tx)
        tx.update(Parcel, {"id": 1}, note="new")
        return tx.later(BOX, {"box": 1})

    told = warm.db.write(work, "w")
    warm.db.write(lambda tx: tx.update(Parcel, {"id": 1}, note="newer"), "w")
    before = flights(begun[0])
    assert [row.note for row in told()] == ["new"] and flights(begun[0]) == before


def test_what_must_change_a_row_belongs_to_its_part(warm: Kit) -> None:
    add(warm, 1)
    warm.db.write(lambda tx: take(tx, 1), "w")

    def work(tx) -> None:
        with pytest.raises(Gone), tx.savepoint():
            tx.insert(Parcel, id=2)
            take(tx, 7)
        tx.insert(Parcel, id=3)

    warm.db.write(work, "w")
    assert ids(warm) == [1, 3]


def test_nobody_waits_for_the_end_of_a_reading(warm: Kit) -> None:
    """It is heard when its connection is used again, by whatever that is."""
    add(warm, 1)
    for read in (lambda tx: tx.scalar(BOX, {"box": 1}), lambda tx: tx.execute(BOX, {"box": 1}).scalar()) * 2:
        with warm.db.read() as tx:
            assert read(tx) == ""
            driver = tx._wire._driver
        assert driver.unheard
    warm.db.write(lambda tx: tx.update(Parcel, {"id": 1}, note="new"), "w")
    with warm.db.read() as tx:
        assert tx.scalar(BOX, {"box": 1}) == "new"


def test_a_connection_that_is_lost_before_the_end_of_a_reading_is_heard_is_replaced(warm: Kit) -> None:
    add(warm, 1)
    with warm.db.read() as tx:
        pid = tx.execute(sa.text("SELECT pg_backend_pid()")).scalar()
        tx.scalar(BOX, {"box": 1})
    with warm.db.look() as tx:
        tx.execute(sa.text(f"SELECT pg_terminate_backend({pid}, 5000)"))
    with warm.db.read() as tx:
        assert tx.scalar(BOX, {"box": 1}) == ""
        assert tx.execute(sa.text("SELECT pg_backend_pid()")).scalar() != pid


def test_connections_that_are_lost_in_the_pool_are_replaced(warm: Kit) -> None:
    """Where one was found dead, others go back to the pool: a server that restarts ended them, too."""
    with warm.db.read() as tx:
        pids = [tx.scalar(sa.text("SELECT pg_backend_pid()"))]
        with warm.db.read() as another:
            pids.append(another.scalar(sa.text("SELECT pg_backend_pid()")))
    warm.db._readers.close()  # to the pool
    with warm.db.look() as tx:
        for pid in pids:
            tx.execute(sa.text(f"SELECT pg_terminate_backend({pid}, 5000)"))
    with warm.db.read() as tx:
        assert tx.scalar(sa.text("SELECT pg_backend_pid()")) not in pids


def test_who_waits_takes_what_is_given_back_past_the_pool(warm: Kit) -> None:
    """Eight who look at once, each again and again, share the two connections there are."""
    taken = []
    sa.event.listen(warm.db._looker, "checkout", lambda *_: taken.append(1))
    together = threading.Barrier(8)

    def look(box: int) -> set[int]:
        seen = set()
        for _ in range(20):
            together.wait()
            with warm.db.look() as tx:
                seen.add(tx.scalar(sa.text("SELECT pg_backend_pid()")))
        return seen

    with ThreadPoolExecutor(8) as people:
        pids = set.union(*people.map(look, range(8)))
    assert len(pids) <= LOOKERS and len(taken) <= LOOKERS


def test_who_finds_no_place_for_long_hears_that_the_database_is_away(
    warm: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "PLACE_SECONDS_MAX", 0.01)
    with warm.db.look(), warm.db.look():
        with pytest.raises(DatabaseAway), warm.db.look():
            pass
    with warm.db.look() as tx:
        assert tx.scalar(BOX, {"box": 1}) is None


def test_a_reader_who_writes_is_refused(warm: Kit) -> None:
    with pytest.raises(sa.exc.InternalError), warm.db.read() as tx:
        tx.insert(Parcel, id=1)
    assert ids(warm) == []


def test_who_says_nothing_sends_nothing(warm: Kit) -> None:
    assert warm.db.write(lambda tx: tx, "w")._wire._flights == 0


@pytest.mark.parametrize("note", AWKWARD)
def test_texts_arrive_as_they_are(warm: Kit, note: str) -> None:
    warm.db.write(lambda tx: tx.insert(Parcel, id=1, note=note), "w")
    assert notes(warm) == {1: note}


def test_nul_in_a_text_is_the_drivers_error(warm: Kit) -> None:
    with pytest.raises(sa.exc.DataError):
        warm.db.write(lambda tx: tx.insert(Parcel, id=1, note="a\0b"), "w")
    assert ids(warm) == []


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (sa.BigInteger(), 2**62),
        (sa.BigInteger(), -1),
        (sa.BigInteger(), None),
        (sa.Boolean(), True),
        (sa.Boolean(), False),
        (sa.Float(), 0.1),
        (sa.Float(), 1e300),
        (sa.LargeBinary(), b"\0\\x'"),
        (postgresql.ARRAY(sa.Text()), AWKWARD),
        (postgresql.ARRAY(sa.BigInteger()), [1, -2]),
        (postgresql.ARRAY(sa.BigInteger()), []),
    ],
)
def test_values_of_every_kind_come_back(postgres_kit: Kit, kind: sa.types.TypeEngine, value) -> None:
    asked = sa.select(sa.cast(sa.bindparam("value", type_=kind), kind).label("value"))
    with postgres_kit.db.read() as tx:
        assert [tx.scalar(asked, {"value": value}) for _ in range(3)] == [value] * 3
        assert [row.value for row in tx.some(asked, {"value": value})] == [value]


def test_what_could_not_be_prepared_is_prepared_later(postgres_kit: Kit) -> None:
    late = sa.select(sa.column("id")).select_from(sa.table("late"))

    def ask() -> list[int]:
        with postgres_kit.db.read() as tx:
            return tx.scalars(late)

    for _ in range(3):
        with pytest.raises(sa.exc.ProgrammingError):
            ask()
    try:
        postgres_kit.db.write(lambda tx: tx.execute(sa.text("create table late (id bigint)")), "w")
        assert ask() == ask() == []
    finally:
        postgres_kit.db.write(lambda tx: tx.execute(sa.text("drop table late")), "w")


LOCK, WAITING = "SELECT pg_advisory_xact_lock(7)", "SELECT count(*) FROM pg_locks WHERE NOT granted"


@pytest.fixture
def engine(postgres_url: str) -> Iterator[sa.Engine]:
    """Its connections wait in the loop, as under the server."""
    engine = sa.create_engine(postgres_url)
    connect_by(engine, LoopConnection)
    yield engine
    engine.dispose()


@contextmanager
def wire(engine: sa.Engine) -> Iterator[PostgresWire]:
    """A transaction that holds the lock when it has asked for it."""
    with engine.connect() as connection, connection.begin():
        one = PostgresWire(connection)
        one.begin(writable=True)
        one.post("SET LOCAL lock_timeout = '5s'")
        yield one
        one.end("COMMIT")


def waiting(one: PostgresWire) -> int:
    """How many wait for a lock, once somebody does."""
    while not (count := one.execute(WAITING).fetchone()[0]):
        gevent.sleep(0)
    return count


def ask_for_the_lock(engine: sa.Engine, order: list[str]) -> None:
    with wire(engine) as one:
        one.execute(LOCK)
        order.append("the other")


def test_the_loop_goes_on_while_one_waits(engine: sa.Engine) -> None:
    order: list[str] = []
    with wire(engine) as one:
        one.execute(LOCK)
        other = gevent.spawn(ask_for_the_lock, engine, order)
        assert waiting(one) == 1
        order.append("one")
    other.get()
    assert order == ["one", "the other"]


def test_who_is_torn_away_in_flight_disturbs_nobody(engine: sa.Engine) -> None:
    """The connection whose answer nobody waits for any more is not given to the next one."""
    order: list[str] = []
    with wire(engine) as one:
        one.execute(LOCK)
        other = gevent.spawn(ask_for_the_lock, engine, order)
        assert waiting(one) == 1
        other.kill()
    for number in (1, 2, 3):
        with wire(engine) as next_one:
            assert next_one.execute(f"SELECT {number}").fetchall() == [(number,)]
    assert order == []


def test_more_than_a_socket_takes_at_once(engine: sa.Engine) -> None:
    long = "x" * (4 << 20)
    with wire(engine) as one:
        one.post("SELECT length($1::TEXT)", [[long]] * 3)
        assert one.execute("SELECT $1::TEXT", [long]).fetchone() == (long,)


def test_a_server_that_goes_away_in_flight_is_told_of(engine: sa.Engine) -> None:
    with pytest.raises(sa.exc.OperationalError) as raised, wire(engine) as one:
        one.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    assert is_lost(raised.value)
    with wire(engine) as one:
        assert one.execute("SELECT 1").fetchone() == (1,)
