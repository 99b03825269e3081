"""A served shop and a browser before it, for tests of the ordering page, the tracking page and the board."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import pytest
from playwright.sync_api import Page
from sqlalchemy import select

from fulfil.dispatch.model import Fulfilment
from terminal_ui.assets import ROOT
from tests.axe import complaints
from tests.house import API, House, served
from tests.servers import SqliteDatabases
from tests.terminal.floor_desk import DESK, PHONE, SLOW_PICTURES
from tests.terminal.pages import Pages

__all__ = [
    "DESK",
    "PHONE",
    "SLOW_PICTURES",
    "complaints",
    "house",
    "released_to_carrier",
    "signed_in",
    "unsaid",
    "visit",
]

KEEP = "kept => { for (const [name, value] of Object.entries(kept)) localStorage.setItem(name, value); }"
ASKED = re.compile(r"""\bt\(\s*"([^"$]+)\"""")


@pytest.fixture(scope="package")
def house(sqlite_databases: SqliteDatabases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A shop that is served; tests of one folder share it, each with its own products and people."""
    with served(sqlite_databases, tmp_path_factory.mktemp("house")) as made:
        yield made


@pytest.fixture
def visit(pages: Pages, house: House) -> Iterator[Callable[..., Page]]:
    """`visit(path, lang, size, kept, **context)` → a page of a browser that keeps these things of this shop.

    A script fault is a failure.
    """

    def visiting(
        path: str,
        lang: str = "en",
        size: dict[str, int] = PHONE,
        kept: Mapping[str, Any] = MappingProxyType({}),
        **context: object,
    ) -> Page:
        page = pages.lend(size, locale=lang, **context)
        if kept:
            page.goto(f"{house.base_url}/healthz")
            page.evaluate(KEEP, {name: json.dumps(value) for name, value in kept.items()})
        page.goto(house.base_url + path)
        return page

    yield visiting
    assert pages.take_back(house.base_url) == []


def signed_in(house: House, person: Mapping[str, Any]) -> dict[str, Any]:
    """What a new device keeps of this person, who has signed in there."""
    handheld = house.another_device()
    session = handheld.sign_in(person["badge"], person["pin"])
    device = {"key": handheld.http.headers["X-Device-Key"], "name": "desk"}
    handheld.http.close()
    return {"fulfil.device": device, "fulfil.session": session}


def released_to_carrier(house: House, order_no: str) -> str:
    """Pick, pack and release an order to a third party's rider; gives the path of the carrier link."""
    house.staff("packer")
    counter = house.staff("counter")
    house.finish("picker", order_no, "picking")
    house.finish("packer", order_no, "packing")
    ticket = house.take("counter", order_no, "handoff")
    with house.reading() as tx:
        code = tx.scalar(select(Fulfilment.pickup_code).where(Fulfilment.order_no == int(order_no)))
    counter.http.call("POST", f"{API}/handoff/arrivals", {"code": code}, key=counter.http.uuid())
    for bag in ticket["bags"]:
        ticket = counter.do(ticket, "bag_scan", {"code": bag["code"]})
    counter.do(ticket, "release", {"rider": code})
    return counter.http.call("GET", f"{API}/delivery/orders/{order_no}/carrier-link")["url"]


def unsaid(folder: str, *others: str) -> list[str]:
    """Words that a language lacks: keys of the other language, and keys that the folder's scripts ask for."""
    spoken = []
    for code in ("zh-CN", "en"):
        texts = [json.loads((ROOT / name / f"{code}.json").read_text("utf-8")) for name in (*others, folder)]
        spoken.append((texts[-1], {key for one in texts for key, text in one.items() if text.strip()}))
    scripts = [path.read_text("utf-8") for path in (ROOT / folder).glob("*.js")]
    asked = {key for text in scripts for key in ASKED.findall(text)}
    (zh, of_zh), (en, of_en) = spoken
    return sorted((zh.keys() ^ en.keys()) | ((zh.keys() | asked) - of_zh) | ((en.keys() | asked) - of_en))
