"""Pay for an order, the channels' callbacks, and the way back from a channel's cashier."""

from __future__ import annotations

from typing import Any

import flask
from flask import Response, request

from fulfil.kit import web
from fulfil.kit.errors import NotFound
from fulfil.store.api import language
from fulfil.trade.payments import queries, service
from fulfil.trade.payments.errors import SplitRefused
from fulfil.trade.payments.rules import in_language
from fulfil.trade.payments.schema import HeardOut, PayIn, PaymentsOut

bp = web.blueprint("payments", "Payments of orders (P1, P2) and the channels' callbacks (P8)")


@bp.post("/orders/<int:order_no>/payments")
@web.keyed
@web.access(web.Requires("guest", "customer"))
@bp.arguments(PayIn)
@bp.response(201, PaymentsOut)
def pay(body: dict[str, Any], order_no: int) -> dict[str, Any]:
    """Start paying, or go on with the payment that is under way.

    409 already_paid | order_cancelled | payment_closed | payment_in_progress | method_unavailable |
    split_refused; 503 channel_unavailable: nothing is lost, ask again.
    """
    who = web.principal()
    if len(body.get("parts", ())) > 1:
        raise SplitRefused()

    def intend(tx: Any) -> dict[str, str]:
        web.kit().services["order_to_pay"](tx, who, order_no)
        return {"serial_no": str(service.intend(tx, order_no, body["method"], body["channel"]))}

    intent = web.write_once(intend)
    return {"payments": service.ask_channel(web.kit(), int(intent["serial_no"]), language())}


@bp.post("/payments/notify/<string:channel>")
@web.access(web.Public())
@bp.response(200, HeardOut)
def notify(channel: str) -> dict[str, bool]:
    """A channel's callback, signed over the raw body: 2xx on every repeat, 401 when it is forged."""
    ground = web.kit()
    notice = service.channel_named(ground, channel).notice(
        request.headers, request.get_data(), ground.clock.now()
    )
    web.write(lambda tx: service.hear_notice(tx, channel, notice))
    return {"heard": True}


@bp.get("/payments/return/<string:token>")
@web.access(web.Public())
@bp.response(303)
def back(token: str) -> Response:
    """Lead the customer from the channel's cashier back to the order, which the channel never sees (P1).

    Back in the language that they paid in; whatever else a cashier adds to the address counts for nothing.
    """
    with web.read() as tx:
        order_no = queries.order_of_token(tx, token)
        if order_no is None:
            raise NotFound()
        page = web.kit().services["order_page"](tx, order_no)
    return flask.redirect(in_language(page, request.args.get("lang", "")), 303)
