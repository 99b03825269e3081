"""Providers as they are over the wire: a real HTTP server and a real mail server on this machine."""

from __future__ import annotations

import hashlib
import hmac
import json
import ssl
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest

from fulfil.kit.base import Kit
from fulfil.kit.clock import VirtualClock
from fulfil.kit.config import Config
from fulfil.kit.errors import CallRefused, ConfigError
from fulfil.kit.gateway import CallFailed
from fulfil.messages import jobs
from fulfil.messages.errors import Undeliverable
from fulfil.messages.rules.providers import MailServer
from fulfil.messages.service.smtp import SmtpEmail
from tests.messages.conftest import CERTIFICATE
from tests.messages.mailbox import Mailbox
from tests.messages.receiver import Receiver

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
PHONE, ADDRESS, FROM = "13800005678", "li@example.org", "shop@example.org"
SECRET = "a secret that both sides know"


@pytest.fixture
def made(sqlite_url: str) -> Iterator[Any]:
    """Makes kits with settings."""
    kits: list[Kit] = []

    def make(**settings: Any) -> Kit:
        kits.append(Kit(Config(database_url=sqlite_url, **settings), clock=VirtualClock(NOW)))
        jobs.register(kits[-1])
        return kits[-1]

    yield make
    for kit in kits:
        kit.close()


def test_a_short_message_is_json_with_a_token_and_a_key(made: Any, receiver: Receiver) -> None:
    body = '{"to": ["{phone}"], "message": {"text": "{text}", "ref": "{key}"}, "from": 1}'
    kit = made(sms_url=receiver.url, sms_token="tok", sms_body=body)
    for key in ("a", "a", "b"):
        kit.services["sms"].send(PHONE, 'He said "{phone}", 你好', key=key)
    first, again, other = receiver.got
    told = json.loads(first.body)
    assert told["to"] == [PHONE] and told["from"] == 1
    assert told["message"]["text"] == 'He said "{phone}", 你好'
    assert first.headers["authorization"] == "Bearer tok"
    assert first.headers["content-type"] == "application/json"
    assert first.headers["idempotency-key"] == again.headers["idempotency-key"] == told["message"]["ref"]
    assert first.headers["idempotency-key"] != other.headers["idempotency-key"]
    assert "x-signature" not in first.headers


def test_a_short_message_may_be_signed(made: Any, receiver: Receiver) -> None:
    made(sms_url=receiver.url, sms_secret=SECRET).services["sms"].send(PHONE, "Later.", key="a")
    [got] = receiver.got
    told = got.headers["x-timestamp"].encode() + b"." + got.body
    assert int(got.headers["x-timestamp"]) == NOW.timestamp()
    right = hmac.new(SECRET.encode(), told, hashlib.sha256).hexdigest()
    assert got.headers["x-signature"] == f"sha256={right}"


@pytest.mark.parametrize(
    ("status", "raised"),
    [
        (200, None),
        (202, None),
        (302, CallFailed),
        (400, Undeliverable),
        (401, CallFailed),
        (404, Undeliverable),
        (429, CallFailed),
        (500, CallFailed),
        (503, CallFailed),
    ],
)
def test_what_the_provider_answers(made: Any, receiver: Receiver, status: int, raised: Any) -> None:
    kit = made(sms_url=receiver.url)
    receiver.answers = [(status, {"Location": receiver.url})]
    if raised is None:
        kit.services["sms"].send(PHONE, "Later.", key="a")
    else:
        with pytest.raises(raised):
            kit.services["sms"].send(PHONE, "Later.", key="a")
    assert len(receiver.got) == 1


def test_refusals_for_good_open_no_breaker_and_faults_do(made: Any, receiver: Receiver) -> None:
    kit = made(sms_url=receiver.url)
    receiver.answers = [400] * 6 + [500] * 5
    for _ in range(6):
        with pytest.raises(Undeliverable):
            kit.services["sms"].send("1", "Later.", key="a")
    for _ in range(5):
        with pytest.raises(CallFailed):
            kit.services["sms"].send("1", "Later.", key="a")
    with pytest.raises(CallRefused):
        kit.services["sms"].send("1", "Later.", key="a")
    assert len(receiver.got) == 11


@pytest.mark.parametrize("status", [401, 403, 407])
def test_a_provider_that_refuses_our_key_is_seen(made: Any, receiver: Receiver, status: int) -> None:
    kit = made(sms_url=receiver.url)
    receiver.answers = [429, status]
    for refused in (False, True):
        with pytest.raises(CallFailed):
            kit.services["sms"].send("1", "Later.", key="a")
        with kit.db.read() as tx:
            assert (kit.gateway.switch(tx, "sms")["key_refused_at"] is not None) is refused


def mail(
    kit: Kit, text: str = "Refunds fail.\nSee the board.", subject: str = "告警 alarm", key: str = "k"
) -> None:
    kit.services["email"].send(ADDRESS, text, key=key, subject=subject)


def test_an_e_mail_arrives_as_it_was_meant(made: Any, mailbox: Mailbox) -> None:
    kit = made(smtp_url=f"smtp://127.0.0.1:{mailbox.port}", email_from=FROM)
    for key in ("k", "k", "other"):
        mail(kit, key=key)
    first, again, other = mailbox.got
    assert mailbox.envelopes[0] == (FROM, ADDRESS)
    assert (first["From"], first["To"], first["Subject"]) == (FROM, ADDRESS, "告警 alarm")
    assert first.get_content().split("\r\n")[:2] == ["Refunds fail.", "See the board."]
    assert first["Date"].datetime == NOW and first["Auto-Submitted"] == "auto-generated"
    assert first["Message-ID"] == again["Message-ID"] != other["Message-ID"]
    assert first["Message-ID"].endswith("@example.org>")
    assert mailbox.encrypted == [False] * 3 and mailbox.logins == []


def test_a_value_becomes_no_header(made: Any, mailbox: Mailbox) -> None:
    kit = made(smtp_url=f"smtp://127.0.0.1:{mailbox.port}", email_from=FROM)
    mail(kit, subject="a\r\nBcc: all@example.org", text="a\r\n.\r\nRCPT TO:<all@example.org>")
    [got] = mailbox.got
    assert got["Bcc"] is None and got["Subject"] == "a Bcc: all@example.org"
    assert mailbox.envelopes == [(FROM, ADDRESS)] and "RCPT TO" in got.get_content()
    for wrong in ("all@example.org\r\nBcc: x@example.org", "a@b", "", "x@example.org,y@example.org"):
        with pytest.raises(Undeliverable):
            kit.services["email"].send(wrong, "a", key="k", subject="s")
    assert len(mailbox.got) == 1


@pytest.mark.parametrize("at_once", [False, True])
def test_mail_is_encrypted_where_the_server_can(
    made: Any, server_tls: ssl.SSLContext, at_once: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheme = "smtps" if at_once else "smtp"
    with closing(Mailbox(tls=server_tls, at_once=at_once)) as mailbox:
        url = f"{scheme}://shop:p%40ss@127.0.0.1:{mailbox.port}"
        kit = made(smtp_url=url, email_from=FROM)
        with pytest.raises(ssl.SSLError):
            mail(kit)
        assert mailbox.logins == []
        monkeypatch.setenv("SSL_CERT_FILE", CERTIFICATE)
        mail(kit)
        assert mailbox.encrypted == [True] and mailbox.logins == [("shop", "p@ss")]
        assert "p%40ss" not in str(kit.config.shown()) and "p@ss" not in str(kit.config.shown())


def test_nothing_is_told_to_another_machine_in_the_clear(made: Any, mailbox: Mailbox) -> None:
    kit = made()
    strict = MailServer("127.0.0.1", mailbox.port, tls=False, strict=True, user="shop", password="secret")
    with pytest.raises(CallFailed, match="STARTTLS"):
        SmtpEmail(kit.gateway, kit.clock, strict, FROM).send(ADDRESS, "a", key="k", subject="s")
    assert (mailbox.got, mailbox.logins) == ([], [])


@pytest.mark.parametrize(
    ("at", "answer", "raised", "taken"),
    [
        ("RCPT", "550 nobody", Undeliverable, 0),
        ("RCPT", "450 busy", OSError, 0),
        (".", "554 spam", Undeliverable, 0),
        (".", "451 later", OSError, 0),
        ("MAIL", "530 who are you", OSError, 0),
        ("QUIT", "500 what", None, 1),
    ],
)
def test_what_the_mail_server_answers(
    made: Any, mailbox: Mailbox, at: str, answer: str, raised: Any, taken: int
) -> None:
    kit = made(smtp_url=f"smtp://127.0.0.1:{mailbox.port}", email_from=FROM)
    mailbox.refusals = {at: answer}
    if raised is None:
        mail(kit)
    else:
        with pytest.raises(raised):
            mail(kit)
    assert len(mailbox.got) == taken


def test_a_mail_server_that_is_away_is_a_fault(made: Any) -> None:
    kit = made(smtp_url="smtp://127.0.0.1:1", email_from=FROM)
    with pytest.raises(OSError):
        mail(kit)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"sms_url": "http://x", "sms_body": "{"}, "sms_body must be JSON"),
        ({"sms_url": "http://x", "sms_body": '{"to": "{phone}"}'}, "sms_body must be JSON"),
        ({"smtp_url": "smtp://h/path"}, "smtp_url must look like"),
        ({"smtp_url": "smtp://h"}, "email_from must be an e-mail address"),
        ({"smtp_url": "smtp://h", "email_from": "a@example.org\nBcc: b@example.org"}, "email_from must be"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_line(
    made: Any, settings: dict[str, str], message: str
) -> None:
    with pytest.raises(ConfigError, match=message) as told:
        made(**settings)
    assert "\n" not in str(told.value)
