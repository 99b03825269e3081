"""The supervisor's hand: reassign, put first, hold, unhold, throttle. Every act is in the history."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy.engine import Row

from fulfil.dispatch import queries, rules
from fulfil.dispatch.errors import HoldUnknown, PersonUnavailable, TakeoverUnconfirmed
from fulfil.dispatch.model import Hold
from fulfil.dispatch.queries import board
from fulfil.dispatch.service import holds, offers, planning, takeover, tickets
from fulfil.dispatch.states import HELD_TICKET, TicketState
from fulfil.kit import moves
from fulfil.kit.db import Tx
from fulfil.kit.errors import Conflict
from fulfil.staff import queries as staff
from fulfil.store import service as stores


def reassign(tx: Tx, ticket_id: int, person_id: int | None, *, confirmed: bool, actor: str) -> Row:
    """Take the ticket from whoever has it and offer it to a person, or to whom the plan chooses.

    Raises TicketEnded; PersonUnavailable when the person is not on duty, in touch and of the role;
    TakeoverUnconfirmed when somebody has accepted it and taking it away was not confirmed (floor rule 1).
    """
    row = tickets.live_locked(tx, ticket_id)
    policy = tickets.policy_of(tx, row.store_id)
    if person_id is not None:
        _require_able(tx, row, person_id, policy)
    if row.state in HELD_TICKET:
        if not confirmed:
            raise TakeoverUnconfirmed(holder=staff.people_named(tx, [row.assignee_id]).get(row.assignee_id))
        successor = None if person_id is None else staff.people_named(tx, [person_id])[person_id]
        row = takeover.take_over(tx, row, reason="reassigned", actor=actor, hand_to=successor)
    elif row.state == TicketState.OFFERED:
        row = offers.withdraw(tx, row, reason="reassigned")
    if person_id is None:
        tickets.ask_again(tx, row)
    else:
        offers.offer(tx, row, person_id, policy.offer_seconds)
    return _done(tx, row, "reassign", actor, {"person_id": person_id})


def prioritise(tx: Tx, ticket_id: int, priority: int, *, actor: str) -> Row:
    """Set how urgent the ticket is; higher goes first. Raises TicketEnded."""
    row = tickets.live_locked(tx, ticket_id)
    tickets.touch(tx, row, priority=priority)
    tickets.plan_soon(tx, row.store_id)
    return _done(tx, row, "priority", actor, {"from": row.priority, "to": priority})


def hold(tx: Tx, ticket_id: int, reason: str, *, actor: str) -> Row:
    """Hold the ticket: it is not offered, and who has it cannot finish it. Raises TicketEnded."""
    row = tickets.live_locked(tx, ticket_id)
    if row.state == TicketState.OFFERED:
        row = offers.withdraw(tx, row, reason="held")
    holds.place(tx, row, reason, actor=actor)
    return _shown(tx, row)


def unhold(tx: Tx, ticket_id: int, hold_id: int | None, *, actor: str) -> Row:
    """Release one hold, or all of them. Raises TicketEnded, HoldUnknown when there is none."""
    row = tickets.live_locked(tx, ticket_id)
    open_holds = (Hold.ticket_id == ticket_id, Hold.released_at.is_(None))
    which = () if hold_id is None else (Hold.id == hold_id,)
    if not tx.update(Hold, *open_holds, *which, released_by=actor, released_at=tx.now):
        raise HoldUnknown()
    left = holds.still(tx, ticket_id)
    tickets.touch(tx, row, held=bool(left))
    tickets.ask_again(tx, row)
    return _done(tx, row, "unhold", actor, {"left": left})


def act_on_each(ticket_ids: Iterable[int], act: Callable[[int], Any]) -> list[dict[str, Any]]:
    """The same act on many tickets, JSON-ready: what is refused for one is done to the others.

    `act` does it to one ticket, in a transaction of its own: nobody waits for all of them, and what was done
    stays done. What is no conflict of a ticket, such as a lost database, ends it all.
    """
    results = []
    for ticket_id in dict.fromkeys(ticket_ids):
        try:
            act(ticket_id)
            results.append({"id": str(ticket_id), "code": None, "message": None})
        except Conflict as refusal:
            results.append({"id": str(ticket_id), "code": refusal.code, "message": refusal.detail})
    return results


def throttle(tx: Tx, store_id: int, limit: int | None, *, actor: str) -> dict[str, Any]:
    """Let at most so many orders be in work at once; 0 stops new promises, too. None: no limit."""
    stores.set_policy(tx, store_id, "release_limit", limit, actor)
    tickets.plan_soon(tx, store_id)
    return {"limit": limit, "in_flight": len(board.in_flight(tx, store_id))}


def _require_able(tx: Tx, row: Row, person_id: int, policy: rules.Policy) -> None:
    able = {person.person_id: person for person in planning.here(tx, row.store_id, policy)}
    role = tickets.stage_of(tx, row.stage).role
    wanted = {role, *rules.STAND_IN.get(role, ())}
    if person_id not in able or not wanted & set(able[person_id].roles) or person_id == row.assignee_id:
        raise PersonUnavailable()


def _done(tx: Tx, row: Row, event: str, actor: str, detail: dict) -> Row:
    moves.record(
        tx,
        store_id=row.store_id,
        order_no=row.order_no,
        entity="tickets",
        entity_id=row.id,
        event=event,
        actor=actor,
        detail=detail,
    )
    return _shown(tx, row)


def _shown(tx: Tx, row: Row) -> Row:
    """The ticket as it is now, which its holder and the board see."""
    fresh = queries.ticket_row(tx, row.id)
    if fresh.state in HELD_TICKET:
        tickets.show(tx, fresh)
    tickets.changed(tx, row.store_id, row.order_no)
    return fresh
