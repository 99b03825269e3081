"""What a figure was measured on: a small calibration, versions, CPU time of processes."""

from __future__ import annotations

import os
import platform
import sqlite3
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

PACKAGES = ("flask", "sqlalchemy", "gevent", "flask-socketio", "psycopg")
LOOP_ROUNDS, LOOP_SIZE, SYNC_ROUNDS = 5, 300_000, 20
TICKS = os.sysconf("SC_CLK_TCK")


def calibration() -> dict[str, Any]:
    """Python's speed (million loop turns a second) and the median time of an fsync in ms."""
    return {"python_mloops": round(LOOP_SIZE / median(_loop() for _ in range(LOOP_ROUNDS)) / 1e6, 2),
            "fsync_ms": round(median(_syncs()) * 1000, 3), "cores": os.cpu_count(),
            "machine": platform.machine()}


def versions() -> dict[str, str]:
    return {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version,
            **{name: version(name) for name in PACKAGES}}


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak_mib(pid: int) -> float:
    """The most memory that a process has held."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return round(int(line.split()[1]) / 1024, 1)
    return 0.0


def percentiles(seconds: list[float]) -> dict[str, float]:
    """p50, p95, p99 and the worst, in ms."""
    ordered = sorted(seconds)
    return {name: round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000, 2)
            for name, share in (("p50_ms", 0.5), ("p95_ms", 0.95), ("p99_ms", 0.99), ("max_ms", 1.0))}


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
