"""Addresses of the shop besides its page: where an order is paid."""

from __future__ import annotations

from collections.abc import Callable

import flask
from flask import Blueprint, Response


def add_routes(pages: Blueprint, public: Callable[[Callable], Callable]) -> None:
    """Adds `/pay/<order_no>`, the `cashier_url` of orders, which leads to the shop's payment view."""

    @pages.get("/pay/<int:order_no>")
    @public
    def cashier(order_no: int) -> Response:
        return flask.redirect(f"/#/pay/{order_no}", 303)
