"""The tracking page: whole without JavaScript; `track.js` renews it when something happens.

An answer is a form post; it leads back to the page, which says why if the answer did not count, and where to
pay what costs more: by a link, since a form of ours may lead nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, redirect, request
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from fulfil.kit.errors import Refusal
from fulfil.kit.web import kit, read, write
from fulfil.store.api import language
from fulfil.trade.orders.errors import UnknownOrder
from fulfil.trade.payments import service as payments
from terminal_ui.assets import ROOT, Assets
from terminal_ui.track import view
from terminal_ui.track.questions import ALTERNATIVE, REFUSE
from terminal_ui.track.words import FILES, Words

SKU_CHARS_MAX, ID_MAX = 32, 10**18 - 1
# What the page can say of an answer that did not count.
PROBLEMS = ("decision_over", "unknown_decision", "not_offered", "sold_out", "failed")


def add_routes(pages: Blueprint, public: Callable[[Callable], Callable], assets: Assets, policy: str) -> None:
    """Adds `/track/<token>`; `policy` is the Content-Security-Policy of the screens."""
    templates = Environment(
        loader=FileSystemLoader(ROOT / "track"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words = {name: Words(name) for name in FILES}

    @pages.get("/track/<token>")
    @public
    def track(token: str) -> Response:
        said = words[chosen_language()]
        shown = _page_of(token, said)
        page = templates.get_template("track.html" if shown else "unknown.html")
        html = page.render(t=said, assets=assets, token=token, **(shown or {}))
        answer = Response(html, 200 if shown else 404, mimetype="text/html")
        answer.headers["Content-Security-Policy"] = policy
        answer.headers["Vary"] = "Accept-Language"
        return answer

    @pages.post(f"/track/<token>/decisions/<int(max={ID_MAX}):decision_id>")
    @public
    def decide(token: str, decision_id: int) -> Response:
        return _back(token, _decided(token, decision_id))

    @pages.post(f"/track/<token>/decisions/<int(max={ID_MAX}):decision_id>/pay")
    @public
    def pay(token: str, decision_id: int) -> Response:
        return _back(token, _paying(token, decision_id))


def _back(token: str, problem: str) -> Response:
    """To the page, which says what was wrong."""
    told = {"lang": chosen_language(), "problem": problem}
    said = urlencode({name: value for name, value in told.items() if value})
    return redirect(f"/track/{quote(token, safe='')}?{said}", 303)


def _decided(token: str, decision_id: int) -> str:
    """Give the answer of the form; returns why it did not count, "" when it did.

    What costs an extra is asked of the channel at once, so that the page can lead to where it is paid.
    """
    said, sku = request.form.get("answer", ""), request.form.get("sku", "")[:SKU_CHARS_MAX]
    answer = (REFUSE, None) if said == REFUSE else (ALTERNATIVE, sku)
    try:
        asked = write(
            lambda tx: view.decide(tx, token, decision_id, *answer, chosen_language()), "track.decide"
        )
    except UnknownOrder:
        return ""  # the page says so itself
    except Refusal as refusal:
        return refusal.code if refusal.code in PROBLEMS else "failed"
    if asked["paying"]:
        return _paying(token, decision_id)
    return "sold_out" if asked["open"] else ""


def _paying(token: str, decision_id: int) -> str:
    """Begin to pay what was chosen; returns why that could not be, "" when it can be paid now."""
    try:
        serial_no = write(lambda tx: view.begin_to_pay(tx, token, decision_id), "track.pay")
        payments.ask_channel(kit(), serial_no, chosen_language())
    except UnknownOrder:
        return ""  # the page says so itself
    except Refusal as refusal:
        return refusal.code if refusal.code in PROBLEMS else "failed"
    return ""


def chosen_language() -> str:
    """The language chosen on the page, else the browser's."""
    chosen = request.args.get("lang")
    return chosen if chosen in FILES else language()


def _page_of(token: str, said: Words) -> dict[str, Any] | None:
    """What the template shows, or None for a link that is not known."""
    try:
        with read() as tx:
            order = view.tracking(tx, token, said.language)
    except UnknownOrder:
        return None
    now = datetime.fromisoformat(order["at"])
    return {
        "order": order,
        "problem": _problem(),
        "current": current_step(order["steps"]),
        "headline": headline(order),
        "transfers": transfers(order["refunds"]),
        "help_with": help_with(order),
        "when": lambda text: said.when(text, order["store"]["tz"], now),
        "money": lambda minor: said.money(minor, order["currency"]),
    }


def _problem() -> str:
    told = request.args.get("problem", "")
    return told if told in PROBLEMS else ""


def current_step(steps: list[dict[str, Any]]) -> str:
    """The name of the last step that was reached."""
    return [step["name"] for step in steps if step["at"] is not None][-1]


def transfers(refunds: Iterable[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Parts that go back together, oldest first: the customer's bank shows each as one sum."""
    found: dict[str, list[dict[str, Any]]] = {}
    for part in refunds:
        found.setdefault(part["refund_id"], []).append(part)
    return list(found.values())


def help_with(order: dict[str, Any]) -> str:
    """What the customer can still do about the order themselves; "" when nothing."""
    if order["state"] == "completed":
        return "help.complain"
    if order["state"] not in ("placed", "paid") or order["recalled"]:
        return ""
    return {"handed_over": "help.recall", "returning": ""}.get(order["delivery_state"], "help.cancel")


def headline(order: dict[str, Any]) -> str:
    """Which sentence stands on top: what the order's state means for the customer now."""
    if order["state"] != "paid":
        return f"now.{order['state']}"
    return f"now.{order['delivery_state']}"
