"""The tracking page: whole without JavaScript; `track.js` renews it when something happens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from fulfil.kit.web import read
from fulfil.store.api import language
from fulfil.trade.orders.errors import UnknownOrder
from terminal_ui.assets import ROOT, Assets
from terminal_ui.track import view
from terminal_ui.track.words import FILES, Words


def add_routes(pages: Blueprint, public: Callable[[Callable], Callable], assets: Assets, policy: str) -> None:
    """Adds `/track/<token>`; `policy` is the Content-Security-Policy of the screens."""
    templates = Environment(loader=FileSystemLoader(ROOT / "track"), autoescape=True,
                            undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)  # fmt: skip
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
        "order": order, "current": current_step(order["steps"]), "headline": headline(order),
        "when": lambda text: said.when(text, order["store"]["tz"], now),
        "money": lambda minor: said.money(minor, order["currency"]),
    }  # fmt: skip


def current_step(steps: list[dict[str, Any]]) -> str:
    """The name of the last step that was reached."""
    return [step["name"] for step in steps if step["at"] is not None][-1]


def headline(order: dict[str, Any]) -> str:
    """Which sentence stands on top: what the order's state means for the customer now."""
    if order["state"] != "paid":
        return f"now.{order['state']}"
    return f"now.{order['delivery_state']}"
