"""A running stand-in shop and a browser before it, for tests of the station, the counter and the rider."""

import json
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from tests.axe import complaints
from tests.terminal.floor_mock import FloorMock
from tests.terminal.pages import Pages

DESK = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 640}

# All keys in one go: a busy machine must not tear a code apart between two of them.
BURST = """code => {
  for (const key of [...code, "Enter"]) {
    const typed = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
    document.activeElement.dispatchEvent(typed);
  }
  return performance.now();
}"""


# An old phone takes its time to make a large picture small.
SLOW_PICTURES = """() => {
  const read = window.createImageBitmap;
  window.createImageBitmap = async (file) => {
    await new Promise((done) => setTimeout(done, 400));
    return read(file);
  };
}"""


class Shop:
    """The stand-in on a free port."""

    def __init__(self) -> None:
        self.mock = _on_duty()
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self.server = make_server("127.0.0.1", 0, self.mock.app, threaded=True)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        # Whoever ends it waits as long as it looks around for that.
        self.thread = threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self.thread.start()

    def begin_anew(self) -> None:
        """As if it had just been founded, at the same address: a browser need not read its scripts again."""
        self.mock = _on_duty()
        self.server.app = self.mock.app

    def stop(self) -> None:
        """Stops listening."""
        self.server.shutdown()
        self.thread.join()

    def done(self, *kinds: str) -> list[tuple[str, dict]]:
        """Ops that took effect, only these types if any are named."""
        return [(op["type"], op["payload"]) for op in self.mock.ops if not kinds or op["type"] in kinds]


def _on_duty() -> FloorMock:
    mock = FloorMock()
    mock.shift = {"state": "available"}
    return mock


class Desk:
    """A page on which somebody is on duty, and what a test does there."""

    def __init__(self, page: Page, shop: Shop) -> None:
        self.page, self.shop = page, shop
        self.last = ("", 0.0)

    def scan(self, code: str) -> None:
        """A scanner's burst of keys with Enter behind; the same code again waits to be a new read."""
        if code == self.last[0]:
            self.page.wait_for_function("at => performance.now() - at > 320", arg=self.last[1])
        self.last = (code, self.page.evaluate(BURST, code))

    def hears(self, kind: str, *words: str) -> None:
        """The band shows this outcome and says these words."""
        band = self.page.locator(f".outcome.{kind}")
        for word in words or ("",):
            expect(band).to_contain_text(word)

    def scan_and_hear(self, code: str, kind: str, *words: str) -> None:
        """One scan and its outcome."""
        self.scan(code)
        self.hears(kind, *words)

    def settled(self) -> None:
        """Every op is answered."""
        expect(self.page.locator(".status")).to_have_attribute("data-queued", "0")

    def axe(self) -> list[str]:
        """What axe objects to on the page as it is, AAA and best practice included."""
        return complaints(self.page)


@pytest.fixture(scope="module")
def stand_in() -> Iterator[Shop]:
    """The stand-in shop of a file's tests."""
    running = Shop()
    yield running
    running.stop()


@pytest.fixture
def shop(stand_in: Shop) -> Shop:
    """A stand-in shop in which nothing has happened yet."""
    stand_in.begin_anew()
    return stand_in


@pytest.fixture
def open_desk(pages: Pages, shop: Shop) -> Iterator[Callable[..., Desk]]:
    """`open_desk(path, roles, lang, size)` → a Desk; a fault in any page's script fails the test."""

    def opening(path: str, roles: tuple[str, ...], lang: str = "en", size: dict[str, int] = DESK) -> Desk:
        desk = Desk(pages.lend(size, _kept(lang, roles), service_workers="block"), shop)
        desk.page.goto(shop.url + path)
        expect(desk.page.locator(".status.online")).to_be_visible()
        return desk

    yield opening
    assert pages.take_back(shop.url) == []


def _kept(lang: str, roles: tuple[str, ...]) -> str:
    """What a device keeps of a person who has logged in and pressed Start; printing only counts."""
    session: dict[str, Any] = {
        "token": "fs_token",
        "session_id": "41",
        "roles": roles,
        "locale": lang,
        "person": {"id": "7", "name": {"zh": "王芳", "en": "Fang Wang"}, "badge": "P001"},
        "store": {
            "id": "1",
            "name": {"zh": "春晓路店", "en": "Chunxiao Road"},
            "currency": "CNY",
            "tz": "Asia/Shanghai",
        },
    }
    kept = {"fulfil.session": session, "fulfil.device": {"key": "fd_device", "name": "desk"}}
    lines = [
        f"localStorage.setItem({json.dumps(name)}, {json.dumps(json.dumps(value))});"
        for name, value in kept.items()
    ]
    return "\n".join(
        [
            "window.print = () => { window.top.printed = (window.top.printed ?? 0) + 1; };",
            "if (window.top === window) {",
            *lines,
            f"localStorage.setItem('fulfil.locale', {json.dumps(lang)});",
            "sessionStorage.setItem('fulfil.started', '41'); }",
        ]
    )
