"""One number for the whole history: equal for equal seeds, on whatever machine."""

from __future__ import annotations

import hashlib
from functools import cache

import sqlalchemy as sa

from fulfil.kit.db import Base, Tx


def of(tx: Tx) -> str:
    """SHA-256 over all rows of all tables, tables by name and rows by key."""
    digest = hashlib.sha256()
    for name, rows in _tables(tx.dialect).items():
        digest.update(name.encode())
        for row in tx.all(rows):
            digest.update(repr(tuple(row)).encode())
    return digest.hexdigest()


@cache
def _tables(dialect: str) -> dict[str, sa.Select]:
    """All values of each table as texts, or as SQLite keeps them."""
    as_it_is = sa.type_coerce if dialect == "sqlite" else sa.cast
    return {
        table.name: sa.select(
            *(as_it_is(column, sa.Text).label(column.name) for column in table.columns)
        ).order_by(*table.primary_key.columns)
        for table in sorted(Base.metadata.tables.values(), key=lambda one: one.name)
    }
