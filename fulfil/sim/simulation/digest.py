"""One number for the whole history: equal for equal seeds, on whatever machine."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa

from fulfil.kit.db import Base, Tx


def of(tx: Tx) -> str:
    """SHA-256 over all rows of all tables, tables by name and rows by key."""
    digest = hashlib.sha256()
    for table in sorted(Base.metadata.tables.values(), key=lambda one: one.name):
        digest.update(table.name.encode())
        columns = [
            sa.type_coerce(column, sa.Text).label(column.name)
            if tx.dialect == "sqlite"
            else sa.cast(column, sa.Text).label(column.name)
            for column in table.columns
        ]
        for row in tx.execute(sa.select(*columns).order_by(*table.primary_key.columns)):
            digest.update(repr(tuple(row)).encode())
    return digest.hexdigest()
