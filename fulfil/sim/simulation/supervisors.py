"""Who reacts when the day goes wrong: holds are released, exceptions answered, work of the gone passed on."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from fulfil.sim import back_office
from fulfil.sim.actors import Office
from fulfil.sim.clients import Refused
from fulfil.sim.simulation.agenda import Actor
from fulfil.sim.simulation.colleagues import Floor

ROUND_SECONDS = (240.0, 480.0)
TAKES_OVER = 0.2  # chance at each look to take work from somebody out of contact


def supervise(floor: Floor, store_id: str) -> Actor:
    """Look around every few minutes while the floor is open."""
    rng = floor.rng("supervisor")
    while True:
        yield rng.uniform(*ROUND_SECONDS)
        if not floor.open:
            continue
        try:
            board = floor.office.board()
            back_office.release(floor.office, board)
            _pass_on(floor.office, board, rng)
            _answer(floor.office, store_id)
        except (Refused, OSError):
            continue


def receive(floor: Floor, store_id: str) -> Actor:
    """The lorry of one night; what it could not book it tries again."""
    for _ in range(5):
        try:
            back_office.receive(floor.office, store_id)
            return
        except (Refused, OSError):
            yield 60.0


def _pass_on(office: Office, board: Mapping[str, Any], rng: random.Random) -> None:
    for found in board["exceptions"]:
        if found["kind"] in ("holder_away", "holder_gone") and rng.random() < TAKES_OVER:
            _call(
                office,
                f"/api/v1/dispatch/tickets/{found['ticket_id']}/reassign",
                {"person_id": None, "confirm": True},
            )


def _answer(office: Office, store_id: str) -> None:
    for found in office.http.call("GET", f"/api/v1/exceptions?store_id={store_id}")["exceptions"]:
        if found["kind"] == "payment_notice":
            _call(office, f"/api/v1/payments/notices/{found['id']}/resolve", {"note": "settled by hand"})
        elif found["kind"] == "dead_task":
            _call(office, f"/api/v1/tasks/{found['id']}/retry", {})


def _call(office: Office, path: str, body: Mapping[str, Any]) -> None:
    """Somebody else may have been faster: a refusal is nothing to stop for."""
    try:
        office.http.call("POST", path, body, key=office.http.uuid())
    except Refused:
        return
