"""A real nginx with the configuration of deploy/, in front of nodes of a test."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

import websocket

from tests.house import free_port

ROOT = Path(__file__).parents[2]
CONFIGURATION = ROOT / "deploy" / "nginx" / "fulfil.conf"
CERTIFICATE = ROOT / "tests" / "cli" / "tls" / "certificate.pem"
START_SECONDS_MAX = 10
NOTHING: Mapping[str, str] = MappingProxyType({})


def found() -> str | None:
    """The nginx of this machine (FULFIL_TEST_NGINX names another one)."""
    return os.environ.get("FULFIL_TEST_NGINX") or shutil.which("nginx") or shutil.which("/usr/sbin/nginx")


class Balancer:
    """nginx at `url`, until `stop`; it listens on this machine only. `instead` replaces words of the file."""

    def __init__(self, program: str, folder: Path, *nodes: str, instead: Mapping[str, str] = NOTHING) -> None:
        self.plain_port, port = free_port(), free_port()
        self.url = f"https://127.0.0.1:{port}"
        self._context = ssl.create_default_context(cafile=str(CERTIFICATE))
        first, second = (urlsplit(node).netloc for node in nodes)
        text = _replaced(
            CONFIGURATION.read_text("utf-8"),
            {
                **instead,
                "server 127.0.0.1:8001 ": f"server {first} ",
                "server 127.0.0.1:8002 ": f"server {second} ",
                "listen 80;": f"listen 127.0.0.1:{self.plain_port};",
                "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
                "/etc/fulfil/shop.crt": str(CERTIFICATE),
                "/etc/fulfil/shop.key": str(CERTIFICATE.with_name("key.pem")),
            },
        )
        places = "".join(
            f"{what}_temp_path {folder}/{what};\n"
            for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        configuration = folder / "nginx.conf"
        configuration.write_text(
            f"daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;\n"
            "events { worker_connections 512; }\n"
            f"http {{ access_log off; {places}\n{text}\n}}\n",
            "utf-8",
        )
        self._error_log = folder / "error.log"
        self._process = subprocess.Popen(
            [program, "-p", folder, "-c", configuration], stderr=subprocess.DEVNULL
        )
        self._wait()

    def get(self, path: str, headers: Mapping[str, str] | None = None, source: str = "127.0.0.1") -> int:
        """The status of an answer over TLS to who asks from the address `source`."""
        connection = http.client.HTTPSConnection(
            "127.0.0.1",
            urlsplit(self.url).port,
            timeout=30,
            context=self._context,
            source_address=(source, 0),
        )
        try:
            connection.request("GET", path, headers=dict(headers or {}))
            return connection.getresponse().status
        finally:
            connection.close()

    def socket(self, source: str) -> websocket.WebSocket:
        """A websocket from the address `source`. Raises WebSocketBadStatusException where it is refused."""
        where = "127.0.0.1", urlsplit(self.url).port
        plain = socket.create_connection(where, timeout=30, source_address=(source, 0))
        return websocket.create_connection(
            f"wss{self.url[5:]}/socket.io/?EIO=4&transport=websocket",
            socket=self._context.wrap_socket(plain, server_hostname="127.0.0.1"),
            origin=self.url,
        )

    def plain(self, path: str) -> tuple[int, str | None]:
        """Status and new address of an answer without TLS."""
        connection = http.client.HTTPConnection("127.0.0.1", self.plain_port, timeout=30)
        try:
            connection.request("GET", path, headers={"Host": "shop.lan"})
            answer = connection.getresponse()
            return answer.status, answer.headers["Location"]
        finally:
            connection.close()

    def stop(self) -> None:
        self._process.terminate()
        assert self._process.wait(START_SECONDS_MAX) == 0, self._error_log.read_text("utf-8")

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS_MAX
        while True:
            try:
                self.plain("/")
                return
            except OSError:
                told = self._error_log.read_text("utf-8") if self._error_log.exists() else ""
                assert self._process.poll() is None and time.monotonic() < deadline, told
                time.sleep(0.02)


def _replaced(text: str, words: Mapping[str, str]) -> str:
    for old, new in words.items():
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {CONFIGURATION.name}"
        text = text.replace(old, new)
    return text
