"""HTTP of tracking: what the holder of an order's link may see."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from fulfil.kit.web import (
    Choice,
    IdStr,
    Public,
    Str,
    Strict,
    StrictBool,
    TimeIn,
    access,
    blueprint,
    kit,
    read,
    write,
)
from fulfil.store.api import language
from fulfil.store.schema import NamesOut
from fulfil.trade.aftersales.states import CaseState, DecisionState
from fulfil.trade.payments import service as payments
from terminal_ui.track import view
from terminal_ui.track.questions import ANSWERS

bp = blueprint("track", "Tracking of an order by its unguessable link.")


class Step(Strict):
    name = fields.String()
    at = TimeIn(allow_none=True)


class EtaOut(Strict):
    start = TimeIn(data_key="from", attribute="from")
    end = TimeIn(data_key="to", attribute="to")
    late = StrictBool()


class BagOut(Strict):
    n = fields.Integer()
    temperature = fields.String()


class RefundOut(Strict):
    """A part of a refund; parts with the same `refund_id` go back together. `line_no` null: of the order."""

    refund_id = IdStr()
    line_no = fields.Integer(allow_none=True)
    kind = fields.String()
    amount = fields.Integer()
    currency = fields.String()
    state = fields.String()
    at = TimeIn()


class LineOut(Strict):
    """`short` and `quantity` are pieces or grams; money is minor units of the order's currency.

    `refunded` goes back, or went; `lighter` is how many grams the goods weigh less than was paid for.
    """

    line_no = fields.Integer()
    sku = fields.String()
    name = fields.String()
    names = fields.Dict()
    unit = fields.String()
    pack = fields.String()
    quantity = fields.Integer()
    unit_price = fields.Integer()
    amount = fields.Integer()
    payable = fields.Integer()
    picture = fields.String(allow_none=True)
    short = fields.Integer()
    refunded = fields.Integer()
    lighter = fields.Integer()


class ProductOut(Strict):
    sku = fields.String()
    names = fields.Nested(NamesOut)
    pack = fields.String()
    unit = fields.String()
    picture = fields.String(allow_none=True)
    unit_price = fields.Integer()


class ProposalOut(ProductOut):
    """`amount` is what so much costs; of it `difference` goes back, or `extra` is to be paid on top."""

    quantity = fields.Integer()
    amount = fields.Integer()
    difference = fields.Integer()
    extra = fields.Integer()


class PayingOut(Strict):
    """What was chosen and costs `amount` more; `pay_url` is where that is paid, once the channel has said."""

    sku = fields.String()
    amount = fields.Integer()
    state = fields.String()
    pay_url = fields.String(allow_none=True)


class DecisionOut(Strict):
    """A question about `quantity` missing units of a line; `open` while it may be answered.

    While `paying` is set nothing has been decided: what was chosen comes when its extra payment is confirmed.
    """

    id = IdStr()
    line_no = fields.Integer()
    kind = fields.String()
    reason = fields.String(metadata={"description": "why: not_found, damaged, only_heavier, only_lighter …"})
    state = Choice(DecisionState)
    open = StrictBool()
    deadline = TimeIn()
    quantity = fields.Integer()
    if_silent = fields.String()
    product = fields.Nested(ProductOut)
    proposals = fields.List(fields.Nested(ProposalOut))
    answer_sku = fields.String(allow_none=True)
    paying = fields.Nested(PayingOut, allow_none=True)


class AnswerIn(Strict):
    """`approve` takes the first proposal, or as `alternative` the one named by `sku`."""

    answer = Choice(ANSWERS, required=True)
    sku = Str(max=32)


class SubstituteOut(Strict):
    """Goods that come for `replaced` units of the line `replaces`; money is minor units."""

    line_no = fields.Integer()
    replaces = fields.Integer()
    replaced = fields.Integer()
    sku = fields.String()
    names = fields.Nested(NamesOut)
    pack = fields.String()
    unit = fields.String()
    picture = fields.String(allow_none=True)
    quantity = fields.Integer()
    unit_price = fields.Integer()
    payable = fields.Integer()
    difference = fields.Integer()
    extra = fields.Integer()
    short = fields.Integer()
    refunded = fields.Integer()


class BalanceOut(Strict):
    """Minor units: `back` has arrived, `coming` is on its way, `owed` came back to us; the rest stays."""

    paid = fields.Integer()
    back = fields.Integer()
    coming = fields.Integer()
    owed = fields.Integer()
    stays = fields.Integer()


class ComplaintLineOut(Strict):
    line_no = fields.Integer()
    names = fields.Nested(NamesOut)
    unit = fields.String()
    quantity = fields.Integer()
    reason = fields.String()


class ComplaintOut(Strict):
    """What the customer told us of. `came`: the goods are back; `money` is what was granted, minor units."""

    case_id = IdStr()
    state = Choice(CaseState)
    lines = fields.List(fields.Nested(ComplaintLineOut))
    decision_note = fields.String(allow_none=True)
    granted_at = TimeIn(allow_none=True)
    money = fields.Integer(allow_none=True)
    came = StrictBool()


class TrackOut(Strict):
    """An order as the holder of its link sees it.

    `recalled`: the rider was asked to bring it back. `comes_back`: goods that were refused at the door do.
    `waits_until`: the rider, who found nobody and called, may leave then.
    """

    order_no = IdStr()
    state = fields.String()
    delivery_state = fields.String()
    store = fields.Dict()
    address = fields.String()
    payment_failed = StrictBool()
    delivery_pin = fields.String(allow_none=True)
    total = fields.Integer()
    totals = fields.Dict()
    paid = fields.Integer()
    refunded = fields.Integer()
    currency = fields.String()
    promised_at = TimeIn()
    expires_at = TimeIn()
    created_at = TimeIn()
    steps = fields.List(fields.Nested(Step))
    eta = fields.Nested(EtaOut, allow_none=True)
    lines = fields.List(fields.Nested(LineOut))
    bags = fields.List(fields.Nested(BagOut))
    refunds = fields.List(fields.Nested(RefundOut))
    balance = fields.Nested(BalanceOut)
    complaints = fields.List(fields.Nested(ComplaintOut))
    comes_back = StrictBool()
    recalled = StrictBool()
    waits_until = TimeIn(allow_none=True)
    decisions = fields.List(fields.Nested(DecisionOut))
    substitutes = fields.List(fields.Nested(SubstituteOut))
    at = TimeIn()


@bp.route("/track/<token>")
@access(Public())
@bp.response(200, TrackOut)
def track(token: str) -> dict[str, Any]:
    """The order behind a tracking link: steps, ETA range, lines, bags, refunds."""
    with read() as tx:
        return view.tracking(tx, token, language())


@bp.route("/track/<token>/decisions/<id:decision_id>", methods=["POST"])
@access(Public())
@bp.arguments(AnswerIn)
@bp.response(200, DecisionOut)
def decide(body: dict[str, Any], token: str, decision_id: int) -> dict[str, Any]:
    """Answer a question; the same answer again changes nothing.

    What costs an extra has to be paid before it comes: see `paying`. It may stay open: when what was chosen
    is sold out meanwhile, other goods are offered. Refusals: 404 unknown_decision, 409 decision_over,
    422 not_offered.
    """
    return write(lambda tx: view.decide(tx, token, decision_id, body["answer"], body.get("sku"), language()))


@bp.route("/track/<token>/decisions/<id:decision_id>/payments", methods=["POST"])
@access(Public())
@bp.response(200, DecisionOut)
def pay(token: str, decision_id: int) -> dict[str, Any]:
    """Begin to pay the extra of what was chosen, or go on with it; safe to repeat.

    Refusals: 404 unknown_decision, nothing_to_pay; 409 decision_over, already_paid, payment_closed,
    payment_in_progress, method_unavailable; 503 channel_unavailable.
    """
    serial_no = write(lambda tx: view.begin_to_pay(tx, token, decision_id))
    payments.ask_channel(kit(), serial_no, language())
    with read() as tx:
        return view.question(tx, token, decision_id, language())
