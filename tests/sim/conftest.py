"""The sandbox channel as a real process, and a shop's door that takes its callbacks."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Thread

import pytest
import requests

from fulfil.trade.payments.rules import signature

SECRET = "a key that both sides share"
WAIT_SECONDS = 20


@dataclass
class Sandbox:
    """A running sandbox process; calls are signed as the shop signs them."""

    notify_base: str
    options: list[str]
    process: subprocess.Popen | None = None
    url: str = ""

    def start(self) -> None:
        command = [sys.executable, "-m", "fulfil.sim.sandbox", "--secret", SECRET, *self.options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ)
        self.url = json.loads(self.process.stdout.readline())["sandbox_url"]

    def stop(self, with_signal: int = signal.SIGTERM) -> int:
        """End the process and return its exit code."""
        self.process.send_signal(with_signal)
        code = self.process.wait(WAIT_SECONDS)
        self.process.stdout.close()
        return code

    def create(self, serial_no: str = "1", amount: int = 2590, **more) -> requests.Response:
        asked = {
            "serial_no": serial_no,
            "token": "pt_1",
            "amount": amount,
            "currency": "CNY",
            "account": "main",
            "notify_url": f"{self.notify_base}/notify",
            "return_url": f"{self.notify_base}/back",
        }
        return self.signed("POST", "/transactions", asked | more)

    def paid(self, serial_no: str = "1", **body) -> dict:
        """Create a payment and pay it; what the cashier answered."""
        pay_url = self.create(serial_no).json()["pay_url"]
        return requests.post(
            f"{pay_url}/pay", json={"outcome": "succeeded"} | body, timeout=WAIT_SECONDS
        ).json()

    def signed(
        self, method: str, path: str, body: dict | None = None, secret: str = SECRET
    ) -> requests.Response:
        raw = json.dumps(body).encode() if body is not None else b""
        stamp, nonce = str(int(datetime.now(UTC).timestamp())), os.urandom(16).hex()
        headers = {
            "Content-Type": "application/json",
            "X-Sandbox-Timestamp": stamp,
            "X-Sandbox-Nonce": nonce,
            "X-Sandbox-Signature": signature(secret, stamp, nonce, raw),
        }
        return requests.request(method, self.url + path, data=raw, headers=headers, timeout=WAIT_SECONDS)

    def get(self, path: str) -> requests.Response:
        return requests.get(self.url + path, timeout=WAIT_SECONDS)


@dataclass
class Door:
    """Takes callbacks. `answers` are the statuses of the next ones; after them it is 200."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    heard: Queue = field(default_factory=Queue)

    def next(self) -> dict:
        """What the next callback says."""
        return json.loads(self.next_raw()[1])

    def next_nonce(self) -> str:
        return self.next_raw()[0]["X-Sandbox-Nonce"]

    def next_raw(self) -> tuple[dict, bytes]:
        """Headers and body of the next callback."""
        return self.heard.get(timeout=WAIT_SECONDS)


@pytest.fixture
def door():
    found = Door()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.heard.put((dict(self.headers), body))
            self.send_response(found.answers.pop(0) if found.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            """Callbacks are in `heard`."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()
    thread.join(WAIT_SECONDS)


@pytest.fixture
def sandbox(door, tmp_path):
    found = Sandbox(door.url, ["--seed", "1", "--journal", str(tmp_path / "journal")])
    found.start()
    yield found
    if found.process.poll() is None:
        found.stop()
