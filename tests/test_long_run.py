"""Long runs go on side by side, and leave nothing behind when they are ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests import long_run
from tests.house import House

RUNS, SEEDS = 8, 200
BEGINS_SECONDS_MAX = 300


def test_no_two_runs_take_the_same_seed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_run, "LOGS", tmp_path)
    log = long_run.Log("crash")
    log.add(seed=45, kills=1)
    with ThreadPoolExecutor(RUNS) as pool:
        taken = list(pool.map(lambda _: long_run.Log("crash").next_seed(), range(SEEDS)))
    assert sorted(taken) == [*range(46, 46 + SEEDS)]


def test_lines_of_several_runs_come_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_run, "LOGS", tmp_path)
    with ThreadPoolExecutor(RUNS) as pool:
        for seed in range(SEEDS):
            pool.submit(long_run.Log("crash").add, seed=seed, faults=["x" * 20_000])
    assert sorted(line["seed"] for line in long_run.Log("crash").lines()) == [*range(SEEDS)]


def test_a_server_ends_with_whoever_has_asked_for_it(sqlite_url: str, tmp_path: Path) -> None:
    house = House(tmp_path, sqlite_url)
    house.start()
    server = Path(f"/proc/{house._pid}")
    assert server.exists()
    house._parent.stdin.close()
    house._ear.join()  # its parent says no more
    assert not server.exists()
    house.close_after_death()


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_ended_leaves_nothing_behind(number: signal.Signals) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL may have to run as somebody else
        run = subprocess.Popen(
            [sys.executable, "-m", "tests.crash", "--seed", "2"], env=os.environ | {"TMPDIR": name}
        )
        deadline = time.monotonic() + BEGINS_SECONDS_MAX
        while not [*folder.glob("fulfil-crash-*/server.log")]:  # the shop is founded
            assert run.poll() is None and time.monotonic() < deadline
            time.sleep(0.1)
        assert len(_around(folder)) > 2
        run.send_signal(number)
        assert run.wait() == 128 + number
        assert [*folder.iterdir()] == []
        assert _around(folder) == set()


def _around(folder: Path) -> set[str]:
    """The processes that were told of this folder."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            told = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in told and process.name != str(os.getpid()):
            found.add(process.name)
    return found
