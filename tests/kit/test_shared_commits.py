"""Writers that share commits, in processes of their own: patching cannot be undone."""

from __future__ import annotations

import subprocess
import sys

import pytest

START = """
from gevent import monkey; monkey.patch_all()
import sqlite3, sys, time, gevent
from fulfil.kit.base import Kit
from fulfil.kit.config import Config
from fulfil.kit.db import NestedWrite
from fulfil.kit import shared_commits
from fulfil.kit.shared_commits import GROUP_SECONDS_MAX
from tests.kit.parcels import Parcel, ids
kit = Kit(Config(database_url=sys.argv[1]))
groups = []
run_group = kit.db.run_group
def counted(jobs):
    groups.append(0)
    def count():
        for job in jobs:
            groups[-1] += 1
            yield job
    run_group(count())
kit.db.run_group = counted
def put(number, busy_seconds=0.0, fail=False):
    def work(tx):
        tx.insert(Parcel, id=number)
        until = time.monotonic() + busy_seconds
        while time.monotonic() < until:
            pass
        if fail:
            raise LookupError(number)
        return number
    return gevent.spawn(kit.db.write, work, f"put-{number}", numbers=0)
def settle(*jobs):
    gevent.joinall(jobs)
    return [job.value if job.successful() else type(job.exception).__name__ for job in jobs]
"""
# Even of a machine too busy to hear them all in time.
PATIENTLY = """
shared_commits.GROUP_SECONDS_MAX = 60
"""

SCRIPTS = {
    "who waits at the same time shares one commit": (
        PATIENTLY
        + """
print(settle(*[put(n) for n in range(5)]), groups, ids(kit))
""",
        "[0, 1, 2, 3, 4] [5] [0, 1, 2, 3, 4]\n",
    ),
    "work that takes long is not gathered": (
        """
print(settle(*[put(n, busy_seconds=GROUP_SECONDS_MAX) for n in range(3)]), groups, ids(kit))
""",
        "[0, 1, 2] [1, 1, 1] [0, 1, 2]\n",
    ),
    "who fails leaves nothing and disturbs nobody": (
        PATIENTLY
        + """
print(settle(put(1), put(2, fail=True), put(3)), groups, ids(kit))
""",
        "[1, 'LookupError', 3] [3] [1, 3]\n",
    ),
    "who fails alone leaves nothing": (
        """
print(settle(put(1, fail=True)), ids(kit))
""",
        "['LookupError'] []\n",
    ),
    "a file that another process holds for a moment is waited for": (
        """
other = sqlite3.connect(kit.db.url.database, isolation_level=None)
other.execute("BEGIN IMMEDIATE")
gevent.spawn_later(0.1, other.execute, "COMMIT")
print(settle(put(1), put(2)), ids(kit))
""",
        "[1, 2] [1, 2]\n",
    ),
    "at rest the log moves into the database, so that it does not grow for ever": (
        """
import os
size = os.path.getsize(kit.db.url.database)
def big(number):
    return lambda tx: tx.insert(Parcel, id=number, note="x" * 16_000)
for n in range(750):
    kit.db.write(big(n), "big", numbers=0)
with gevent.Timeout(10):
    while os.path.getsize(kit.db.url.database) - size <= 11_000_000:
        gevent.sleep(0.005)
print(os.path.getsize(kit.db.url.database + "-wal") < 4_000_000, len(ids(kit)))
""",
        "True 750\n",
    ),
    "a write inside a write is refused by name": (
        """
def outer(tx):
    kit.db.write(lambda inner: None, "inner")
try:
    kit.db.write(outer, "outer")
except NestedWrite as error:
    print(error)
""",
        "inner inside outer\n",
    ),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_sharing(sqlite_kit, sqlite_url: str, name: str) -> None:
    script, said = SCRIPTS[name]
    child = subprocess.run(
        [sys.executable, "-c", START + script, sqlite_url], capture_output=True, text=True, timeout=60
    )
    assert child.stdout == said, child.stderr
