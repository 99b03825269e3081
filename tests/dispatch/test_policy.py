"""A shop's policy: its defaults are those of the handbook, and what a shop sets is merged with them."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fulfil.dispatch.rules import Policy

HANDBOOK = Path(__file__).parent.parent.parent / "docs" / "floor.md"
CODE = re.compile(r"`([^`]+)`")


def told() -> dict[str, Any]:
    """Key → default, as the handbook's table of a shop's policy has it."""
    _, _, table = HANDBOOK.read_text("utf-8").partition("## A shop's policy")
    found: dict[str, Any] = {}
    for row in re.findall(r"^\|(.+?)\|(.+?)\|", table, re.MULTILINE):
        names, values = CODE.findall(row[0]), CODE.findall(row[1]) or row[1].strip().split(", ")
        if len(names) == len(values):
            found |= dict(zip(names, values, strict=True))
    return found


def test_defaults_are_those_of_the_handbook() -> None:
    handbook = told()
    for name, default in asdict(Policy()).items():
        said = handbook[name]
        assert (None if said == "none" else json.loads(said)) == default, name


def test_what_a_shop_sets_is_merged_with_the_defaults() -> None:
    policy = Policy.of(
        {"offer_seconds": 20, "capacity": {"picking": 2}, "stations": {"grill": 2}, "other": 1}
    )
    usual = Policy()
    assert policy.offer_seconds == 20 and policy.away_seconds == usual.away_seconds
    assert policy.capacity == {**usual.capacity, "picking": 2}
    assert policy.stations == {"grill": 2}
    assert Policy.of({}) == usual
