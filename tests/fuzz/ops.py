"""Ops of devices with payloads from the stages' own schemas, right, nearly right and wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from fulfil.dispatch.service.ops import COMMON
from tests.edge.town import Town

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-2, 60)
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from(["\0", "\ud800", "refund", "not_found", "1", "9" * 19])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


class OpFuzz:
    """Sends ops about the town's tickets and counts the answers by status and code."""

    def __init__(self, town: Town, seed: int) -> None:
        self._town, self._seed = town, seed
        self.answers: Counter[tuple[Any, Any]] = Counter()
        self.faults: list[str] = []
        stages = town.kit.services["stages"].values()
        self._ops: dict[str, list[str]] = {name: [] for name in (*COMMON, "accept", "decline", "no such op")}
        for stage in stages:
            self._ops |= {name: list(schema().fields) if schema else [] for name, schema in stage.ops.items()}

    def run(self, examples: int) -> None:
        """Send so many ops."""

        @hypothesis.seed(self._seed)
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @hypothesis.given(st.data())
        def send(data: st.DataObject) -> None:
            kind = data.draw(st.sampled_from(sorted(self._ops)))
            fields = self._ops[kind]
            payload = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(fields, self._value())))
            self._send(kind, payload, data.draw(st.sampled_from([0] * 9 + [1, 99])))

        send()

    def _value(self) -> st.SearchStrategy:
        ticket = self._town.ticket
        real = [line["id"] for line in ticket["lines"]] + [ticket["id"], "TOTE-0001", self._town.sku]
        return VALUES | st.sampled_from(real)

    def _held(self) -> Mapping[str, Any]:
        """A ticket in the picker's hands: what an op has taken from them is given to them again."""
        picker = self._town.handhelds["picker"]
        if not picker.work()["tickets"]:
            self._town.handhelds["supervisor"].http.exchange(
                "POST",
                f"/api/v1/dispatch/tickets/{self._town.ticket['id']}/reassign",
                {"person_id": self._town.person_id("picker"), "confirm": True},
                key=picker.http.uuid(),
            )
            for offer in picker.work()["offers"]:
                picker.accept(offer)
        return (picker.work()["tickets"] or [self._town.ticket])[0]

    def _send(self, kind: str, payload: Mapping[str, Any], epoch: int) -> None:
        picker = self._town.handhelds["picker"]
        op = picker.op(self._held(), kind, payload) | ({"epoch": epoch} if epoch else {})
        status, answer = picker.http.exchange("POST", "/api/v1/terminal/ops", {"ops": [op]})
        result = answer["results"][0] if status == 200 else answer
        self.answers[result.get("status"), result.get("code")] += 1
        if status >= 500:
            self.faults.append(f"{status} {kind} {payload}")
