"""Column types and the base of every table, so that both databases hold the same values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
# Only what JSON itself has: a time or a row in a payload is a mistake that nobody should read back as text.
WRITTEN = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS

Int = sa.BigInteger().with_variant(sqlite.INTEGER(), "sqlite")
Text = sa.Text()
Bytes = sa.LargeBinary()
Real = sa.Double().with_variant(sqlite.REAL(), "sqlite")


def _encode(value: Any) -> str:
    return orjson.dumps(value, option=WRITTEN).decode()


class _StrictBool(TypeDecorator):
    """A boolean as INTEGER, which is what a STRICT table takes."""

    impl = sqlite.INTEGER
    cache_ok = True

    def bind_processor(self, dialect):
        return lambda value: None if value is None else int(bool(value))

    def result_processor(self, dialect, coltype):
        return lambda value: None if value is None else bool(value)


class _Utc(TypeDecorator):
    """An aware UTC datetime, stored as integer microseconds since 1970, the same on both databases."""

    impl = sa.BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect):
        return dialect.type_descriptor(sqlite.INTEGER() if dialect.name == "sqlite" else sa.BigInteger())

    def bind_processor(self, dialect):
        return lambda value: None if value is None else (value - EPOCH) // MICROSECOND

    def result_processor(self, dialect, coltype):
        return lambda value: None if value is None else EPOCH + value * MICROSECOND


class _Json(TypeDecorator):
    """JSON as text: the same bytes on both databases."""

    impl = sa.Text
    cache_ok = True

    def bind_processor(self, dialect):
        return lambda value: None if value is None else _encode(value)

    def result_processor(self, dialect, coltype):
        return lambda value: None if value is None else orjson.loads(value)


class Many(TypeDecorator):
    """A list of values as one parameter: an array on PostgreSQL, JSON on SQLite."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, item: Any) -> None:
        super().__init__()
        self.item = item

    def load_dialect_impl(self, dialect):
        on_postgres = dialect.name == "postgresql"
        return dialect.type_descriptor(postgresql.ARRAY(self.item) if on_postgres else sa.Text())

    def bind_processor(self, dialect):
        return list if dialect.name == "postgresql" else _encode


Bool = sa.Boolean(create_constraint=False).with_variant(_StrictBool(), "sqlite")
Utc = _Utc()
Json = _Json()


class Base(DeclarativeBase):
    """Every table of the house. On SQLite all of them are STRICT."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


@event.listens_for(sa.Table, "after_parent_attach")
def _strict(table: sa.Table, metadata: Any) -> None:
    if metadata is not Base.metadata:
        return  # Alembic's own tables stay as Alembic makes them
    table.dialect_options["sqlite"]["strict"] = True
