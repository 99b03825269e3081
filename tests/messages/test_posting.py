"""One call to a receiver: where it may go, how long it may take, and whom it trusts."""

from __future__ import annotations

import socket
from contextlib import closing
from typing import Any

import pytest

from fulfil.kit.errors import CallRefused
from fulfil.kit.tasks import CALLS_MAX
from fulfil.messages.rules import webhooks
from fulfil.messages.service import posting
from tests.messages.conftest import CERTIFICATE
from tests.messages.receiver import Receiver


def post(url: str, *, embedded: bool = True, private: bool = False) -> posting.Answer:
    return posting.post(
        url,
        b"{}",
        webhooks.headers([webhooks.new_secret(b"a" * 24)], "msg_1", 7, b"{}"),
        embedded=embedded,
        private=private,
    )


class Calls:
    """Calls that go on beside each other, on a clock of their own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lanes, self.now = posting.Lanes(), 0.0
        monkeypatch.setattr(posting.time, "monotonic", lambda: self.now)

    def make(self, first: int, *others: int, seconds: float = 0.0) -> posting.Answer:
        """Call `first`, and before it has answered the others, one within the other; each takes so long."""

        def answer() -> posting.Answer:
            if others:
                self.make(*others, seconds=seconds)
            self.now += seconds
            return posting.Answer(200, None)

        return self.lanes.run(first, answer)


def test_slow_receivers_have_two_places(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = Calls(monkeypatch)
    assert calls.make(1, 1, 1, 2).ok
    for receiver in (1, 2, 3):
        calls.make(receiver, seconds=1.1)
    assert calls.make(1, 2, seconds=1.1).ok
    with pytest.raises(posting.Busy):
        calls.make(1, 2, 3)
    calls.make(3, seconds=0.9)  # it has recovered
    assert calls.make(1, 2, 3).ok


def test_webhooks_leave_places_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = Calls(monkeypatch)
    assert posting.AT_ONCE == CALLS_MAX - 2
    assert calls.make(*range(posting.AT_ONCE)).ok
    with pytest.raises(CallRefused):
        calls.make(*range(posting.AT_ONCE + 1))
    assert calls.make(*range(posting.AT_ONCE)).ok


def test_a_name_that_leads_to_this_machine_is_no_way_in(receiver: Receiver) -> None:
    port = receiver.port
    for host in ("127.0.0.1", "localhost"):
        assert post(f"http://{host}:{port}", embedded=False).error == "private_address"
    assert receiver.got == []
    assert post(f"http://localhost:{port}").ok


def test_an_answer_is_not_read_and_no_redirect_followed(receiver: Receiver) -> None:
    receiver.answers = [200, (307, {"Location": receiver.url})]
    receiver.body = b"x" * 1_000_000
    assert post(receiver.url) == posting.Answer(200, None)
    assert post(receiver.url) == posting.Answer(307, "http_307")
    assert len(receiver.got) == 2


def test_whoever_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "TIMEOUT_SECONDS", 0.2)
    assert post("http://127.0.0.1:1/").error == "unreachable"
    assert post("https://no-such-host.invalid/").error == "unknown_host"
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        port = silent.getsockname()[1]
        assert post(f"http://127.0.0.1:{port}/").error == "timeout"
        assert post(f"https://127.0.0.1:{port}/").error == "timeout"


def test_a_certificate_counts_if_it_is_trusted_and_of_that_name(
    server_tls: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(Receiver(server_tls)) as receiver:
        port = receiver.port
        assert post(f"https://127.0.0.1:{port}").error == "tls"
        monkeypatch.setenv("SSL_CERT_FILE", CERTIFICATE)
        assert post(f"https://127.0.0.1:{port}") == posting.Answer(204, None)
        here = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", port))
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [here])
        assert post(f"https://another.example.org:{port}").error == "tls"
    assert [got.headers["host"] for got in receiver.got] == [f"127.0.0.1:{port}"]
