"""Customers' phones: who is asked about missing goods answers, in time, late, twice, wrongly, or never."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fulfil.kit.checks import Violation
from fulfil.sim.clients import Refused
from fulfil.sim.simulation.agenda import Actor
from fulfil.sim.simulation.colleagues import Floor
from fulfil.sim.simulation.network import Line, insist

LINK = re.compile(r"/track/([0-9a-zA-Z]+)")
LOOK_SECONDS, AGAIN_SECONDS, LATE_SECONDS = (3.0, 150.0), (0.5, 20.0), (1.0, 60.0)
SILENT, LATE, TWICE, FORGED, REFUSES, CHOOSES = 0.15, 0.1, 0.2, 0.1, 0.25, 0.4
# What shoppers wish for a line that is short, and for the case that they say nothing.
WISHES = {"refund": 35, "substitute": 25, "ask": 35, "cancel_order": 5}
IF_SILENT = {"refund": 60, "substitute": 40}
UNKNOWN, OVER = "unknown_decision", "decision_over"


def wishes(rng: random.Random) -> dict[str, str]:
    """What a shopper says about missing goods when they order."""
    return {name: rng.choices(list(chances), list(chances.values()))[0]
            for name, chances in (("on_shortage", WISHES), ("if_silent", IF_SILENT))}


class Phones:
    """The gateway of short messages: a message with a tracking link makes somebody open it.

    It knows its keys as a provider does, so that a message that is sent again rings nobody twice.
    """

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
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
        said = _said(decision, rng)
        for _ in range(2 if rng.random() < TWICE else 1):
            code = yield from _post(line, token, decision["id"], said, rng)
            if code not in (None, OVER):
                self._wrong(decision["id"], f"{said} was refused with {code}")
            yield rng.uniform(*AGAIN_SECONDS)

    def _forge(self, line: Line, token: str, rng: random.Random) -> Actor:
        """Somebody guesses the number of another order's question."""
        guess = str(rng.randrange(1, 10**9))
        code = yield from _post(line, token, guess, {"answer": "approve"}, rng)
        if code != UNKNOWN:
            self._wrong(guess, f"a guessed question was answered with {code}")

    def _wrong(self, decision_id: str, what: str) -> None:
        self._floor.logbook.contradictions.append(Violation(17, "decisions", decision_id, what))


def _said(decision: Mapping[str, Any], rng: random.Random) -> dict[str, str]:
    chance = rng.random()
    if chance < REFUSES:
        return {"answer": "refuse"}
    if chance < REFUSES + CHOOSES:
        return {"answer": "alternative", "sku": rng.choice(decision["proposals"])["sku"]}
    return {"answer": "approve"}


def _post(line: Line, token: str, decision_id: str, said: Mapping[str, str], rng: random.Random):
    """The code of the refusal, None for an answer that was taken."""
    path = f"/api/v1/track/{token}/decisions/{decision_id}"
    try:
        yield from insist(lambda: line.call("POST", path, dict(said)), rng)
    except Refused as refused:
        return refused.code
    return None
