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
        self.mock = FloorMock()
        self.mock.shift = {"state": "available"}
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self.server = make_server("127.0.0.1", 0, self.mock.app, threaded=True)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        # Whoever ends it waits as long as it looks around for that.
        self.thread = threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self.thread.start()

    def stop(self) -> None:
        """Stops listening."""
        self.server.shutdown()
        self.thread.join()

    def done(self, *kinds: str) -> list[tuple[str, dict]]:
        """Ops that took effect, only these types if any are named."""
        return [(op["type"], op["payload"]) for op in self.mock.ops if not kinds or op["type"] in kinds]


class Desk:
    """A page on which somebody is on duty, and what a test does there."""

    def __init__(self, page: Page, shop: Shop) -> None:
        self.page, self.shop = page, shop
        self.faults: list[str] = []
        self.last = ("", 0.0)
        page.on("pageerror", lambda error: self.faults.append(str(error)))

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


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A stand-in shop of the test's own."""
    running = Shop()
    yield running
    running.stop()


@pytest.fixture
def open_desk(new_context: Callable, shop: Shop) -> Iterator[Callable[..., Desk]]:
    """`open_desk(path, roles, lang, size)` → a Desk; a fault in any page's script fails the test."""
    desks: list[Desk] = []

    def opening(path: str, roles: tuple[str, ...], lang: str = "en", size: dict[str, int] = DESK) -> Desk:
        context = new_context(viewport=size, service_workers="block")
        context.add_init_script(_kept(lang, roles))
        desk = Desk(context.new_page(), shop)
        desks.append(desk)
        desk.page.goto(shop.url + path)
        expect(desk.page.locator(".status.online")).to_be_visible()
        return desk

    yield opening
    assert [fault for desk in desks for fault in desk.faults] == []


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
