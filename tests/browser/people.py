"""People at their screens: each has a browser context of their own and acts only by scans and taps."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Locator, Page, expect

from fulfil.store.rules import check_digit
from tests.house import House

HANDHELD = {"viewport": {"width": 360, "height": 640}, "device_scale_factor": 2, "has_touch": True}
DESK = {"viewport": {"width": 1280, "height": 800}}
LANGUAGES = {"en": "English", "zh-CN": "中文"}
RAW_KEY = re.compile(r"^[a-z]+(?:_[a-z]+)*(?:\.[a-z_]+)+$")
SAME_CODE_MS = 320  # the same code within 300 ms is one read

# What would have been printed, with the styles that were really loaded: nobody is there to answer a dialog.
PRINTS = """window.print = () => {
  const rules = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]);
  const style = `<style>${rules.map((rule) => rule.cssText).join(" ")}</style>`;
  const page = document.documentElement.outerHTML.replace(/<link[^>]*>/g, "");
  (window.top.prints ??= []).push(`<!doctype html>${page.replace("</head>", `${style}</head>`)}`);
  window.dispatchEvent(new Event("afterprint"));
};"""
# The band's place is marked until it shows something else.
MARK_OUTCOME = """() => {
  const place = document.querySelector(".outcome-place");
  place.dataset.before = "";
  const changes = { childList: true, characterData: true, subtree: true, attributeFilter: ["class"] };
  new MutationObserver((_, observer) => {
    observer.disconnect();
    delete place.dataset.before;
  }).observe(place, changes);
}"""
TEXTS = """() => {
  const shown = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const { data, parentElement } = walk.currentNode;
    if (!/^(SCRIPT|STYLE|NOSCRIPT)$/.test(parentElement.tagName)) shown.push(data.trim());
  }
  for (const name of ["aria-label", "alt", "title", "placeholder"]) {
    for (const element of document.querySelectorAll(`[${name}]`)) shown.push(element.getAttribute(name));
  }
  return [document.title, ...shown].filter(Boolean);
}"""


Look = Callable[[str, Page], None]


def faults_of(page: Page) -> list[str]:
    """A list that grows with every fault in the page's scripts."""
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    return faults


def raw_keys(page: Page) -> list[str]:
    """Texts on the page that are the key of a missing word."""
    return [text for text in page.evaluate(TEXTS) if RAW_KEY.match(text)]


def scale_label(sku: str, grams: int) -> str:
    """The label of the shop's scale for so many grams of a weighed product."""
    body = f"21{sku[1:]}{grams:05}"
    return body + check_digit(body)


class Person:
    """Somebody at a screen. `path` and `role` come from the kind of person."""

    path = role = ""
    device = HANDHELD

    def __init__(self, page: Page, house: House, badge: str, pin: str) -> None:
        self.page, self.house, self.badge, self._pin = page, house, badge, pin
        self.faults = faults_of(page)
        self._last_code = ""
        page.add_init_script(PRINTS)

    # Scans, taps and what they answer

    def scan(self, code: str) -> None:
        """A scan: its text at once, as scanners with an input method commit it, and Enter.

        Single keys would be torn apart on a busy machine: 120 ms of silence end a code. The same code again
        waits to be a new read.
        """
        if code == self._last_code:
            self.page.wait_for_function(
                "until => performance.now() > until",
                arg=self.page.evaluate("performance.now()") + SAME_CODE_MS,
            )
        self._last_code = code
        expect(self.page.locator(".scan-field")).to_be_focused()
        self.page.keyboard.insert_text(code)
        self.page.keyboard.press("Enter")

    def hears(self, kind: str, *words: str) -> None:
        """The band shows this outcome and says these words."""
        band = self.page.locator(f".outcome.{kind}")
        expect(band).to_be_visible()
        for word in words:
            expect(band).to_contain_text(word)

    @contextmanager
    def hearing(self, kind: str, *words: str) -> Iterator[None]:
        """What is done inside has this outcome; one that stands there already is not taken for it."""
        self.page.evaluate(MARK_OUTCOME)
        yield
        expect(self.page.locator(".outcome-place[data-before]")).to_have_count(0)
        self.hears(kind, *words)

    def scan_and_hear(self, code: str, kind: str = "right", *words: str) -> None:
        """One scan and its outcome."""
        with self.hearing(kind, *words):
            self.scan(code)

    def button(self, command: str) -> Locator:
        """The button that `CMD-<command>` presses, too."""
        return self.page.locator(f"[data-command='{command}']")

    def tap(self, command: str) -> None:
        self.button(command).click()

    def settled(self) -> None:
        """The screen is online and every op is answered."""
        status = self.page.locator(".status")
        expect(status).to_have_class(re.compile(r"\bonline\b"), timeout=15_000)
        expect(status).to_have_attribute("data-queued", "0", timeout=15_000)

    # Coming on duty

    def come_on_duty(self, enrolment_code: str, language: str, look: Look) -> None:
        """Set this device up once, scan the badge, type the PIN, tap Start."""
        page = self.page
        page.goto(self.house.base_url + self.path)
        page.get_by_role("button", name=LANGUAGES[language]).click()
        look("enrol", page)
        self.scan(enrolment_code)
        expect(page.locator("input[name=enrolment]")).to_have_value(enrolment_code)
        page.locator("button[type=submit]").click()
        expect(page.locator("input[name=badge]")).to_be_visible()
        look("login", page)
        self.scan(f"BADGE-{self.badge}")
        expect(page.locator("input[name=pin]")).to_be_focused()
        page.keyboard.type(self._pin)
        page.keyboard.press("Enter")
        expect(self.button("START")).to_be_visible()
        look("start", page)
        self.tap("START")
        expect(self.button("START")).to_have_count(0)
        self.settled()

    def leave(self) -> None:
        """End of duty; the device is put away."""
        if self.page.evaluate("'fulfil.session' in localStorage"):
            self._call("POST", "/api/v1/terminal/shift", {"state": "off"})
        self.page.context.close()

    # What this person's session knows

    def work(self) -> dict[str, Any]:
        """Offers and tickets as the server gives them to this screen."""
        return self._call("GET", "/api/v1/terminal/work")

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        kept = self.page.evaluate("[localStorage['fulfil.session'], localStorage['fulfil.device']]")
        session, device = (json.loads(text) for text in kept)
        http = self.house.http()
        http.headers |= {"Authorization": f"Bearer {session['token']}", "X-Device-Key": device["key"]}
        try:
            return http.call(method, path, body)
        finally:
            http.close()

    def ticket(self, order_no: str, stage: str) -> dict[str, Any]:
        """This person's ticket of an order, as soon as there is one."""
        found = self.house.until(
            lambda: [
                ticket
                for ticket in self.work()["tickets"]
                if (ticket["order_no"], ticket["stage"]) == (order_no, stage)
            ]
        )
        return found[0]

    def accept(self) -> None:
        """An offer is on the screen, without reload: accept it."""
        self.tap("ACCEPT")
        expect(self.button("ACCEPT")).to_have_count(0)
        self.settled()


class Picker(Person):
    """With a handheld between the shelves."""

    path, role = "/terminal", "picker"

    def take_tote(self, code: str) -> None:
        self.scan_and_hear(code)

    def pick(self, lines: Sequence[Mapping[str, Any]]) -> None:
        """Scan what these lines still need, one piece at a time; weighed goods by their scale's label."""
        for line in lines:
            for code in codes_of(line, line["quantity"] - line["picked"] - line["short"]):
                self.scan_and_hear(code)

    def stage(self, ticket: Mapping[str, Any]) -> None:
        """Put the totes where they belong; the ticket is done."""
        self.scan_and_hear(f"LOC-{ticket['staging']['place']}")
        self.settled()

    def pick_order(self, order_no: str, tickets: int = 1) -> list[str]:
        """Accept and pick so many tickets of an order to their ends; gives the totes."""
        totes = []
        for _ in range(tickets):
            self.accept()
            ticket = self.ticket(order_no, "picking")
            totes.append(next(self.house.totes))
            self.take_tote(totes[-1])
            self.pick(ticket["lines"])
            self.stage(ticket)
        return totes


class Packer(Person):
    """At the packing station."""

    path, role, device = "/station", "packer", DESK

    def take_totes(self, order_no: str, totes: Sequence[str]) -> None:
        """Accept the offer by a tote of it, and scan the others."""
        expect(self.page.locator(".offer")).to_be_visible()
        self.scan(totes[0])
        ticket = self.ticket(order_no, "packing")
        expect(self.page.locator(f"[data-ticket='{ticket['id']}']")).to_be_visible()
        self.hears("right", totes[0])
        for tote in totes[1:]:
            self.scan_and_hear(tote, "right", tote)

    def fill_bags(self, order_no: str) -> list[str]:
        """Pack every line and close each bag by its printed label; gives the bags' codes."""
        for line in self.ticket(order_no, "packing")["lines"]:
            for code in codes_of(line, line["quantity"] - line["packed"] - line["short"]):
                self.scan_and_hear(code)
        self.settled()
        bags = [bag["code"] for bag in self.ticket(order_no, "packing")["bags"]]
        self.page.wait_for_function("n => window.prints?.length === n", arg=len(bags))
        for bag in bags:
            self.scan_and_hear(bag)
        return bags

    def seal(self) -> None:
        """The order is sealed; the screen says where its bags go."""
        self.scan("CMD-SEAL")
        expect(self.page.locator(".shelved")).to_be_visible()
        self.settled()

    def labels(self) -> list[str]:
        """The pages that went to the printer, since this screen was loaded."""
        return self.page.evaluate("window.prints ?? []")


class Counter(Person):
    """At the handover counter."""

    path, role, device = "/counter", "counter", DESK

    def greet(self, rider: Rider) -> None:
        """The rider's badge brings the rider's orders."""
        expect(self.page.locator(".waiting-row")).to_have_count(1)
        self.scan_and_hear(f"BADGE-{rider.badge}")

    def hand_over(self, bags: Sequence[str]) -> None:
        """Every bag, then release."""
        for bag in bags:
            self.scan_and_hear(bag)
        self.scan("CMD-RELEASE")
        expect(self.page.locator(".released")).to_be_visible()


class Rider(Person):
    """On the road, with a phone."""

    path, role = "/rider", "rider"

    def come_to_counter(self) -> None:
        """Show the badge, which is a QR code on the phone."""
        self.tap("ARRIVED")
        expect(self.page.locator("img.badge")).to_be_visible()

    def reach_customer(self) -> None:
        """At the customer's door."""
        self.tap("ARRIVED")
        self.tap("DELIVER")

    def enter_pin(self, pin: str, heard: str = "right") -> None:
        """Tap the PIN that the customer says."""
        for digit in pin:
            self.page.locator(".pad").get_by_role("button", name=digit, exact=True).click()
        with self.hearing(heard):
            self.tap("CONFIRM")
        self.settled()


def codes_of(line: Mapping[str, Any], quantity: int) -> list[str]:
    """The codes that a person scans for so much of a line."""
    if line["weighed"]:
        return [scale_label(line["sku"], quantity)] if quantity > 0 else []
    return [line["gtin"]] * quantity
