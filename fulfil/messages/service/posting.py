"""One POST to an address that somebody else chose: to where it may go, and not for long (SSRF)."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import gevent
import urllib3

from fulfil.kit.errors import CallRefused
from fulfil.kit.tasks import CALLS_MAX
from fulfil.messages.rules import webhooks

DEPENDENCY = "webhooks"
TIMEOUT_SECONDS = 10.0
AT_ONCE = CALLS_MAX - 2  # the rest is for payments and messages
SLOW_SECONDS, SLOW_AT_ONCE = 1.0, 2
TOTAL_SECONDS = 30.0  # less than a task's lease, however slowly the other side speaks
PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Answer:
    """What came of it: the receiver's `status`, or the name of what went wrong."""

    status: int | None
    error: str | None

    @property
    def ok(self) -> bool:
        return self.error is None


class Busy(Exception):
    """Receivers that take their time have as many calls under way as they may."""


class Lanes:
    """Keeps receivers that answer slowly, or not at all, from taking every place that calls have (F8).

    AT_ONCE calls may be under way in this process. A receiver is slow when its last call took longer than
    SLOW_SECONDS; all slow ones together may have SLOW_AT_ONCE of them.
    """

    def __init__(self) -> None:
        self._slow: set[int] = set()
        self._all = self._of_slow = 0

    def run(self, webhook_id: int, call: Callable[[], Answer]) -> Answer:
        """Make the call. Raises Busy where slow ones have all they may, CallRefused where all have."""
        slow = webhook_id in self._slow
        if slow and self._of_slow >= SLOW_AT_ONCE:
            raise Busy()
        if self._all >= AT_ONCE:
            raise CallRefused(dependency=DEPENDENCY)
        self._all, self._of_slow = self._all + 1, self._of_slow + slow
        started = time.monotonic()
        try:
            answer = call()
        finally:
            self._all, self._of_slow = self._all - 1, self._of_slow - slow
        took = time.monotonic() - started
        (self._slow.add if took > SLOW_SECONDS else self._slow.discard)(webhook_id)
        return answer


def post(url: str, body: bytes, headers: Mapping[str, str], *, embedded: bool, private: bool) -> Answer:
    """POST `body`. Never raises for the receiver's fault, follows no redirect, reads no answer's body.

    The name is looked up once, and the connection goes to the very address that was checked.
    """
    try:
        with gevent.Timeout(TOTAL_SECONDS, TimeoutError("it took too long")):
            return _post(urlsplit(url), body, headers, embedded, private)
    except urllib3.exceptions.SSLError:
        return Answer(None, "tls")
    except urllib3.exceptions.NewConnectionError:  # a kind of timeout to urllib3
        return Answer(None, "unreachable")
    except (urllib3.exceptions.TimeoutError, TimeoutError):
        return Answer(None, "timeout")
    except urllib3.exceptions.HTTPError:
        return Answer(None, "unreachable")


def _post(
    where: SplitResult, body: bytes, headers: Mapping[str, str], embedded: bool, private: bool
) -> Answer:
    host, port = str(where.hostname), where.port or PORTS[where.scheme]
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return Answer(None, "unknown_host")
    addresses = [str(one[4][0]) for one in found]
    if not all(webhooks.may_go_to(one, embedded=embedded, private=private) for one in addresses):
        return Answer(None, "private_address")
    with _pool(where.scheme, host, addresses[0], port) as pool:
        path = f"{where.path or '/'}{'?' + where.query if where.query else ''}"
        answer = pool.urlopen(
            "POST",
            path,
            body=body,
            headers={"Host": where.netloc, **headers},
            retries=False,
            redirect=False,
            preload_content=False,
        )
        answer.close()
    return Answer(answer.status, None if 200 <= answer.status < 300 else f"http_{answer.status}")


def _pool(scheme: str, host: str, address: str, port: int) -> urllib3.HTTPConnectionPool:
    timeout = urllib3.Timeout(connect=TIMEOUT_SECONDS, read=TIMEOUT_SECONDS)
    if scheme == "http":
        return urllib3.HTTPConnectionPool(address, port, timeout=timeout)
    return urllib3.HTTPSConnectionPool(
        address, port, timeout=timeout, server_hostname=host, assert_hostname=host, cert_reqs="CERT_REQUIRED"
    )
