"""Calls to the outside: breaker and switch."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import sqlalchemy as sa

from fulfil.kit.base import Kit
from fulfil.kit.errors import NotFound
from fulfil.kit.gateway import FAILURES_TO_OPEN, OPEN, CallFailed, CallRefused, KeyRefused
from fulfil.kit.moves import History
from tests.kit.parcels import together


@pytest.fixture
def down(kit: Kit) -> Kit:
    kit.gateway.dependency("bank")
    kit.gateway.dependency("sms")
    return kit


def fail() -> None:
    raise ConnectionError


def call_and_fail(kit: Kit, times: int) -> None:
    for _ in range(times):
        with pytest.raises(ConnectionError):
            kit.gateway.call("bank", fail)


def flip(kit: Kit, name: str, on: bool) -> None:
    kit.db.write(lambda tx: kit.gateway.flip(tx, name, on, "it is down", "staff:1"), "flip")


def test_the_breaker_opens_after_failures_in_a_row_and_closes_after_a_success(down: Kit) -> None:
    call_and_fail(down, FAILURES_TO_OPEN - 1)
    assert down.gateway.call("bank", lambda: "ok") == "ok"
    call_and_fail(down, FAILURES_TO_OPEN)
    with pytest.raises(CallRefused) as refused:
        down.gateway.call("bank", lambda: pytest.fail("it was called"))
    assert refused.value.status == 503 and refused.value.extra == {"dependency": "bank"}
    assert down.gateway.call("sms", lambda: "another") == "another"
    with down.db.read() as tx:
        assert [(each["name"], each["broken"]) for each in down.gateway.switches(tx)] == [
            ("bank", True),
            ("sms", False),
        ]
    down.clock.advance(OPEN.total_seconds())
    call_and_fail(down, 1)  # one try; its failure opens again
    with pytest.raises(CallRefused):
        down.gateway.call("bank", fail)
    down.clock.advance(OPEN.total_seconds())
    assert down.gateway.call("bank", lambda: "back") == "back"
    call_and_fail(down, FAILURES_TO_OPEN - 1)
    assert down.gateway.call("bank", lambda: "still") == "still"


def test_a_switch_refuses_at_once_and_back(down: Kit) -> None:
    assert down.gateway.is_off("bank") is False
    flip(down, "bank", False)
    with pytest.raises(CallRefused):
        down.gateway.call("bank", lambda: pytest.fail("it was called"))
    assert down.gateway.call("sms", lambda: 1) == 1
    with down.db.read() as tx:
        assert down.gateway.switches(tx)[0] == {
            "name": "bank",
            "on": False,
            "reason": "it is down",
            "changed_by": "staff:1",
            "changed_at": "2026-03-02T08:00:00.000Z",
            "broken": False,
            "breaker": "closed",
            "opened_at": None,
            "silent_since": None,
            "key_refused_at": None,
            "refusals": 1,
        }
    flip(down, "bank", True)
    assert down.gateway.call("bank", lambda: 2) == 2


def shown(kit: Kit, name: str = "bank") -> dict:
    with kit.db.read() as tx:
        return kit.gateway.switch(tx, name)


def test_a_breaker_tells_since_when_and_what_it_refused(down: Kit) -> None:
    assert (shown(down)["breaker"], shown(down)["opened_at"]) == ("closed", None)
    call_and_fail(down, FAILURES_TO_OPEN)
    with pytest.raises(CallRefused):
        down.gateway.call("bank", fail)
    told = shown(down)
    assert (told["breaker"], told["opened_at"], told["refusals"]) == ("open", "2026-03-02T08:00:00.000Z", 1)
    down.clock.advance(OPEN.total_seconds())
    assert shown(down)["breaker"] == "trying"
    call_and_fail(down, 1)
    assert shown(down)["opened_at"] == told["opened_at"]  # it has not been well since
    flip(down, "bank", False)
    with pytest.raises(CallRefused):
        down.gateway.call("bank", fail)
    lines = set(down.metrics.text().decode().splitlines())
    assert lines >= {
        'fulfil_breaker_open{name="bank"} 1.0',
        'fulfil_breaker_open{name="sms"} 0.0',
        'fulfil_breaker_opened_at_seconds{name="bank"} 1.7724384e+09',
        'fulfil_call_refusals_total{by="breaker",name="bank"} 1.0',
        'fulfil_call_refusals_total{by="switch",name="bank"} 1.0',
    }
    flip(down, "bank", True)
    down.clock.advance(OPEN.total_seconds())
    down.gateway.call("bank", lambda: "back")
    assert (shown(down)["breaker"], shown(down)["opened_at"], shown(down)["refusals"]) == ("closed", None, 2)
    assert 'fulfil_breaker_open{name="bank"} 0.0' in down.metrics.text().decode()


def test_silence_is_told_since_its_first_failure_unless_it_was_but_one(down: Kit) -> None:
    told = []
    for _ in range(3):
        call_and_fail(down, 1)
        told.append(shown(down)["silent_since"])
        down.clock.advance(20)
    assert told == [None, "2026-03-02T08:00:00.000Z", "2026-03-02T08:00:00.000Z"]
    down.gateway.call("bank", lambda: "ok")
    call_and_fail(down, 1)
    assert shown(down)["silent_since"] is None


def refuse_the_key() -> None:
    raise KeyRefused("answered 401")


def test_a_key_that_is_refused_shows_at_once_and_breaks_as_silence_does(down: Kit) -> None:
    assert shown(down)["key_refused_at"] is None
    with pytest.raises(KeyRefused):
        down.gateway.call("bank", refuse_the_key)
    since = shown(down)["key_refused_at"]
    assert (since, shown(down)["breaker"]) == ("2026-03-02T08:00:00.000Z", "closed")
    down.clock.advance(1)
    for _ in range(FAILURES_TO_OPEN - 1):
        with pytest.raises(KeyRefused):
            down.gateway.call("bank", refuse_the_key)
    assert (shown(down)["key_refused_at"], shown(down)["breaker"]) == (since, "open")
    lines = set(down.metrics.text().decode().splitlines())
    assert lines >= {'fulfil_key_refused{name="bank"} 1.0', 'fulfil_key_refused{name="sms"} 0.0'}
    down.clock.advance(OPEN.total_seconds())
    call_and_fail(down, 1)  # whether the key is right now nobody knows
    assert shown(down)["key_refused_at"] == since
    down.clock.advance(OPEN.total_seconds())
    down.gateway.call("bank", lambda: "a new key")
    assert (shown(down)["key_refused_at"], shown(down)["breaker"]) == (None, "closed")
    assert 'fulfil_key_refused{name="bank"} 0.0' in down.metrics.text().decode()


def test_every_flip_is_written_down_once(down: Kit) -> None:
    flip(down, "bank", False)
    flip(down, "bank", False)
    flip(down, "bank", True)
    with down.db.read() as tx:
        steps = tx.all(
            sa.select(History.event, History.actor, History.reason, History.detail)
            .where(History.entity == "switches")
            .order_by(History.id)
        )
    assert [tuple(step) for step in steps] == [
        ("switch_off", "staff:1", "it is down", {"name": "bank"}),
        ("switch_on", "staff:1", "it is down", {"name": "bank"}),
    ]


def test_a_switch_outlives_the_process(down: Kit, make_kit, database_url: str) -> None:
    flip(down, "bank", False)
    again = make_kit(database_url)
    again.gateway.dependency("bank")
    assert again.gateway.is_off("bank") is True


def test_a_switch_is_read_while_every_connection_is_taken(make_kit, postgres_url: str) -> None:
    """Carts are asked for inside transactions, which may all wait for the one that asks."""
    kit = make_kit(postgres_url, database_pool=2)
    kit.gateway.dependency("bank")
    with kit.db.read() as tx, kit.db.read():
        tx.all(sa.text("select 1"))
        assert not kit.gateway.is_off("bank")


def test_a_switch_of_nothing_is_not_found(down: Kit) -> None:
    with pytest.raises(NotFound):
        flip(down, "weather", False)


def test_flips_at_once_do_not_collide(postgres_kit: Kit) -> None:
    postgres_kit.gateway.dependency("bank")
    assert together([lambda: flip(postgres_kit, "bank", False)] * 8) == [None] * 8


class _Bank(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(int(self.path.rsplit("/", 1)[-1]))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize(
    ("status", "fails"), [(200, False), (404, False), (422, False), (500, True), (503, True)]
)
def test_answers_of_the_server_side_count_as_failures(sqlite_kit: Kit, status: int, fails: bool) -> None:
    server = HTTPServer(("127.0.0.1", 0), _Bank)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    sqlite_kit.gateway.dependency("bank")
    url = f"http://127.0.0.1:{server.server_port}/{status}"
    try:
        if fails:
            with pytest.raises(CallFailed):
                sqlite_kit.gateway.http("bank", "GET", url)
        else:
            assert sqlite_kit.gateway.http("bank", "GET", url).status == status
    finally:
        thread.join(10)
        server.server_close()
    outcome = b'outcome="failed"' if fails else b'outcome="ok"'
    assert outcome in sqlite_kit.metrics.text()
