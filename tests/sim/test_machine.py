"""What the yardsticks say of processes, and how many connections they may open."""

from __future__ import annotations

import os
import resource
import subprocess
import sys

import pytest

from fulfil.sim.bench import machine

BUSY = "import sys; [None for _ in range(10 ** 7)]; print('done', flush=True); sys.stdin.read()"


def limits(monkeypatch: pytest.MonkeyPatch, soft: int, hard: int) -> list[tuple[int, int]]:
    """A machine with these limits of open files; what is set instead."""
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _what: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _what, limit: asked.append(limit))
    return asked


def test_the_limit_of_open_files_is_raised_as_far_as_needed(monkeypatch):
    asked = limits(monkeypatch, 1024, 20_000)
    machine.allow_connections(6000)
    assert asked == [(6000 + machine.FILES_SPARE, 20_000)]


def test_enough_open_files_are_left_alone(monkeypatch):
    asked = limits(monkeypatch, 8000, 8000)
    machine.allow_connections(100)
    assert asked == []


def test_too_many_connections_are_refused_in_one_line(monkeypatch):
    limits(monkeypatch, 1024, 4096)
    with pytest.raises(OSError, match="6000 connections need 6500 open files, and this user may have 4096"):
        machine.allow_connections(6000)


def test_a_child_is_found_and_its_work_is_counted_also_when_it_has_ended():
    before = machine.cpu_seconds(os.getpid(), with_ended_children=True)
    child = subprocess.Popen([sys.executable, "-c", BUSY], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout.readline() == b"done\n"
    assert child.pid in machine.tree(os.getpid()) and child.pid not in machine.tree(child.pid)[1:]
    took = machine.cpu_seconds(child.pid)
    assert took > 0 and machine.peak_mib(child.pid) >= machine.resident_mib(child.pid) > 1
    child.communicate()
    assert machine.cpu_seconds(child.pid) == 0 and machine.shared_mib([child.pid]) == 0
    assert machine.cpu_seconds(os.getpid(), with_ended_children=True) - before >= took - 0.02


def test_percentiles_are_in_order_and_in_milliseconds():
    told = machine.percentiles([n / 1000 for n in range(1, 101)])
    assert told == {"p50_ms": 51.0, "p95_ms": 96.0, "p99_ms": 100.0, "max_ms": 100.0}
