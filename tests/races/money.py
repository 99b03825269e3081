"""Races for money: callbacks that repeat, a cancel that meets the payment or a shortage."""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import sqlalchemy as sa

from fulfil.dispatch.model import StockoutReport
from tests.house import API, CONTACT
from tests.races.ground import Ground
from tests.races.together import Together, at_once, connected

NOTIFY = f"{API}/payments/notify/sandbox"


def same_callback(house: Ground, copies: int = 20) -> list[str]:
    """A payment's signed callback many times at once, half of them byte for byte the same."""
    customer = house.customer()
    customer.put(house.goods(), 1)
    order_no = customer.order(CONTACT)["order_no"]
    body = house.notice(house.pay(customer, order_no, "timeout")["serial_no"])
    same = house.signed(body)
    callbacks = [(same, body)] * (copies // 2) + [(house.signed(body), body) for _ in range(copies // 2)]
    results = _heard(house, callbacks)
    house.at_rest()
    view = customer.order_view(order_no)
    wrong = [f"a callback was answered {status}: {answer}" for status, answer in results if status >= 300]
    if (view["state"], view["paid"], view["refunded"]) != ("paid", view["total"], 0):
        wrong.append(f"{view['state']}, {view['paid']} paid of {view['total']}, {view['refunded']} refunded")
    found = house.operator().call("GET", f"{API}/dispatch/orders?store_id={house.store_id}&q={order_no}")
    if len(found["orders"]) != 1:
        wrong.append(f"{len(found['orders'])} fulfilment orders")
    return wrong


def same_nonce(house: Ground, copies: int = 8) -> list[str]:
    """One nonce for as many different callbacks, each rightly signed: one is heard, the others are forged."""
    nonce = secrets.token_hex(16)
    said = [
        b'{"type":"payment","serial_no":"1","state":"failed","amount":1,"currency":"CNY","account":"a"'
        b"%s}" % (b" " * n)
        for n in range(copies)
    ]
    callbacks = [(house.signed(body, nonce), body) for body in said]
    results = _heard(house, callbacks)
    seen = Counter((status, answer.get("code")) for status, answer in results)
    return [] if seen == {(200, None): 1, (401, "bad_signature"): copies - 1} else [f"answers: {dict(seen)}"]


def _heard(house: Ground, callbacks: Sequence[tuple[Mapping[str, str], bytes]]) -> list[tuple[int, Any]]:
    """What the shop answers to callbacks at once, each over a connection of its own."""
    answers = at_once(
        house, [partial(house.line().carry, "POST", NOTIFY, body, headers) for headers, body in callbacks]
    )
    return [(status, json.loads(answer)) for status, answer in answers]


def capture_against_cancel(house: Ground, together: Together = at_once) -> list[str]:
    """The money comes while the customer cancels: the order is cancelled, and all that came goes back."""
    customer = house.customer()
    customer.put(house.goods(), 1)
    order_no = customer.order(CONTACT)["order_no"]
    body = house.notice(house.pay(customer, order_no, "timeout")["serial_no"])
    notify = partial(house.line().carry, "POST", NOTIFY, body, house.signed(body))
    (status, _), _ = together(house, [notify, lambda: customer.cancel(order_no)])
    house.at_rest()
    wrong = [] if status == 200 else [f"the callback was answered {status}"]
    view = customer.order_view(order_no)
    if view["state"] not in ("cancelling", "cancelled"):
        return [*wrong, f"{view['state']} after a cancel, {view['paid']} paid of {view['total']}"]
    house.until(
        lambda: (
            (view := customer.order_view(order_no))["state"] == "cancelled"
            and view["refunded"] == view["paid"] == view["total"]
        )
    )
    return wrong


def cancel_against_shortage(house: Ground, together: Together = at_once) -> list[str]:
    """The customer cancels while the picker misses a piece: each piece is paid back once."""
    picker = house.staff("picker")
    customer, order_no = house.paid(pieces=3, missed=True)
    ticket = house.take("picker", order_no, "picking")
    short = picker.op(
        ticket, "short", {"line": ticket["lines"][0]["id"], "quantity": 1, "reason": "not_found"}
    )
    hand = connected(house, picker.http)
    [result], _ = together(
        house,
        [
            lambda: hand.call("POST", f"{API}/terminal/ops", {"ops": [short]})["results"],
            lambda: customer.cancel(order_no),
        ],
    )
    house.until(lambda: customer.order_view(order_no)["state"] != "cancelling")
    house.at_rest()
    view = customer.order_view(order_no)
    wrong = (
        []
        if (view["state"], view["refunded"]) == ("cancelled", view["paid"])
        else [f"{view['state']} with {view['refunded']} of {view['paid']} refunded"]
    )
    with house.reading() as tx:
        amounts = tx.scalars(sa.select(StockoutReport.amount).where(StockoutReport.order_no == int(order_no)))
    if (result["status"], len(amounts), all(amounts)) not in (("applied", 1, True), ("rejected", 0, True)):
        wrong.append(f"the shortage was {result['status']}, its refunds are {amounts}")
    return wrong
