"""The network between clients and server: requests and answers get lost, come twice, or late."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Generator, Mapping
from typing import Any, TypeVar

from fulfil.sim.clients import KEY_HEADER, Http, Refused
from fulfil.sim.simulation.agenda import Agenda
from fulfil.sim.simulation.faults import Faults
from fulfil.sim.simulation.node import UNAVAILABLE, Node

T = TypeVar("T")
TWICE_SECONDS = (0.2, 90.0)
AGAIN_SECONDS, AGAIN_SECONDS_MAX = 1.0, 30.0
OPS = "/api/v1/terminal/ops"
BRIEF = 160


class Network:
    """Carries messages to the node and counts what it drops and doubles."""

    def __init__(self, agenda: Agenda, node: Node, faults: Faults, seed: str) -> None:
        self.agenda, self.node, self.faults = agenda, node, faults
        self.rng = random.Random(f"{seed}/network")
        self.dropped = self.doubled = 0

    def happens(self, chance: float) -> bool:
        return self.rng.random() < chance

    def lose(self) -> None:
        self.dropped += 1
        raise TimeoutError("no answer")


class Line(Http):
    """A client's connection. `heard` is told of answers to copies that come when nobody waits any more."""

    def __init__(self, network: Network, who: str, rng: random.Random) -> None:
        super().__init__("http://inside", random_ids=rng)
        self._network, self.who = network, who
        self.heard: Callable[[int, Any], None] = lambda status, answer: None

    def carry(self, method: str, path: str, raw: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Raises OSError when no answer comes: whether the server did it, nobody knows."""
        network, faults = self._network, self._network.faults
        repeatable = KEY_HEADER in headers or path == OPS
        if network.happens(faults.lose_request):
            network.lose()
        if repeatable and network.happens(faults.delay):
            self._once_more(method, path, raw, headers)
            network.lose()
        if repeatable and network.happens(faults.double):
            network.doubled += 1
            self._once_more(method, path, raw, headers)
        if path == OPS and network.happens(faults.hundredfold):
            network.agenda.mishap("op_x100", f"{self.who}: the next ops come a hundred times")
            for _ in range(99):
                self._tell(*network.node.handle(method, path, raw, headers))
        answered = self._arrive(method, path, raw, headers)
        if network.happens(faults.lose_answer):
            network.lose()
        return answered

    def _once_more(self, method: str, path: str, raw: bytes, headers: Mapping[str, str]) -> None:
        def arrive() -> None:
            try:
                self._tell(*self._arrive(method, path, raw, headers, "late: "))
            except OSError:
                return

        self._network.agenda.after(self._network.rng.uniform(*TWICE_SECONDS), arrive)

    def _arrive(
        self, method: str, path: str, raw: bytes, headers: Mapping[str, str], how: str = ""
    ) -> tuple[int, bytes]:
        status, answer = self._network.node.handle(method, path, raw, headers)
        self._network.agenda.note(f"{self.who}: {how}{method} {path} {_brief(path, raw, status, answer)}")
        return status, answer

    def _tell(self, status: int, answer: bytes) -> None:
        self.heard(status, json.loads(answer) if answer else None)


def _brief(path: str, raw: bytes, status: int, answer: bytes) -> str:
    """What was asked and answered, as far as somebody who reads the steps needs it."""
    said, told = raw.decode()[:BRIEF], "" if status < 300 else answer.decode()[:BRIEF]
    if path == OPS:
        ops = json.loads(raw)["ops"]
        said = "; ".join(
            f"{op['type']} {json.dumps(op['payload'])} on {op['ticket']} epoch {op['epoch']} op {op['id']}"
            for op in ops
        )
        if status < 300:
            told = ", ".join(result["code"] or result["status"] for result in json.loads(answer)["results"])
    return f"{said} -> {status} {told}"


def insist(call: Callable[[], T], rng: random.Random) -> Generator[float, None, T]:
    """Repeat a call until it is answered; used as `answer = yield from insist(…)`.

    Refused is an answer, unless it says that something is away for a moment.
    """
    pause = AGAIN_SECONDS
    while True:
        try:
            return call()
        except OSError:
            pass
        except Refused as refused:
            if refused.status != UNAVAILABLE:
                raise
        yield pause * rng.uniform(0.5, 1.5)
        pause = min(2 * pause, AGAIN_SECONDS_MAX)
