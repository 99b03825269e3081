"""What a start takes, and what it does not wait for."""

from pathlib import Path

import pytest

from fulfil.app import serving
from fulfil.app.wiring import wire
from fulfil.kit.base import Kit
from fulfil.kit.config import Config


def test_a_start_asks_no_network_for_the_servers_name(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("gevent.pywsgi.socket.getfqdn", lambda name: asked.append(name) or "a.name")
    kit = wire(Kit(Config(database_url=sqlite_url, carts_path=f"{tmp_path}/carts.db")))
    server = serving.Server(kit, serving.listen("127.0.0.1", 0))
    server._http.init_socket()
    assert (asked, server._http.environ["SERVER_NAME"]) == ([], "127.0.0.1")
    server.stop()
