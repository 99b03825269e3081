"""What tests share: PostgreSQL databases, each as good as new for the next one, and compiled statements."""

from __future__ import annotations

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import CacheStats

from tests.servers import PostgresDatabases, connect

KEPT = """INSERT INTO idempotency_keys (principal, key, request_hash, at)
    VALUES ('somebody', 'a key', 'its hash', 0) RETURNING id"""
ALONE = """SELECT count(pg_terminate_backend(pid, 20000)) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()"""
HOW_MANY = "SELECT count(*) FROM idempotency_keys"


def ask(url: str, *statements: str) -> list[object]:
    with connect(make_url(url)) as connection:
        return [connection.execute(statement).fetchone()[0] for statement in statements]


def test_rows_and_numbers_begin_anew(postgres_databases: PostgresDatabases) -> None:
    url = postgres_databases.lend()
    assert ask(url, KEPT, HOW_MANY) == [1, 1]
    postgres_databases.give_back(url)
    again = postgres_databases.lend()
    assert again == url
    assert ask(again, HOW_MANY, KEPT) == [0, 1]
    postgres_databases.give_back(again)


def test_who_is_still_connected_is_cut_off(postgres_databases: PostgresDatabases) -> None:
    url = postgres_databases.lend()
    with connect(make_url(url)) as forgotten:
        postgres_databases.give_back(url)
        with pytest.raises(psycopg.OperationalError):
            forgotten.execute(HOW_MANY)


def test_one_that_cut_us_off_is_emptied_all_the_same(postgres_databases: PostgresDatabases) -> None:
    url = postgres_databases.lend()
    postgres_databases.give_back(url)
    assert postgres_databases.lend() == url
    assert ask(url, KEPT, ALONE) == [1, 1]
    postgres_databases.give_back(url)
    assert ask(url, HOW_MANY) == [0]


def test_what_was_compiled_for_one_database_serves_all_of_its_kind() -> None:
    question = sa.select(sa.literal("whoever asks first", sa.String).label("answer"))
    stats = []
    for _ in range(2):
        engine = sa.create_engine("sqlite://")
        with engine.connect() as connection:
            stats.append(connection.execute(question).context.cache_hit)
        engine.dispose()
    assert stats == [CacheStats.CACHE_MISS, CacheStats.CACHE_HIT]


@pytest.mark.parametrize(
    "change",
    [
        "DROP INDEX uq_orders_cart",
        "ALTER TABLE payment_documents DROP CONSTRAINT ck_payment_documents_refunds",
        "ALTER TABLE orders ADD COLUMN more INTEGER",
        "ALTER TABLE orders ALTER COLUMN note DROP NOT NULL",
        "CREATE TABLE more (id INTEGER)",
    ],
)
def test_one_whose_tables_changed_is_lent_no_more(postgres_databases: PostgresDatabases, change: str) -> None:
    url = postgres_databases.lend()
    with connect(make_url(url)) as connection:
        connection.execute(change)
    postgres_databases.give_back(url)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        connect(make_url(url))
