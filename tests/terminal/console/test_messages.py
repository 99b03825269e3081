"""Operators see what people and programs were told, send again what was given up, and take alarms."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from playwright.sync_api import expect

from fulfil.app import wiring
from fulfil.kit.base import Kit
from fulfil.kit.db import Tx
from fulfil.kit.task_rows import DEAD, Task
from fulfil.messages.model import Message
from fulfil.messages.service import alarms
from tests.house import House
from tests.terminal.open_house import DESK, PHONE, complaints


class Receiver(BaseHTTPRequestHandler):
    """A program that is told of events and thanks for them."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[str]:
    """The address of a program that listens."""
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/events"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def kit(house: House) -> Iterator[Kit]:
    """The shop's database, wired as the server's own."""
    made = wiring.wire(Kit(house.config))
    yield made
    made.close()


def dead_message(kit: Kit, house: House, order_no: str) -> int:
    """A message that was given up."""

    def plant(tx: Tx) -> int:
        message_id = tx.number()
        tx.insert(
            Message,
            id=message_id,
            store_id=int(house.store_id),
            order_no=int(order_no),
            kind="delivered",
            channel="sms",
            recipient="13900000001",
            language="en",
            subject="",
            text="Your order is there.",
            key=f"test:{message_id}",
            state="dead",
            version=2,
            attempts=9,
            next_at=None,
            error="CallFailed",
            expires_at=tx.now + timedelta(hours=1),
            created_at=tx.now,
            ended_at=tx.now,
        )
        return message_id

    return kit.db.write(plant, "test")


@pytest.mark.parametrize(
    ("lang", "size", "again"), [("en", DESK, "Send again"), ("zh-CN", PHONE, "重新发送")]
)
def test_a_message_that_was_given_up_is_sent_again(console, kit: Kit, house: House, lang, size, again):
    _, order_no = house.paid()
    dead_message(kit, house, order_no)
    page = console("messages", lang=lang, size=size)
    given_up = page.locator(".slip", has_text=order_no)
    expect(given_up).to_contain_text("CallFailed")
    expect(given_up).not_to_contain_text("13900000001")
    assert complaints(page) == []
    given_up.get_by_role("button", name=again).click()
    given_up.locator(".sure button[type=submit]").click()
    expect(given_up).to_have_count(0)
    page.goto(f"{house.base_url}/console#/order/{order_no}")
    expect(page.locator(".panel", has_text="消息" if lang == "zh-CN" else "Messages").last).to_be_visible()


def test_a_program_is_told_tested_and_told_again(console, receiver: str):
    page = console("messages")
    page.fill("input[name=url]", "http://192.168.1.1/")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".entry .refusal")).to_contain_text("cannot go to that address")
    page.fill("input[name=url]", receiver)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".secret .code")).to_contain_text("whsec_")
    assert complaints(page) == []
    page.get_by_role("button", name="Noted").click()
    hook = page.locator(".slip", has_text=receiver)
    hook.get_by_role("button", name="Send a test").click()
    hook.get_by_role("button", name="Deliveries").click()
    hook.get_by_role("button", name="Sent").click()
    expect(hook.locator(".slip")).to_contain_text("webhook.test")
    expect(hook.locator(".slip")).to_contain_text("HTTP 204")
    hook.locator(".slip").get_by_role("button", name="Send again").click()
    hook.locator(".slip .sure button[type=submit]").click()
    expect(page.locator(".said")).to_have_text("It is sent again.")
    hook.get_by_role("button", name="Remove").click()
    hook.locator(".sure button[type=submit]").click()
    expect(hook).to_have_count(0)


def test_an_alarm_is_taken_by_somebody(console, kit: Kit, house: House):
    task_id = kit.db.write(
        lambda tx: tx.insert_new(
            Task,
            handler="test.alarming",
            payload={"store_id": int(house.store_id)},
            priority=5,
            run_at=tx.now,
            created_at=tx.now,
            state=DEAD,
            attempts=12,
            error="Gone: away",
        ),
        "test",
    )
    kit.db.write(alarms.check, "test")
    try:
        page = console("stuck")
        alarm = page.locator(".slip", has_text="stands still: test.alarming").first
        expect(alarm).to_contain_text("open")
        alarm.get_by_role("button", name="I have it").click()
        alarm.locator("input[name=note]").fill("asking the provider")
        alarm.locator(".sure button[type=submit]").click()
        expect(alarm).to_contain_text("somebody has it")
        expect(alarm).to_contain_text("asking the provider")
    finally:
        kit.db.write(lambda tx: tx.delete(Task, Task.id == task_id), "test")


def test_a_list_goes_on_where_its_page_ends(console, kit: Kit, house: House):
    _, order_no = house.paid(1)
    for _ in range(51):
        dead_message(kit, house, order_no)
    page = console("messages")
    slips = page.locator(".slips.wide > .slip")
    expect(slips).to_have_count(50)
    page.get_by_role("button", name="More", exact=True).click()
    expect(slips.nth(50)).to_be_visible()
    assert complaints(page) == []


def test_an_administrator_says_who_hears_of_alarms(console, house: House):
    page = console("stuck", lang="zh-CN", size=PHONE)
    panel = page.locator(".panel", has_text="告警联系人")
    panel.get_by_role("button", name="修改").click()
    panel.locator("textarea").fill("nobody")
    panel.locator("button[type=submit]").click()
    expect(panel.locator(".refusal")).to_contain_text("既不是电话号码")
    panel.locator("textarea").fill("13911112222\nboss@example.org")
    assert complaints(page) == []
    panel.locator("button[type=submit]").click()
    expect(panel).to_contain_text("13911112222, boss@example.org")
    expect(panel).to_contain_text("由本店设置")
