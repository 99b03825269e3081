"""Where carts are kept: key = owner, field = shop and cart type, value = the serialised cart (C2).

The embedded store is an SQLite file of its own, so that a cart never waits for an order's fsync. Losing the
last moments of it in a power cut costs a customer a tap; it holds nothing that was promised.
"""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import orjson

from fulfil.kit.files import private

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS carts (owner TEXT NOT NULL, field TEXT NOT NULL, version INTEGER NOT NULL,"
    " value TEXT NOT NULL, touched INTEGER NOT NULL, PRIMARY KEY (owner, field)) STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS to_delete (owner TEXT NOT NULL, field TEXT NOT NULL, at INTEGER NOT NULL,"
    " PRIMARY KEY (owner, field)) STRICT, WITHOUT ROWID",
)


class CartStore(Protocol):
    """A store of carts by owner and field. A value carries its `version`."""

    def get(self, owner: str, field: str) -> dict[str, Any] | None:
        """The value, None where there is none."""

    def put(self, owner: str, field: str, value: dict[str, Any], *, expected: int, now: datetime) -> bool:
        """Store `value` if the stored version is `expected` (0: none is stored); whether that was so."""

    def mark_for_deletion(self, owner: str, field: str, now: datetime) -> None:
        """Let the nightly job delete this cart unless it is used after `now`."""

    def last_used(self, owner: str) -> datetime | None:
        """When the owner last changed a cart, None where there is none."""

    def forget(self, owner: str) -> None:
        """Delete all carts of an owner who will not come again. Safe to repeat."""

    def delete_marked(self) -> int:
        """Delete marked carts that were not used since they were marked; returns how many."""


class EmbeddedCarts:
    """A CartStore in one SQLite file, or in memory (`path` ":memory:"), safe for threads and greenlets."""

    def __init__(self, path: str) -> None:
        self._lock = threading.Lock()
        if path != ":memory:":
            private(Path(path))
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL", *_SCHEMA):
            self._db.execute(statement)

    def get(self, owner: str, field: str) -> dict[str, Any] | None:
        with self._lock:
            row = self._db.execute(
                "SELECT value FROM carts WHERE owner = ? AND field = ?", (owner, field)
            ).fetchone()
        return None if row is None else orjson.loads(row[0])

    def put(self, owner: str, field: str, value: dict[str, Any], *, expected: int, now: datetime) -> bool:
        text = orjson.dumps(value).decode()
        touched = int(now.timestamp() * 1_000_000)
        with self._lock:
            if expected:
                done = self._db.execute(
                    "UPDATE carts SET version = ?, value = ?, touched = ?"
                    " WHERE owner = ? AND field = ? AND version = ?",
                    (value["version"], text, touched, owner, field, expected),
                )
            else:
                done = self._db.execute(
                    "INSERT INTO carts VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                    (owner, field, value["version"], text, touched),
                )
            return done.rowcount == 1

    def mark_for_deletion(self, owner: str, field: str, now: datetime) -> None:
        with self._lock:
            self._db.execute(
                "INSERT OR REPLACE INTO to_delete VALUES (?, ?, ?)",
                (owner, field, int(now.timestamp() * 1_000_000)),
            )

    def last_used(self, owner: str) -> datetime | None:
        with self._lock:
            asked = self._db.execute("SELECT max(touched) FROM carts WHERE owner = ?", (owner,))
            [touched] = asked.fetchone()
        return None if touched is None else datetime.fromtimestamp(touched / 1_000_000, UTC)

    def forget(self, owner: str) -> None:
        with self._lock:
            for table in ("carts", "to_delete"):
                self._db.execute(f"DELETE FROM {table} WHERE owner = ?", (owner,))

    def delete_marked(self) -> int:
        with self._lock:
            gone = self._db.execute(
                "DELETE FROM carts WHERE EXISTS (SELECT 1 FROM to_delete d WHERE d.owner = carts.owner"
                " AND d.field = carts.field AND carts.touched <= d.at)"
            ).rowcount
            self._db.execute("DELETE FROM to_delete")
            return gone

    def close(self) -> None:
        with self._lock:
            self._db.close()
