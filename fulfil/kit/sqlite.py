"""SQLite as statements reach it: straight on the driver's connection."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa


def raw_sqlite(connection: sa.Connection) -> sqlite3.Connection:
    """The driver's own connection."""
    return connection.connection.driver_connection  # type: ignore[return-value]


class SqliteWire:
    """The statements of one transaction. Nothing is saved by posting them together, so each runs at once."""

    def __init__(self, connection: sa.Connection) -> None:
        self._raw, self._dialect = raw_sqlite(connection), connection.dialect

    def execute(self, text: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Execute. Raises what SQLAlchemy would raise."""
        try:
            return self._raw.execute(text, values)
        except sqlite3.Error as error:
            raise self._wrapped(error, text, values) from error

    def execute_many(self, text: str, rows: Sequence[Sequence[Any]]) -> int:
        """Execute for each row. How many rows that changed."""
        try:
            return self._raw.executemany(text, rows).rowcount
        except sqlite3.Error as error:
            raise self._wrapped(error, text, rows) from error

    def post(self, text: str, rows: Sequence[Sequence[Any]]) -> None:
        """Execute for each row, without an answer."""
        if len(rows) == 1:
            self.execute(text, rows[0])
        else:
            self.execute_many(text, rows)

    def must_change(self, text: str, values: Sequence[Any], otherwise: Callable[[], Exception]) -> None:
        """Execute. Raises what `otherwise` makes unless it changes one row."""
        if self.execute(text, values).rowcount != 1:
            raise otherwise()

    def ask(self, text: str, values: Sequence[Any]) -> Callable[[], list[tuple[Any, ...]]]:
        """The rows as they are now, to be had by calling."""
        rows = self.execute(text, values).fetchall()
        return lambda: rows

    def flush(self) -> None:
        """Everything has run."""

    def begin(self, *, writable: bool) -> None:
        self.execute("BEGIN IMMEDIATE" if writable else "BEGIN")

    def end(self, words: str) -> None:
        """SQLAlchemy's transaction says them."""

    leave = end

    def savepoint(self) -> None:
        self.execute("SAVEPOINT part")

    def release(self) -> None:
        self.execute("RELEASE SAVEPOINT part")

    def roll_back(self, mark: None) -> None:
        self.execute("ROLLBACK TO SAVEPOINT part")

    def _wrapped(self, error: sqlite3.Error, text: str, values: Sequence[Any]) -> BaseException:
        """What SQLAlchemy raises for this error of the driver."""
        return sa.exc.DBAPIError.instance(
            text, values, error, sqlite3.Error, hide_parameters=True, dialect=self._dialect
        )
