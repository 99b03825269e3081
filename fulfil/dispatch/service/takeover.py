"""Work of somebody who is gone goes on: after ten minutes, earlier by the supervisor (floor rule 1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy.engine import Row

from fulfil.contracts.fulfilment import SessionEnded, ShiftChanged
from fulfil.dispatch import queries, rules
from fulfil.dispatch.model import Ticket
from fulfil.dispatch.service import experts, holds, loads, offers, tickets
from fulfil.dispatch.states import HELD_TICKET, TicketState
from fulfil.kit.db import Tx
from fulfil.staff import queries as staff

NO_SHOW = "rider_no_show"


def take_over(
    tx: Tx, row: Row, *, reason: str, actor: str = "system", hand_to: Mapping[str, Any] | None = None
) -> Row:
    """Take an accepted ticket from its holder and tell their screen whom to hand the totes to."""
    if row.assignee_id is not None:
        tickets.withdrawn(tx, row.assignee_id, row, reason, hand_to=hand_to)
    return tickets.requeue(tx, row, "take_over", reason=reason, actor=actor)


def bring_to(tx: Tx, ticket_id: int, person_id: int, *, actor: str) -> None:
    """Give a ticket to the person before whom its rider stands, whoever it waited for until now.

    Raises UnknownTicket, TicketEnded. Somebody who is not signed in gets nothing.
    """
    row = tickets.live_locked(tx, ticket_id)
    session = staff.live_session(tx, person_id)
    if (
        row.assignee_id == person_id
        or session is None
        or session.store_id != row.store_id
        or not staff.hold_session(tx, session.id)
    ):
        return
    if row.state in HELD_TICKET:
        row = take_over(
            tx,
            row,
            reason="other_counter",
            actor=actor,
            hand_to=staff.people_named(tx, [person_id])[person_id],
        )
    elif row.state == TicketState.OFFERED:
        row = offers.withdraw(tx, row, reason="other_counter")
    tickets.show(tx, offers.give(tx, row, person_id, session.id, actor=actor))


def take_over_from_gone(tx: Tx) -> None:
    """Sweep: tickets whose holder has been silent for so long that their device has locked itself.

    A rider who is under way is out of reach, not gone. Nobody is gone before this process has listened for
    as long: after an outage leases begin anew.
    """
    presence, held = tx.kit.services["presence"], queries.held_in_shop(tx)
    policies = {store_id: tickets.policy_of(tx, store_id) for store_id in {row.store_id for row in held}}
    seen = presence.of(tx, [row.assignee_id for row in held])
    silent, late = [], []
    for row in held:
        policy = policies[row.store_id]
        last = seen[row.assignee_id].at if row.assignee_id in seen else presence.since
        if rules.contact(tx.now, max(last, presence.since, row.accepted_at), policy) == "gone":
            silent.append(row.id)
        elif _no_show(tx, row, policy):
            late.append(row.id)
    fresh = _unmoved(tx, [row for row in held if row.id in {*silent, *late}])
    for row in (fresh[ticket_id] for ticket_id in silent if ticket_id in fresh):
        take_over(tx, row, reason="silent")
    for row in (fresh[ticket_id] for ticket_id in late if ticket_id in fresh):
        _no_show_again(tx, row)


def on_session_ended(tx: Tx, ended: SessionEnded) -> None:
    """After a second login the work belongs to the new session; offers to nobody's screen are withdrawn."""
    session = staff.live_session(tx, ended.person_id)
    if session is not None:
        for ticket_id in sorted(row.id for row in queries.tickets_held_by(tx, ended.person_id)):
            tx.rewrite(Ticket, {"id": ticket_id, "assignee_id": ended.person_id}, session_id=session.id)
        return
    _withdraw_offers(tx, ended.person_id, ended.reason)


def on_shift_changed(tx: Tx, changed: ShiftChanged) -> None:
    """Who comes is planned for at once, who goes is asked no more. Either act forgives missed offers."""
    if changed.state == "available":
        loads.begin(tx, changed.person_id, changed.store_id)
        experts.ask_who_comes(tx, changed.person_id, changed.store_id)
        tickets.plan_soon(tx, changed.store_id)
        return
    _withdraw_offers(tx, changed.person_id, changed.state)
    if changed.state == "off":
        loads.end(tx, changed.person_id)
    else:
        loads.acted(tx, changed.person_id)


def _withdraw_offers(tx: Tx, person_id: int, reason: str) -> None:
    for offered in queries.pending_offers(tx, person_id):
        row = offers.lock_tour(tx, queries.ticket_row(tx, offered.ticket_id))
        if row.state == TicketState.OFFERED:
            offers.withdraw_all(tx, row, reason=reason)


def _unmoved(tx: Tx, rows: Sequence[Row]) -> dict[int, Row]:
    """Those of the tickets that nobody has moved since they were read; all are locked then.

    All orders first, then all tickets: a ticket that leaves its tour locks the tour, and whoever finishes
    another one of it holds that one's order and waits for the tour.
    """
    for fulfilment_id in sorted({row.fulfilment_id for row in rows}):
        queries.fulfilment_row(tx, fulfilment_id, lock=True)
    versions = {row.id: row.version for row in rows}
    locked = {ticket_id: queries.ticket_row(tx, ticket_id, lock=True) for ticket_id in sorted(versions)}
    return {ticket_id: row for ticket_id, row in locked.items() if row.version == versions[ticket_id]}


def _no_show(tx: Tx, row: Row, policy: rules.Policy) -> bool:
    """Whether a rider accepted what is ready, and did not come within their time (floor rule 4)."""
    patience = timedelta(seconds=policy.rider_patience_seconds)
    waits = (row.stage, row.kind) == ("delivery", "work") and row.state == TicketState.ACCEPTED
    if not waits or tx.now <= row.accepted_at + patience:
        return False
    ready_at = queries.fulfilment_row(tx, row.fulfilment_id).ready_at
    return ready_at is not None and tx.now > ready_at + patience


def _no_show_again(tx: Tx, row: Row) -> None:
    """A rider who does not come is replaced once; the second time the supervisor decides."""
    again = queries.was_taken_over(tx, row.id, NO_SHOW)
    fresh = take_over(tx, row, reason=NO_SHOW)
    if again:
        holds.place(tx, fresh, NO_SHOW, actor="system")
