"""Who may open which socket, and who is cut: over the served shop, as a browser speaks to it."""

from __future__ import annotations

import http.client
import json
import socket
import time
from contextlib import suppress
from typing import Any

import pytest
import websocket

from fulfil.kit.base import Kit
from fulfil.kit.security import SYSTEM, hash_token
from fulfil.sim.clients import Handheld
from fulfil.staff import queries as staff_queries
from fulfil.staff import service as staff
from tests.house import API, CONTACT, House

CUT_SECONDS_MAX = 5
ENDS_SECONDS_MAX = 2
WAIT_SECONDS_MAX = 10


class Socket:
    """A Socket.IO client of one namespace over a bare websocket: it sees every packet."""

    def __init__(self, house: House, namespace: str, auth: Any, **options: Any) -> None:
        self._wire = websocket.create_connection(
            f"ws://127.0.0.1:{house.port}/socket.io/?EIO=4&transport=websocket",
            timeout=WAIT_SECONDS_MAX,
            **options,
        )
        # Kept beside it, since the client forgets its connection when the other side says goodbye.
        self._bare = self._wire.sock.dup()
        assert self._wire.recv().startswith("0")
        self.namespace = namespace
        where = "" if namespace == "/" else f"{namespace},"
        self._wire.send(f"40{where}{json.dumps(auth)}")
        self.answer = self.next()

    @property
    def refusal(self) -> str | None:
        """Why the namespace was refused, None when it is open."""
        if not self.answer.startswith("44"):
            return None
        told = json.loads(
            self.answer[self.answer.index(",") + 1 :] if "," in self.answer else self.answer[2:]
        )
        return told["message"] if isinstance(told, dict) else told

    @property
    def agreed(self) -> dict[str, str]:
        """Header fields of the server's answer to the handshake, by their names in small letters."""
        return self._wire.getheaders()

    def emit(self, event: str, payload: Any) -> None:
        self.send_raw(f"42{self.namespace},{json.dumps([event, payload])}")

    def send_raw(self, packet: str) -> None:
        self._wire.send(packet)

    def next(self) -> str:
        """The next packet that is not a ping; "" when the socket is closed."""
        while True:
            try:
                packet = self._wire.recv()
            except websocket.WebSocketConnectionClosedException:
                return ""
            if packet != "2":
                return packet
            self._wire.send("3")

    def event(self) -> list[Any]:
        """The next event: its name and payload."""
        return json.loads(self.next().partition(",")[2])

    def leave(self) -> None:
        """Say goodbye and wait until the server has closed the socket."""
        self._wire.send("1")
        while self.next():
            pass

    def last_words(self, raw: bytes) -> bytes:
        """Send bytes on the bare connection, and what comes back before the server ends it."""
        answer = b""
        try:
            self._bare.sendall(raw)
            while more := self._bare.recv(4096):
                answer += more
        except (ConnectionResetError, BrokenPipeError):
            pass  # ended at once: nothing came back
        return answer

    def close(self) -> None:
        self._wire.close()


def refusal(house: House, namespace: str, auth: Any) -> str | None:
    """Why this namespace is refused, None when it opens."""
    found = Socket(house, namespace, auth)
    found.close()
    return found.refusal


def tokens(house: House) -> dict[str, str]:
    """A token of everybody who has one."""
    people = {
        role: house.staff(role).session["token"]
        for role in ("picker", "packer", "counter", "rider", "supervisor")
    }
    guest = house.customer().http.headers["Authorization"].removeprefix("Bearer ")
    return people | {
        "guest": guest,
        "program": house.access.admin_token,
        "made up": "fs_" + "0" * 64,
        "nothing": "",
        "a number": 5,
        "no text": ["x"],
        "NUL": "fs_\0",
        "half": "fs_\ud800",
    }


TERMINAL = {"guest": "forbidden", "program": "forbidden", "NUL": "malformed", "half": "malformed"}
BOARD = dict.fromkeys(("picker", "packer", "counter", "rider", "guest"), "forbidden") | {
    "NUL": "malformed",
    "half": "malformed",
}
NOBODY = ("made up", "nothing", "a number", "no text")


def test_who_may_open_the_terminal(house: House) -> None:
    expected = dict.fromkeys(tokens(house)) | TERMINAL | dict.fromkeys(NOBODY, "unauthenticated")
    assert {
        name: refusal(house, "/terminal", {"token": token}) for name, token in tokens(house).items()
    } == expected


def test_who_may_open_the_board_of_their_shop(house: House) -> None:
    expected = dict.fromkeys(tokens(house)) | BOARD | dict.fromkeys(NOBODY, "unauthenticated")
    assert {
        name: refusal(house, "/board", {"token": token, "store_id": house.store_id})
        for name, token in tokens(house).items()
    } == expected


def test_a_board_needs_no_name_of_the_shop_where_the_caller_has_but_one(house: House) -> None:
    assert refusal(house, "/board", {"token": house.staff("supervisor").session["token"]}) is None
    assert refusal(house, "/board", {"token": house.staff("packer").session["token"]}) == "forbidden"


@pytest.mark.parametrize("store_id", ["1", "999999", "", "x", -1, None, "9" * 30, "１", ["1"], {}])
def test_the_board_of_no_shop_of_theirs_stays_closed(house: House, store_id: Any) -> None:
    token = house.staff("supervisor").session["token"]
    assert refusal(house, "/board", {"token": token, "store_id": store_id}) in ("forbidden", "invalid")


@pytest.mark.parametrize(
    "auth",
    [
        None,
        [],
        "x",
        5,
        {},
        {"token": ""},
        {"token": "x" * 5000},
        {"token": 5},
        {"token": "\0"},
        {"token": "\ud800"},
    ],
)
@pytest.mark.parametrize("namespace", ["/terminal", "/board", "/track", "/", "/none"])
def test_junk_opens_nothing(house: House, namespace: str, auth: Any) -> None:
    assert refusal(house, namespace, auth) is not None


def test_the_holder_of_a_link_follows_that_order(house: House) -> None:
    customer = house.customer()
    customer.put(house.fresh_sku(10), 1)
    order = customer.order(CONTACT)
    follower = Socket(house, "/track", {"token": order["track_url"].rsplit("/", 1)[1]})
    assert follower.refusal is None
    customer.cancel(order["order_no"])
    assert follower.event() == ["changed", {"topic": f"track:{order['order_no']}"}]
    follower.close()


@pytest.mark.parametrize("since", [None, "0", -1, 1.5, True, 2**63, [], {}, "\0"])
def test_a_hello_without_a_number_is_refused(house: House, since: Any) -> None:
    device = Socket(house, "/terminal", {"token": house.staff("packer").session["token"]})
    device.emit("hello", {"since": since})
    assert device.event()[0] == "refused"
    device.close()


@pytest.mark.parametrize(
    "message",
    [
        None,
        5,
        "x",
        [],
        {"battery": "full", "queued": -1},
        {"battery": 2**63},
        {"battery": True, "queued": [1]},
    ],
)
def test_a_beat_of_junk_harms_nobody(house: House, message: Any) -> None:
    device = Socket(house, "/terminal", {"token": house.staff("packer").session["token"]})
    device.emit("beat", message)
    device.emit("no such event", message)
    device.emit("hello", {"since": 2**53})
    assert device.event()[0] == "reset"
    device.close()


@pytest.mark.parametrize("namespace", ["/terminal", "/board"])
@pytest.mark.parametrize("name", ["connect", "disconnect"])
def test_an_event_with_a_name_of_the_librarys_own_ends_the_connection(
    house: House, namespace: str, name: str
) -> None:
    """A board that seemed to have left would stay open when its session ends."""
    role = "packer" if namespace == "/terminal" else "supervisor"
    device = Socket(house, namespace, {"token": house.staff(role).session["token"]})
    device.emit(name, {"token": "fs_none"})
    device.last_words(b"")
    assert "ConnectionRefusedError" not in house.log()


@pytest.mark.parametrize(
    "junk",
    [
        '42/terminal,["hello",{"since":PLANTED}]',
        "42/terminal,{PLANTED",
        '42/terminal,{"PLANTED":1}',
        '42/terminal,["hello"]PLANTED',
        '42/terminal,[["PLANTED"]]',
        '42/terminal,["disconnect","PLANTED"]',
        "42/terminal,[5]",
        "42/terminal,[]",
        "42/terminal,",
        "42/terminal," + "9" * 200 + '["hello"]',
        "42/terminal," + "[" * 20_000,
        "42",
        "4",
        "4PLANTED",
        '43/terminal,1["PLANTED"]',
        '44/terminal,"PLANTED"',
        '451-/terminal,["PLANTED"]',
        '459999999999-/terminal,["PLANTED",{"_placeholder":true,"num":7}]',
        '461-/terminal,1["PLANTED"]',
        "47PLANTED",
        '4{"PLANTED":1}',
        "4" + "[" * 20_000,
        "2PLANTED",
        "5",
        "6",
        "0{}",
    ],
)
def test_what_a_client_may_not_say_ends_the_connection_and_not_a_word_of_it_is_in_the_log(
    house: House, junk: str
) -> None:
    device = Socket(house, "/terminal", {"token": house.staff("packer").session["token"]})
    before = len(house.log())
    device.send_raw(junk)
    with suppress(OSError):
        device.emit("hello", {"since": 2**53})
    assert b"reset" not in device.last_words(b"")
    assert "ERROR" not in house.log()[before:] and "Traceback" not in house.log()[before:]
    assert "PLANTED" not in house.log()


def test_whoever_has_not_said_who_they_are_fills_no_log(house: House) -> None:
    stranger, before = Socket(house, "/terminal", None), len(house.log())
    assert stranger.refusal == "unauthenticated"
    for name in ("hello", "beat", "none"):
        stranger.emit(name, {"since": 0})
    stranger.leave()
    assert house.log()[before:] == ""


@pytest.mark.parametrize("letters", [100_000, 8_000_000])
def test_a_message_that_is_too_large_ends_the_connection_at_once(house: House, letters: int) -> None:
    """Also to a client that does not answer the goodbye; what it still sends is not even read."""
    device = Socket(house, "/terminal", {"token": house.staff("packer").session["token"]})
    with suppress(ConnectionResetError, BrokenPipeError):
        device.emit("beat", {"battery": "x" * letters})
    started = time.monotonic()
    device.last_words(b"")
    assert time.monotonic() - started < ENDS_SECONDS_MAX


@pytest.mark.parametrize("junk", ["x", "", " 2", "b!", "[", "\u0661"])
def test_what_is_no_packet_ends_the_connection_and_stays_out_of_the_log(house: House, junk: str) -> None:
    device = Socket(house, "/terminal", {"token": house.staff("packer").session["token"]})
    device.send_raw(junk)
    started = time.monotonic()
    device.last_words(b"")
    assert time.monotonic() - started < ENDS_SECONDS_MAX
    assert "ValueError" not in house.log() and "IndexError" not in house.log()


def test_what_a_client_still_sends_after_the_end_is_no_request(house: House) -> None:
    """A browser says goodbye in Socket.IO, then closes its socket: that frame is no HTTP request."""
    device = Socket(house, "/terminal", {"token": house.staff("packer").session["token"]})
    device.leave()
    assert device.last_words(b"\x88\x82abcdef\r\n\r\n") == b""


@pytest.mark.parametrize("end", ["logout", "revoke", "disable", "second login", "device"])
def test_an_ended_session_is_cut_within_5_seconds(house: House, end: str) -> None:
    """Signed out first, then disconnected, and the token opens no new socket."""
    handheld, pin = hired(house)
    token = handheld.session["token"]
    device = Socket(house, "/terminal", {"token": token})
    device.emit("hello", {"since": 0})
    started = time.monotonic()
    END[end](house, handheld, pin)
    packets = []
    while not packets or not packets[-1].startswith(("41", "1")) and packets[-1]:
        packets.append(device.next())
    assert any("signed_out" in packet for packet in packets)
    assert time.monotonic() - started < CUT_SECONDS_MAX
    assert refusal(house, "/terminal", {"token": token}) == "unauthenticated"


def hired(house: House, role: str = "picker") -> tuple[Handheld, str]:
    """Somebody new, signed in on a new device, and their PIN."""
    operator, device = house.operator(), house.another_device()
    badge = f"N{device.http.uuid()[:6].upper()}"
    person = operator.call(
        "POST",
        f"{API}/staff/people",
        {"store_id": house.store_id, "badge": badge, "name_zh": "新", "name_en": "New", "roles": [role]},
        key=operator.uuid(),
    )
    device.sign_in(badge, person["pin"])
    return device, person["pin"]


def _revoke(house: House, handheld: Handheld, _pin: str) -> None:
    house.operator().call("DELETE", f"{API}/staff/sessions/{handheld.session['session_id']}")


def _disable(house: House, handheld: Handheld, _pin: str) -> None:
    house.operator().call(
        "PATCH", f"{API}/staff/people/{handheld.session['person']['id']}", {"disabled": True}
    )


def _second_login(house: House, handheld: Handheld, pin: str) -> None:
    house.another_device().sign_in(handheld.session["person"]["badge"], pin)


def _revoke_device(house: House, _handheld: Handheld, _pin: str) -> None:
    operator, devices = house.operator(), f"{API}/staff/devices"
    newest = max(
        operator.call("GET", f"{devices}?store_id={house.store_id}")["devices"],
        key=lambda device: int(device["id"]),
    )
    operator.call("DELETE", f"{devices}/{newest['id']}?store_id={house.store_id}")


END = {
    "logout": lambda _house, handheld, _pin: handheld.http.call("DELETE", f"{API}/terminal/sessions"),
    "revoke": _revoke,
    "disable": _disable,
    "second login": _second_login,
    "device": _revoke_device,
}


def test_a_board_is_cut_with_its_session(house: House) -> None:
    operator, (supervisor, _) = house.operator(), hired(house, "supervisor")
    board = Socket(house, "/board", {"token": supervisor.session["token"], "store_id": house.store_id})
    started = time.monotonic()
    operator.call("DELETE", f"{API}/staff/sessions/{supervisor.session['session_id']}")
    while not (packet := board.next()).startswith("41"):
        assert packet, "closed without a word"
    assert time.monotonic() - started < CUT_SECONDS_MAX
    board.close()


def test_a_board_of_a_program_is_cut_when_its_token_is_revoked(house: House) -> None:
    kit = Kit(house.config)
    shops = [int(house.store_id)]
    tokens = [
        kit.db.write(
            lambda tx, name=name: staff.create_api_token(tx, name=name, roles=["operator"], store_ids=shops),
            "test",
        )
        for name in ("screen", "other")
    ]
    with kit.db.read() as tx:
        revoked = staff_queries.api_token(tx, hash_token(tokens[0])).id
    boards = [Socket(house, "/board", {"token": token, "store_id": house.store_id}) for token in tokens]
    assert [board.refusal for board in boards] == [None, None]
    kit.db.write(lambda tx: staff.revoke_api_token(tx, revoked, by=SYSTEM), "test")
    kit.close()
    started = time.monotonic()
    while not (packet := boards[0].next()).startswith("41"):
        assert packet, "closed without a word"
    assert time.monotonic() - started < CUT_SECONDS_MAX
    house.operator().call("POST", f"{API}/stores/{house.store_id}/state", {"state": "open"})
    assert boards[1].event()[0] == "changed", "the other board stays"
    for board in boards:
        board.close()


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:1", "null", "https://127.0.0.1"])
def test_a_page_of_another_origin_opens_no_socket(house: House, origin: str) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        Socket(house, "/terminal", {}, origin=origin)
    assert refused.value.status_code in (400, 403)


def test_the_shops_own_pages_open_sockets(house: House) -> None:
    token = house.staff("packer").session["token"]
    device = Socket(house, "/terminal", {"token": token}, origin=f"http://127.0.0.1:{house.port}")
    assert device.refusal is None
    device.close()


def test_what_a_browser_offers_to_compress_is_sent_as_it_is(house: House) -> None:
    """Compressing costs a quarter of a megabyte for each device, and pushes are short."""
    offer = {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}
    device = Socket(house, "/terminal", {"token": house.staff("packer").session["token"]}, header=offer)
    assert device.refusal is None and "sec-websocket-extensions" not in device.agreed
    device.close()


def test_only_websockets(house: House) -> None:
    """Long polling is off: it would carry no origin check of the browser's."""
    connection = http.client.HTTPConnection("127.0.0.1", house.port)
    connection.request("GET", "/socket.io/?EIO=4&transport=polling")
    assert connection.getresponse().status == 400
    connection.close()


HANDSHAKE = {
    "Host": "127.0.0.1",
    "Upgrade": "websocket",
    "Connection": "keep-alive, Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def handshake(house: House, method: str, version: str, fields: dict[str, str | None]) -> bytes:
    """The first line of the answer to a request to open a socket, None leaves a field out."""
    lines = [f"{name}: {value}" for name, value in (HANDSHAKE | fields).items() if value is not None]
    path = "/socket.io/?EIO=4&transport=websocket"
    with socket.create_connection(("127.0.0.1", house.port), timeout=WAIT_SECONDS_MAX) as bare:
        bare.sendall("\r\n".join([f"{method} {path} HTTP/{version}", *lines, "", ""]).encode("latin-1"))
        return bare.recv(4096).partition(b"\r\n")[0]


@pytest.mark.parametrize(
    ("method", "version", "fields"),
    [
        ("GET", "1.1", {"Upgrade": None}),
        ("GET", "1.1", {"Upgrade": "h2c"}),
        ("GET", "1.1", {"Connection": None}),
        ("GET", "1.1", {"Connection": "close"}),
        ("GET", "1.1", {"Sec-WebSocket-Version": None}),
        ("GET", "1.1", {"Sec-WebSocket-Version": "8"}),
        ("GET", "1.1", {"Sec-WebSocket-Key": None}),
        ("GET", "1.1", {"Sec-WebSocket-Key": "short"}),
        ("GET", "1.0", {"Host": None}),
        ("POST", "1.1", {}),
        ("OPTIONS", "1.1", {}),
    ],
)
def test_what_is_almost_a_handshake_is_refused_and_fills_no_log(
    house: House, method: str, version: str, fields: dict[str, str | None]
) -> None:
    assert b" 101 " in handshake(house, "GET", "1.1", {})
    before = len(house.log())
    assert b" 400 " in handshake(house, method, version, fields)
    assert house.log()[before:] == ""


@pytest.mark.parametrize(
    "fields",
    [
        "Content-Length: 2\r\nContent-Length: 2",
        "Content-Length: 2\r\nTransfer-Encoding: chunked",
        "Content-Length : 2",
        "X-Folded: a\r\n b",
    ],
)
def test_a_request_that_two_servers_could_read_in_two_ways_is_refused(house: House, fields: str) -> None:
    with socket.create_connection(("127.0.0.1", house.port), timeout=WAIT_SECONDS_MAX) as connection:
        connection.sendall(f"POST {API}/guests HTTP/1.1\r\nHost: shop.lan\r\n{fields}\r\n\r\n{{}}".encode())
        assert connection.makefile("rb").readline() == b"HTTP/1.1 400 Bad Request\r\n"
