"""Two people at a desk: one decides complaints, the other agrees to large refunds, or does not.

What a channel will not pay back the first proposes to pay otherwise. Their line loses nothing: what they do
twice or at the same time is tried by the races.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fulfil.sim.clients import Handheld, Http, Refused
from fulfil.sim.simulation.agenda import Actor
from fulfil.sim.simulation.colleagues import Floor

ROUND_SECONDS = (300.0, 900.0)
GRANTS, GRANTS_PART, AGREES = 0.6, 0.25, 0.85
PEOPLE = (
    {
        "badge": "O901",
        "name_zh": "客服甲",
        "name_en": "Desk A",
        "roles": ["operator", "finance"],
        "pin": "481516",
    },
    {
        "badge": "O902",
        "name_zh": "客服乙",
        "name_en": "Desk B",
        "roles": ["supervisor", "finance"],
        "pin": "234219",
    },
)
UNAUTHENTICATED = 401


class Wire(Http):
    """A cable to the server; OSError while that is down."""

    def __init__(self, floor: Floor, who: str) -> None:
        super().__init__("http://inside", random_ids=floor.rng(who))
        self._node = floor.network.node

    def carry(self, method: str, path: str, raw: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        return self._node.handle(method, path, raw, headers)


class Desk:
    """Both of them."""

    def __init__(self, floor: Floor, store_id: str, code: Any) -> None:
        self._floor, self._store_id, self._code = floor, store_id, code
        self._rng = floor.rng("desk")
        self._devices: dict[str, Handheld] = {}

    def live(self) -> Actor:
        """Look around every few minutes while the floor is open."""
        while True:
            yield self._rng.uniform(*ROUND_SECONDS)
            if not self._floor.open:
                continue
            try:
                self._decide(self._at_work(PEOPLE[0]))
                self._agree(self._at_work(PEOPLE[1]))
            except Refused as refused:
                if refused.status == UNAUTHENTICATED:
                    self._devices.clear()
            except OSError:
                continue

    def _at_work(self, person: Mapping[str, Any]) -> Http:
        badge = person["badge"]
        if badge not in self._devices:
            device = Handheld(Wire(self._floor, badge), self._code())
            device.sign_in(badge, person["pin"])
            self._devices[badge] = device
        return self._devices[badge].http

    def _decide(self, http: Http) -> None:
        for case in self._list(http, "cases", "audit"):
            seen = http.call("GET", f"/api/v1/aftersales/cases/{case['case_id']}")
            self._say(http, f"/api/v1/aftersales/{case['case_id']}/decision", self._word(seen))
        for refund in self._list(http, "refunds", "failed"):
            self._say(
                http,
                f"/api/v1/aftersales/refunds/{refund['refund_id']}/other-means",
                {"reference": f"transfer {refund['refund_id']}", "note": "the customer was called"},
            )

    def _word(self, case: Mapping[str, Any]) -> dict[str, Any]:
        chance = self._rng.random()
        if chance < GRANTS:
            return {"decision": "approve", "note": "sorry"}
        if chance < GRANTS + GRANTS_PART:
            part = [
                {"line_no": line["line_no"], "quantity": self._rng.randint(1, line["quantity"])}
                for line in case["lines"]
            ]
            return {"decision": "approve_part", "lines": part, "note": "a part"}
        return {"decision": "refuse", "note": "no"}

    def _agree(self, http: Http) -> None:
        for state in ("audit", "other_means"):
            for refund in self._list(http, "refunds", state):
                self._say(
                    http,
                    f"/api/v1/aftersales/refunds/{refund['refund_id']}/audit",
                    {"approve": self._rng.random() < AGREES, "note": "looked at it"},
                )

    def _list(self, http: Http, what: str, state: str) -> list[dict[str, Any]]:
        return http.call("GET", f"/api/v1/aftersales/{what}?store_id={self._store_id}&state={state}")[what]

    def _say(self, http: Http, path: str, body: Mapping[str, Any]) -> None:
        """The state may have moved since it was listed: a refusal is nothing to stop for."""
        try:
            http.call("POST", path, body)
        except Refused as refused:
            self._floor.agenda.note(f"the desk is refused: {refused}")
