"""One transaction as its users see it: statements, and what leaves the process only after the commit."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from fulfil.kit import statements
from fulfil.kit.prepared import Prepared, Preparing, Wire

if TYPE_CHECKING:
    from fulfil.kit.base import Kit

T = TypeVar("T")
log = logging.getLogger("fulfil.db")
_UNASKED = object()
Due = tuple[str, str | None, str | None]  # a task's kind, handler and key


class _Foreseen:
    """What `keep` has asked for and nobody has taken yet."""

    def __init__(self, told: Callable[[], list[Row]]) -> None:
        self._told = told

    def first(self) -> Row | None:
        return next(iter(self._told()), None)


class Tx:
    """One transaction: statements, and what leaves the process only after the commit."""

    def __init__(
        self, kit: Kit, connection: Connection, wire: Wire, preparing: Preparing, *, writable: bool
    ) -> None:
        self.kit = kit
        self.now = kit.clock.now()
        self.writable = writable
        self._connection = connection
        self._wire, self._preparing = wire, preparing
        self._after: list[Callable[[], None]] = []
        self._live: list[tuple[int, str, Mapping[str, Any]]] = []
        self._hints: set[str] = set()
        self.due: list[Due] = []  # the tasks that become due with the commit
        self._kept: dict[Any, dict[Any, Any]] = {}

    @property
    def dialect(self) -> str:
        return self._connection.dialect.name

    @property
    def connection(self) -> Connection:
        """The connection itself, for statements that are not kept and for tools such as Alembic."""
        self._wire.flush()
        return self._connection

    def execute(self, statement: Any, params: Any = None) -> sa.CursorResult:
        return self.connection.execute(statement, params)

    def scalar(self, statement: Any, params: Mapping[str, Any] | None = None) -> Any:
        if prepared := self._prepared(statement, params):
            row = prepared.first(prepared.run(self._wire, params))
            return None if row is None else row[0]
        return self.connection.execute(statement, params).scalar()

    def scalars(self, statement: Any, params: Mapping[str, Any] | None = None) -> list[Any]:
        if prepared := self._prepared(statement, params):
            return [row[0] for row in prepared.rows(prepared.run(self._wire, params))]
        return list(self.connection.execute(statement, params).scalars())

    def one(self, statement: Any, params: Mapping[str, Any] | None = None) -> Row | None:
        """The first row."""
        if prepared := self._prepared(statement, params):
            return prepared.first(prepared.run(self._wire, params))
        return self.connection.execute(statement, params).first()

    def all(self, statement: Any, params: Mapping[str, Any] | None = None) -> list[Row]:
        if prepared := self._prepared(statement, params):
            return prepared.rows(prepared.run(self._wire, params))
        return list(self.connection.execute(statement, params))

    def later(self, statement: Any, params: Mapping[str, Any] | None = None) -> Callable[[], list[Row]]:
        """The rows of a select, to be had by calling; they are those of now, whatever is written meanwhile.

        On PostgreSQL it goes with the next statement that somebody waits for, or with the commit; who calls
        only after that has the rows without waiting.
        """
        if prepared := self._prepared(statement, params):
            return prepared.ask(self._wire, params)
        rows = list(self.connection.execute(statement, params))
        return lambda: rows

    def change(self, statement: Any, params: Mapping[str, Any] | None = None) -> int:
        """Rows that an INSERT, UPDATE or DELETE changed."""
        if prepared := self._prepared(statement, params):
            return prepared.run(self._wire, params).rowcount
        return self.connection.execute(statement, params).rowcount

    def change_many(self, statement: Any, rows: Sequence[Mapping[str, Any]]) -> int:
        """The same for one statement with the parameters of each row."""
        if prepared := self._prepared(statement, rows[0]):
            return prepared.run_many(self._wire, rows)
        return self.connection.execute(statement, list(rows)).rowcount

    def some(self, statement: Any, params: Mapping[str, Any] | None = None) -> Iterator[Row]:
        """Rows as they are asked for. Close it, or the rest stays open until the end."""
        if prepared := self._prepared(statement, params):
            with closing(prepared.run(self._wire, params)) as cursor:
                while (row := prepared.first(cursor)) is not None:
                    yield row
        else:
            with closing(self.connection.execute(statement, params)) as result:
                yield from result

    def keep(self, model: Any, key: Any, ask: Callable[[], T]) -> T:
        """What `ask()` reads of that table, asked once here, and again after a write to the table."""
        kept = self._kept.setdefault(model, {})
        found = kept.get(key, _UNASKED)
        if found is _UNASKED:
            kept[key] = found = ask()
        elif isinstance(found, _Foreseen):
            kept[key] = found = found.first()
        return found

    def foresee(self, model: Any, key: Any, statement: Any, params: Mapping[str, Any]) -> None:
        """Ask now for the row that `keep` will be asked for; it is asked for no more than once, too.

        On PostgreSQL that goes with the next statement that somebody waits for.
        """
        kept = self._kept.setdefault(model, {})
        if key not in kept:
            kept[key] = _Foreseen(self.later(statement, params))

    def post(self, statement: Any, rows: Sequence[Mapping[str, Any]]) -> None:
        """Execute for each row; nobody reads what comes of it.

        On PostgreSQL it goes with the next statement that somebody waits for, and its error comes up there.
        """
        if prepared := self._prepared(statement, rows[0]):
            prepared.post(self._wire, rows)
        else:
            self.connection.execute(statement, list(rows))

    def flush(self) -> None:
        """Let what was posted take effect here, or raise its error."""
        self._wire.flush()

    def insert(self, model: Any, **values: Any) -> None:
        self._kept.pop(model, None)
        self.post(statements.insert(model), (values,))

    def insert_many(self, model: Any, rows: Sequence[Mapping[str, Any]]) -> None:
        self._kept.pop(model, None)
        if rows:
            self.post(statements.insert(model), rows)

    def insert_new(self, model: Any, **values: Any) -> Any:
        """Insert a row unless a unique constraint has it already. Its key (the first column), else None."""
        return self.insert_new_later(model, **values)()

    def insert_new_later(self, model: Any, **values: Any) -> Callable[[], Any]:
        """The same; whether it was new is to be had by calling."""
        self._kept.pop(model, None)
        rows = self.later(statements.insert_new(model, self.dialect), values)
        return lambda: next((row[0] for row in rows()), None)

    def must_insert(self, model: Any, otherwise: Callable[[], Exception], **values: Any) -> None:
        """As `must_change`: insert a row that no unique constraint has yet."""
        self._kept.pop(model, None)
        self.must_change(statements.insert_if_new(model, self.dialect), values, otherwise)

    def update(self, model: Any, *where: Any, **values: Any) -> int:
        """Rows changed by `UPDATE model SET values WHERE where`.

        `where` is a mapping of columns to values, whose statement is built only once, or any conditions.
        """
        self._kept.pop(model, None)
        if where and isinstance(where[0], Mapping):
            statement = statements.update(model, where[0], values)
            return self.change(statement, statements.parameters(where[0]) | values)
        return self.connection.execute(sa.update(model).where(*where).values(**values)).rowcount

    def rewrite(self, model: Any, where: Mapping[str, Any], **values: Any) -> None:
        """As `update`, where nobody asks how many rows there were."""
        self._kept.pop(model, None)
        self.post(statements.update(model, where, values), (statements.parameters(where) | values,))

    def must_change(
        self, statement: Any, params: Mapping[str, Any], otherwise: Callable[[], Exception]
    ) -> None:
        """Change one row; where none matches, what `otherwise` makes is raised.

        On PostgreSQL that comes with the answer to the next statement that somebody waits for, at the
        latest before the commit or the end of a savepoint.
        """
        if prepared := self._prepared(statement, params):
            prepared.must_change(self._wire, params, otherwise)
        elif self.connection.execute(statement, params).rowcount != 1:
            raise otherwise()

    def must_update(
        self, model: Any, where: Mapping[str, Any], otherwise: Callable[[], Exception], **values: Any
    ) -> None:
        """`must_change` by `update` of one row."""
        self._kept.pop(model, None)
        self.must_change(
            statements.update(model, where, values), statements.parameters(where) | values, otherwise
        )

    def delete(self, model: Any, *where: Any) -> int:
        """Rows deleted; `where` as for `update`."""
        self._kept.pop(model, None)
        if where and isinstance(where[0], Mapping):
            statement = statements.delete(model, where[0])
            return self.change(statement, statements.parameters(where[0]))
        return self.connection.execute(sa.delete(model).where(*where)).rowcount

    def discard(self, model: Any, where: Mapping[str, Any]) -> None:
        """As `delete`, where nobody asks how many rows there were."""
        self._kept.pop(model, None)
        self.post(statements.delete(model, where), (statements.parameters(where),))

    def lock(self, statement: Any) -> Row | None:
        """The first row of a select, locked until the end; on SQLite the writer holds all rows anyway."""
        return self.one(statement.with_for_update())

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What is inside happens whole or not at all, without ending the transaction."""
        live, hints, after, due = len(self._live), set(self._hints), len(self._after), len(self.due)
        mark = self._wire.savepoint()
        try:
            yield
            self._wire.release()
        except BaseException as error:
            del self._live[live:], self._after[after:], self.due[due:]
            self._hints = hints
            self._kept.clear()
            if not self._connection.invalidated:
                self._roll_back(mark, error)
            raise

    def _roll_back(self, mark: Any, error: BaseException) -> None:
        """Undo a part that `error` ended, or raise what kept the part from ever beginning.

        What was posted before the part may fail on its first flight: then there is no savepoint, and
        PostgreSQL's word on that would hide the true error, which nobody may take for the part's refusal.
        """
        try:
            self._wire.roll_back(mark)
        except sa.exc.DBAPIError as no_savepoint:
            raise _statement_error(error) or no_savepoint from None

    def _prepared(self, statement: Any, params: Mapping[str, Any] | None) -> Prepared | None:
        return self._preparing.get(statement, params)

    def number(self) -> int:
        """The next number of the one increasing sequence (O6). Gaps are allowed."""
        return self.kit.ids.take()

    def publish(self, happened: Any) -> None:
        """Tell the subscribers: inline ones now, every other by a task row in this transaction."""
        self.kit.events.publish(self, happened)

    def after_commit(self, action: Callable[[], None]) -> None:
        self._after.append(action)

    def live(self, person_id: int, kind: str, payload: Mapping[str, Any]) -> None:
        """Append an event to a person's live log; numbered last before the commit."""
        self._live.append((person_id, kind, payload))

    def hint(self, topic: str) -> None:
        """After the commit, watchers of `topic` hear that it changed."""
        self._hints.add(topic)

    def before_commit(self) -> None:
        if self._live:
            self.kit.live.append(self, self._live)

    def committed(self) -> None:
        """Let the news out. The commit stands whatever happens here, so a failure is only logged."""
        actions = list(self._after)
        if self.due:
            actions.append(lambda: self.kit.tasks.wake(frozenset(kind for kind, _, _ in self.due)))
        if self._live:
            people = {person for person, _, _ in self._live}
            actions.append(lambda: self.kit.live.wake(people))
        actions += [partial(self.kit.live.changed, topic) for topic in sorted(self._hints)]
        for action in actions:
            try:
                action()
            except Exception:
                log.exception("an action after a commit failed")


def _statement_error(error: BaseException | None) -> sa.exc.DBAPIError | None:
    """The database's error behind another that was raised while it was handled."""
    while error is not None and not isinstance(error, sa.exc.DBAPIError):
        error = error.__context__
    return error
