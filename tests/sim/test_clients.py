"""The HTTP client: a connection that broke serves no further request, however often it breaks."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from fulfil.sim.clients import Http

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


def play(listener: socket.socket, script: str) -> threading.Thread:
    """A server: of each connection it answers `a` requests and hangs up on the one marked `x`."""

    def serve() -> None:
        for acts in script.split():
            connection, _ = listener.accept()
            with connection:
                for act in acts:
                    connection.recv(65536)
                    if act == "a":
                        connection.sendall(ANSWER)

    thread = threading.Thread(target=serve)
    thread.start()
    return thread


def test_a_kept_connection_that_was_closed_is_opened_again(listener: socket.socket) -> None:
    server = play(listener, "ax a")
    http = Http(f"http://127.0.0.1:{listener.getsockname()[1]}")
    assert [http.call("GET", "/"), http.call("GET", "/")] == [{}, {}]
    http.close()
    server.join()


def test_after_two_breaks_in_a_row_the_next_request_goes_on(listener: socket.socket) -> None:
    server = play(listener, "ax x a")
    http = Http(f"http://127.0.0.1:{listener.getsockname()[1]}")
    assert http.call("GET", "/") == {}
    with pytest.raises(OSError):
        http.call("GET", "/")
    assert http.call("GET", "/") == {}
    http.close()
    server.join()
