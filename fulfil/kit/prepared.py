"""Statements that stay are compiled once and then run on the driver's own cursor.

SQLAlchemy's execution of a statement it has compiled before costs three times what SQLite needs to run it,
and as much as psycopg's; an order takes a hundred of them (decision 0010). A statement object that is
executed again is taken for one that stays; what is built anew for each call goes the usual way.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar
from weakref import ref

import sqlalchemy as sa
from sqlalchemy.engine import Dialect, Row
from sqlalchemy.engine.result import SimpleResultMetaData

Processor = Callable[[Any], Any]
Values = list[Any] | dict[str, Any]
MISSING = object()
FLOAT8 = 701


class Prepared:
    """A compiled statement: its text, how parameters go in, how rows come out."""

    def __init__(self, compiled: Any, dialect: Dialect) -> None:
        self.text = str(compiled)
        self._dialect = dialect
        given = compiled.params | {column.key: column.default.arg for column in compiled.insert_prefetch}
        names = compiled.positiontup or compiled.bind_names.values()
        self._inputs: list[tuple[str, Any, Processor | None]] = [
            (name, MISSING if compiled.binds[name].required else given[name],
             compiled._bind_processors.get(name)) for name in names]
        self._by_name = compiled.positiontup is None
        self._names = [name for name, _, _ in self._inputs]
        columns = compiled._result_columns or []
        outputs = [column.type._cached_result_processor(dialect, _oid(column.type)) for column in columns]
        self._outputs = outputs if any(outputs) else None
        self._shape = SimpleResultMetaData([column.keyname for column in columns])
        self._places = self._shape._key_to_index

    def run(self, raw: Any, params: Mapping[str, Any] | None) -> Any:
        """Execute. Raises what SQLAlchemy would raise."""
        values = self._values(params or {})
        try:
            return raw.execute(self.text, values)
        except sqlite3.Error as error:
            raise wrapped(error, self.text, values, self._dialect) from error

    def run_many(self, raw: Any, rows: Sequence[Mapping[str, Any]]) -> int:
        """Execute once for each row. How many rows that changed."""
        values = [self._values(row) for row in rows]
        try:
            return raw.executemany(self.text, values).rowcount
        except sqlite3.Error as error:
            raise wrapped(error, self.text, values, self._dialect) from error

    def rows(self, cursor: Any) -> list[Row]:
        return [Row(self._shape, self._outputs, self._places, data) for data in cursor.fetchall()]

    def first(self, cursor: Any) -> Row | None:
        data = cursor.fetchone()
        return None if data is None else Row(self._shape, self._outputs, self._places, data)

    def _values(self, params: Mapping[str, Any]) -> Values:
        values = []
        for name, default, process in self._inputs:
            value = params.get(name, default)
            if value is MISSING:
                missing = sa.exc.InvalidRequestError(f"A value is required for bind parameter {name!r}")
                raise sa.exc.StatementError(str(missing), self.text, params, missing, hide_parameters=True)
            values.append(value if process is None else process(value))
        return dict(zip(self._names, values, strict=True)) if self._by_name else values


class Preparing:
    """The prepared statements of a dialect."""

    _shared: ClassVar[dict[type[Dialect], Preparing]] = {}

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        # By the statement's identity, which costs a tenth of a weak dictionary's look-up: None once it was
        # seen, then its forms by the columns that are given. What is no longer used forgets itself.
        self._known: dict[int, dict[Any, Prepared | None] | None] = {}
        self._seen: dict[int, ref] = {}

    @classmethod
    def of(cls, dialect: Dialect) -> Preparing:
        """One for all databases of this kind in this process: each would prepare the same."""
        return cls._shared.setdefault(type(dialect), cls(dialect))

    def raw(self, connection: sa.Connection) -> Any:
        """What statements are run on: the driver's connection, or one that speaks for it."""
        if self._dialect.name == "sqlite":
            return connection.connection.driver_connection
        return PostgresConnection(connection)

    def say(self, raw: Any, words: str) -> None:
        """Run words that take no parameters and give no rows, such as BEGIN."""
        try:
            raw.execute(words)
        except sqlite3.Error as error:
            raise wrapped(error, words, (), self._dialect) from error

    def get(self, statement: Any, names: Mapping[str, Any] | None) -> Prepared | None:
        """The statement, prepared for parameters with these names; None the first time, or if it can't be."""
        key = id(statement)
        forms = self._known.get(key, MISSING)
        if forms is MISSING:
            self._seen[key] = ref(statement, lambda _: self._forget(key))
            self._known[key] = None
            return None
        if forms is None:
            forms = self._known[key] = {}
        form = tuple(names or ()) if isinstance(statement, sa.Insert) else None
        if form not in forms:
            forms[form] = self._prepare(statement, form)
        return forms[form]

    def _forget(self, key: int) -> None:
        del self._known[key], self._seen[key]

    def _prepare(self, statement: Any, columns: tuple[str, ...] | None) -> Prepared | None:
        compiled = statement.compile(dialect=self._dialect, column_keys=columns or None)
        if compiled.post_compile_params or compiled.literal_execute_params or compiled.update_prefetch:
            return None  # its text depends on the parameters
        if not all(column.default.is_scalar for column in compiled.insert_prefetch):
            return None
        if isinstance(statement, sa.TextClause):
            return None  # the columns of a bare text are known only from its result
        columns_out = compiled._result_columns or []
        if compiled.positiontup is None and any(isinstance(c.type, sa.Numeric) for c in columns_out):
            return None  # how psycopg gives a number is known only from its result
        return Prepared(compiled, self._dialect)


def _oid(kind: Any) -> int | None:
    """The number of PostgreSQL's type, of those whose rows SQLAlchemy reads by it."""
    return FLOAT8 if isinstance(kind, sa.Float) else None


class PostgresConnection:
    """The driver's connection of a SQLAlchemy connection, which is told of errors: it may be lost by one."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._driver: Any = connection.connection.driver_connection

    def execute(self, text: str, values: Values | None = None) -> Any:
        cursor = self._driver.cursor()
        try:
            return cursor.execute(text, values)
        except Exception as error:
            self._connection._handle_dbapi_exception(error, text, None, cursor, None)

    def executemany(self, text: str, values: Sequence[Values]) -> Any:
        cursor = self._driver.cursor()
        try:
            cursor.executemany(text, values)
        except Exception as error:
            self._connection._handle_dbapi_exception(error, text, None, cursor, None)
        return cursor


def wrapped(error: sqlite3.Error, text: str, values: Sequence[Any], dialect: Dialect) -> BaseException:
    """What SQLAlchemy raises for this error of the driver."""
    return sa.exc.DBAPIError.instance(text, values, error, sqlite3.Error, hide_parameters=True,
                                      dialect=dialect)
