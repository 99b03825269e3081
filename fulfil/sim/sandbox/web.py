"""HTTP of the sandbox channel: its API for shops, its cashier for people, its bills for the books."""

from __future__ import annotations

import re
import secrets
from typing import Any

import flask
import gevent
from flask import Blueprint, Flask, Response, current_app, render_template, request

from fulfil.sim.sandbox.book import OUTCOMES, Book, BookRefused, Refund
from fulfil.sim.sandbox.outbox import Delivery, Outbox
from fulfil.trade.payments.rules import in_language, signed_nonce

REFUND_SECONDS = 0.05
BODY_BYTES_MAX = 64 * 1024
AMOUNT_MAX = 10**12
TEXT_CHARS_MAX = 500
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
WITHOUT_CENTS = ("JPY", "KRW")

bp = Blueprint("sandbox", __name__)


class Till:
    """What the routes need: the books, the outbox and the key that shop and channel share."""

    def __init__(self, book: Book, outbox: Outbox, secret: str) -> None:
        self.book, self.outbox, self.secret = book, outbox, secret

    def settle(self, refund: Refund) -> None:
        """Let the bank answer a refund a moment later, and tell the shop."""
        gevent.spawn_later(REFUND_SECONDS, self._settle, refund)

    def resume(self) -> None:
        """After a restart: go on with refunds under way and with callbacks that were not heard."""
        self.outbox.resume()
        for refund in self.book.under_way():
            self.settle(refund)

    def _settle(self, refund: Refund) -> None:
        self.outbox.send(self.book.settle_refund(refund), Delivery())


def create_app(till: Till) -> Flask:
    app = Flask("fulfil.sim.sandbox", template_folder="templates", root_path=__file__.rpartition("/")[0])
    app.extensions["till"] = till
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES_MAX
    app.register_blueprint(bp)
    app.register_error_handler(BookRefused, lambda refused: ({"code": refused.code}, refused.status))
    return app


def till() -> Till:
    return current_app.extensions["till"]


@bp.post("/transactions")
def create() -> tuple[dict[str, Any], int]:
    """A shop asks for a payment: {serial_no, token, amount, currency, account, notify_url, return_url}."""
    asked = _from_shop(("serial_no", "currency", "account", "notify_url", "return_url"))
    created = till().book.create(asked)
    return {**created, "pay_url": f"{request.host_url}cashier/{created['pay_token']}"}, 201


@bp.get("/transactions/<serial_no>")
def transaction(serial_no: str) -> dict[str, Any]:
    _require_signature()
    return till().book.transaction(serial_no).notice()


@bp.post("/refunds")
def refund() -> tuple[dict[str, Any], int]:
    """A shop asks for a refund: {refund_id, serial_no, amount}; the last word comes by callback."""
    found = till().book.refund(_from_shop(("refund_id", "serial_no")))
    till().settle(found)
    return found.notice(), 202


@bp.get("/refunds/<refund_id>")
def refund_of(refund_id: str) -> dict[str, Any]:
    _require_signature()
    return till().book.refund_of(refund_id).notice()


@bp.get("/cashier/<pay_token>")
@bp.get("/cashier/<any(zh, en):language>/<pay_token>")
def cashier(pay_token: str, language: str = "") -> Response:
    """The page on which a person pays or lets the payment fail; works without JavaScript.

    From that of a language it leads back in it.
    """
    found = till().book.by_token(pay_token)
    nonce = secrets.token_urlsafe(16)
    page = flask.make_response(
        render_template(
            "cashier.html",
            payment=found,
            amount=_amount_text(found.amount, found.currency),
            back=in_language(found.return_url, language),
            nonce=nonce,
        )
    )
    page.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; frame-ancestors 'none'"
    )
    page.headers["Cache-Control"] = "no-store"
    return page


@bp.post("/cashier/<pay_token>/pay")
@bp.post("/cashier/<any(zh, en):_language>/<pay_token>/pay")
def pay(pay_token: str, _language: str = "") -> Response | dict[str, Any]:
    """Pay: {outcome: succeeded | failed | timeout, amount?, notify: {copies, delay_ms, reorder}}.

    Sent again after a charge it charges nothing and repeats the callbacks. The cashier's form sends the
    outcome alone and gets the page back.
    """
    by_form = not request.is_json
    asked = {"outcome": request.form.get("outcome")} if by_form else _json()
    notify, amount = asked.get("notify", {}), asked.get("amount")
    if asked.get("outcome") not in OUTCOMES or not isinstance(notify, dict):
        raise BookRefused(422, "malformed")
    if amount is not None and (type(amount) is not int or not 0 < amount <= AMOUNT_MAX):
        raise BookRefused(422, "malformed")
    delivery = _delivery(notify)
    found = till().book.pay(pay_token, asked["outcome"], amount)
    if asked["outcome"] != "timeout":
        till().outbox.send(found, delivery)
    if by_form:
        return flask.redirect(request.path.removesuffix("/pay"), 303)
    return found.notice()


@bp.get("/bills/<date>.csv")
def bill(date: str) -> Response:
    """The day's bill, UTC."""
    if not DATE.fullmatch(date):
        raise BookRefused(422, "malformed")
    return Response(till().book.bill(date), content_type="text/csv; charset=utf-8")


@bp.get("/charges")
def charges() -> dict[str, Any]:
    """Money that was taken, of one serial number or of all."""
    return {"charges": till().book.charges(request.args.get("serial_no"))}


@bp.post("/faults")
def faults() -> dict[str, int]:
    """Let the next refunds fail at the bank: {refund_failures: how many}."""
    count = _json().get("refund_failures")
    if type(count) is not int or not 0 <= count <= AMOUNT_MAX:
        raise BookRefused(422, "malformed")
    till().book.refund_failures = count
    return {"refund_failures": count}


def _delivery(notify: dict[str, Any]) -> Delivery:
    try:
        return Delivery.of(notify)
    except ValueError:
        raise BookRefused(422, "malformed") from None


def _from_shop(texts: tuple[str, ...]) -> dict[str, Any]:
    """A shop's signed body with these texts and an amount."""
    _require_signature()
    body = _json()
    amount = body.get("amount")
    good = all(isinstance(body.get(name), str) and 0 < len(body[name]) <= TEXT_CHARS_MAX for name in texts)
    web = all(
        body[name].startswith(("http://", "https://")) for name in texts if good and name.endswith("_url")
    )
    if not good or not web or type(amount) is not int or not 0 < amount <= AMOUNT_MAX:
        raise BookRefused(422, "malformed")
    return body


def _require_signature() -> None:
    """Only the shop that shares the key may ask, as at a real provider."""
    here = till()
    if signed_nonce([here.secret], request.headers, request.get_data(), here.book.clock.now()) is None:
        raise BookRefused(401, "bad_signature")


def _json() -> dict[str, Any]:
    try:
        body = request.get_json(silent=True)
    except RecursionError:
        body = None
    if not isinstance(body, dict):
        raise BookRefused(422, "malformed")
    return body


def _amount_text(minor: int, currency: str) -> str:
    if currency in WITHOUT_CENTS:
        return f"{currency} {minor:,}"
    return f"{currency} {minor // 100:,}.{minor % 100:02d}"
