"""Customers' phones: who is asked about missing goods answers, in time, late, twice, wrongly, or never.

Who chose what costs an extra pays it, or lets it be.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fulfil.kit.checks import Violation
from fulfil.sim.clients import Refused
from fulfil.sim.simulation.agenda import Actor
from fulfil.sim.simulation.channel import Bank
from fulfil.sim.simulation.colleagues import Floor
from fulfil.sim.simulation.network import Line, insist

LINK = re.compile(r"/track/([0-9a-zA-Z]+)")
LOOK_SECONDS, AGAIN_SECONDS, LATE_SECONDS = (3.0, 150.0), (0.5, 20.0), (1.0, 60.0)
SILENT, LATE, TWICE, FORGED, REFUSES, CHOOSES = 0.15, 0.1, 0.2, 0.1, 0.25, 0.4
# What shoppers wish for a line that is short, and for the case that they say nothing.
WISHES = {"refund": 35, "substitute": 25, "ask": 35, "cancel_order": 5}
IF_SILENT = {"refund": 60, "substitute": 40}
NEVER_PAYS, DECLINED, PAY_SECONDS, TRIES_MAX = 0.15, 0.15, (3.0, 90.0), 3
UNKNOWN, OVER = "unknown_decision", "decision_over"
# While somebody thinks, the question may end, or somebody else may have paid; the channel may just be asked.
NOT_NOW, OVERTAKEN = (
    "payment_in_progress",
    (OVER, "order_cancelled", "payment_closed", "already_paid", "nothing_to_pay"),
)


def wishes(rng: random.Random) -> dict[str, str]:
    """What a shopper says about missing goods when they order."""
    return {
        name: rng.choices(list(chances), list(chances.values()))[0]
        for name, chances in (("on_shortage", WISHES), ("if_silent", IF_SILENT))
    }


class Phones:
    """The gateway of short messages: a message with a tracking link makes somebody open it.

    It knows its keys as a provider does, so that a message that is sent again rings nobody twice.
    """

    def __init__(self, floor: Floor, bank: Bank) -> None:
        self._floor, self._bank = floor, bank
        self._rung: set[str] = set()

    def send(self, _phone: str, text: str, *, key: str) -> None:
        found = LINK.search(text)
        if found is None or key in self._rung:
            return
        self._rung.add(key)
        self._floor.agenda.live(self._look(found[1], self._floor.rng(f"phone/{key}")))

    def _look(self, token: str, rng: random.Random) -> Actor:
        """Open the link after a while, and answer what is asked there."""
        yield rng.uniform(*LOOK_SECONDS)
        line = Line(self._floor.network, f"holder of {token[:8]}", rng)
        try:
            seen = yield from insist(lambda: line.call("GET", f"/api/v1/track/{token}"), rng)
        except Refused:
            return
        for decision in seen["decisions"]:
            if rng.random() >= SILENT:
                yield from self._answer(line, token, decision, rng)

    def _answer(self, line: Line, token: str, decision: Mapping[str, Any], rng: random.Random) -> Actor:
        if rng.random() < LATE:
            left = datetime.fromisoformat(decision["deadline"]) - self._floor.agenda.clock.now()
            yield max(0.0, left.total_seconds()) + rng.uniform(*LATE_SECONDS)
        if rng.random() < FORGED:
            yield from self._forge(line, token, rng)
        said, asked = _said(decision, rng), None
        for _ in range(2 if rng.random() < TWICE else 1):
            code, asked = yield from _post(line, token, decision["id"], said, rng)
            if code not in (None, OVER):
                self._wrong(decision["id"], f"{said} was refused with {code}")
            yield rng.uniform(*AGAIN_SECONDS)
        if asked is not None and asked["paying"] and rng.random() >= NEVER_PAYS:
            yield from self._pay(line, token, decision["id"], rng)

    def _pay(self, line: Line, token: str, decision_id: str, rng: random.Random) -> Actor:
        """Pay the extra at the channel; a card that was declined is tried again."""
        for _ in range(TRIES_MAX):
            yield rng.uniform(*PAY_SECONDS)
            code, asked = yield from _post(line, token, f"{decision_id}/payments", None, rng)
            if code == NOT_NOW:
                continue
            if code is not None or not asked["paying"] or asked["paying"]["pay_url"] is None:
                if code not in (None, *OVERTAKEN):
                    self._wrong(decision_id, f"its payment was refused with {code}")
                return
            outcome = "failed" if rng.random() < DECLINED else "succeeded"
            self._bank.pay(asked["paying"]["pay_url"].rsplit("/", 1)[1], outcome)
            if outcome == "succeeded":
                return

    def _forge(self, line: Line, token: str, rng: random.Random) -> Actor:
        """Somebody guesses the number of another order's question."""
        guess = str(rng.randrange(1, 10**9))
        code, _ = yield from _post(line, token, guess, {"answer": "approve"}, rng)
        if code != UNKNOWN:
            self._wrong(guess, f"a guessed question was answered with {code}")

    def _wrong(self, decision_id: str, what: str) -> None:
        self._floor.logbook.contradictions.append(Violation(17, "decisions", decision_id, what))


def _said(decision: Mapping[str, Any], rng: random.Random) -> dict[str, str]:
    """Who chooses for themselves takes something that costs an extra, where there is any."""
    chance = rng.random()
    if chance < REFUSES:
        return {"answer": "refuse"}
    if chance < REFUSES + CHOOSES:
        dear = [one for one in decision["proposals"] if one["extra"]]
        return {"answer": "alternative", "sku": rng.choice(dear or decision["proposals"])["sku"]}
    return {"answer": "approve"}


def _post(line: Line, token: str, what: str, said: Mapping[str, str] | None, rng: random.Random):
    """The code of the refusal and None; None and the question as it is then, if it was taken."""
    path = f"/api/v1/track/{token}/decisions/{what}"
    try:
        return None, (yield from insist(lambda: line.call("POST", path, said), rng))
    except Refused as refused:
        return refused.code, None
