"""The shop's side of the sandbox channel against the real process."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import requests

from fulfil.kit.base import Kit
from fulfil.kit.config import Config
from fulfil.kit.errors import ConfigError
from fulfil.kit.gateway import FAILURES_TO_OPEN
from fulfil.trade.payments.errors import BadSignature, ChannelUnavailable
from fulfil.trade.payments.rules import RefundSaid, Said
from fulfil.trade.payments.service import channels
from fulfil.trade.payments.service.channel import ChannelRefused, PaymentAsked, RefundAsked
from tests.sim.conftest import SECRET, WAIT_SECONDS

NOW = datetime.now(UTC)
ASKED = PaymentAsked(71, "pt_1", "platform", "main", 2590, "CNY", NOW)


@pytest.fixture
def kit(sqlite_url, sandbox, door):
    config = Config(
        database_url=sqlite_url, sandbox_url=sandbox.url, sandbox_secret=SECRET, public_url=door.url
    )
    kit = Kit(config)
    yield kit
    kit.close()


@pytest.fixture
def channel(kit):
    return channels(kit)["sandbox"]


def test_a_payment_from_asking_to_its_callback(channel, door):
    assert channel.query(71) == Said(71, "absent")
    created = channel.create(ASKED)
    assert created == channel.create(ASKED)
    assert channel.query(71).state == "pending"
    requests.post(f"{created.pay_url}/pay", json={"outcome": "succeeded"}, timeout=WAIT_SECONDS)
    headers, body = door.next_raw()
    said = channel.notice(headers, body, datetime.now(UTC)).said
    assert said == channel.query(71)
    assert said == Said(71, "succeeded", 2590, "CNY", "main", said.channel_txn) and said.channel_txn
    with pytest.raises(BadSignature):
        channel.notice(headers, body + b" ", datetime.now(UTC))


def test_a_refund_from_asking_to_its_callback(channel, door):
    created = channel.create(ASKED)
    requests.post(f"{created.pay_url}/pay", json={"outcome": "succeeded"}, timeout=WAIT_SECONDS)
    door.next()
    assert channel.query_refund(5) == RefundSaid(5, "absent")
    assert channel.refund(RefundAsked(5, 71, 90, "CNY")).state == "pending"
    headers, body = door.next_raw()
    said = channel.notice(headers, body, datetime.now(UTC)).said
    assert said == channel.query_refund(5) == RefundSaid(5, "succeeded", 90, said.channel_refund)
    assert channel.refund(RefundAsked(6, 71, 2501, "CNY")) == RefundSaid(6, "failed")


def test_a_no_is_not_taken_for_silence_and_silence_not_for_a_no(channel, sandbox):
    channel.create(ASKED)
    with pytest.raises(ChannelRefused):
        channel.create(replace(ASKED, amount=1))
    sandbox.stop()
    with pytest.raises(ChannelUnavailable):
        channel.create(ASKED)
    with pytest.raises(ChannelUnavailable):
        channel.refund(RefundAsked(5, 71, 90, "CNY"))
    sandbox.start()


def test_callbacks_signed_with_the_key_before_are_heard_while_keys_rotate(kit, sandbox, door):
    kit.config = replace(kit.config, sandbox_secret="the key of tomorrow!", sandbox_secret_previous=SECRET)
    sandbox.paid("71")
    headers, body = door.next_raw()
    assert channels(kit)["sandbox"].notice(headers, body, datetime.now(UTC)).said.state == "succeeded"


def test_accounts_of_a_wrong_shape_stop_the_start(kit):
    kit.config = replace(kit.config, receiving_accounts="retail/platform")
    with pytest.raises(ConfigError, match="receiving accounts"):
        channels(kit)


def test_a_channel_that_refuses_our_key_is_seen_and_opens_its_breaker(kit):
    """Nothing is lost: what was asked for stays unknown, and is asked again when the key is right."""
    right = channels(kit)["sandbox"]
    right.create(ASKED)
    kit.config = replace(kit.config, sandbox_secret="a key of another shop")
    wrong = channels(kit)["sandbox"]
    for _ in range(FAILURES_TO_OPEN):
        with pytest.raises(ChannelUnavailable):
            wrong.refund(RefundAsked(5, 71, 90, "CNY"))
    with kit.db.read() as tx:
        told = kit.gateway.switch(tx, "pay_sandbox")
    assert (told["breaker"], told["key_refused_at"] is None) == ("open", False)
    assert 'fulfil_key_refused{name="pay_sandbox"} 1.0' in kit.metrics.text().decode()
