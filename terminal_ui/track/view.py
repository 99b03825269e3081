"""An order as the holder of its link sees it: trade's word, the floor's, and the money that came back."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy.engine import Row

from fulfil.delivery import queries as delivery
from fulfil.delivery.rules import absent_from
from fulfil.dispatch import queries as dispatch
from fulfil.dispatch import rules as dispatch_rules
from fulfil.dispatch.queries.forecast import predictions
from fulfil.dispatch.rules import OUTLIVING, Policy
from fulfil.kit.clock import rfc3339
from fulfil.kit.db import Tx
from fulfil.store import queries as stores
from fulfil.trade.aftersales import queries as aftersales
from fulfil.trade.aftersales import service as aftersales_service
from fulfil.trade.orders import queries as orders
from fulfil.trade.orders.errors import UnknownOrder
from terminal_ui.track.back import balance, comes_back, complaints, lighter
from terminal_ui.track.eta import Eta, eta
from terminal_ui.track.questions import answer, asked

ON_THE_WAY_TO_THE_CUSTOMER = ("none", "preparing", "ready", "handed_over")
SUBSTITUTE_SHOWN = (
    "line_no",
    "replaces",
    "replaced",
    "sku",
    "names",
    "pack",
    "unit",
    "picture",
    "quantity",
    "unit_price",
    "payable",
    "difference",
    "extra",
    "short",
    "refunded",
)
BAG_STATES_SHOWN = ("closed", "sealed", "shelved", "released")


def tracking(tx: Tx, token: str, language: str) -> dict[str, Any]:
    """Steps, ETA, lines with what is missing, bags and refunds, JSON-ready. Raises UnknownOrder."""
    told = orders.tracking(tx, token, language)
    order_no, store_id = int(told["order_no"]), int(told["store_id"])
    store = stores.store(tx, store_id)
    row = orders.order(tx, order_no)
    fulfilment = dispatch.fulfilment_of_order(tx, order_no)
    cases = aftersales.cases_of(tx, order_no)
    ride = None if fulfilment is None else delivery.riding(tx, fulfilment.id)
    coming = told["state"] == "paid" and told["delivery_state"] in ON_THE_WAY_TO_THE_CUSTOMER
    return {
        **told,
        "lines": _lines(tx, told["lines"], fulfilment, cases),
        "delivery_pin": told["delivery_pin"] if coming else None,
        "store": {"names": {"zh": store.name_zh, "en": store.name_en}, "tz": store.tz},
        "eta": _eta_view(_eta(tx, row, store, fulfilment)) if coming else None,
        "bags": _bags(tx, fulfilment),
        "refunds": [_refund(case) for case in cases if case["refund"] is not None],
        "balance": balance(told["paid"], cases),
        "complaints": complaints(tx, order_no),
        "comes_back": comes_back(cases),
        "recalled": ride is not None and ride.recalled_at is not None,
        "waits_until": None if ride is None else rfc3339(absent_from(delivery.calls(tx, ride.id))),
        "decisions": [one for one in asked(tx, order_no, store_id, told["lines"], language) if one["open"]],
        "substitutes": _substitutes(tx, order_no, fulfilment, cases),
        "at": rfc3339(tx.now),
    }


def decide(tx: Tx, token: str, decision_id: int, said: str, sku: str | None, language: str) -> dict[str, Any]:
    """The holder of the link answers a question; gives it as it is then.

    Raises UnknownOrder, UnknownDecision, NotOffered, DecisionOver.
    """
    row = orders.order(tx, _order_no(tx, token))
    answer(tx, row.id, decision_id, said, sku)
    return question(tx, token, decision_id, language)


def begin_to_pay(tx: Tx, token: str, decision_id: int) -> int:
    """The holder of the link pays the extra of what they chose; the payment's serial number.

    Raises UnknownOrder and what `aftersales.service.pay` refuses.
    """
    return aftersales_service.pay(tx, _order_no(tx, token), decision_id)


def question(tx: Tx, token: str, decision_id: int, language: str) -> dict[str, Any]:
    """One question as it is now. Raises UnknownOrder."""
    row = orders.order(tx, _order_no(tx, token))
    lines = [orders.line_view(item, language) for item in orders.items(tx, row.id)]
    return next(
        one for one in asked(tx, row.id, row.store_id, lines, language) if one["id"] == str(decision_id)
    )


def _order_no(tx: Tx, token: str) -> int:
    order_no = orders.order_no_of_track_token(tx, token)
    if order_no is None:
        raise UnknownOrder()
    return order_no


def _eta(tx: Tx, order: Row, store: Row, fulfilment: Row | None) -> Eta:
    if fulfilment is None:
        return eta(tx.now, order.promised_at, ())
    foreseen = predictions(tx, [fulfilment.id]).get(fulfilment.id)
    if foreseen is not None:  # it knows the queue
        return eta(tx.now, order.promised_at, [foreseen.deliver_at])
    policy = Policy.of(store.policy)
    work = [row for row in dispatch.tickets_of(tx, fulfilment.id, live=True) if row.kind not in OUTLIVING]
    predicted = [
        dispatch_rules.predicted(
            tx.now,
            row.estimate_seconds,
            row.accepted_at if row.state == "working" else None,
            dispatch_rules.after(row.stage, row.lines, fulfilment.ride_seconds, policy),
        )
        for row in work
    ]
    return eta(tx.now, order.promised_at, predicted)


def _eta_view(found: Eta) -> dict[str, Any]:
    return {"from": rfc3339(found.start), "to": rfc3339(found.end), "late": found.late}


def _lines(tx: Tx, lines: list[dict], fulfilment: Row | None, cases: list[dict]) -> list[dict[str, Any]]:
    """Every line with what could not be found of it and what was given back for it."""
    floor = {} if fulfilment is None else {row.line_no: row for row in dispatch.lines(tx, fulfilment.id)}
    back: dict[int, int] = defaultdict(int)
    lost = lighter(cases)
    for case in cases:
        for item in case["refund"]["items"] if case["refund"] else ():
            back[item["line_no"]] += item["amount"] if item["kind"] == "line" else 0
    return [
        {
            **line,
            "short": floor[line["line_no"]].short if line["line_no"] in floor else 0,
            "refunded": back[line["line_no"]],
            "lighter": lost[line["line_no"]],
        }
        for line in lines
    ]


def _substitutes(tx: Tx, order_no: int, fulfilment: Row | None, cases: list[dict]) -> list[dict[str, Any]]:
    """Goods that come instead, with what could not be found of them either and was given back for it."""
    instead = [
        {**one, "line_no": one["sub_line_no"], "replaces": one["line_no"], "payable": one["charge"]}
        for one in aftersales.substitutions_view(tx, order_no)
    ]
    return [
        {name: line[name] for name in SUBSTITUTE_SHOWN} for line in _lines(tx, instead, fulfilment, cases)
    ]


def _bags(tx: Tx, fulfilment: Row | None) -> list[dict[str, Any]]:
    if fulfilment is None:
        return []
    return [
        {"n": bag.n, "temperature": bag.temperature}
        for bag in dispatch.bags_of(tx, fulfilment.id)
        if bag.state in BAG_STATES_SHOWN
    ]


def _refund(case: dict[str, Any]) -> dict[str, Any]:
    return {
        "refund_id": case["refund"]["refund_id"],
        "line_no": case["line_no"],
        "kind": case["kind"],
        "amount": case["refund"]["amount"],
        "currency": case["refund"]["currency"],
        "state": case["refund"]["state"],
        "at": case["created_at"],
    }
