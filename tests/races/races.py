"""The races: each lets its parties act together and gives what went wrong, in words.

A crowd does the same thing many times; a duel is two parties of whom one may win. A duel also runs in either
order, one after the other: its losing order is what a server without guards gets wrong every time.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from fulfil.sim.clients import Handheld, Http
from tests.house import API, CONTACT, House, raw_post

Act = Callable[[], Any]
Together = Callable[[House, Sequence[Act]], list[Any]]


def at_once(_house: House, acts: Sequence[Act]) -> list[Any]:
    """What each act gives; all begin together."""
    barrier = Barrier(len(acts))

    def run(act: Act) -> Any:
        barrier.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def in_order(house: House, acts: Sequence[Act]) -> list[Any]:
    """The first acts first, and the shop comes to rest before the next."""
    results = []
    for act in acts:
        results.append(act())
        house.at_rest()
    return results


def in_reverse(house: House, acts: Sequence[Act]) -> list[Any]:
    """The last acts first."""
    return in_order(house, acts[::-1])[::-1]


def connected(house: House, like: Http) -> Http:
    """Another open connection of the same caller."""
    http = house.http()
    http.headers.update(like.headers)
    http.call("GET", "/healthz")
    return http


def last_unit(house: House, buyers: int = 50, units: int = 10) -> list[str]:
    """More buyers than units, each with one in the cart."""
    sku = house.fresh_sku(units)
    customers = [house.customer() for _ in range(buyers)]
    for customer in customers:
        customer.put(sku, 1)
    results = at_once(house, [
        lambda customer=customer: customer.http.exchange(
            "POST", f"{API}/orders", customer.order_body(CONTACT), key=customer.http.uuid())
        for customer in customers])
    sold = sum(status == 201 for status, _ in results)
    stock = house.operator().call("GET", f"{API}/stores/{house.store_id}/stock/{sku}")
    wrong = [f"{sold} orders from {units} units"] if sold != units else []
    if stock["reserved"] != units:
        wrong.append(f"{stock['reserved']} units reserved of {stock['on_hand']}")
    return wrong + [f"an unclear refusal: {status} {answer}" for status, answer in results
                    if status != 201 and (status, answer.get("code")) != (409, "out_of_stock")]


def same_order(house: House, copies: int = 20) -> list[str]:
    """One order posted many times at once with one key."""
    customer = house.customer()
    customer.put(house.fresh_sku(100), 2)
    body, key = customer.order_body(CONTACT), customer.http.uuid()
    lines = [connected(house, customer.http) for _ in range(copies)]
    results = at_once(house, [lambda http=http: http.exchange("POST", f"{API}/orders", body, key=key)
                       for http in lines])
    orders = customer.http.call("GET", f"{API}/orders")["orders"]
    wrong = [f"{len(orders)} orders"] if len(orders) != 1 else []
    answers = {json.dumps(answer, sort_keys=True) for status, answer in results if status == 201}
    if len(answers) != 1:
        wrong.append(f"{len(answers)} different answers")
    return wrong + [f"refused: {status} {answer.get('code')}" for status, answer in results
                    if status != 201 and (status, answer.get("code")) != (409, "request_in_flight")]


def other_body(house: House, copies: int = 8) -> list[str]:
    """One key for as many different requests at once: one is taken, the others hear that the key is used."""
    customer = house.customer()
    customer.put(house.fresh_sku(100), 2)
    key, lines = customer.http.uuid(), [connected(house, customer.http) for _ in range(copies)]
    results = at_once(house, [
        lambda n=n, http=http: http.exchange("POST", f"{API}/orders",
                                             customer.order_body(CONTACT, note=f"note {n}"), key=key)
        for n, http in enumerate(lines)])
    seen = Counter((status, answer.get("code")) for status, answer in results)
    expected = Counter({(201, None): 1, (422, "idempotency_key_reused"): copies - 1})
    return [] if seen == expected else [f"answers: {dict(seen)}"]


def same_callback(house: House, copies: int = 20) -> list[str]:
    """A payment's signed callback many times at once, half of them byte for byte the same."""
    customer = house.customer()
    customer.put(house.fresh_sku(100), 1)
    order_no = customer.order(CONTACT)["order_no"]
    payment = customer.pay(order_no, "timeout")
    same = house.callback(payment["serial_no"])
    callbacks = [same] * (copies // 2) + [house.callback(payment["serial_no"]) for _ in range(copies // 2)]
    results = at_once(house, [
        lambda headers=headers, body=body: raw_post(house, f"{API}/payments/notify/sandbox", body, headers)
        for headers, body in callbacks])
    house.at_rest()
    view = customer.order_view(order_no)
    wrong = [f"a callback was answered {status}: {answer}" for status, answer in results if status >= 300]
    if (view["state"], view["paid"], view["refunded"]) != ("paid", view["total"], 0):
        wrong.append(f"{view['state']}, {view['paid']} paid of {view['total']}, {view['refunded']} refunded")
    found = house.operator().call("GET", f"{API}/dispatch/orders?store_id={house.store_id}&q={order_no}")
    if len(found["orders"]) != 1:
        wrong.append(f"{len(found['orders'])} fulfilment orders")
    return wrong


def offered(house: House) -> tuple[Handheld, dict[str, Any], str]:
    """The picker, an offer that waits for an answer, and its order."""
    picker = house.staff("picker")
    _, order_no = house.paid()

    def look() -> dict[str, Any] | None:
        work = picker.work()
        for ticket in work["tickets"]:
            house.act(picker, ticket)
        for offer in work["offers"]:
            if offer["ticket"]["order_no"] == order_no:
                return offer
            picker.accept(offer)
        return None

    return picker, house.until(look), order_no


def same_offer(house: House, devices: int = 8) -> list[str]:
    """One offer accepted by several ops at once."""
    picker, offer, order_no = offered(house)
    lines = [connected(house, picker.http) for _ in range(devices)]
    ops = [picker.op(offer["ticket"], "accept", {"offer": offer["id"]}) for _ in range(devices)]
    results = at_once(house, [
        lambda http=http, op=op: http.call("POST", f"{API}/terminal/ops", {"ops": [op]})["results"][0]
        for http, op in zip(lines, ops, strict=True)])
    seen = Counter((result["status"], result["code"]) for result in results)
    expected = Counter({("applied", None): 1, ("rejected", "offer_gone"): devices - 1})
    if seen != expected:
        return [f"answers: {dict(seen)}"]
    house.finish("picker", order_no, "picking")
    return []


def accept_against_reassign(house: House, together: Together = at_once) -> list[str]:
    """The picker accepts while the supervisor offers the ticket to somebody else: one of them has it."""
    other = house.staff("picker", nth=1)
    other.shift("break")
    picker, offer, order_no = offered(house)
    other.shift("available")
    op = picker.op(offer["ticket"], "accept", {"offer": offer["id"]})
    supervisor, hand = house.operator(), connected(house, picker.http)
    path = f"{API}/dispatch/tickets/{offer['ticket']['id']}/reassign"
    chosen = {"person_id": other.session["person"]["id"], "confirm": False}
    accepted, (status, answer) = together(house, [
        lambda: hand.call("POST", f"{API}/terminal/ops", {"ops": [op]})["results"][0],
        lambda: supervisor.exchange("POST", path, chosen, key=supervisor.uuid())])
    decided = (accepted["status"], accepted["code"], status, answer.get("code"))
    if decided == ("applied", None, 409, "takeover_unconfirmed"):
        other.shift("break")
        house.finish("picker", order_no, "picking")
        return []
    if decided == ("rejected", "offer_gone", 200, None):
        house.finish("picker", order_no, "picking", nth=1)
        other.shift("break")
        return []
    other.shift("break")
    return [f"both have it: {decided}"]


def same_op(house: House, copies: int = 100, connections: int = 10) -> list[str]:
    """One scan sent a hundred times over several connections."""
    picker = house.staff("picker")
    _, order_no = house.paid(pieces=5)
    ticket = house.take("picker", order_no, "picking")
    ticket = picker.do(ticket, "tote", {"code": next(house.totes)})
    op = picker.op(ticket, "pick", {"line": ticket["lines"][0]["id"], "quantity": 1,
                                    "tote": ticket["totes"][0]["code"]})
    each = copies // connections
    results = at_once(house, [
        lambda http=connected(house, picker.http): [
            http.call("POST", f"{API}/terminal/ops", {"ops": [op]})["results"][0] for _ in range(each)]
        for _ in range(connections)])
    seen = Counter(result["status"] for batch in results for result in batch)
    [mine] = [t for t in picker.work()["tickets"] if t["id"] == ticket["id"]]
    wrong = [] if seen == {"applied": 1, "duplicate": copies - 1} else [f"answers: {dict(seen)}"]
    if mine["lines"][0]["picked"] != 1:
        wrong.append(f"{mine['lines'][0]['picked']} picked by one scan")
    if not wrong:
        house.finish("picker", order_no, "picking")
    return wrong


def cancel_against_last_scan(house: House, together: Together = at_once) -> list[str]:
    """The customer cancels while the picker scans the last piece: all goes back, and the money."""
    picker = house.staff("picker")
    customer, order_no = house.paid(pieces=2)
    ticket = house.take("picker", order_no, "picking")
    ticket = picker.do(ticket, "tote", {"code": next(house.totes)})
    line, tote = ticket["lines"][0]["id"], ticket["totes"][0]["code"]
    ticket = picker.do(ticket, "pick", {"line": line, "quantity": 1, "tote": tote})
    last = [picker.op(ticket, "pick", {"line": line, "quantity": 1, "tote": tote}),
            picker.op(ticket, "complete")]
    hand = connected(house, picker.http)
    results, _ = together(house, [
        lambda: hand.call("POST", f"{API}/terminal/ops", {"ops": last})["results"],
        lambda: customer.cancel(order_no)])
    house.until(lambda: customer.order_view(order_no)["state"] not in ("paid", "cancelling"))
    picked = 1 + (results[0]["status"] == "applied")
    back = house.take("picker", order_no, "picking")
    wrong = [] if back["kind"] == "put_back" else [f"a ticket for {back['kind']} is live after the cancel"]
    if not wrong and back["lines"][0]["quantity"] != picked:
        wrong.append(f"{back['lines'][0]['quantity']} go back of {picked} picked")
    view = customer.order_view(order_no)
    if (view["state"], view["refunded"]) != ("cancelled", view["paid"]):
        wrong.append(f"{view['state']} with {view['refunded']} of {view['paid']} refunded")
    if not wrong:
        house.finish("picker", order_no, "picking")
    return wrong


def cancel_against_release(house: House, together: Together = at_once) -> list[str]:
    """The customer cancels while the counter hands the bags over: one of them decides."""
    for role in ("picker", "packer", "counter", "rider"):
        house.staff(role)
    customer, order_no = house.paid()
    house.finish("picker", order_no, "picking")
    house.finish("packer", order_no, "packing")
    counter = house.staff("counter")
    house.take("rider", order_no, "delivery")
    badge = house.staff("rider").session["person"]["badge"]
    counter.http.call("POST", f"{API}/handoff/arrivals", {"code": badge}, key=counter.http.uuid())
    ticket = house.take("counter", order_no, "handoff")
    for bag in ticket["bags"]:
        ticket = counter.do(ticket, "bag_scan", {"code": bag["code"]})
    release, hand = counter.op(ticket, "release", {}), connected(house, counter.http)
    [result], _ = together(house, [
        lambda: hand.call("POST", f"{API}/terminal/ops", {"ops": [release]})["results"],
        lambda: customer.http.exchange("POST", f"{API}/orders/{order_no}/cancel", {"reason": ""},
                                       key=customer.http.uuid())])
    house.until(lambda: customer.order_view(order_no)["state"] != "cancelling")
    house.at_rest()
    view = customer.order_view(order_no)
    decided = (result["status"], view["state"], view["delivery_state"], view["refunded"] == view["paid"])
    if decided == ("applied", "paid", "handed_over", False):
        house.finish("rider", order_no, "delivery")
        return []
    if decided == ("rejected", "cancelled", "cancelled", True):
        house.finish("picker", order_no, "picking")
        return []
    return [f"both decided: {decided}"]


CROWDS = {race.__name__: race for race in (
    last_unit, same_order, other_body, same_callback, same_offer, same_op)}  # fmt: skip
DUELS = {race.__name__: race for race in (
    accept_against_reassign, cancel_against_last_scan, cancel_against_release)}  # fmt: skip
