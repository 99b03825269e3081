"""Answers that the server gave and nobody heard."""

from __future__ import annotations

from playwright.sync_api import Page, Route


def lose_first_answer(page: Page, path: str) -> None:
    """The server does what it is asked, and its first answer gets lost on the way."""
    lost = []

    def carry(route: Route) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch())
            route.abort()
        else:
            route.continue_()

    page.route(f"**{path}", carry)
