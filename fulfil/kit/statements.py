"""Statements that are built once: building one costs up to eight times as much as running it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.visitors import InternalTraversal

from fulfil.kit.columns import Many

BY = "by_"


@cache
def insert(model: Any) -> sa.Insert:
    """`INSERT INTO model`; the columns are those of the parameters. Nothing comes back."""
    return sa.insert(model.__table__).inline()


@cache
def insert_if_new(model: Any, dialect: str) -> Any:
    """As `insert`, unless a unique constraint has the row already."""
    build = postgresql.insert if dialect == "postgresql" else sqlite.insert
    insert = build(model.__table__).inline().on_conflict_do_nothing()
    return insert.execution_options(preserve_rowcount=True)


@cache
def insert_new(model: Any, dialect: str) -> sa.Insert:
    """The same; returns the first column of the new row's key."""
    return insert_if_new(model, dialect).returning(model.__table__.c[key_of(model)])


def update(model: Any, where: Mapping[str, Any], columns: Iterable[str]) -> sa.Update:
    """`UPDATE model` of these columns, of the rows that match; a value of None means IS NULL."""
    return _update(model, _shape(where), tuple(columns))


def delete(model: Any, where: Mapping[str, Any]) -> sa.Delete:
    """`DELETE FROM model` of the rows that match."""
    return _delete(model, _shape(where))


def parameters(where: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of `where` in such a statement."""
    return {BY + name: value for name, value in where.items()}


@cache
def key_of(model: Any) -> str:
    """The name of a table's key column, the first one where there are several."""
    return next(iter(model.__table__.primary_key.columns)).name


def one_of(column: Any, *words: str) -> sa.ColumnElement[bool]:
    """`column IN (words)` with the words in the statement's text, for fixed words such as states.

    An IN of parameters is spelled out anew at every call, and no partial index matches it. SQLite takes a
    partial index only if its condition stands in the statement as it is: the same words in the same order.
    """
    if len(words) == 1:
        return column == sa.literal_column(f"'{words[0]}'")
    return column.in_([sa.literal_column(f"'{word}'") for word in words])


class among(sa.ColumnElement[bool]):  # small: it reads as part of a statement
    """`column` is one of the values of the list that is given as the parameter `name`.

    However many there are, the statement stays the same, which an IN of parameters does not.
    """

    # What tells one from another, so that a statement that holds one is compiled only once.
    _traverse_internals: ClassVar = [
        ("column", InternalTraversal.dp_clauseelement),
        ("values", InternalTraversal.dp_clauseelement),
    ]
    type = sa.Boolean()

    def __init__(self, column: Any, name: str) -> None:
        self.column, self.values = column, sa.bindparam(name, type_=Many(column.type))

    def self_group(self, against: Any = None) -> among:
        """As it is: SQLAlchemy would write `(… IN …) = 1` for SQLite, for which no index is used."""
        return self


@compiles(among, "sqlite")
def _among_json(element: among, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(part, **options) for part in (element.column, element.values))
    return f"{column} IN (SELECT value FROM json_each({values}))"


@compiles(among, "postgresql")
def _among_array(element: among, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(part, **options) for part in (element.column, element.values))
    return f"{column} = ANY ({values})"


def _shape(where: Mapping[str, Any]) -> tuple[tuple[str, bool], ...]:
    return tuple((name, value is None) for name, value in where.items())


def _matching(table: sa.Table, shape: tuple[tuple[str, bool], ...]) -> list[sa.ColumnElement[bool]]:
    return [
        table.c[name].is_(None) if null else table.c[name] == sa.bindparam(BY + name) for name, null in shape
    ]


@cache
def _update(model: Any, shape: tuple[tuple[str, bool], ...], columns: tuple[str, ...]) -> sa.Update:
    table = model.__table__
    return (
        sa.update(table)
        .where(*_matching(table, shape))
        .values({table.c[name]: sa.bindparam(name) for name in columns})
    )


@cache
def _delete(model: Any, shape: tuple[tuple[str, bool], ...]) -> sa.Delete:
    table = model.__table__
    return sa.delete(table).where(*_matching(table, shape))
