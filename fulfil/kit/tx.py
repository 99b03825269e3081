"""One transaction as its users see it: statements, and what leaves the process only after the commit."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from fulfil.kit import statements
from fulfil.kit.prepared import Prepared, Preparing

if TYPE_CHECKING:
    from fulfil.kit.base import Kit

log = logging.getLogger("fulfil.db")


class Tx:
    """One transaction: statements, and what leaves the process only after the commit."""

    def __init__(self, kit: Kit, connection: Connection, preparing: Preparing, *, writable: bool) -> None:
        self.kit = kit
        self.now = kit.clock.now()
        self.writable = writable
        self._connection = connection
        self._preparing, self._raw = preparing, preparing.raw(connection)
        self._after: list[Callable[[], None]] = []
        self._live: list[tuple[int, str, Mapping[str, Any]]] = []
        self._hints: set[str] = set()

    @property
    def dialect(self) -> str:
        return self._connection.dialect.name

    @property
    def connection(self) -> Connection:
        """The connection itself, for tools that speak to nothing else, such as Alembic."""
        return self._connection

    def execute(self, statement: Any, params: Any = None) -> sa.CursorResult:
        return self._connection.execute(statement, params)

    def scalar(self, statement: Any, params: Mapping[str, Any] | None = None) -> Any:
        if prepared := self._prepared(statement, params):
            row = prepared.first(prepared.run(self._raw, params))
            return None if row is None else row[0]
        return self._connection.execute(statement, params).scalar()

    def scalars(self, statement: Any, params: Mapping[str, Any] | None = None) -> list[Any]:
        if prepared := self._prepared(statement, params):
            return [row[0] for row in prepared.rows(prepared.run(self._raw, params))]
        return list(self._connection.execute(statement, params).scalars())

    def one(self, statement: Any, params: Mapping[str, Any] | None = None) -> Row | None:
        """The first row."""
        if prepared := self._prepared(statement, params):
            return prepared.first(prepared.run(self._raw, params))
        return self._connection.execute(statement, params).first()

    def all(self, statement: Any, params: Mapping[str, Any] | None = None) -> list[Row]:
        if prepared := self._prepared(statement, params):
            return prepared.rows(prepared.run(self._raw, params))
        return list(self._connection.execute(statement, params))

    def change(self, statement: Any, params: Mapping[str, Any] | None = None) -> int:
        """Rows that an INSERT, UPDATE or DELETE changed."""
        if prepared := self._prepared(statement, params):
            return prepared.run(self._raw, params).rowcount
        return self._connection.execute(statement, params).rowcount

    def change_many(self, statement: Any, rows: Sequence[Mapping[str, Any]]) -> int:
        """The same for one statement with the parameters of each row."""
        if prepared := self._prepared(statement, rows[0]):
            return prepared.run_many(self._raw, rows)
        return self._connection.execute(statement, list(rows)).rowcount

    def some(self, statement: Any, params: Mapping[str, Any] | None = None) -> Iterator[Row]:
        """Rows as they are asked for. Close it, or the rest stays open until the end."""
        if prepared := self._prepared(statement, params):
            with closing(prepared.run(self._raw, params)) as cursor:
                while (row := prepared.first(cursor)) is not None:
                    yield row
        else:
            with closing(self._connection.execute(statement, params)) as result:
                yield from result

    def insert(self, model: Any, **values: Any) -> None:
        self.change(statements.insert(model), values)

    def insert_many(self, model: Any, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            self.change_many(statements.insert(model), rows)

    def insert_new(self, model: Any, **values: Any) -> Any:
        """Insert a row unless a unique constraint has it already. Its key (the first column), else None."""
        return self.scalar(statements.insert_new(model, self.dialect), values)

    def update(self, model: Any, *where: Any, **values: Any) -> int:
        """Rows changed by `UPDATE model SET values WHERE where`.

        `where` is a mapping of columns to values, whose statement is built only once, or any conditions.
        """
        if where and isinstance(where[0], Mapping):
            statement = statements.update(model, where[0], values)
            return self.change(statement, statements.parameters(where[0]) | values)
        return self._connection.execute(sa.update(model).where(*where).values(**values)).rowcount

    def delete(self, model: Any, *where: Any) -> int:
        """Rows deleted; `where` as for `update`."""
        if where and isinstance(where[0], Mapping):
            statement = statements.delete(model, where[0])
            return self.change(statement, statements.parameters(where[0]))
        return self._connection.execute(sa.delete(model).where(*where)).rowcount

    def lock(self, statement: Any) -> Row | None:
        """The first row of a select, locked until the end; on SQLite the writer holds all rows anyway."""
        return self.one(statement.with_for_update())

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What is inside happens whole or not at all, without ending the transaction."""
        live, hints, after = len(self._live), set(self._hints), len(self._after)
        self._say("SAVEPOINT part")
        try:
            yield
        except BaseException:
            del self._live[live:], self._after[after:]
            self._hints = hints
            if not self._connection.invalidated:
                self._say("ROLLBACK TO SAVEPOINT part")
            raise
        self._say("RELEASE SAVEPOINT part")

    def _prepared(self, statement: Any, params: Mapping[str, Any] | None) -> Prepared | None:
        return self._preparing.get(statement, params)

    def _say(self, words: str) -> None:
        """Run a statement that has no parameters and no result."""
        self._preparing.say(self._raw, words)

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
        if self._live:
            people = {person for person, _, _ in self._live}
            actions.append(lambda: self.kit.live.wake(people))
        actions += [partial(self.kit.live.changed, topic) for topic in sorted(self._hints)]
        for action in actions:
            try:
                action()
            except Exception:
                log.exception("an action after a commit failed")
