"""What a figure was measured on, and what processes took: calibration, versions, CPU time, memory (Linux)."""

from __future__ import annotations

import os
import platform
import resource
import sqlite3
import tempfile
import time
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

PACKAGES = ("flask", "sqlalchemy", "gevent", "flask-socketio", "python-socketio", "psycopg", "redis")
LOOP_ROUNDS, LOOP_SIZE, SYNC_ROUNDS = 5, 300_000, 20
TICKS = os.sysconf("SC_CLK_TCK")
KIB_PER_MIB = 1024
FILES_SPARE = 500  # of a process beside its connections


def calibration() -> dict[str, Any]:
    """Python's speed (million loop turns a second), median time of an fsync in ms, how busy others are."""
    return {
        "python_mloops": round(LOOP_SIZE / median(_loop() for _ in range(LOOP_ROUNDS)) / 1e6, 2),
        "fsync_ms": round(median(_syncs()) * 1000, 3),
        "cores": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 2),
        "machine": platform.machine(),
    }


def versions() -> dict[str, str]:
    return {
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        **{name: version(name) for name in PACKAGES},
    }


def cpu_seconds(pid: int, *, with_ended_children: bool = False) -> float:
    """User and system time of a process so far."""
    fields = _stat(pid)
    return sum(int(field) for field in fields[11 : 15 if with_ended_children else 13]) / TICKS


def tree(pid: int) -> list[int]:
    """A process and all its descendants that live now."""
    stats = {int(name): _stat(int(name)) for name in os.listdir("/proc") if name.isdigit()}
    parents = {other: int(fields[1]) for other, fields in stats.items() if fields}
    found = [pid]
    for parent in found:
        found += [child for child, its in parents.items() if its == parent]
    return found


def peak_mib(pid: int) -> float:
    """The most memory that a process has held."""
    return round(_kib(f"/proc/{pid}/status", "VmHWM:") / KIB_PER_MIB, 1)


def resident_mib(pid: int) -> float:
    """The memory that a process holds now."""
    return round(_kib(f"/proc/{pid}/status", "VmRSS:") / KIB_PER_MIB, 1)


def shared_mib(pids: Iterable[int]) -> float:
    """The memory that these hold now; what they share counts once."""
    return round(sum(_kib(f"/proc/{pid}/smaps_rollup", "Pss:") for pid in pids) / KIB_PER_MIB, 1)


def percentiles(seconds: list[float]) -> dict[str, float]:
    """p50, p95, p99 and the worst, in ms."""
    ordered = sorted(seconds)
    return {
        name: round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000, 2)
        for name, share in (("p50_ms", 0.5), ("p95_ms", 0.95), ("p99_ms", 0.99), ("max_ms", 1.0))
    }


def per_ms(seconds: float | None, count: int) -> float | None:
    """Milliseconds for each, None where nobody could measure."""
    return None if seconds is None else round(seconds * 1000 / max(count, 1), 2)


def allow_connections(count: int) -> None:
    """Raise this process's limit of open files, and its children's. Raises OSError when it may not."""
    needed = count + FILES_SPARE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= needed or soft == resource.RLIM_INFINITY:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise OSError(
            f"{count} connections need {needed} open files, and this user may have {hard}: see `ulimit -Hn`"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def _stat(pid: int) -> list[str]:
    """Fields of `/proc/<pid>/stat` after the name, none when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _kib(path: str, name: str) -> int:
    """A figure of a file in /proc, 0 where the process is gone or may not be looked into."""
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(name)), 0)


def _loop() -> float:
    started, total = time.perf_counter(), 0
    for i in range(LOOP_SIZE):
        total += i & 7
    return time.perf_counter() - started


def _syncs() -> list[float]:
    times = []
    with tempfile.NamedTemporaryFile() as file:
        for _ in range(SYNC_ROUNDS):
            file.write(b"x" * 4096)
            file.flush()
            started = time.perf_counter()
            os.fsync(file.fileno())
            times.append(time.perf_counter() - started)
    return times
