"""Clients of the outside contract: a customer and a handheld, over HTTP as any browser would speak it.

The demo's people, the yardsticks and the journeys of the tests use them; nothing in here knows the inside.
"""

from __future__ import annotations

import http.client
import json
import random
import socket
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 30
KEY_HEADER = "Idempotency-Key"
HUNG_UP = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)


class Refused(Exception):
    """An answer that is not 2xx. `status`, `code` and the whole problem document."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        said = f"{problem.get('code')}: {problem.get('detail')} {problem.get('errors', '')}"
        super().__init__(f"{status} {said}")
        self.status, self.code, self.problem = status, problem.get("code"), problem


class Http:
    """JSON over one kept connection; it is opened again when the server has closed it.

    A subclass that overrides `carry` may speak to an application in the same process.
    """

    def __init__(self, base_url: str, *, random_ids: random.Random | None = None) -> None:
        self.base_url = base_url
        self._address = urlsplit(base_url)
        self._connection: http.client.HTTPConnection | None = None
        self._random = random_ids or random.SystemRandom()
        self.headers: dict[str, str] = {}

    def uuid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def call(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """The JSON of a 2xx answer. Raises Refused for every other, OSError when nobody answers."""
        status, answer = self.exchange(method, path, body, key=key)
        if status >= 300:
            raise Refused(status, answer if isinstance(answer, dict) else {"detail": answer})
        return answer

    def exchange(
        self, method: str, path: str, body: Any = None, *, key: str | None = None
    ) -> tuple[int, Any]:
        """Status and JSON of the answer."""
        headers = {"Content-Type": "application/json", **self.headers}
        if key is not None:
            headers[KEY_HEADER] = key
        raw = b"" if body is None else json.dumps(body).encode()
        status, answer = self.carry(method, path, raw, headers)
        return status, json.loads(answer) if answer else None

    def carry(self, method: str, path: str, raw: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Bring these bytes there; gives status and body of the answer. Raises OSError when none comes."""
        response = self._send(method, path, raw or None, headers)
        return response.status, self._rest_of(response)

    def get(self, path: str) -> int:
        """Get a page, whatever it is; gives the status."""
        response = self._send("GET", path, None, {})
        self._rest_of(response)
        return response.status

    def post(self, path: str, raw: bytes, headers: Mapping[str, str]) -> int:
        """Post these bytes as they are, such as a signed callback; gives the status."""
        response = self._send("POST", path, raw, headers)
        self._rest_of(response)
        return response.status

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _rest_of(self, response: http.client.HTTPResponse) -> bytes:
        """The body. A connection that breaks in the middle of it serves no further request."""
        try:
            return response.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise

    def _send(self, method: str, path: str, raw: bytes | None, headers: Mapping[str, str]) -> Any:
        kept = self._connection is not None
        try:
            return self._once(method, path, raw, headers)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            if not kept or not isinstance(error, HUNG_UP):
                raise
        return self._send(method, path, raw, headers)  # over a new connection, and only once

    def _once(self, method: str, path: str, raw: bytes | None, headers: Mapping[str, str]) -> Any:
        if self._connection is None:
            connection = http.client.HTTPConnection(
                self._address.hostname or "", self._address.port or 80, timeout=TIMEOUT_SECONDS
            )
            connection.connect()
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connection = connection
        self._connection.request(method, path, raw, dict(headers))
        return self._connection.getresponse()


class Customer:
    """A guest who fills a cart, orders and pays through the sandbox channel."""

    def __init__(self, http: Http, store_id: str) -> None:
        self.http = http
        self.store_id = store_id
        guest = self.http.call("POST", "/api/v1/guests", {})
        self.guest_id = guest["guest_id"]
        self.http.headers["Authorization"] = f"Bearer {guest['token']}"
        self.cart: dict[str, Any] = {"version": 0}

    def put(self, sku: str, quantity: int, op: str = "add") -> dict[str, Any]:
        """Add to the cart, or set a line of it; gives the whole cart."""
        self.cart = self.http.call(
            "POST",
            f"/api/v1/stores/{self.store_id}/carts/online/items",
            {"sku": sku, "op": op, "quantity": quantity},
        )
        return self.cart

    def quote(self, contact: Mapping[str, Any]) -> dict[str, Any]:
        return self.http.call(
            "POST",
            "/api/v1/quotes",
            {"store_id": self.store_id, "cart_type": "online", "contact": dict(contact)},
        )

    def order(self, contact: Mapping[str, Any], *, key: str | None = None, **more: Any) -> dict[str, Any]:
        """Place the order of the cart; gives `{order_no, total, track_url, …}`."""
        return self.http.call(
            "POST", "/api/v1/orders", self.order_body(contact, **more), key=key or self.http.uuid()
        )

    def order_body(self, contact: Mapping[str, Any], **more: Any) -> dict[str, Any]:
        return {
            "store_id": self.store_id,
            "cart_type": "online",
            "cart_version": self.cart["version"],
            "channel": "app",
            "scene": "online",
            "contact": dict(contact),
            "on_shortage": "refund",
            "if_silent": "refund",
            **more,
        }

    def start_payment(self, order_no: str) -> dict[str, Any]:
        """Ask for a payment; gives its first part with `pay_url`."""
        answer = self.http.call(
            "POST",
            f"/api/v1/orders/{order_no}/payments",
            {"method": "platform", "channel": "sandbox"},
            key=self.http.uuid(),
        )
        return answer["payments"][0]

    def pay(self, order_no: str, outcome: str = "succeeded", **notify: Any) -> dict[str, Any]:
        """Pay at the channel's cashier, as a person would with one tap."""
        payment = self.start_payment(order_no)
        where = urlsplit(payment["pay_url"])
        cashier = Http(f"{where.scheme}://{where.netloc}")
        body = {"outcome": outcome} | ({"notify": notify} if notify else {})
        try:
            cashier.call("POST", f"{where.path}/pay", body)
        finally:
            cashier.close()
        return payment

    def order_view(self, order_no: str) -> dict[str, Any]:
        return self.http.call("GET", f"/api/v1/orders/{order_no}")

    def cancel(self, order_no: str) -> dict[str, Any]:
        return self.http.call(
            "POST", f"/api/v1/orders/{order_no}/cancel", {"reason": "changed my mind"}, key=self.http.uuid()
        )


class Handheld:
    """An enrolled device with somebody signed in; ops are numbered and carry their session and epoch."""

    def __init__(self, http: Http, enrolment_code: str) -> None:
        self.http = http
        enrolled = self.http.call(
            "POST",
            "/api/v1/terminal/devices",
            {"enrolment_code": enrolment_code, "name": f"device {enrolment_code[:4]}"},
            key=self.http.uuid(),
        )
        self.http.headers["X-Device-Key"] = enrolled["device_key"]
        self.session: dict[str, Any] = {}
        self._seq = 0

    def sign_in(self, badge: str, pin: str) -> dict[str, Any]:
        self.http.headers.pop("Authorization", None)
        self.session = self.http.call("POST", "/api/v1/terminal/sessions", {"badge": badge, "pin": pin})
        self.http.headers["Authorization"] = f"Bearer {self.session['token']}"
        return self.session

    def shift(self, state: str) -> dict[str, Any]:
        return self.http.call("POST", "/api/v1/terminal/shift", {"state": state})

    def work(self) -> dict[str, Any]:
        return self.http.call("GET", "/api/v1/terminal/work")

    def op(
        self, ticket: Mapping[str, Any], kind: str, payload: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """An op on a ticket as its snapshot stands, not sent yet."""
        self._seq += 1
        return {
            "id": self.http.uuid(),
            "seq": self._seq,
            "session": self.session["session_id"],
            "ticket": ticket["id"],
            "epoch": ticket["epoch"],
            "version": ticket["version"],
            "type": kind,
            "payload": dict(payload or {}),
            "at": None,
        }

    def send(self, *ops: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Post ops; gives their results in order."""
        return self.http.call("POST", "/api/v1/terminal/ops", {"ops": list(ops)})["results"]

    def do(
        self, ticket: Mapping[str, Any], kind: str, payload: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """One op at once; gives the fresh ticket. Raises Refused when the op is rejected."""
        result = self.send(self.op(ticket, kind, payload))[0]
        if result["status"] == "rejected":
            raise Refused(409, {"code": result["code"], "detail": result["message"]})
        return result["ticket"]

    def accept(self, offer: Mapping[str, Any]) -> dict[str, Any]:
        return self.do(offer["ticket"], "accept", {"offer": offer["id"]})
