"""The simulation: short days hold every invariant, one seed is one history, and planted bugs are seen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import weakref

import pytest
from click.testing import CliRunner

from fulfil.cli.simulating import simulate as command
from fulfil.dispatch.service import ops
from fulfil.kit.db import Tx
from fulfil.sim.simulation import digest, series
from fulfil.sim.simulation.plan import Outcome, Plan
from fulfil.trade.payments.model import PaymentDocument
from fulfil.trade.payments.service import refund_word

SHORT, FEW = ["--orders", "8", "--hours", "10-10"], ["--orders", "3", "--hours", "10-10"]
HANGS_SECONDS = 900


def run(plan: Plan, database_url: str | None = None) -> Outcome:
    return series.simulate(plan, lambda step, share: None, database_url=database_url)


def short(seed: int, faults: str, **more) -> Plan:
    return Plan(seed=str(seed), faults=faults, orders=8, hours=(10, 10), **more)


def assert_sound(outcome: Outcome) -> None:
    assert outcome.violations == [], "\n".join(outcome.steps)
    shown = outcome.shown()
    ended = shown["delivered"] + shown["cancelled"] + shown["expired"]
    assert ended == shown["orders"] > 0 and shown["delivered"] > 0
    assert shown["overdue_cases"] == 0


def test_a_short_day_with_light_faults_holds_every_invariant():
    outcome = run(short(1, "light"))
    assert_sound(outcome)
    assert outcome.shown()["dropped"] > 0


def test_a_short_day_on_postgresql_holds_every_invariant(postgres_url):
    assert_sound(run(Plan(seed="3", faults="light", orders=4, hours=(10, 10)), postgres_url))


def test_heavy_faults_break_nothing_and_one_seed_is_one_history_whatever_order_sets_and_rows_have():
    worlds = [
        {"PYTHONHASHSEED": "1"},
        {"PYTHONHASHSEED": "2", "FULFIL_SQLITE_PRAGMAS": "reverse_unordered_selects=ON"},
    ]
    arguments = [
        sys.executable,
        "-m",
        "fulfil",
        "simulate",
        "--faults",
        "heavy",
        "--seed",
        "2",
        "--json",
        "--shortage",
        "0.2",
        *SHORT,
    ]
    runs = [
        subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=os.environ | world)
        for world in worlds
    ]
    try:
        figures = [json.loads(run.communicate(timeout=HANGS_SECONDS)[0]) for run in runs]
    finally:
        for run in runs:
            run.kill()
    assert len({one["digest"] for one in figures}) == 1
    shown = figures[0]
    assert shown["violations"] == shown["overdue_cases"] == 0
    assert min(shown[name] for name in ("delivered", "crashes", "dropped", "doubled", "shortages")) > 0


@pytest.mark.long
def test_a_seed_that_is_lived_twice_must_end_the_same(monkeypatch):
    plan = Plan(seed="4", faults="none", orders=1, hours=(10, 10))
    (same,) = series.run(plan, range(4, 5), None, lambda step, share: None, twice=True)
    assert (same.violations, same.figures["lived_twice_the_same"]) == ([], 1)
    monkeypatch.setattr(digest, "of", lambda tx: f"of {os.getpid()}")
    (other,) = series.run(plan, range(4, 5), None, lambda step, share: None, twice=True)
    assert [violation.entity for violation in other.violations] == ["simulation"]
    assert other.figures["lived_twice_the_same"] == 0


def broken_by(monkeypatch: pytest.MonkeyPatch, place, name: str, bug) -> str:
    """What the command says on standard error with `bug` in place of a function of the shop."""
    monkeypatch.setattr(place, name, bug)
    result = CliRunner().invoke(command, ["--faults", "none", "--shortage", "0.9", "--seed", "8", *FEW])
    assert result.exit_code == 1
    return result.stderr


def test_an_acknowledged_op_that_was_not_stored_is_seen(monkeypatch):
    told = broken_by(monkeypatch, ops, "_store", lambda *args, **kwargs: None)
    assert "17  ops " in told
    assert (
        "Replay: fulfil simulate --days 1 --seed 8 --faults none --shortage 0.9 --orders 3 --hours 10-10"
        in told
    )
    assert "steps:\n" in told and "/api/v1/terminal/ops" in told


def test_a_refund_that_is_booked_twice_is_seen(monkeypatch):
    once = refund_word._paid_back

    def twice(tx: Tx, row, said) -> None:
        once(tx, row, said)
        tx.update(
            PaymentDocument,
            PaymentDocument.id == row.payment_id,
            PaymentDocument.refunded + row.amount <= PaymentDocument.captured,
            refunded=PaymentDocument.refunded + row.amount,
        )

    assert " 1  payment_document " in broken_by(monkeypatch, refund_word, "_paid_back", twice)


def test_a_series_goes_on_where_it_stopped_and_sums_up(tmp_path):
    totals = tmp_path / "totals.jsonl"
    plan = Plan(faults="none", orders=1, hours=(10, 10))
    first = list(series.run(plan, range(1, 2), totals, lambda step, share: None))
    with totals.open("a") as file:
        file.write('{"plan": "cut off')
    second = list(series.run(plan, range(1, 3), totals, lambda step, share: None))
    assert [outcome.plan.seed for outcome in (*first, *second)] == ["1", "2"]
    assert first[0].figures["digest"] != second[0].figures["digest"]
    summed = series.summed(series.lines(totals, plan))
    assert (summed["runs"], summed["days"], summed["replay"]) == (2, 2, [])


def test_the_world_of_a_seed_is_gone_when_the_next_one_is_made():
    class World:
        """It knows itself, as actors know their floor and the floor its actors."""

    world = World()
    world.floor, gone = world, weakref.ref(world)
    del world
    with series.seldom_collected():
        assert gone() is None


@pytest.mark.parametrize(
    "arguments",
    [
        ["--seed", "9-3"],
        ["--hours", "7-9"],
        ["--faults", "some"],
        ["--seed", "1-2", "--database-url", "sqlite:///x.db"],
        ["--twice", "--database-url", "sqlite:///x.db"],
    ],
)
def test_wrong_usage_is_said(arguments):
    assert CliRunner().invoke(command, arguments).exit_code == 2
