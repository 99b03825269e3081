"""`fulfil bench shops`: ten thousand shops on one PostgreSQL: one table, partitions, many databases.

The real table of tickets, filled for so many shops, once whole and once for each number of partitions by
shop; then what the product asks of it, in turns, so that all layouts see the same machine. And what a
database for each group of shops costs. The page docs/many-shops.md says what follows from it.
"""

from __future__ import annotations

import itertools
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
from sqlalchemy.engine import URL, make_url

from fulfil import migrations
from fulfil.sim.bench import machine
from fulfil.sim.bench.databases import POSTGRESQL, Databases
from fulfil.sim.bench.progress import Tell

LIVE_EACH = 10  # tickets of a shop that wait; all others are done
ROUNDS = 10
SEED = 7
DATABASES_MADE = 10
WHOLE = 1

FILL = """
    INSERT INTO {table} (id, store_id, fulfilment_id, order_no, stage, kind, zone, part, state, version,
        epoch, due_at, priority, lines, grams, volume_ml, estimate_seconds, held, paused, tried, touched,
        queued_at)
    SELECT n, 1 + n %% %(shops)s, n, n, 'picking', 'work', 'ambient', 1,
        CASE WHEN n <= %(live)s THEN 'queued' ELSE 'done' END, 1, 1, n, 1, 3, 1500, 0, 90,
        false, false, 0, 0, n
    FROM generate_series(1::bigint, %(rows)s) AS n"""
QUEUE = """
    SELECT id FROM {table} WHERE store_id = %(shop)s AND stage = 'picking' AND state = 'queued' AND NOT held
    ORDER BY priority DESC, due_at LIMIT 100"""
BY_NUMBER = "SELECT * FROM {table} WHERE id = %(id)s"
BY_NUMBER_AND_SHOP = BY_NUMBER + " AND store_id = 1 + %(id)s %% %(shops)s"
MOVE = "UPDATE {table} SET version = version + 1 WHERE id = %(id)s AND store_id = 1 + %(id)s %% %(shops)s"
ASKED = {
    "queue_of_a_shop": QUEUE,
    "ticket_by_number": BY_NUMBER,
    "ticket_by_number_and_shop": BY_NUMBER_AND_SHOP,
    "move_of_a_ticket": MOVE,
}


def run(*, shops: int, tickets: int, partitions: Sequence[int], repeats: int, tell: Tell) -> dict[str, Any]:
    """Microseconds of each question for each number of partitions, and their ratio to the whole table."""
    with tempfile.TemporaryDirectory() as folder, Databases(POSTGRESQL, Path(folder)) as databases:
        migrations.upgrade(databases.url)
        url = make_url(databases.url).set(drivername="postgresql")
        with _connect(url) as connection:
            counts = [WHOLE, *(n for n in partitions if n != WHOLE)]
            seconds = {
                n: _fill(
                    connection,
                    n,
                    shops,
                    tickets,
                    lambda share, at=at: tell("Filling", (at + share) / len(counts)),
                )
                for at, n in enumerate(counts)
            }
            asked = _ask(connection, counts, shops, tickets, repeats, lambda share: tell("Asking", share))
            for n in counts:
                connection.execute(f"DROP TABLE {_name(n)}")
        directory = _directory(url)
        versions = machine.versions() | databases.versions()
    whole = asked[WHOLE]
    return {
        "bench": "shops",
        "shops": shops,
        "tickets": tickets,
        "partitions": {
            n: {
                "filled_in_seconds": round(seconds[n], 1),
                **{name: {"us": us, "ratio": round(us / whole[name], 2)} for name, us in asked[n].items()},
            }
            for n in counts
        },
        "database_for_each_group": directory,
        "calibration": machine.calibration(),
        "versions": versions,
    }


def _name(partitions: int) -> str:
    return f"tickets_in_{partitions}"


def _fill(
    connection: psycopg.Connection, partitions: int, shops: int, tickets: int, tell: Callable[[float], None]
) -> float:
    """Make the table of tickets with its indexes in so many partitions; the seconds it took to fill it."""
    table = _name(partitions)
    by_shop = "" if partitions == WHOLE else "PARTITION BY HASH (store_id)"
    connection.execute(
        f"CREATE TABLE {table} (LIKE tickets INCLUDING DEFAULTS INCLUDING CONSTRAINTS) {by_shop}"
    )
    for n in range(partitions if by_shop else 0):
        connection.execute(
            f"CREATE TABLE {table}_{n} PARTITION OF {table} "
            f"FOR VALUES WITH (MODULUS {partitions}, REMAINDER {n})"
        )
    # A key of a partitioned table must hold what it is partitioned by.
    connection.execute(f"ALTER TABLE {table} ADD PRIMARY KEY (id{', store_id' if by_shop else ''})")
    for index in ("(store_id, stage, priority DESC, due_at) WHERE state = 'queued'", "(fulfilment_id, id)"):
        connection.execute(f"CREATE INDEX ON {table} {index}")
    tell(0.1)
    started = time.perf_counter()
    connection.execute(
        FILL.format(table=table), {"shops": shops, "rows": tickets, "live": min(tickets, shops * LIVE_EACH)}
    )
    seconds = time.perf_counter() - started
    tell(0.9)
    connection.execute(f"VACUUM ANALYZE {table}")
    return seconds


def _ask(
    connection: psycopg.Connection,
    counts: Sequence[int],
    shops: int,
    tickets: int,
    repeats: int,
    tell: Callable[[float], None],
) -> dict[int, dict[str, float]]:
    """Median microseconds of each question, the layouts one after the other in every round."""
    took: dict[tuple[int, str], list[float]] = {(n, name): [] for n in counts for name in ASKED}
    for at, _round in enumerate(range(ROUNDS)):
        for n, (name, text) in itertools.product(counts, ASKED.items()):
            # The same tickets and shops in every layout, in every round others.
            chance, statement = random.Random(f"{SEED}/{at}"), text.format(table=_name(n))
            for _ in range(repeats):
                given = {"id": chance.randint(1, tickets), "shop": chance.randint(1, shops), "shops": shops}
                started = time.perf_counter()
                cursor = connection.execute(statement, given)
                if cursor.description:
                    cursor.fetchall()
                took[n, name].append(time.perf_counter() - started)
        tell((at + 1) / ROUNDS)
    return {n: {name: round(median(took[n, name]) * 1e6, 1) for name in ASKED} for n in counts}


def _directory(url: URL) -> dict[str, Any]:
    """What an empty database for one group of shops takes: milliseconds to make and MiB on the disk."""
    names = [f"{url.database}_{n}" for n in range(DATABASES_MADE)]
    with _connect(url.set(database="postgres")) as connection:
        started = time.perf_counter()
        for name in names:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{url.database}"')
        seconds = (time.perf_counter() - started) / len(names)
        size = connection.execute("SELECT pg_database_size(%s)", [names[0]]).fetchone()
        for name in names:
            connection.execute(f'DROP DATABASE "{name}"')
    assert size is not None
    return {"made_in_ms": round(seconds * 1000, 1), "mib": round(size[0] / 2**20, 1)}


def _connect(url: URL) -> psycopg.Connection:
    return psycopg.connect(url.render_as_string(False), autocommit=True, prepare_threshold=1)
