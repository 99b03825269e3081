"""Races for goods and orders: last units, repeated requests, carts that change, a till that sells, too."""

from __future__ import annotations

import json
from collections import Counter
from functools import partial
from typing import Any

from fulfil.sim.clients import Customer
from tests.house import API, CONTACT
from tests.races.ground import Ground
from tests.races.together import Together, at_once, connected


def last_unit(house: Ground, buyers: int = 50, units: int = 10) -> list[str]:
    """More buyers than units, each with one in the cart."""
    sku, customers = house.crowd(buyers, units)
    before = house.stock(sku)
    results = at_once(house, [partial(_bought, customer) for customer in customers])
    sold = sum(status == 201 for status, _ in results)
    reserved = house.stock(sku)["reserved"] - before["reserved"]
    wrong = [f"{sold} orders from {units} units"] if sold != units else []
    if reserved != units:
        wrong.append(f"{reserved} units reserved of {units}")
    return wrong + [
        f"an unclear refusal: {status} {answer}"
        for status, answer in results
        if status != 201 and (status, answer.get("code")) != (409, "out_of_stock")
    ]


def _bought(customer: Customer) -> tuple[int, dict[str, Any]]:
    """The answer to a customer who orders; the cart of an order is empty."""
    body = customer.order_body(CONTACT)
    status, answer = customer.http.exchange("POST", f"{API}/orders", body, key=customer.http.uuid())
    if status == 201:
        customer.cart = {}
    return status, answer


def same_order(house: Ground, copies: int = 20) -> list[str]:
    """One order posted many times at once with one key."""
    customer = house.customer()
    customer.put(house.goods(), 2)
    body, key = customer.order_body(CONTACT), customer.http.uuid()
    lines = [connected(house, customer.http) for _ in range(copies)]
    results = at_once(
        house, [lambda http=http: http.exchange("POST", f"{API}/orders", body, key=key) for http in lines]
    )
    orders = customer.http.call("GET", f"{API}/orders")["orders"]
    wrong = [f"{len(orders)} orders"] if len(orders) != 1 else []
    answers = {json.dumps(answer, sort_keys=True) for status, answer in results if status == 201}
    if len(answers) != 1:
        wrong.append(f"{len(answers)} different answers")
    return wrong + [
        f"refused: {status} {answer.get('code')}"
        for status, answer in results
        if status != 201 and (status, answer.get("code")) != (409, "request_in_flight")
    ]


def other_body(house: Ground, copies: int = 8) -> list[str]:
    """One key for as many different requests at once: one is taken, the others hear that the key is used."""
    customer = house.customer()
    customer.put(house.goods(), 2)
    key, lines = customer.http.uuid(), [connected(house, customer.http) for _ in range(copies)]
    results = at_once(
        house,
        [
            lambda n=n, http=http: http.exchange(
                "POST", f"{API}/orders", customer.order_body(CONTACT, note=f"note {n}"), key=key
            )
            for n, http in enumerate(lines)
        ],
    )
    seen = Counter((status, answer.get("code")) for status, answer in results)
    expected = Counter({(201, None): 1, (422, "idempotency_key_reused"): copies - 1})
    return [] if seen == expected else [f"answers: {dict(seen)}"]


def same_cart(house: Ground, windows: int = 8) -> list[str]:
    """One cart submitted from many windows at once, each with a key of its own: it becomes one order."""
    customer = house.customer()
    customer.put(house.goods(), 2)
    body, lines = customer.order_body(CONTACT), [connected(house, customer.http) for _ in range(windows)]
    results = at_once(
        house,
        [lambda http=http: http.exchange("POST", f"{API}/orders", body, key=http.uuid()) for http in lines],
    )
    orders = customer.http.call("GET", f"{API}/orders")["orders"]
    wrong = [f"{len(orders)} orders of one cart"] if len(orders) != 1 else []
    refusals = ((409, "cart_ordered"), (409, "cart_changed"))
    return wrong + [
        f"an unclear refusal: {status} {answer}"
        for status, answer in results
        if status != 201 and (status, answer.get("code")) not in refusals
    ]


def add_against_order(house: Ground, together: Together = at_once) -> list[str]:
    """The customer orders in one window and adds something in another: nothing unseen is bought or lost."""
    customer = house.customer()
    first, second = house.goods(), house.goods()
    customer.put(first, 2)
    body, hand = customer.order_body(CONTACT), connected(house, customer.http)
    cart = f"{API}/stores/{house.store_id}/carts/online"
    (status, answer), _ = together(
        house,
        [
            lambda: hand.exchange("POST", f"{API}/orders", body, key=hand.uuid()),
            lambda: customer.http.call("POST", f"{cart}/items", {"sku": second, "op": "add", "quantity": 1}),
        ],
    )
    house.at_rest()
    left = {line["sku"]: line["quantity"] for line in customer.http.call("GET", cart)["lines"]}
    if status != 201:
        refused = (status, answer["code"], left)
        return [] if refused == (409, "cart_changed", {first: 2, second: 1}) else [f"refused: {refused}"]
    ordered = {line["sku"]: line["quantity"] for line in customer.order_view(answer["order_no"])["lines"]}
    wrong = [] if ordered == {first: 2} else [f"ordered {ordered}, seen was {first}: 2"]
    return wrong + ([] if left.get(second) == 1 else [f"what was added is lost: {left}"])


def till_against_sale(house: Ground, buyers: int = 8, sold_at_till: int = 4) -> list[str]:
    """Buyers order while the till books what it sold: every movement and every order counts."""
    sku, customers = house.crowd(buyers, buyers)
    tills = [connected(house, house.operator()) for _ in range(sold_at_till)]
    path = f"{API}/stores/{house.store_id}/stock/movements"
    before = house.stock(sku)
    bought = [lambda customer=customer: _bought(customer)[0] for customer in customers]
    booked = [
        lambda till=till: till.exchange(
            "POST", path, {"sku": sku, "delta": -1, "source_ref": till.uuid()}, key=till.uuid()
        )[0]
        for till in tills
    ]
    statuses = at_once(house, [*bought, *booked])
    after = house.stock(sku)
    orders = statuses[:buyers].count(201)
    moved = (before["on_hand"] - after["on_hand"], after["reserved"] - before["reserved"])
    wrong = (
        []
        if moved == (sold_at_till, orders)
        else [f"{moved[0]} left the shelf of {sold_at_till}, {moved[1]} are reserved for {orders} orders"]
    )
    unclear = {*statuses} - {200, 201, 409}
    return wrong + ([f"answers: {sorted(unclear)}"] if unclear else [])
