"""What keeps the demo shop alive for hours: the morning's lorry fills empty shelves, holds are let go."""

from __future__ import annotations

import logging
import random
from collections.abc import Mapping
from typing import Any

from fulfil.sim.actors import Actor, Office
from fulfil.sim.clients import Refused

log = logging.getLogger("fulfil.sim")

ROUND_SECONDS = 60.0
PAGE = 100
LOW = {True: 3000, False: 12}  # weighed goods in grams, others in pieces
RECEIPT = {True: 20_000, False: 60}


def keep(office: Office, store_id: str, rng: random.Random) -> Actor:
    """Every minute: receive goods of which little is left, and release what the system itself holds."""
    while True:
        yield ROUND_SECONDS * rng.uniform(0.8, 1.2)
        try:
            receive(office, store_id)
            release(office, office.board())
        except Refused as refused:
            log.info("the back office was refused: %s", refused)


def receive(office: Office, store_id: str) -> None:
    """The lorry brings what is nearly sold out."""
    cursor = ""
    while cursor is not None:
        page = office.http.call("GET", f"/api/v1/stores/{store_id}/products?limit={PAGE}&cursor={cursor}")
        for product in page["products"]:
            if product["available"] < LOW[product["weighed"]]:
                office.http.call(
                    "POST",
                    f"/api/v1/stores/{store_id}/stock/movements",
                    {
                        "sku": product["sku"],
                        "delta": RECEIPT[product["weighed"]],
                        "source_ref": f"lorry-{office.http.uuid()}",
                    },
                    key=office.http.uuid(),
                )
        cursor = page["cursor"]


def release(office: Office, board: Mapping[str, Any]) -> None:
    """A ticket that the system holds for a supervisor's word gets it; holds of people stay."""
    for ticket in board["tickets"]:
        for hold in ticket["holds"]:
            if hold["by"] == "system":
                _unhold(office, ticket, hold)


def _unhold(office: Office, ticket: Mapping[str, Any], hold: Mapping[str, Any]) -> None:
    office.http.call(
        "POST",
        f"/api/v1/dispatch/tickets/{ticket['id']}/unhold",
        {"hold_id": hold["id"]},
        key=office.http.uuid(),
    )
