"""Short messages on the console."""

import io

import pytest

from fulfil.kit.base import Kit
from fulfil.kit.config import Config
from fulfil.kit.gateway import CallRefused
from fulfil.messages import jobs
from fulfil.messages.service import ConsoleSms


@pytest.fixture
def kit(sqlite_url):
    kit = Kit(Config(database_url=sqlite_url))
    yield kit
    kit.close()


def test_a_message_is_one_line_with_the_phone_masked(kit):
    out = io.StringIO()
    ConsoleSms(kit.gateway, out).send("13800005678", "Your code is 123456.\nIt lasts 5 minutes.")
    assert out.getvalue() == "SMS *******5678: Your code is 123456. It lasts 5 minutes.\n"


def test_nothing_is_sent_when_the_switch_is_off(kit):
    out = io.StringIO()
    sms = ConsoleSms(kit.gateway, out)
    kit.db.write(lambda tx: kit.gateway.flip(tx, "sms", False, "provider is down", "staff:1"), "test")
    with pytest.raises(CallRefused):
        sms.send("13800005678", "Your code is 123456.")
    assert out.getvalue() == ""


def test_a_gateway_that_was_handed_in_is_kept(kit):
    kit.services["sms"] = given = ConsoleSms(kit.gateway, io.StringIO())
    jobs.register(kit)
    assert kit.services["sms"] is given
