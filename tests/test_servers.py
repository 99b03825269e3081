"""A PostgreSQL database that a test gives back is as good as new for the next one, or is not lent again."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy.engine import make_url

from tests.servers import PostgresDatabases, connect

KEPT = """INSERT INTO idempotency_keys (principal, key, request_hash, at)
    VALUES ('somebody', 'a key', 'its hash', 0) RETURNING id"""
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


@pytest.mark.parametrize("change", [
    "DROP INDEX uq_orders_cart",
    "ALTER TABLE payment_documents DROP CONSTRAINT ck_payment_documents_refunds",
    "ALTER TABLE orders ADD COLUMN more INTEGER",
    "ALTER TABLE orders ALTER COLUMN note DROP NOT NULL",
    "CREATE TABLE more (id INTEGER)",
])  # fmt: skip
def test_one_whose_tables_changed_is_lent_no_more(postgres_databases: PostgresDatabases, change: str) -> None:
    url = postgres_databases.lend()
    with connect(make_url(url)) as connection:
        connection.execute(change)
    postgres_databases.give_back(url)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        connect(make_url(url))
