"""A refusal becomes a page where a browser has opened the address: what it means, and a way on."""

from __future__ import annotations

from flask import Blueprint, Response, request
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from terminal_ui.assets import ROOT, Assets
from terminal_ui.track.pages import chosen_language
from terminal_ui.track.words import FILES, Words

PROBLEM = "application/problem+json"
PAGE = "text/html"
LEADS_NOWHERE = (400, 404, 405, 410)
IN_TROUBLE = (429, 500, 502, 503, 504)
# Where the people of the shop work: whoever mistyped one of these finds it again.
WORKPLACES = ("/terminal", "/station", "/counter", "/rider", "/board")


def add_pages(pages: Blueprint, assets: Assets, policy: str) -> None:
    """Let refusals that a browser opened be pages; `policy` is the Content-Security-Policy of the screens."""
    templates = Environment(
        loader=FileSystemLoader(ROOT / "lost"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words = {name: Words(name, "lost") for name in FILES}

    @pages.after_app_request
    def show(answer: Response) -> Response:
        kind = _kind(answer)
        if kind is None:
            return answer
        html = templates.get_template("lost.html").render(
            t=words[chosen_language()], assets=assets, kind=kind, workplaces=WORKPLACES
        )
        page = Response(html, answer.status_code, mimetype=PAGE)
        page.headers["Content-Security-Policy"] = policy
        page.headers["Vary"] = "Accept, Accept-Language"
        for name in ("Allow", "Retry-After"):
            if name in answer.headers:
                page.headers[name] = answer.headers[name]
        return page


def _kind(answer: Response) -> str | None:
    """Which page stands for this answer: missing | trouble; None where it stays as it is."""
    if request.method not in ("GET", "HEAD") or answer.mimetype != PROBLEM or not _wants_page():
        return None
    if answer.status_code in LEADS_NOWHERE:
        return "missing"
    return "trouble" if answer.status_code in IN_TROUBLE else None


def _wants_page() -> bool:
    """Whether a browser opened the address: it names HTML itself; programs and scripts take anything."""
    return request.accept_mimetypes.best_match((PROBLEM, "application/json", PAGE)) == PAGE
