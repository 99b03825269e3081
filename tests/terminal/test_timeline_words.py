"""Whatever can stand in an order's timeline is told in words, in both languages."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from fulfil.app.drawings import machines
from fulfil.retention.parts import PARTS

ROOT = Path(__file__).parents[2]
RECORDED = re.compile(r'event="(\w+)"')
# Rows of an order that move along a machine, and what has steps without being one of its rows.
ENTITIES = {part.table.name for part in PARTS if {"state", "version"} <= {*part.table.c.keys()}} - {
    "submissions"
}
BESIDE = {"tasks", "switches", "stockout_reports", "arrivals", "pay_notices"}
OF_NO_ORDER = ("store", "staff", "messages")  # messages: but for the message itself


def events() -> set[str]:
    """Events of every machine that an order's rows move along, and facts that are written down beside."""
    moved = {
        event
        for folder, machine in machines()
        for row in machine.table.values()
        for event in row
        if folder not in OF_NO_ORDER or machine.name == "message"
    }
    written = {
        event
        for path in (ROOT / "fulfil").rglob("*.py")
        if path.parts[len(ROOT.parts) + 1] not in (*OF_NO_ORDER, "sim", "retention")
        and "catalog" not in path.parts
        for event in RECORDED.findall(path.read_text("utf-8"))
    }
    return moved | written | {"create", "retry", "skip", "switch_on", "switch_off"}


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_step_has_its_words(language: str) -> None:
    known = json.loads((ROOT / "terminal_ui" / "desk" / f"{language}.json").read_text("utf-8"))
    wanted = {f"entity.{name}" for name in ENTITIES | BESIDE} | {f"event.{name}" for name in events()}
    assert len(wanted) > 80
    assert sorted(wanted - set(known)) == []
