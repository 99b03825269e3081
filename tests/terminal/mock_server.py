"""A stand-in for the server: it keeps the outside contract and can misbehave on demand."""

import base64
import copy
import threading
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request
from flask_socketio import SocketIO

from terminal_ui import pages

PICTURES = Path(__file__).parent / "pictures"
LOOKED_AT = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"
# A picture of one grey dot.
SHELF = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
)
SCALE_RULES = [{"regex": r"21(?P<item>\d{5})(?P<value>\d{5})(?P<check>\d)", "unit": "g", "sku_prefix": "1"}]

SHIFT = {
    "state": "off",
    "since": None,
    "started_at": None,
    "ends_at": None,
    "break_at": None,
    "break_ends_at": None,
    "paused": False,
    "missed": 0,
    "missed_left": 2,
}


def common(ticket_id: str, stage: str, order_no: str = "20260001234", minutes: int = 24) -> dict[str, Any]:
    """What every ticket has."""
    return {
        "id": ticket_id,
        "stage": stage,
        "kind": "work",
        "state": "offered",
        "version": 1,
        "epoch": 1,
        "store_id": "1",
        "fulfilment_id": "8",
        "order_no": order_no,
        "short_no": order_no[-4:],
        "zone": "all",
        "part": 1,
        "priority": 5,
        "due_at": rfc3339(timedelta(minutes=minutes)),
        "assignee": None,
        "line_count": 3,
        "grams": 3400,
        "estimate_seconds": 180,
        "legal": ["accept", "decline"],
        "held": False,
        "paused": False,
        "tour": None,
    }


def line(number: int, zh: str, en: str, gtin: str, location: str, quantity: int, **more: Any) -> dict:
    """A pick line of a snapshot, nothing picked yet."""
    return {
        "id": str(number),
        "line_no": number,
        "position": number,
        "sku": f"1000{number:02d}",
        "name": {"zh": zh, "en": en},
        "gtin": gtin,
        "scale_item": None,
        "pack": "500 ml",
        "location": location,
        "quantity": quantity,
        "unit": "each",
        "weighed": False,
        "picked": 0,
        "short": 0,
        "substituted": 0,
        "looking": 0,
        "found_at": None,
        "state": "todo",
        "tote": None,
        "empties": False,
        "left_empty": None,
        "picture": "/ui/pictures/milk.svg",
        "on_shortage": "refund",
        "substitutes": None,
        "warning": None,
        "least": quantity,
        **more,
    }


def picking_ticket(ticket_id: str = "501") -> dict:
    """A ticket of three lines: two of pieces and one weighed."""
    return {
        **common(ticket_id, "picking"),
        "zone": "ambient",
        "totes": [],
        "recount": [],
        "search_until": None,
        "note": "",
        "staging": {"zone": "ambient", "place": "STG-AMB-1"},
        "lines": [
            line(1, "纯牛奶 500 毫升", "Whole milk 500 ml", "6999000000018", "A01-02-1", 1),
            line(2, "手工挂面 宽条", "Hand-made noodles, wide", "6999000000025", "A03-07-2", 2, pack="800 g"),
            line(
                3,
                "红富士苹果",
                "Red Fuji apples",
                "6999000000032",
                "A07-01-1",
                1000,
                unit="g",
                weighed=True,
                pack="kg",
                scale_item="00003",
                least=900,
            ),
        ],
    }


def counting_ticket(ticket_id: str = "601") -> dict:
    """A ticket to count one shelf."""
    ticket = picking_ticket(ticket_id)
    goods = ("id", "sku", "name", "gtin", "pack", "location", "unit", "weighed", "picture", "position")
    line = {name: ticket["lines"][1][name] for name in goods}
    return {
        **ticket,
        "kind": "count",
        "legal": ["count"],
        "lines": [{**line, "state": "todo", "counted": None, "second": False}],
    }


def looking_ticket(ticket_id: str = "701") -> dict:
    """A ticket to look again for two packets of noodles; their picker sent a photo."""
    ticket = counting_ticket(ticket_id)
    line = {**ticket["lines"][0], "quantity": 2, "found_at": None, "reason": "not_found", "photo": LOOKED_AT}
    del line["counted"], line["second"]
    return {
        **ticket,
        "kind": "second_look",
        "due_at": rfc3339(timedelta(minutes=3)),
        "lines": [line],
        "totes": [{"code": "TOTE-0007", "order_no": ticket["order_no"], "place": "STG-AMB-1"}],
        "legal": ["found", "not_found"],
    }


def rfc3339(after: timedelta = timedelta()) -> str:
    """Now, or some time after, as the API writes times."""
    return (datetime.now(UTC) + after).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class MockServer:
    """The state behind the stand-in. Tests read and change it directly, between requests."""

    def __init__(self) -> None:
        self.tickets: dict[str, dict] = {}
        self.offers: list[dict] = []
        self.log: list[dict] = []
        self.shift = dict(SHIFT)
        self.applied: dict[str, dict] = {}
        self.ops: list[dict] = []
        self.answers_to_drop = 0
        self.is_down = False
        self.reject: dict[str, str] = {}
        self.holder: dict[str, Any] | None = None
        self.hellos: list[int] = []
        self.floor: dict | None = None
        self.photos: dict[str, int] = {}
        self.lock = threading.Lock()
        self.app, self.sockets = self._build()

    # -- what the shop does ------------------------------------------------------------------

    def push(self, kind: str, **payload: Any) -> None:
        """Append an event to the person's log and send it."""
        event = {"seq": len(self.log) + 1, "type": kind, **payload}
        self.log.append(event)
        self.sockets.emit("event", event, namespace="/terminal")

    def offer(self, ticket: dict, seconds: int = 15) -> dict:
        """Offer a ticket to the person."""
        self.tickets[ticket["id"]] = ticket
        offer = {
            "id": str(900 + len(self.log)),
            "seconds": seconds,
            "expires_at": rfc3339(timedelta(seconds=seconds)),
            "ticket": copy.deepcopy(ticket),
            "tour": ticket["tour"],
        }
        self.offers.append(offer)
        self.push("ticket.offered", offer=offer)
        return offer

    def give(self, ticket: dict) -> None:
        """Put a ticket into the person's hands, as if it had been accepted before."""
        ticket.update(state="accepted", assignee="7", legal=LEGAL_WORKING, version=ticket["version"] + 1)
        self.tickets[ticket["id"]] = ticket
        self.push("ticket.changed", ticket=copy.deepcopy(ticket))

    # -- ops -----------------------------------------------------------------------------------

    def apply(self, op: dict) -> dict:
        """One op, exactly once."""
        if op["id"] in self.applied:
            return {**self.applied[op["id"]], "status": "duplicate"}
        ticket = self.tickets[op["ticket"]]
        result: dict[str, Any] = {
            "id": op["id"],
            "status": "applied",
            "code": None,
            "message": None,
            "detail": None,
            "extra": {},
        }
        if op["type"] in self.reject:
            result.update(status="rejected", code=self.reject[op["type"]], message="The server said no.")
            result["extra"] = {} if self.holder is None else {"holder": self.holder}
        else:
            self.ops.append(op)
            act = getattr(self, f"_{op['type']}", lambda *_: None)
            result["detail"] = act(ticket, op["payload"])
            if op["type"] in ("tote", "pick") and ticket["state"] == "accepted":
                ticket["state"] = "working"
            ticket["version"] += 1
        result["ticket"] = copy.deepcopy(ticket)
        self.applied[op["id"]] = result
        return result

    def _accept(self, ticket: dict, payload: dict) -> None:
        ticket.update(state="accepted", assignee="7", legal=LEGAL_WORKING)
        self.offers = [offer for offer in self.offers if offer["id"] != payload["offer"]]

    def _decline(self, ticket: dict, payload: dict) -> None:
        ticket.update(state="queued")
        self.offers = [offer for offer in self.offers if offer["id"] != payload["offer"]]

    def _give_back(self, ticket: dict, payload: dict) -> None:
        ticket.update(state="queued", assignee=None)

    def _tote(self, ticket: dict, payload: dict) -> None:
        if payload.get("missing"):
            ticket["recount"] = [code for code in ticket["recount"] if code != payload["code"]]
            return
        ticket["totes"].append({"code": payload["code"], "order_no": ticket["order_no"], "place": None})

    def _pick(self, ticket: dict, payload: dict) -> None:
        found = self._line(ticket, payload)
        found["picked"] += payload["quantity"]
        found["tote"] = payload["tote"]
        self._close(found)

    def _unpick(self, ticket: dict, payload: dict) -> None:
        found = self._line(ticket, payload)
        found["picked"] -= payload["quantity"]
        found.update(state="todo")

    def _short(self, ticket: dict, payload: dict) -> None:
        found = self._line(ticket, payload)
        found["short"] += payload["quantity"]
        self._close(found)

    def _put_back(self, ticket: dict, payload: dict) -> None:
        found = self._line(ticket, payload)
        found["restocked" if payload["outcome"] == "restock" else "wasted"] += payload["quantity"]

    def _zero_check(self, ticket: dict, payload: dict) -> None:
        self._line(ticket, payload)["left_empty"] = payload["empty"]

    def _count(self, ticket: dict, payload: dict) -> None:
        self._line(ticket, payload).update(counted=payload["quantity"], state="closed")
        self._stage(ticket, payload)

    def _found(self, ticket: dict, payload: dict) -> None:
        self._line(ticket, payload)["state"] = "closed"
        self._stage(ticket, payload)

    _not_found = _found

    def _stage(self, ticket: dict, payload: dict) -> None:
        ticket.update(state="done", assignee=None)

    _complete = _stage

    @staticmethod
    def _line(ticket: dict, payload: dict) -> dict:
        return next(found for found in ticket["lines"] if found["id"] == payload["line"])

    @staticmethod
    def _close(found: dict) -> None:
        tolerance = found["quantity"] // 10 if found["weighed"] else 0
        if found["picked"] + found["short"] >= found["quantity"] - tolerance:
            found["state"] = "closed"

    def _build(self) -> tuple[Flask, SocketIO]:
        app = Flask(__name__)
        app.register_blueprint(pages.blueprint(lambda view: view, PICTURES))
        sockets = SocketIO(app, async_mode="threading", cors_allowed_origins=[])
        app.before_request(self._maybe_down)
        route(app, self)
        sockets.on_event("connect", lambda auth: bool(auth and auth.get("token")), namespace="/terminal")
        sockets.on_event("hello", self._hello, namespace="/terminal")
        return app, sockets

    def _maybe_down(self) -> tuple[Response, int] | None:
        if self.is_down and request.path.startswith(("/api", "/socket.io")):
            return Response("down"), 503
        return None

    def _hello(self, data: dict) -> None:
        self.hellos.append(data["since"])
        for event in self.log[data["since"] :]:
            self.sockets.emit("event", event, namespace="/terminal", to=request.sid)  # type: ignore[attr-defined]


LEGAL_WORKING = [
    "call",
    "start",
    "tote",
    "pick",
    "unpick",
    "short",
    "moved",
    "give_back",
    "pause",
    "stage",
    "complete",
]


def refuse(status: int, code: str) -> tuple[Response, int]:
    """A problem+json answer."""
    return jsonify(status=status, code=code, title=code), status


def route(app: Flask, mock: MockServer) -> None:
    """The routes of the outside contract that the terminal calls."""

    @app.post("/api/v1/terminal/devices")
    def enrol() -> Any:
        if request.get_json()["enrolment_code"] != "ENROL-1":
            return refuse(401, "enrolment_code_invalid")
        return jsonify(device_key="fd_device"), 201

    @app.post("/api/v1/terminal/sessions")
    def log_in() -> Any:
        wanted = request.get_json()
        if request.headers.get("X-Device-Key") != "fd_device":
            return refuse(401, "device_unknown")
        if (wanted["badge"], wanted["pin"]) != ("P001", "123456"):
            return refuse(401, "invalid_credentials")
        return jsonify(
            token="fs_token",
            session_id=str(uuid.uuid4()),
            roles=["picker"],
            locale="zh-CN",
            person={"id": "7", "name": {"zh": "王芳", "en": "Fang Wang"}, "badge": "P001"},
            store={
                "id": "1",
                "name": {"zh": "春晓路店", "en": "Chunxiao Road"},
                "currency": "CNY",
                "tz": "Asia/Shanghai",
            },
        ), 201

    @app.delete("/api/v1/terminal/sessions")
    def log_out() -> Any:
        return "", 204

    @app.post("/api/v1/terminal/shift")
    def shift() -> Any:
        mock.shift = {**SHIFT, "state": request.get_json()["state"], "since": rfc3339()}
        return jsonify(mock.shift)

    @app.get("/api/v1/terminal/work")
    def work() -> Any:
        held = [ticket for ticket in mock.tickets.values() if ticket["assignee"] == "7"]
        return jsonify(
            seq=len(mock.log),
            offers=mock.offers,
            tickets=held,
            shift=mock.shift,
            server_time=rfc3339(),
            scale_rules=SCALE_RULES,
        )

    @app.get("/api/v1/stores/1/floor")
    def floor() -> Any:
        return refuse(404, "no_floor") if mock.floor is None else jsonify(mock.floor)

    @app.put("/api/v1/orders/<order_no>/shelf-photos/<key>")
    def photo(order_no: str, key: str) -> Any:
        assert request.content_type == "image/jpeg" and request.data.startswith(b"\xff\xd8\xff")
        mock.photos[key] = len(mock.ops)
        return "", 204

    @app.get("/api/v1/orders/<order_no>/shelf-photos/<key>")
    def shelf(order_no: str, key: str) -> Any:
        assert key == LOOKED_AT and request.headers["Authorization"] == "Bearer fs_token"
        return Response(SHELF, mimetype="image/png")

    @app.post("/api/v1/terminal/ops")
    def ops() -> Any:
        with mock.lock:
            results = [mock.apply(op) for op in request.get_json()["ops"]]
            if mock.answers_to_drop > 0:
                mock.answers_to_drop -= 1
                # The work is done and the answer is lost, as when a socket breaks.
                return Response("lost", 502)
        return jsonify(results=results)
