"""Races on the floor: one offer, one ticket, one scan, and who decides when two act on it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from fulfil.sim.clients import Handheld
from tests.house import API
from tests.races.ground import Ground
from tests.races.together import Together, at_once, connected


def offered(house: Ground) -> tuple[Handheld, dict[str, Any], str]:
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
            house.act(picker, picker.accept(offer))
        return None

    return picker, house.until(look), order_no


def same_offer(house: Ground, devices: int = 8) -> list[str]:
    """One offer accepted by several ops at once."""
    picker, offer, order_no = offered(house)
    lines = [connected(house, picker.http) for _ in range(devices)]
    ops = [picker.op(offer["ticket"], "accept", {"offer": offer["id"]}) for _ in range(devices)]
    results = at_once(
        house,
        [
            lambda http=http, op=op: http.call("POST", f"{API}/terminal/ops", {"ops": [op]})["results"][0]
            for http, op in zip(lines, ops, strict=True)
        ],
    )
    seen = Counter((result["status"], result["code"]) for result in results)
    expected = Counter({("applied", None): 1, ("rejected", "offer_gone"): devices - 1})
    if seen != expected:
        return [f"answers: {dict(seen)}"]
    house.finish("picker", order_no, "picking")
    return []


def accept_against_reassign(house: Ground, together: Together = at_once) -> list[str]:
    """The picker accepts while the supervisor offers the ticket to somebody else: one of them has it."""
    other = house.colleague
    picker, offer, order_no = offered(house)
    other.shift("available")
    op = picker.op(offer["ticket"], "accept", {"offer": offer["id"]})
    supervisor, hand = house.operator(), connected(house, picker.http)
    path = f"{API}/dispatch/tickets/{offer['ticket']['id']}/reassign"
    chosen = {"person_id": other.session["person"]["id"], "confirm": False}
    accepted, (status, answer) = together(
        house,
        [
            lambda: hand.call("POST", f"{API}/terminal/ops", {"ops": [op]})["results"][0],
            lambda: supervisor.exchange("POST", path, chosen, key=supervisor.uuid()),
        ],
    )
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


def complete_against_reassign(house: Ground, together: Together = at_once) -> list[str]:
    """The picker finishes while the supervisor takes the ticket away: one of them decides."""
    other = house.colleague
    picker = house.staff("picker")
    _, order_no = house.paid()
    ticket = house.take("picker", order_no, "picking")
    ticket = house.begin(picker, ticket, pieces=1)
    done, supervisor, hand = picker.op(ticket, "complete"), house.operator(), connected(house, picker.http)
    other.shift("available")
    chosen = {"person_id": other.session["person"]["id"], "confirm": True}
    [result], (status, answer) = together(
        house,
        [
            lambda: hand.call("POST", f"{API}/terminal/ops", {"ops": [done]})["results"],
            lambda: supervisor.exchange(
                "POST", f"{API}/dispatch/tickets/{ticket['id']}/reassign", chosen, key=supervisor.uuid()
            ),
        ],
    )
    decided = (result["status"], result["code"], status, answer.get("code"))
    taken_away = decided == ("rejected", "stale_epoch", 200, None)
    if taken_away:
        house.finish("picker", order_no, "picking", nth=1)
    other.shift("break")
    return [] if taken_away or decided == ("applied", None, 409, "ticket_ended") else [f"decided: {decided}"]


def same_op(house: Ground, copies: int = 40, connections: int = 20) -> list[str]:
    """One scan sent many times over several connections."""
    picker = house.staff("picker")
    _, order_no = house.paid(pieces=5)
    ticket = house.take("picker", order_no, "picking")
    ticket = picker.do(ticket, "tote", {"code": next(house.totes)})
    op = picker.op(
        ticket, "pick", {"line": ticket["lines"][0]["id"], "quantity": 1, "tote": ticket["totes"][0]["code"]}
    )
    each = copies // connections
    results = at_once(
        house,
        [
            lambda http=connected(house, picker.http): [
                http.call("POST", f"{API}/terminal/ops", {"ops": [op]})["results"][0] for _ in range(each)
            ]
            for _ in range(connections)
        ],
    )
    seen = Counter(result["status"] for batch in results for result in batch)
    [mine] = [t for t in picker.work()["tickets"] if t["id"] == ticket["id"]]
    wrong = [] if seen == {"applied": 1, "duplicate": copies - 1} else [f"answers: {dict(seen)}"]
    if mine["lines"][0]["picked"] != 1:
        wrong.append(f"{mine['lines'][0]['picked']} picked by one scan")
    if not wrong:
        house.finish("picker", order_no, "picking")
    return wrong


def shortage_against_pick(house: Ground, together: Together = at_once) -> list[str]:
    """A line's last piece is scanned on one device and reported missing on another: it is one of both."""
    picker = house.staff("picker")
    _, order_no = house.paid(pieces=2, missed=True)
    ticket = house.begin(picker, house.take("picker", order_no, "picking"), pieces=1)
    line, tote = ticket["lines"][0]["id"], ticket["totes"][0]["code"]
    ops = [
        picker.op(ticket, "pick", {"line": line, "quantity": 1, "tote": tote}),
        picker.op(ticket, "short", {"line": line, "quantity": 1, "reason": "not_found"}),
    ]
    lines = [connected(house, picker.http) for _ in ops]
    results = together(
        house,
        [
            lambda http=http, op=op: http.exchange("POST", f"{API}/terminal/ops", {"ops": [op]})
            for http, op in zip(lines, ops, strict=True)
        ],
    )
    seen = sorted(
        (answer["results"][0]["status"], answer["results"][0]["code"] or "")
        if status == 200
        else (str(status), answer["code"])
        for status, answer in results
    )
    if seen != [("applied", ""), ("rejected", "line_closed")]:
        return [f"answers: {seen}"]
    house.finish("picker", order_no, "picking")
    return []


def cancel_against_last_scan(house: Ground, together: Together = at_once) -> list[str]:
    """The customer cancels while the picker scans the last piece: all goes back, and the money."""
    picker = house.staff("picker")
    customer, order_no = house.paid(pieces=2)
    ticket = house.begin(picker, house.take("picker", order_no, "picking"), pieces=1)
    line, tote = ticket["lines"][0]["id"], ticket["totes"][0]["code"]
    last = [
        picker.op(ticket, "pick", {"line": line, "quantity": 1, "tote": tote}),
        picker.op(ticket, "complete"),
    ]
    hand = connected(house, picker.http)
    results, _ = together(
        house,
        [
            lambda: hand.call("POST", f"{API}/terminal/ops", {"ops": last})["results"],
            lambda: customer.cancel(order_no),
        ],
    )
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


def cancel_against_release(house: Ground, together: Together = at_once) -> list[str]:
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
    [result], _ = together(
        house,
        [
            lambda: hand.call("POST", f"{API}/terminal/ops", {"ops": [release]})["results"],
            lambda: customer.http.exchange(
                "POST", f"{API}/orders/{order_no}/cancel", {"reason": ""}, key=customer.http.uuid()
            ),
        ],
    )
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
