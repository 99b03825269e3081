"""Short messages on the console."""

import io

import pytest

from fulfil.kit.base import Kit
from fulfil.kit.config import Config
from fulfil.kit.gateway import CallRefused
from fulfil.messages import jobs
from fulfil.messages.service import console
from fulfil.messages.service.console import Console


@pytest.fixture
def kit(sqlite_url):
    kit = Kit(Config(database_url=sqlite_url))
    yield kit
    kit.close()


def test_a_message_is_one_line_with_the_phone_masked(kit):
    out = io.StringIO()
    Console(kit.gateway, out, "sms").send("13800005678", "Your code is 123456.\nIt lasts 5 minutes.", key="k")
    assert out.getvalue() == "SMS *******5678: Your code is 123456. It lasts 5 minutes.\n"


def test_an_e_mail_is_one_line_with_its_subject(kit):
    out = io.StringIO()
    Console(kit.gateway, out, "email").send("li@example.org", "See the\nboard.", key="k", subject="Alarm")
    assert out.getvalue() == "E-MAIL l***@example.org: Alarm: See the board.\n"


def test_nothing_is_sent_when_the_switch_is_off(kit):
    out = io.StringIO()
    sms = Console(kit.gateway, out, "sms")
    kit.db.write(lambda tx: kit.gateway.flip(tx, "sms", False, "provider is down", "staff:1"), "test")
    with pytest.raises(CallRefused):
        sms.send("13800005678", "Your code is 123456.", key="k")
    assert out.getvalue() == ""


def test_a_message_is_sent_once_for_each_key(kit):
    out = io.StringIO()
    sms = Console(kit.gateway, out, "sms")
    for key in ("task:1", "task:1", "task:2"):
        sms.send("13800005678", "Later.", key=key)
    assert out.getvalue().count("Later.") == 2


def test_a_message_that_was_not_sent_is_sent_under_its_key(kit):
    out = io.StringIO()
    sms = Console(kit.gateway, out, "sms")
    out.write = lambda _text: (_ for _ in ()).throw(OSError("the disk is full"))
    with pytest.raises(OSError):
        sms.send("13800005678", "Later.", key="task:1")
    del out.write
    sms.send("13800005678", "Later.", key="task:1")
    assert out.getvalue().count("Later.") == 1


def test_only_the_last_keys_are_kept(kit, monkeypatch):
    monkeypatch.setattr(console, "KEYS_KEPT_MAX", 2)
    out = io.StringIO()
    sms = Console(kit.gateway, out, "sms")
    for key in ("1", "2", "3", "3", "1"):
        sms.send("13800005678", key, key=key)
    assert [line.rpartition(" ")[2] for line in out.getvalue().splitlines()] == ["1", "2", "3", "1"]


def test_a_gateway_that_was_handed_in_is_kept(kit):
    kit.services["sms"] = given = Console(kit.gateway, io.StringIO(), "sms")
    jobs.register(kit)
    assert kit.services["sms"] is given
