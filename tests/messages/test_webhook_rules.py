"""Signatures, retries, and where a webhook may go."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from fulfil.messages.rules import webhooks

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)


def test_the_signature_is_that_of_the_convention() -> None:
    """The example of the Standard Webhooks specification's own libraries."""
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    signed = webhooks.signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_receiver_with_the_convention_s_own_library_takes_what_is_sent() -> None:
    old, new, other = (webhooks.new_secret(byte * 24) for byte in (b"a", b"b", b"c"))
    body = '{"type":"order.paid","data":{"name":"牛奶"}}'
    headers = webhooks.headers([new, old], "msg_1", int(time.time()), body.encode())
    for secret in (new, old):
        assert Webhook(secret).verify(body.encode(), headers) == json.loads(body)
    for secret, said in ((other, body), (new, body + " ")):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(said, headers)


def test_a_secret_is_24_bytes_in_base64() -> None:
    assert webhooks.new_secret(b"\0" * 24) == "whsec_" + "A" * 32


def test_while_secrets_rotate_both_sign() -> None:
    old, new = webhooks.new_secret(b"a" * 24), webhooks.new_secret(b"b" * 24)
    until = NOW + timedelta(hours=1)
    assert webhooks.secrets_at([new, old], until, NOW) == [new, old]
    assert webhooks.secrets_at([new, old], NOW, NOW) == [new]
    assert webhooks.secrets_at([new], None, NOW) == [new]
    headers = webhooks.headers([new, old], "msg_1", 7, b"{}")
    assert headers["webhook-signature"] == " ".join(
        webhooks.signature(secret, "msg_1", 7, b"{}") for secret in (new, old)
    )
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("msg_1", "7")


@pytest.mark.parametrize(
    ("attempts", "share", "seconds"),
    [(1, 0.0, 5), (1, 1.0, 6), (2, 0.5, 330), (3, 0.0, 1800), (9, 0.0, 86_400), (10, 0.0, None)],
)
def test_tries_follow_ever_later_and_not_all_at_once(
    attempts: int, share: float, seconds: float | None
) -> None:
    expected = None if seconds is None else NOW + timedelta(seconds=seconds)
    assert webhooks.next_try(attempts, NOW, share) == expected


def test_it_is_given_up_after_three_days() -> None:
    assert timedelta(days=3) < timedelta(seconds=sum(webhooks.PAUSES_SECONDS)) < timedelta(days=4)
    assert webhooks.fails_too_long(NOW - timedelta(days=3), NOW)
    assert not webhooks.fails_too_long(NOW - timedelta(days=2.9), NOW)
    assert not webhooks.fails_too_long(None, NOW)


@pytest.mark.parametrize(("types", "wanted"), [([], True), (["order.paid"], True), (["order.x"], False)])
def test_who_names_types_is_told_of_these(types: list[str], wanted: bool) -> None:
    assert webhooks.wants(types, "order.paid") is wanted


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org",
        "https://example.org:8443/a?b=c",
        "https://192.168.1.4/hook",
        "http://127.0.0.1:9/x",
        "http://[::1]:9/x",
        "http://localhost/x",
    ],
)
def test_right_addresses(url: str) -> None:
    assert webhooks.wrong_url(url, embedded=True) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org",
        "http://192.168.1.4",
        "ftp://example.org",
        "example.org",
        "https://",
        "https:///x",
        "https://user@example.org",
        "https://user:pw@example.org",
        "https://example.org/#x",
        "https://a b",
        "https://exämple.org",
        "https://example.org:99999",
        "https://example.org:0",
        "https://[::1",
        "javascript:1",
        "https://example.org/" + "x" * 500,
        "https://example.org\\@evil.org",
        "https://example.org/\n",
        "",
    ],
)
def test_wrong_addresses(url: str) -> None:
    assert webhooks.wrong_url(url, embedded=True)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/x", "http://localhost/x"])
def test_plain_http_goes_nowhere_from_several_processes(url: str) -> None:
    assert webhooks.wrong_url(url, embedded=False) == "it must begin with https://"


OPEN, OWN, HERE, NEVER = "anywhere", "private", "embedded", "never"


@pytest.mark.parametrize(
    ("address", "where"),
    [
        ("93.184.216.34", OPEN),
        ("2606:2800:220:1::1", OPEN),
        ("10.0.0.1", OWN),
        ("172.16.0.1", OWN),
        ("192.168.1.1", OWN),
        ("100.64.0.1", OWN),
        ("fd00::1", OWN),
        ("127.0.0.1", HERE),
        ("127.9.9.9", HERE),
        ("::1", HERE),
        ("::ffff:127.0.0.1", HERE),
        ("::ffff:10.0.0.1", OWN),
        ("::ffff:93.184.216.34", OPEN),
        ("64:ff9b::a00:1", OWN),
        ("64:ff9b::7f00:1", HERE),
        ("64:ff9b::5db8:d822", OPEN),
        ("2002:7f00:1::", HERE),
        ("2002:a00:1::", OWN),
        ("169.254.169.254", NEVER),
        ("::ffff:169.254.169.254", NEVER),
        ("64:ff9b::a9fe:a9fe", NEVER),
        ("fe80::1", NEVER),
        ("fe80::1%eth0", NEVER),
        ("0.0.0.0", NEVER),
        ("::", NEVER),
        ("224.0.0.1", NEVER),
        ("ff02::1", NEVER),
        ("255.255.255.255", NEVER),
        ("240.0.0.1", NEVER),
    ],
)
def test_where_a_call_may_go(address: str, where: str) -> None:
    told = {
        (embedded, private): webhooks.may_go_to(address, embedded=embedded, private=private)
        for embedded in (False, True)
        for private in (False, True)
    }
    allowed = {
        OPEN: (True, True, True, True),
        OWN: (False, True, False, True),
        HERE: (False, True, True, True),
        NEVER: (False,) * 4,
    }[where]
    assert tuple(told[key] for key in ((False, False), (False, True), (True, False), (True, True))) == allowed
