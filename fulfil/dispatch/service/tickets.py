"""A ticket's life between queue and end, and what screens are told of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Update, bindparam, update
from sqlalchemy.engine import Row

from fulfil.contracts.stage import FulfilmentView, PickingStage, Stage, TicketSpec, TicketView
from fulfil.dispatch import queries, rules
from fulfil.dispatch.errors import TicketEnded, UnknownStage
from fulfil.dispatch.model import Ticket
from fulfil.dispatch.rules import Policy
from fulfil.dispatch.service import loads, tours
from fulfil.dispatch.states import TICKET, TicketState
from fulfil.kit import moves
from fulfil.kit.clock import rfc3339
from fulfil.kit.db import Tx
from fulfil.staff import service as staff
from fulfil.store import queries as stores

PLAN, ASK_EXPERT = "dispatch.plan", "dispatch.ask_expert"


def stage_of(tx: Tx, name: str) -> Stage:
    """The stage that does this work, from the registry the composition root filled. Raises UnknownStage."""
    stage = tx.kit.services["stages"].get(name)
    if stage is None:
        raise UnknownStage(stage=name)
    return stage


def policy_of(tx: Tx, store_id: int) -> Policy:
    """The shop's numbers."""
    return Policy.of(stores.store(tx, store_id).policy)


def plan_soon(tx: Tx, store_id: int) -> None:
    """Let the shop's work be planned after this commit; many wishes make one plan."""
    tx.kit.tasks.post(tx, PLAN, {"store_id": store_id}, key=plan_key(store_id), priority=1)


def ask_again(tx: Tx, row: Row) -> None:
    """A ticket is in the queue again: the plan hands it out; a second look goes to the next expert."""
    if row.kind == rules.LOOK:
        tx.kit.tasks.post(tx, ASK_EXPERT, {"ticket_id": row.id}, priority=1)
    plan_soon(tx, row.store_id)


def plan_key(store_id: int) -> str:
    """The key of tasks that hand out a shop's work: one after the other, or hands would be filled twice."""
    return f"plan:{store_id}"


def changed(tx: Tx, store_id: int, order_no: int) -> None:
    """Tell watchers of the board and of the order's tracking page that something changed."""
    tx.hint(f"board:{store_id}")
    tx.hint(f"track:{order_no}")


def open_ticket(tx: Tx, fulfilment_id: int, stage: str, spec: TicketSpec) -> TicketView:
    """Open one more ticket for a stage, such as a put-back; the plan hands it out.

    A part number that is taken by a live ticket of the same kind and zone moves up to the next free one.
    """
    told, row = queries.before_opening(tx, fulfilment_id), queries.fulfilment_row(tx, fulfilment_id)
    view, parts = told(row)
    (ticket,) = open_in(tx, view, stage, [spec], policy_of(tx, view.store_id), parts, row.ride_seconds)
    plan_soon(tx, view.store_id)
    changed(tx, view.store_id, view.order_no)
    return ticket


def open_in(
    tx: Tx,
    view: FulfilmentView,
    stage: str,
    specs: Sequence[TicketSpec],
    policy: Policy,
    parts: queries.Parts,
    ride: int = 0,
) -> list[TicketView]:
    """Insert the tickets of a stage's specs and let it write its rows under them; a ride takes `ride` s.

    `parts` are the order's last ones, and those that are opened are added to them.
    """
    opened = []
    for spec in specs:
        place = (stage, spec.kind, spec.zone)
        parts[place] = max(spec.part, parts.get(place, 0) + 1)
        seconds = spec.seconds or (
            ride
            if stage == "delivery"
            else rules.estimate(stage, spec.lines, spec.grams, policy, spec.metres)
        )
        opened.append(_open(tx, view, stage, spec, parts[place], seconds))
    return opened


def _open(tx: Tx, view: FulfilmentView, stage: str, spec: TicketSpec, part: int, seconds: int) -> TicketView:
    ticket = TicketView(
        id=tx.number(),
        store_id=view.store_id,
        fulfilment_id=view.id,
        order_no=view.order_no,
        stage=stage,
        kind=spec.kind,
        zone=spec.zone,
        part=part,
        state=TICKET.initial,
        version=1,
        epoch=1,
        assignee_id=None,
        due_at=spec.due_at or view.due_at,
    )
    begins_x, begins_y = spec.begins or (None, None)
    tx.insert(
        Ticket,
        **vars(ticket),
        priority=spec.priority,
        lines=spec.lines,
        grams=spec.grams,
        volume_ml=spec.volume_ml,
        held=False,
        paused=False,
        tried=0,
        touched=0,
        queued_at=tx.now,
        metres=spec.metres,
        begins_x=begins_x,
        begins_y=begins_y,
        estimate_seconds=seconds,
    )
    moves.begin(
        tx,
        Ticket,
        TICKET,
        ticket.id,
        store_id=view.store_id,
        order_no=view.order_no,
        detail={"stage": stage, "kind": spec.kind, "zone": spec.zone, "part": part},
    )
    stage_of(tx, stage).opened(tx, ticket, spec, view)
    return ticket


def live_ticket(tx: Tx, fulfilment_id: int, stage: str) -> TicketView | None:
    """The order's live ticket of a stage that has one per order (packing, handoff, delivery)."""
    rows = queries.tickets_of(tx, fulfilment_id, stage=stage, live=True)
    return queries.ticket_view(rows[0]) if rows else None


def live_locked(tx: Tx, ticket_id: int) -> Row:
    """A live ticket, locked after its fulfilment order. Raises UnknownTicket, TicketEnded."""
    queries.fulfilment_row(tx, queries.ticket_row(tx, ticket_id).fulfilment_id, lock=True)
    row = queries.ticket_row(tx, ticket_id, lock=True)
    if not rules.steerable(row.state, row.carrier):
        raise TicketEnded(state=row.state)
    return row


def move(
    tx: Tx,
    row: Row,
    event: str,
    *,
    actor: str = "system",
    reason: str = "",
    detail: Mapping[str, Any] | None = None,
    **changes: Any,
) -> Row:
    """Move a ticket as read in `row` and return its new row. Raises IllegalMove, StaleRow."""
    moves.move(tx, Ticket, TICKET, row, event, actor=actor, reason=reason, detail=detail, **changes)
    return queries.ticket_row(tx, row.id)


def touch(tx: Tx, row: Row, **changes: Any) -> None:
    """Change a ticket without moving its state."""
    tx.change(_touch(tuple(changes)), {"ticket": row.id, **changes})


@cache
def _touch(columns: tuple[str, ...]) -> Update:
    table = Ticket.__table__
    return (
        update(table)
        .where(table.c.id == bindparam("ticket"))
        .values(touched=table.c.touched + 1, **{name: bindparam(name) for name in columns})
    )


def requeue(tx: Tx, row: Row, event: str, *, actor: str = "system", reason: str = "") -> Row:
    """Take an accepted ticket from its holder: the epoch grows, so their late ops no longer apply.

    What they had begun must be counted by whoever comes next: the stage is told (floor rule 1).
    """
    begun = row.state == TicketState.WORKING
    fresh = move(
        tx,
        row,
        event,
        actor=actor,
        reason=reason,
        detail={"from": row.assignee_id},
        assignee_id=None,
        session_id=None,
        epoch=row.epoch + 1,
        paused=False,
        tried=0,
        queued_at=tx.now,
        offered_at=None,
        accepted_at=None,
        **tours.out_of(row),
    )
    if row.assignee_id is not None:
        loads.take_back(tx, row.assignee_id, row)
    if begun:
        stage_of(tx, row.stage).taken_over(tx, queries.ticket_view(fresh))
    if row.tour_id is not None:
        picking: PickingStage = stage_of(tx, row.stage)
        picking.reorder(tx, [queries.ticket_view(fresh)])
        left_tour(tx, row, reason=event)
    ask_again(tx, row)
    changed(tx, row.store_id, row.order_no)
    return fresh


def finish(tx: Tx, row: Row, *, actor: str) -> Row:
    """The ticket's work is done."""
    fresh = move(tx, row, "finish", actor=actor, done_at=tx.now)
    if row.assignee_id is not None:
        staff.count_ticket(tx, row.assignee_id, rules.COUNTED_TICKETS)
        loads.walked(tx, row.assignee_id, row)
    if row.tour_id is not None:
        tours.left(tx, row)
    return fresh


def cancel(tx: Tx, row: Row, *, reason: str, actor: str = "system") -> None:
    """A live ticket dies; its stage lets go of what it holds, and its screen says so."""
    fresh = move(tx, row, "cancel", actor=actor, reason=reason, done_at=tx.now, **tours.out_of(row))
    stage_of(tx, row.stage).cancel(tx, queries.ticket_view(fresh))
    if row.assignee_id is not None:
        loads.take_back(tx, row.assignee_id, row)
        withdrawn(tx, row.assignee_id, row, reason)
    if row.tour_id is not None:
        left_tour(tx, row, reason=reason)


def left_tour(tx: Tx, row: Row, *, reason: str) -> None:
    """A ticket has left its tour: who picks or is offered the others sees that."""
    rest = tours.left(tx, row, reason=reason)
    if rest and rest[0].state == TicketState.OFFERED:
        show_offer(tx, row.tour_id)
    for other in rest:
        show(tx, other)


def show_offer(tx: Tx, tour_id: int) -> None:
    """Push the offer of a tour as it is now: one stands for the offers of all its tickets."""
    if shown := queries.tour_offers(tx, tour_id):
        ticket = queries.ticket_row(tx, shown[0].ticket_id)
        tx.live(
            shown[0].person_id,
            "ticket.offered",
            {"offer": offer_view(tx, shown[0].id, shown[0].expires_at, ticket)},
        )


def offer_view(tx: Tx, offer_id: int, expires_at: datetime, ticket: Row) -> dict[str, Any]:
    """An offer as the screen shows it; `seconds` are those left."""
    return {
        "id": str(offer_id),
        "expires_at": rfc3339(expires_at),
        "seconds": max(0, round((expires_at - tx.now).total_seconds())),
        "ticket": snapshot(tx, ticket),
        "tour": tours.offered(tx, ticket),
    }


def withdrawn(
    tx: Tx,
    person_id: int,
    row: Row,
    reason: str,
    *,
    offer_id: int | None = None,
    hand_to: Mapping[str, Any] | None = None,
) -> None:
    """Push: this ticket (or the offer of it) is no longer yours. `hand_to` names who takes the goods."""
    tx.live(
        person_id,
        "ticket.withdrawn",
        {
            "ticket_id": str(row.id),
            "order_no": str(row.order_no),
            "reason": reason,
            "offer_id": None if offer_id is None else str(offer_id),
            "hand_to": None if hand_to is None else dict(hand_to),
        },
    )


def show(tx: Tx, row: Row) -> None:
    """Push the ticket as it is now to its holder."""
    if row.assignee_id is not None:
        tx.live(row.assignee_id, "ticket.changed", {"ticket": snapshot(tx, row)})


def snapshot(tx: Tx, row: Row) -> dict[str, Any]:
    """Everything a screen needs to work on the ticket offline, JSON-ready."""
    inner = stage_of(tx, row.stage).snapshot(tx, queries.ticket_view(row))
    return {
        **inner,
        **summary(row),
        "tour": tours.document(tx, row),
        "legal": rules.legal(row.state, row.paused, inner.get("legal", ())),
    }


def summary(row: Row) -> dict[str, Any]:
    """The common part of a ticket, without what is inside."""
    return {
        "id": str(row.id),
        "stage": row.stage,
        "kind": row.kind,
        "state": row.state,
        "version": row.version + row.touched,
        "epoch": row.epoch,
        "store_id": str(row.store_id),
        "fulfilment_id": str(row.fulfilment_id),
        "order_no": str(row.order_no),
        "short_no": str(row.order_no)[-4:],
        "zone": row.zone,
        "part": row.part,
        "due_at": rfc3339(row.due_at),
        "priority": row.priority,
        "line_count": row.lines,
        "grams": row.grams,
        "estimate_seconds": row.estimate_seconds,
        "assignee": None if row.assignee_id is None else str(row.assignee_id),
        "held": row.held,
        "paused": row.paused,
    }
