"""The stand-in server with work for the packing station, the counter and the rider's phone."""

import copy
import uuid
from datetime import timedelta
from typing import Any

from flask import Response, jsonify, request

from tests.terminal.mock_server import MockServer, common, refuse, rfc3339

PIN = "4711"
RIDING = ("picked_up", "arrived_at_customer")
NEXT = {
    "waiting": ["arriving", "arrived"],
    "arriving": ["arrived"],
    "arrived": [],
    "picked_up": ["arrived_at_customer"],
    "arrived_at_customer": [],
    "returning": ["returned"],
}


def pack_line(
    number: int, zh: str, en: str, gtin: str, quantity: int, zone: str, **more: Any
) -> dict[str, Any]:
    """A line to pack, nothing packed yet."""
    return {
        "id": str(number),
        "line_no": number,
        "sku": f"1000{number:02d}",
        "name": {"zh": zh, "en": en},
        "gtin": gtin,
        "scale_item": None,
        "pack": "500 ml",
        "zone": zone,
        "picture": "/ui/pictures/milk.svg",
        "unit": "each",
        "weighed": False,
        "quantity": quantity,
        "packed": 0,
        "short": 0,
        "state": "todo",
        **more,
    }


def packing_ticket(
    ticket_id: str = "601", order_no: str = "20260001234", minutes: int = 24
) -> dict[str, Any]:
    """Two totes, three lines of two temperatures, one of them weighed."""
    return {
        **common(ticket_id, "packing", order_no, minutes),
        "note": "",
        "totes": [
            {"code": f"TOTE-{ticket_id}1", "order_no": order_no, "zone": "ambient", "place": "STG-AMB-1"},
            {"code": f"TOTE-{ticket_id}2", "order_no": order_no, "zone": "chilled", "place": "STG-CHL-1"},
        ],
        "bags": [],
        "lines": [
            pack_line(
                1, "手工挂面 宽条", "Hand-made noodles, wide", "6999000000025", 2, "ambient", pack="800 g"
            ),
            pack_line(2, "纯牛奶 500 毫升", "Whole milk 500 ml", "6999000000018", 1, "chilled"),
            pack_line(
                3,
                "红富士苹果",
                "Red Fuji apples",
                "6999000000032",
                1030,
                "ambient",
                unit="g",
                weighed=True,
                pack="kg",
                scale_item="00003",
            ),
        ],
    }


def handoff_ticket(
    ticket_id: str = "701", order_no: str = "20260005678", bags: int = 2, minutes: int = 12
) -> dict:
    """An order on its shelves."""
    zones = ["ambient", "chilled", "frozen"]
    listed = [
        {
            "code": f"BAG-{order_no}-{n}",
            "n": n,
            "temperature": zones[(n - 1) % 3],
            "place": f"{zones[(n - 1) % 3][0].upper()}{n}",
            "state": "expected",
        }
        for n in range(1, bags + 1)
    ]
    return {
        **common(ticket_id, "handoff", order_no, minutes),
        "bags": listed,
        "scanned": 0,
        "total": bags,
        "shelf": [bag["place"] for bag in listed],
        "rider": None,
        "pickup_code": "075795",
        "cold": [],
        "missing_since": None,
        "without_allowed": False,
        "released_at": None,
    }


def delivery_ticket(
    ticket_id: str = "801", order_no: str = "20260005678", minutes: int = 30
) -> dict[str, Any]:
    """A delivery that waits for its goods."""
    bags = handoff_ticket(order_no=order_no)["bags"]
    return {
        **common(ticket_id, "delivery", order_no, minutes),
        "delivery_state": "waiting",
        "carrier": "own",
        "contact": {
            "name": "李梅",
            "phone": "13800138000",
            "address": "春晓路 88 弄 5 号 602",
            "lat": 31.2,
            "lng": 121.5,
        },
        "address": "春晓路 88 弄 5 号 602",
        "note": "门铃坏了，请敲门",
        "bags": [{**bag, "state": "shelved"} for bag in bags],
        "milestones": [],
        "next_milestones": NEXT["waiting"],
        "calls": [],
        "absent_from": None,
        "refused": None,
        "recalled": False,
        "ready_at": None,
    }


class FloorMock(MockServer):
    """Ops of packing, handoff and delivery, as the server's stages do them."""

    def __init__(self) -> None:
        super().__init__()
        self.arrivals: dict[str, dict] = {}
        self.foreign_totes: dict[str, str] = {}
        self.labels: list[str] = []
        self.absent_after = timedelta(minutes=10)
        self._route()

    def apply(self, op: dict) -> dict:
        """One op; what a stage refuses is refused."""
        code = self._refused(self.tickets[op["ticket"]], op["type"], op["payload"])
        if code is None or op["id"] in self.applied:
            return super().apply(op)
        message = (
            f"The tote holds goods of order {self.foreign_totes.get(op['payload'].get('code', ''), '')}."
        )
        result = {
            "id": op["id"],
            "status": "rejected",
            "code": code,
            "message": message,
            "ticket": copy.deepcopy(self.tickets[op["ticket"]]),
        }
        self.applied[op["id"]] = result
        return result

    def _refused(self, ticket: dict, kind: str, payload: dict) -> str | None:
        if kind == "tote" and ticket["stage"] == "packing" and payload["code"] in self.foreign_totes:
            return "tote_of_other_order"
        if kind == "deliver" and payload.get("pin", PIN) != PIN:
            return "pin_wrong"
        if kind == "release" and any(bag["state"] == "expected" for bag in ticket["bags"]):
            return "bags_missing"
        return None

    def _tote(self, ticket: dict, payload: dict) -> None:
        if ticket["stage"] == "picking":
            super()._tote(ticket, payload)

    def _pack(self, ticket: dict, payload: dict) -> None:
        found = self._line(ticket, payload)
        bag = next(
            (bag for bag in ticket["bags"] if bag["state"] == "open" and bag["temperature"] == found["zone"]),
            None,
        )
        bag = bag or self._new_bag(ticket, {"temperature": found["zone"]})
        found["packed"] += payload["quantity"]
        inside = next((row for row in bag["lines"] if row["line_no"] == found["line_no"]), None)
        if inside is None:
            inside = {"line_no": found["line_no"], "sku": found["sku"], "quantity": 0}
            bag["lines"].append(inside)
        inside["quantity"] += payload["quantity"]
        self._settle(found)

    def _unpack(self, ticket: dict, payload: dict) -> None:
        found = self._line(ticket, payload)
        found["packed"] -= payload["quantity"]
        for bag in ticket["bags"]:
            for row in bag["lines"]:
                if row["line_no"] == found["line_no"]:
                    row["quantity"] -= payload["quantity"]
                    bag["state"] = "open"
            bag["lines"] = [row for row in bag["lines"] if row["quantity"] > 0]
        self._settle(found)

    def _short(self, ticket: dict, payload: dict) -> None:
        found = self._line(ticket, payload)
        found["short"] += payload["quantity"]
        self._settle(found) if "packed" in found else self._close(found)

    @staticmethod
    def _settle(found: dict) -> None:
        found["state"] = "closed" if found["packed"] + found["short"] >= found["quantity"] else "todo"

    @staticmethod
    def _new_bag(ticket: dict, payload: dict) -> dict:
        n = len(ticket["bags"]) + 1
        code = f"BAG-{ticket['order_no']}-{n}"
        bag = {
            "code": code,
            "n": n,
            "temperature": payload["temperature"],
            "state": "open",
            "place": None,
            "label": f"/api/v1/packing/bags/{code}/label",
            "lines": [],
        }
        ticket["bags"].append(bag)
        return bag

    @staticmethod
    def _close_bag(ticket: dict, payload: dict) -> None:
        next(bag for bag in ticket["bags"] if bag["code"] == payload["code"])["state"] = "closed"

    @staticmethod
    def _seal(ticket: dict, payload: dict) -> None:
        ticket.update(state="done", bags=[bag for bag in ticket["bags"] if bag["lines"]])
        for bag in ticket["bags"]:
            bag.update(state="shelved", place=f"B{bag['n']}")

    @staticmethod
    def _check(ticket: dict, payload: dict, state: str) -> None:
        next(bag for bag in ticket["bags"] if bag["code"] == payload["code"])["state"] = state
        ticket["scanned"] = sum(bag["state"] == "scanned" for bag in ticket["bags"])

    def _bag_scan(self, ticket: dict, payload: dict) -> None:
        self._check(ticket, payload, "scanned")

    def _bag_missing(self, ticket: dict, payload: dict) -> None:
        self._check(ticket, payload, "missing")
        ticket["missing_since"] = rfc3339()

    def _refuse(self, ticket: dict, payload: dict) -> None:
        self._check(ticket, payload, "left_out")

    @staticmethod
    def _no_show(ticket: dict, payload: dict) -> None:
        for bag in ticket["bags"]:
            bag["state"] = "expected" if bag["state"] == "scanned" else bag["state"]
        ticket["scanned"] = 0

    @staticmethod
    def _release(ticket: dict, payload: dict) -> dict | None:
        ticket["state"] = "done"
        return None if ticket["scanned"] else {"void": True}

    def _milestone(self, ticket: dict, payload: dict) -> None:
        self.ride(ticket, payload["name"])
        if payload["name"] == "returned":
            ticket["state"] = "done"

    def _deliver(self, ticket: dict, payload: dict) -> None:
        ticket.update(state="done", delivery_state="delivered")

    def _call(self, ticket: dict, payload: dict) -> None:
        """The customer is called; the first call decides from when on they count as absent."""
        ticket["calls"] = [*ticket["calls"], rfc3339()]
        ticket["absent_from"] = ticket["absent_from"] or rfc3339(self.absent_after)

    def _return(self, ticket: dict, payload: dict) -> None:
        self.ride(ticket, "returning")

    @staticmethod
    def ride(ticket: dict, state: str) -> None:
        """The delivery reaches a state."""
        legal = ["call", "deliver", "return"] if state in RIDING else ["deliver"]
        ticket.update(delivery_state=state, next_milestones=NEXT.get(state, []), legal=legal)
        ticket["milestones"].append({"name": state, "at": rfc3339()})

    def withdraw(self, ticket: dict, reason: str, hand_to: dict | None = None) -> None:
        """The ticket leaves the person; `hand_to` names who goes on with it."""
        self.tickets.pop(ticket["id"])
        self.push(
            "ticket.withdrawn",
            ticket_id=ticket["id"],
            order_no=ticket["order_no"],
            reason=reason,
            offer_id=None,
            hand_to=hand_to,
        )

    def _route(self) -> None:
        @self.app.post("/api/v1/handoff/arrivals")
        def arrive() -> Any:
            code = request.get_json()["code"]
            if code not in self.arrivals:
                return refuse(404, "rider_unknown")
            return jsonify(self.arrivals[code])

        @self.app.get("/api/v1/packing/bags/<code>/label")
        def label(code: str) -> Any:
            if request.headers.get("Authorization") != "Bearer fs_token":
                return refuse(401, "unauthenticated")
            self.labels.append(code)
            return Response(
                f'<!doctype html><link rel="stylesheet" href="/api/v1/packing/label.css"><svg><text>{code}'
                "</text></svg>",
                mimetype="text/html",
            )

        @self.app.get("/api/v1/packing/label.css")
        def style() -> Any:
            return Response("@page { size: 60mm 40mm; margin: 0 }", mimetype="text/css")

        @self.app.get("/api/v1/delivery/orders/<order_no>/carrier-link")
        def link(order_no: str) -> Any:
            return jsonify(url=f"/ride/{uuid.UUID(int=int(order_no)).hex}")

    def third_party(self, code: str, *tickets: dict) -> None:
        """A rider of somebody else who says this code."""
        self.arrivals[code] = {
            "carrier": "third_party",
            "rider": None,
            "orders": [arrived(one) for one in tickets],
        }

    def own_rider(self, badge: str, *tickets: dict) -> None:
        """A rider of ours with this badge."""
        rider = {"id": "9", "badge": badge, "name": {"zh": "李雷", "en": "Lei Li"}}
        self.arrivals[f"BADGE-{badge}"] = {
            "carrier": "own",
            "rider": rider,
            "orders": [arrived(one) for one in tickets],
        }


def arrived(ticket: dict) -> dict[str, Any]:
    """An order as an arrival names it."""
    return {
        "order_no": ticket["order_no"],
        "short_no": ticket["short_no"],
        "ticket_id": ticket["id"],
        "due_at": ticket["due_at"],
        "ready": True,
        "bags": ticket["bags"],
    }
