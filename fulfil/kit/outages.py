"""A database that is away for a moment, or whose disk is full: how long we wait, what we say."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from typing import TypeVar

import sqlalchemy as sa

from fulfil.kit.errors import Refusal, Unavailable

T = TypeVar("T")
WAIT_SECONDS_MAX = 5.0
PAUSE_SECONDS = 0.05
RETRY_SECONDS = 2
STORAGE_RETRY_SECONDS = 10
# Disk full, I/O error, file not to be opened, read only, out of memory; PostgreSQL's classes of the same.
SQLITE_STORAGE = (
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_NOMEM,
)
POSTGRES_STORAGE = ("53", "58")
LOST = (None, "57P01", "57P02", "57P03")  # cut; shut down, crashed, not up yet


class DatabaseAway(Unavailable):
    code, title = "database_away", "The database does not answer at the moment. Nothing was changed."


class StorageFailing(Unavailable):
    code = "storage_failing"
    title = "The database's disk is full or fails. Nothing was changed; the same may be sent again later."


class OutcomeUnknown(Unavailable):
    code = "outcome_unknown"
    title = "The database went away during the commit. Send the same again, with the same Idempotency-Key."


class CommitUnknown(RuntimeError):
    """The connection was lost during the commit, so nobody knows whether it happened. Never repeated."""


def reach(connect: Callable[[], T], *, patient: bool = True) -> T:
    """A connection; waits a little for a server that restarts. Raises DatabaseAway."""
    until = time.monotonic() + (WAIT_SECONDS_MAX if patient else 0)
    while True:
        try:
            return connect()
        except (sa.exc.OperationalError, sa.exc.TimeoutError) as error:
            if time.monotonic() >= until:
                raise DatabaseAway(retry_after_seconds=RETRY_SECONDS) from error
            time.sleep(PAUSE_SECONDS)


def is_lost(error: sa.exc.DBAPIError) -> bool:
    """Whether the connection has gone. What PostgreSQL itself says has a code; a cut line has none."""
    return error.connection_invalidated or (
        isinstance(error, sa.exc.OperationalError) and getattr(error.orig, "sqlstate", "") in LOST
    )


def is_storage(error: sa.exc.DBAPIError) -> bool:
    """Whether the disk is full or fails: nobody's fault who asked, and nothing of theirs was written."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in SQLITE_STORAGE  # the low byte; what is above says more about it
    return (getattr(error.orig, "sqlstate", None) or "")[:2] in POSTGRES_STORAGE


def refusal_of(error: Exception) -> Refusal | None:
    """What somebody who met an outage is answered; None for every other error, which is a bug."""
    if isinstance(error, DatabaseAway):
        return error
    if isinstance(error, CommitUnknown):
        return OutcomeUnknown(retry_after_seconds=RETRY_SECONDS)
    if isinstance(error, sa.exc.DBAPIError) and is_lost(error):
        return DatabaseAway(retry_after_seconds=RETRY_SECONDS)
    if isinstance(error, sa.exc.DBAPIError) and is_storage(error):
        return StorageFailing(retry_after_seconds=STORAGE_RETRY_SECONDS)
    return None
