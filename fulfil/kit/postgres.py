"""PostgreSQL as statements reach it: straight through libpq, several in one flight (decision 0018).

psycopg's cursor costs twice what libpq needs to send a statement and read its answer, and its wait under
gevent as much again. Here a statement is prepared on the server when it first comes and then only named.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import psycopg
import sqlalchemy as sa
from gevent import get_hub, monkey
from psycopg.abc import RV, PQGen
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.generators import fetch_many, send
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

# Of what must change a row, where nobody waits for its answer: an error where it changed none.
CERTAIN = "WITH changed AS ({} RETURNING 1) SELECT 1 / (count(*) = 1)::int FROM changed"
WELL = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)
READ = 1  # the word of psycopg's and of the loop's for a socket that can be read; 2 is writing, 3 either
# A statement's text, the values of its parameters, where its answer is put for who asks for it later, and
# what to raise unless it changes one row.
Posted = tuple[str, list[bytes | None], "list[Answer] | None", "Callable[[], Exception] | None"]
ESCAPED = str.maketrans({"\\": "\\\\", '"': '\\"'})


class PostgresConnection(psycopg.Connection[Any]):
    """A connection that knows the names of what it has prepared.

    `unheard` is how many answers nobody has waited for: those to the end of a reading.
    """

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        self.prepared: dict[str, bytes] = {}
        self.names = itertools.count()
        self.loads = Transformer(self)
        self.unheard = 0

    def commit(self) -> None:
        """Commit what is open; mostly the wire has done so."""
        if self.pgconn.transaction_status != TransactionStatus.IDLE:
            super().commit()

    def rollback(self) -> None:
        """Undo what is open; mostly nothing is, or only the end of a reading is unheard."""
        if not self.unheard and self.pgconn.transaction_status != TransactionStatus.IDLE:
            super().rollback()

    def hear(self) -> None:
        """Take the answers that nobody waited for. Raises OperationalError when the connection is lost."""
        if not self.unheard:
            return
        try:
            self.pgconn.consume_input()  # they have mostly come by now, so that nobody needs to wait
            self.wait(_hear(self))
            self.pgconn.consume_input()  # whether anything follows: a server that went sends its end
        except BaseException:
            self.close()  # nobody could tell whose the next answer is
            raise


class LoopConnection(PostgresConnection):
    """Waits for its socket by a watcher of gevent's loop that it keeps.

    psycopg asks `select.poll`, which under gevent makes several objects and a timer for every wait.
    """

    _readable: Any = None

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        hub = get_hub()
        try:
            wanted = next(gen)
            while True:
                hub.wait(self._watcher(hub.loop, int(wanted)))
                # The socket never blocks, so libpq may as well try both where it waits for either.
                wanted = gen.send(wanted)  # type: ignore[arg-type]
        except StopIteration as ended:
            return ended.value

    def _watcher(self, loop: Any, events: int) -> Any:
        if events != READ:
            return loop.io(self.pgconn.socket, events)
        if self._readable is None or self._readable.loop is not loop:
            self._readable = loop.io(self.pgconn.socket, READ)
        return self._readable


def connection_class() -> type[PostgresConnection]:
    """What connects in this process: where threads are threads, psycopg waits in C."""
    return LoopConnection if monkey.is_module_patched("select") else PostgresConnection


class Answer:
    """What came of one statement; read as a cursor is."""

    def __init__(self, result: PGresult, loads: Transformer) -> None:
        self._result, self._loads, self._at = result, loads, 0

    @property
    def rowcount(self) -> int:
        return self._result.command_tuples or 0

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self._ready().load_rows(self._at, self._result.ntuples, tuple)

    def fetchone(self) -> tuple[Any, ...] | None:
        if self._at >= self._result.ntuples:
            return None
        self._at += 1
        return self._ready().load_row(self._at - 1, tuple)

    def close(self) -> None:
        """Nothing stays open: the rows are here."""

    def _ready(self) -> Transformer:
        if self._loads.pgresult is not self._result:
            self._loads.set_pgresult(self._result)
        return self._loads


class PostgresWire:
    """The statements of one transaction, on the driver's connection of a SQLAlchemy connection.

    What is posted goes with the next statement whose answer somebody reads, or with the commit: in the same
    order, but without a round trip of its own. So its error comes up there, too.
    """

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._driver: PostgresConnection = connection.connection.driver_connection  # type: ignore[assignment]
        self._posted: list[Posted] = []
        self._certain = True  # nothing is under way that must change a row
        self._flights = 0

    def execute(self, text: str, values: Sequence[Any] = ()) -> Answer:
        self.post(text, (values,))
        return self._fly()[-1]

    def execute_many(self, text: str, rows: Sequence[Sequence[Any]]) -> int:
        """Execute for each row. How many rows that changed."""
        self.post(text, rows)
        return sum(answer.rowcount for answer in self._fly()[-len(rows) :])

    def post(
        self,
        text: str,
        rows: Sequence[Sequence[Any]] = ((),),
        answers: list[Answer] | None = None,
        otherwise: Callable[[], Exception] | None = None,
    ) -> None:
        """Execute for each row; `answers` take what comes of it, if somebody wants it.

        `otherwise` makes what is raised where it does not change one row, as soon as the answer is here.
        """
        try:
            self._posted += [
                (
                    text,
                    [None if value is None else DUMP[type(value)](value) for value in values],
                    answers,
                    otherwise,
                )
                for values in rows
            ]
        except Exception as error:
            self._refuse(error, text)

    def must_change(self, text: str, values: Sequence[Any], otherwise: Callable[[], Exception]) -> None:
        """Post what has to change one row; else nothing that follows it is ever committed."""
        self.post(text, (values,), otherwise=otherwise)
        self._certain = False

    def ask(self, text: str, values: Sequence[Any]) -> Callable[[], list[tuple[Any, ...]]]:
        """Post a select; its rows are to be had by calling, at once where it has left by then."""
        answers: list[Answer] = []
        self.post(text, (values,), answers)

        def rows() -> list[tuple[Any, ...]]:
            if not answers:
                self._fly()
            return answers[0].fetchall()

        return rows

    def flush(self) -> None:
        """Let what was posted take effect, or raise its error."""
        if self._posted:
            self._fly()

    def begin(self, *, writable: bool) -> None:
        """READ COMMITTED with guarded updates for who writes; one snapshot for who reads."""
        self.post("BEGIN" if writable else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def end(self, words: str) -> None:
        """Say the last words together with what was posted; nothing where nothing was said but BEGIN."""
        if self._flights or len(self._posted) > 1:
            self._execute_after_certain(words)

    def leave(self, words: str) -> None:
        """Say the last words of a reading, whose answer is heard when the connection is used again."""
        waiting = self._posted[0 if self._flights else 1 :]  # without the BEGIN
        if any(wanted is None for _, _, wanted, _ in waiting):
            return self.end(words)  # a reader who writes hears that
        self._posted.clear()  # questions whose answers nobody wanted to know
        if not self._flights:
            return None
        self.post(words)
        try:
            self._driver.unheard = len(_send_all(self._driver, self._posted)) + 1
            if self._driver.pgconn.flush():
                self._driver.hear()
        except psycopg.Error as error:
            self._driver.close()
            self._refuse(error, words)
        return None

    def savepoint(self) -> tuple[int, int]:
        """Begin a part; what to give `roll_back` to undo it."""
        self._make_certain()
        mark = self._flights, len(self._posted)
        self.post("SAVEPOINT part")
        return mark

    def release(self) -> None:
        """End the part well: its errors come up here at the latest."""
        self._execute_after_certain("RELEASE SAVEPOINT part")

    def roll_back(self, mark: tuple[int, int]) -> None:
        flights, posted = mark
        if self._flights == flights:
            del self._posted[posted:]  # nothing of the part has left, not even its beginning
            return
        self._posted.clear()
        self.execute("ROLLBACK TO SAVEPOINT part")

    def _make_certain(self) -> None:
        """Ask what came of what must change a row, before that can no longer be undone."""
        if not self._certain:
            self._fly()

    def _execute_after_certain(self, words: str) -> None:
        """Execute in the same flight as what was posted, only after what must change a row has done so."""
        if not self._certain:
            self._posted = [
                (text if otherwise is None else CERTAIN.format(text), values, answers, otherwise)
                for text, values, answers, otherwise in self._posted
            ]
        self.execute(words)

    def _fly(self) -> list[Answer]:
        posted, self._posted, self._certain = self._posted, [], True
        self._flights += 1
        try:
            answers, refused = self._driver.wait(_exchange(self._driver, posted))
        except BaseException as error:
            if self._driver.pgconn.pipeline_status:
                self._driver.close()  # torn away in flight: nobody could tell whose the next answer is
            self._refuse(error, posted[-1][0])
        for (_, _, wanted, otherwise), answer in zip(posted, answers, strict=refused is None):
            if otherwise is not None and answer.rowcount != 1:
                raise otherwise()
            if wanted is not None:
                wanted.append(answer)
        if refused is not None:
            otherwise = posted[len(answers)][3]
            if otherwise is not None and isinstance(refused, psycopg.errors.DivisionByZero):
                raise otherwise()  # CERTAIN's word for it
            self._refuse(refused, posted[-1][0])
        return answers

    def _refuse(self, error: BaseException, text: str) -> NoReturn:
        """Raise it as SQLAlchemy does, which is told of it: the connection may be lost by it."""
        self._connection._handle_dbapi_exception(error, text, None, None, None)


def _exchange(
    driver: PostgresConnection, posted: Sequence[Posted]
) -> PQGen[tuple[list[Answer], psycopg.Error | None]]:
    """Send all, then read an answer to each, up to the first error, after which nothing has run."""
    libpq = driver.pgconn
    sent = _send_all(driver, posted)
    yield from send(libpq)
    answers, refused = [], None
    for text, preparing in sent:
        (result,) = yield from fetch_many(libpq)
        if result.status not in WELL:
            refused = refused or result
            if preparing:
                del driver.prepared[text]
        elif not preparing:
            answers.append(Answer(result, driver.loads))
    yield from fetch_many(libpq)  # the end of the flight
    libpq.exit_pipeline_mode()
    return answers, refused and error_from_result(refused, encoding=driver.info.encoding)


def _send_all(driver: PostgresConnection, posted: Sequence[Posted]) -> list[tuple[str, bool]]:
    """Hand all to libpq. The text of each of its answers to come, and whether that is to a preparation."""
    libpq = driver.pgconn
    libpq.enter_pipeline_mode()
    sent: list[tuple[str, bool]] = []
    for text, values, *_ in posted:
        name = driver.prepared.get(text)
        if name is None:
            name = driver.prepared[text] = b"s%d" % next(driver.names)
            libpq.send_prepare(name, text.encode())
            sent.append((text, True))
        libpq.send_query_prepared(name, values)
        sent.append((text, False))
    libpq.pipeline_sync()
    return sent


def _hear(driver: PostgresConnection) -> PQGen[None]:
    """Read what nobody waited for."""
    while driver.unheard:
        yield from fetch_many(driver.pgconn)
        driver.unheard -= 1
    driver.pgconn.exit_pipeline_mode()


def _text(value: str) -> bytes:
    if "\0" in value:
        raise psycopg.DataError("PostgreSQL's texts cannot contain NUL (0x00) characters")
    return value.encode()


def _list(values: list[Any]) -> bytes:
    return _text("{" + ",".join('"' + str(value).translate(ESCAPED) + '"' for value in values) + "}")


DUMPS: tuple[tuple[type, Callable[[Any], bytes]], ...] = (
    (bool, lambda value: b"t" if value else b"f"),
    (int, lambda value: b"%d" % value),
    (str, _text),
    (float, lambda value: repr(value).encode()),
    (bytes, lambda value: b"\\x" + value.hex().encode()),
    (list, _list),
)


class Dump(dict[type, Callable[[Any], bytes]]):
    """How values of each type are written as PostgreSQL writes them; a statement says of what type it is."""

    def __missing__(self, kind: type) -> Callable[[Any], bytes]:
        self[kind] = next(dump for base, dump in DUMPS if issubclass(kind, base))
        return self[kind]


DUMP = Dump()
