"""The yardstick of assignment plans both sizes, and tells how long it took."""

from __future__ import annotations

import json

from click.testing import CliRunner

from fulfil.cli.entry import fulfil


def test_both_sizes_are_planned_and_timed():
    ran = CliRunner().invoke(fulfil, ["bench", "assign", "--plans", "2", "--json"])
    assert ran.exit_code == 0, ran.output
    told = json.loads(ran.output)
    small, large = told["sizes"]["20x200"], told["sizes"]["200x2000"]
    assert (small["given_mean"], large["given_mean"]) == (20, 200)
    assert (small["served_by"], large["served_by"]) == ("loop", "planner")
    for size in (small, large):
        for what in ("plan", "cpu", "served"):
            assert 0 < size[what]["p50_ms"] <= size[what]["p95_ms"] <= size[what]["max_ms"]
    assert told["planner_peak_mib"] > 10
