"""Statements that stay are compiled once and then run on the driver's own cursor.

SQLAlchemy's execution of a statement it has compiled before costs three times what SQLite needs to run it,
and as much as psycopg's; an order takes a hundred of them (decision 0010). A statement object that is
executed again is taken for one that stays; what is built anew for each call goes the usual way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar
from weakref import ref

import sqlalchemy as sa
from sqlalchemy.engine import Dialect, Row
from sqlalchemy.engine.result import SimpleResultMetaData

from fulfil.kit.postgres import PostgresWire
from fulfil.kit.sqlite import SqliteWire

Processor = Callable[[Any], Any]
Wire = SqliteWire | PostgresWire
MISSING = object()
FLOAT8 = 701


class Prepared:
    """A compiled statement: its text, how parameters go in, how rows come out."""

    def __init__(self, compiled: Any, dialect: Dialect) -> None:
        self.text = str(compiled)
        given = compiled.params | {column.key: column.default.arg for column in compiled.insert_prefetch}
        self._names: list[str] = list(compiled.positiontup)
        self._given = [MISSING if compiled.binds[name].required else given[name] for name in self._names]
        self._inputs: list[tuple[int, Processor]] = [
            (at, compiled._bind_processors[name])
            for at, name in enumerate(self._names)
            if compiled._bind_processors.get(name) is not None
        ]
        columns = compiled._result_columns or []
        outputs = [column.type._cached_result_processor(dialect, _oid(column.type)) for column in columns]
        self._outputs = outputs if any(outputs) else None
        self._shape = SimpleResultMetaData([column.keyname for column in columns])
        self._places = self._shape._key_to_index

    def run(self, wire: Wire, params: Mapping[str, Any] | None) -> Any:
        """Execute; a cursor, or what is read like one."""
        return wire.execute(self.text, self._values(params or {}))

    def run_many(self, wire: Wire, rows: Sequence[Mapping[str, Any]]) -> int:
        """Execute once for each row. How many rows that changed."""
        return wire.execute_many(self.text, [self._values(row) for row in rows])

    def post(self, wire: Wire, rows: Sequence[Mapping[str, Any]]) -> None:
        """Execute once for each row; nobody reads what comes of it."""
        wire.post(self.text, [self._values(row) for row in rows])

    def must_change(self, wire: Wire, params: Mapping[str, Any], otherwise: Callable[[], Exception]) -> None:
        """Execute; unless that changes one row, what `otherwise` makes is raised, now or later."""
        wire.must_change(self.text, self._values(params), otherwise)

    def ask(self, wire: Wire, params: Mapping[str, Any] | None) -> Callable[[], list[Row]]:
        """Execute before whatever is executed next; the rows are to be had by calling."""
        told = wire.ask(self.text, self._values(params or {}))
        return lambda: self._as_rows(told())

    def rows(self, cursor: Any) -> list[Row]:
        return self._as_rows(cursor.fetchall())

    def first(self, cursor: Any) -> Row | None:
        data = cursor.fetchone()
        return None if data is None else Row(self._shape, self._outputs, self._places, data)

    def _as_rows(self, told: Sequence[tuple[Any, ...]]) -> list[Row]:
        return [Row(self._shape, self._outputs, self._places, data) for data in told]

    def _values(self, params: Mapping[str, Any]) -> list[Any]:
        values = [*map(params.get, self._names, self._given)]
        if MISSING in values:
            name = self._names[values.index(MISSING)]
            missing = sa.exc.InvalidRequestError(f"A value is required for bind parameter {name!r}")
            raise sa.exc.StatementError(str(missing), self.text, params, missing, hide_parameters=True)
        for at, process in self._inputs:
            values[at] = process(values[at])
        return values


class Preparing:
    """The prepared statements of a dialect."""

    _shared: ClassVar[dict[type[Dialect], Preparing]] = {}

    def __init__(self, dialect: Dialect) -> None:
        self._postgres = dialect.name == "postgresql"
        # libpq counts its parameters; psycopg, as which SQLAlchemy would write them, names them.
        self._dialect = type(dialect)(paramstyle="numeric_dollar") if self._postgres else dialect
        # By the statement's identity, which costs a tenth of a weak dictionary's look-up: None once it was
        # seen, then its forms by the columns that are given. What is no longer used forgets itself.
        self._known: dict[int, dict[Any, Prepared | None] | None] = {}
        self._seen: dict[int, ref] = {}

    @classmethod
    def of(cls, dialect: Dialect) -> Preparing:
        """One for all databases of this kind in this process: each would prepare the same."""
        return cls._shared.setdefault(type(dialect), cls(dialect))

    def wire(self, connection: sa.Connection) -> Wire:
        """What the statements of one transaction run on."""
        return PostgresWire(connection) if self._postgres else SqliteWire(connection)

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
        if self._postgres and any(isinstance(c.type, sa.Numeric) for c in columns_out):
            return None  # how psycopg gives a number is known only from its result
        return Prepared(compiled, self._dialect)


def _oid(kind: Any) -> int | None:
    """The number of PostgreSQL's type, of those whose rows SQLAlchemy reads by it."""
    return FLOAT8 if isinstance(kind, sa.Float) else None
