"""What the customer is asked, as the page and the API say it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fulfil.kit.db import Tx
from fulfil.trade.aftersales import queries as aftersales
from fulfil.trade.aftersales import service
from fulfil.trade.aftersales.service.decisions import APPROVE, REFUSE
from fulfil.trade.payments import queries as payments
from fulfil.trade.payments import service as payment_centre
from fulfil.trade.payments.states import TransactionState

ALTERNATIVE = "alternative"
ANSWERS = (APPROVE, REFUSE, ALTERNATIVE)
GOES_ON = (TransactionState.REQUESTED, TransactionState.UNKNOWN)
SAME = ("line_no", "kind", "reason", "state", "open", "deadline", "quantity", "if_silent", "answer_sku")


def asked(
    tx: Tx, order_no: int, store_id: int, lines: Iterable[Mapping[str, Any]], language: str
) -> list[dict[str, Any]]:
    """What an order's customer was asked, each with its product and what may come instead, JSON-ready.

    `open`: it may still be answered. Of a proposal `difference` goes back to the customer and `extra` is to
    be paid on top, minor units. `paying` is what was chosen and comes as soon as its extra is paid.
    """
    ordered, extras = {line["line_no"]: line for line in lines}, payments.extras(tx, order_no)
    return [
        {
            "id": told["decision_id"],
            "product": _product(ordered[told["line_no"]]),
            "proposals": [_proposal(one) for one in told["proposals"]],
            "paying": _paying(tx, told, extras.get(int(told["decision_id"])), language),
            **{name: told[name] for name in SAME},
        }
        for told in aftersales.decisions_view(tx, order_no, store_id)
    ]


def _product(line: Mapping[str, Any]) -> dict[str, Any]:
    return {name: line[name] for name in ("sku", "names", "pack", "unit", "picture", "unit_price")}


def _proposal(one: Mapping[str, Any]) -> dict[str, Any]:
    price = one["price"]
    return {
        **{name: one[name] for name in ("sku", "names", "pack", "unit", "picture", "quantity", "unit_price")},
        "amount": price["value"],
        "difference": price["difference"],
        "extra": price.get("extra", 0),
    }


def _paying(
    tx: Tx, told: Mapping[str, Any], asked: Mapping[str, Any] | None, language: str
) -> dict[str, Any] | None:
    """What is chosen, and where its extra is paid; `pay_url` is null until the channel has said it."""
    if asked is None or told["chosen_sku"] is None or not told["open"]:
        return None
    going = asked["state"] in GOES_ON
    return {
        "sku": told["chosen_sku"],
        "amount": asked["amount"],
        "state": asked["state"],
        "pay_url": payment_centre.cashier(tx.kit, asked, language) if going else None,
    }


def answer(tx: Tx, order_no: int, decision_id: int, said: str, sku: str | None) -> None:
    """Approve the first proposal or the one of `sku`, or refuse them all.

    Raises UnknownDecision, NotOffered, DecisionOver.
    """
    service.answer(tx, order_no, decision_id, REFUSE if said == REFUSE else APPROVE, sku)
