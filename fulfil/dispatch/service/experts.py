"""Work that only an expert of a zone is asked for, beside what they have in hand (floor rule 12)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from fulfil.contracts.stage import PickingStage
from fulfil.dispatch import queries
from fulfil.dispatch.service import offers, planning, tickets
from fulfil.dispatch.states import TicketState
from fulfil.kit.db import Tx
from fulfil.staff import queries as staff


def expert_of(tx: Tx, store_id: int, zone: str, *, but: Collection[int]) -> int | None:
    """Whoever knows the zone best and is here, the least loaded of them, but none of these people."""
    load = {row.person_id: row.seconds for row in queries.loads_on_duty(tx, store_id)}
    found = [
        row.person_id
        for row in planning.here(tx, store_id, tickets.policy_of(tx, store_id))
        if zone in row.expert_zones and "picker" in row.roles and row.person_id not in but
    ]
    return min(found, key=lambda person_id: (load.get(person_id, 0), person_id), default=None)


def offer_to(tx: Tx, ticket_id: int, person_id: int) -> None:
    """Show a queued ticket to one person, whatever they have in hand."""
    row = queries.ticket_row(tx, ticket_id, lock=True)
    offers.offer(tx, row, person_id, tickets.policy_of(tx, row.store_id).offer_seconds)


def ask_who_comes(tx: Tx, person_id: int, store_id: int) -> None:
    """An expert has come on duty: second looks of their zones that nobody has are asked for again."""
    zones = staff.person(tx, person_id).expert_zones
    for ticket_id in queries.looks_waiting(tx, store_id, zones) if zones else ():
        tx.kit.tasks.post(tx, tickets.ASK_EXPERT, {"ticket_id": ticket_id}, priority=1)


def ask_next(tx: Tx, payload: Mapping[str, Any]) -> None:
    """Task: show a second look to an expert who was not asked yet, while there is time left.

    Harmless when somebody has it or it is over. Without another expert its timer ends it.
    """
    row = queries.ticket_row(tx, payload["ticket_id"], lock=True)
    if row.state != TicketState.QUEUED or row.held or tx.now >= row.due_at:
        return
    picking: PickingStage = tickets.stage_of(tx, row.stage)
    asked = {*queries.asked(tx, row.id), *picking.checked(tx, [row.id]).values()}
    person_id = expert_of(tx, row.store_id, row.zone, but=asked)
    if person_id is not None:
        offer_to(tx, row.id, person_id)
