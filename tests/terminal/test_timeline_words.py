"""Whatever can stand in an order's timeline is told in words, in both languages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from fulfil.app.drawings import machines
from fulfil.delivery.rules import REFUSE_REASONS, RETURN_REASONS
from fulfil.dispatch.rules.stages import COUNT, LOOK, PUT_BACK, RETURN
from fulfil.messages.rules.texts import NEVER_STORED, TEMPLATES
from fulfil.picking.schema import SHORT_REASONS
from fulfil.retention.parts import PARTS
from fulfil.trade.aftersales.states import Kind
from tests.terminal.floor_desk import Shop

ROOT = Path(__file__).parents[2]
RECORDED = re.compile(r'event="(\w+)"')
# Rows of an order that move along a machine, and what has steps without being one of its rows.
ENTITIES = {part.table.name for part in PARTS if {"state", "version"} <= {*part.table.c.keys()}} - {
    "submissions"
}
BESIDE = {"tasks", "switches", "stockout_reports", "arrivals", "pay_notices"}
REASON = re.compile(r'\breason="([a-z_]+)"')
OUTCOMES = ("refund", "substitute", "cancel_order", "restock", "waste")
ACTORS = ("system", "guest", "customer", "payment", "carrier", "silence")
SHOWN = """async (events) => {
  const ui = document.documentElement.dataset.assets;
  const { loadDictionaries } = await import(ui + "/core/i18n.js");
  const { session } = await import(ui + "/core/api.js");
  const { html, render } = await import(ui + "/core/view.js");
  const { Timeline } = await import(ui + "/desk/timeline.js");
  await loadDictionaries(["core", "desk"]);
  session.value = { store: { currency: "CNY", tz: "Asia/Shanghai" }, person: {}, roles: [] };
  const box = document.createElement("div");
  render(html`<${Timeline} events=${events} nameOf=${(id) => id} />`, box);
  return [...box.querySelectorAll("li .quiet")].map((one) => one.textContent.trim());
}"""
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


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_kind_of_work_reason_and_outcome_has_its_words(language: str) -> None:
    known = json.loads((ROOT / "terminal_ui" / "desk" / f"{language}.json").read_text("utf-8"))
    reasons = {*SHORT_REASONS, *RETURN_REASONS, *REFUSE_REASONS, *written_reasons()}
    wanted = {
        *(f"ticket.{kind}" for kind in (PUT_BACK, RETURN, COUNT, LOOK)),
        *(f"case.{kind}" for kind in Kind),
        *(f"outcome.{one}" for one in OUTCOMES),
        *(f"actor.{one}" for one in ACTORS),
        *(f"message.{kind}" for kind in TEMPLATES if kind not in NEVER_STORED),
        *(f"reason.{reason}" for reason in reasons),
    }
    assert len(reasons) > 25
    assert sorted(wanted - set(known)) == []


def written_reasons() -> set[str]:
    """Reasons that the house itself gives for steps of an order."""
    folders = ("trade", "dispatch", "picking", "packing", "handoff", "delivery", "prep")
    return {
        reason
        for folder in folders
        for path in (ROOT / "fulfil" / folder).rglob("*.py")
        for reason in REASON.findall(path.read_text("utf-8"))
    }


def test_a_ticket_is_named_by_what_it_is_for_at_every_step(page: Page) -> None:
    events = [
        step("tickets", 1, "create", {"stage": "picking", "kind": "count", "zone": "chilled"}),
        step("tickets", 2, "create", {"stage": "picking", "kind": "work", "zone": "frozen"}),
        step("tickets", 1, "complete", None),
        step("stockout_reports", 3, "decided", {"outcome": "refund", "amount": 120}),
    ]
    assert page.evaluate(SHOWN, events) == [
        "Counting a shelf · chilled · system",
        "Picking · frozen · system",
        "Counting a shelf · chilled · system",
        "money back · ¥1.20 · system",
    ]


def step(entity: str, entity_id: int, event: str, detail: dict | None) -> dict:
    return {
        "at": "2026-03-02T04:00:00Z",
        "entity": entity,
        "entity_id": str(entity_id),
        "event": event,
        "actor": "system",
        "reason": "",
        "detail": detail,
    }


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """A page of a shop, with English words for its desks."""
    running = Shop()
    page = browser.new_page(locale="en")
    page.goto(running.url + "/terminal")
    yield page
    page.close()
    running.stop()
