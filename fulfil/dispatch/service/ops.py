"""The pipeline of ops: each is one transaction, applied once, its answer kept for ever (invariant 17).

stored answer → ticket and epoch → whose op is it (floor rule 2) → a common op here, any other in its stage →
the ticket moves, the next stages open → answer with a fresh snapshot. A refusal is stored as the answer; it
leaves no effect and does not stop the batch.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Row

from fulfil.contracts.stage import Op, Outcome
from fulfil.dispatch import queries, rules
from fulfil.dispatch.errors import (
    NotYours,
    OpIdReused,
    RoleMissing,
    SessionOver,
    SessionUnknown,
    StaleEpoch,
    TicketEnded,
    TicketHeld,
    UnknownOp,
    UnknownTicket,
)
from fulfil.dispatch.model import TerminalOp
from fulfil.dispatch.service import flow, loads, offers, tickets
from fulfil.dispatch.states import HELD_TICKET, LIVE_TICKET, TicketState
from fulfil.kit.base import Kit
from fulfil.kit.db import Tx
from fulfil.kit.errors import Refusal, StaleRow
from fulfil.kit.security import Principal
from fulfil.staff import queries as staff

log = logging.getLogger("fulfil.ops")
ANSWERS = ("accept", "decline")
_STORED = select(*TerminalOp.__table__.columns).where(TerminalOp.id == bindparam("the_id"))
# (op type, the stage's schema or None for the common ops, payload) → the payload, checked
Load = Callable[[str, Any, Mapping[str, Any]], Mapping[str, Any]]


@dataclass(frozen=True)
class GivenOp:
    """An op as a device sent it. `session` made it, which need not be the one that delivers it."""

    id: str
    seq: int
    session: int
    ticket: int
    epoch: int
    type: str
    payload: Mapping[str, Any]
    at: datetime | None = None


def apply_batch(kit: Kit, sender: Principal, batch: Sequence[GivenOp], load: Load) -> list[dict[str, Any]]:
    """Apply ops in order and return their results. `load` checks payloads.

    When something fails that is nobody's refusal, the results so far are returned: the device sends the rest
    again.
    """
    results: list[dict[str, Any]] = []
    for op in batch:
        try:
            results.append(kit.db.write(lambda tx, op=op: apply_op(tx, sender, op, load), f"op.{op.type}"))
        except Exception:
            if not results:
                raise
            log.exception("an op failed; the batch ends before it", extra={"op": op.type})
            break
    return results


def apply_op(tx: Tx, sender: Principal, op: GivenOp, load: Load) -> dict[str, Any]:
    """Apply one op, or repeat its answer: `{id, status, code, message, ticket, …}`."""
    if op.type in ANSWERS:
        staff.hold_session_later(tx, op.session)  # before the ticket, as whoever ends the session does
    locked, digest = _lock_ticket(tx, sender, op), _digest(op)
    stored, made = tx.later(_STORED, {"the_id": op.id}), staff.session_later(tx, op.session)
    row = locked()
    for before in stored():
        return _repeat(tx, sender, op, digest, before)
    session = _session(tx, sender, made())
    person_id = sender.id if session is None else session.person_id
    try:
        with tx.savepoint():
            if row is None:
                raise UnknownTicket()
            if session is None:
                raise SessionUnknown()
            detail = _apply(tx, sender, session, row, op, load)
    except Refusal as refusal:
        code, message, answer = refusal.code, refusal.detail, {**refusal.extra}
    else:
        code = message = None
        answer = {"detail": dict(detail)}
    _store(tx, op, digest, person_id, row, code=code, message=message, answer=answer)
    status = "applied" if code is None else "rejected"
    return _result(tx, sender, op, person_id, status, code, message, answer)


def apply_for_carrier(tx: Tx, ticket_id: int, op: Op) -> Outcome:
    """An op of a third party's rider on the delivery that was given to them.

    Raises UnknownTicket, TicketEnded, NotYours when our own staff have it, and what the stage refuses.
    """
    row = queries.ticket_row(tx, ticket_id)
    queries.fulfilment_row(tx, row.fulfilment_id, lock=True)
    row = queries.ticket_row(tx, ticket_id, lock=True)
    if row.state not in LIVE_TICKET:
        raise TicketEnded(state=row.state)
    if row.carrier is None:
        raise NotYours()
    outcome = tickets.stage_of(tx, row.stage).apply(tx, queries.ticket_view(row), op)
    _follow(tx, row, outcome, actor="carrier:0")
    return outcome


def _lock_ticket(tx: Tx, sender: Principal, op: GivenOp) -> Callable[[], Row | None]:
    """Lock the ticket after its fulfilment order. Its row, None when there is none in the sender's shops.

    The answer to the offer of a tour locks all of its orders, then all of its tickets. On SQLite whoever
    writes holds everything, and reads nothing twice.
    """
    try:
        row = queries.ticket_row(tx, op.ticket)
    except UnknownTicket:
        return lambda: None
    if not sender.sees(row.store_id):
        return lambda: None
    if tx.dialect == "sqlite":
        return lambda: row
    if row.tour_id is None or op.type not in ANSWERS:
        return queries.lock_ticket(tx, row)
    for fulfilment_id in sorted({one.fulfilment_id for one in queries.tour_tickets(tx, row.tour_id)}):
        queries.fulfilment_row(tx, fulfilment_id, lock=True)
    answered = offers.lock_tour(tx, row)
    return lambda: answered


def _session(tx: Tx, sender: Principal, made: Row | None) -> Row | None:
    """The session that `made` the op: the sender's own, or an earlier one of this person or this device."""
    if made is None or sender.session_id is None or not sender.sees(made.store_id):
        return None
    if made.person_id == sender.id:
        return made
    delivering = staff.session(tx, sender.session_id)
    return made if delivering is not None and delivering.device_id == made.device_id else None


def _apply(tx: Tx, sender: Principal, session: Row, row: Row, op: GivenOp, load: Load) -> Mapping[str, Any]:
    person_id = session.person_id
    stage = tickets.stage_of(tx, row.stage)
    _require_role(tx, person_id, stage.role)
    if loads.acted(tx, person_id):
        tickets.plan_soon(tx, row.store_id)  # whoever missed offers is asked again
    if op.type in ANSWERS:
        if session.ended_at is not None or session.id != sender.session_id:
            raise SessionOver()
        return _answer_offer(tx, row, session, op, load)
    _require_holder(tx, row, person_id, op.epoch)
    if op.type in COMMON:
        return COMMON[op.type](tx, row, person_id, load(op.type, None, op.payload))
    if op.type not in stage.ops:
        raise UnknownOp(op=op.type)
    payload = load(op.type, stage.ops[op.type], op.payload)
    made = Op(id=op.id, type=op.type, payload=payload, person_id=person_id, session_id=session.id, at=op.at)
    outcome = stage.apply(tx, queries.ticket_view(row), made)
    if outcome.done and row.held:
        raise TicketHeld()
    _follow(tx, row, outcome, actor=f"staff:{person_id}")
    return outcome.detail


def _follow(tx: Tx, row: Row, outcome: Outcome, *, actor: str) -> None:
    """Move the ticket as its stage's outcome says, and the fulfilment order after it."""
    if row.state == TicketState.ACCEPTED and (outcome.began or outcome.done):
        flow.begin(tx, row.fulfilment_id, actor=actor)
    if outcome.done:
        tickets.finish(tx, row, actor=actor)
        flow.advance(tx, row.fulfilment_id)
        tickets.plan_soon(tx, row.store_id)
    elif row.state == TicketState.ACCEPTED and outcome.began:
        tickets.move(tx, row, "begin", actor=actor, paused=False)
    else:
        tickets.touch(tx, row, paused=False)
    tickets.changed(tx, row.store_id, row.order_no)


def _answer_offer(tx: Tx, row: Row, session: Row, op: GivenOp, load: Load) -> Mapping[str, Any]:
    payload = load(op.type, None, op.payload)
    if op.type == "accept":
        offers.accept(tx, row, payload["offer"], session.person_id, session.id)
    else:
        offers.decline(tx, row, payload["offer"], session.person_id, payload["reason"])
    return {}


def _require_holder(tx: Tx, row: Row, person_id: int, epoch: int) -> None:
    """Only the holder's ops of this epoch count; late ones hear whom to hand over to (floor rules 1, 2)."""
    if epoch != row.epoch or (row.state in LIVE_TICKET and row.assignee_id is None):
        holder = staff.people_named(tx, [row.assignee_id] if row.assignee_id else [])
        raise StaleEpoch(hand_to=holder.get(row.assignee_id))
    if row.assignee_id != person_id:
        raise NotYours(holder=staff.people_named(tx, [row.assignee_id]).get(row.assignee_id))
    if row.state not in HELD_TICKET:
        raise TicketEnded(state=row.state)


def _require_role(tx: Tx, person_id: int, role: str) -> None:
    roles = set(staff.person(tx, person_id).roles)
    if not roles & {role, *rules.STAND_IN.get(role, ())}:
        raise RoleMissing()


def _start(tx: Tx, row: Row, person_id: int, _payload: Mapping[str, Any]) -> Mapping[str, Any]:
    _follow(tx, row, Outcome(), actor=f"staff:{person_id}")
    return {}


def _give_back(tx: Tx, row: Row, person_id: int, payload: Mapping[str, Any]) -> Mapping[str, Any]:
    tickets.requeue(tx, row, "give_back", actor=f"staff:{person_id}", reason=payload["reason"])
    return {}


def _pause(tx: Tx, row: Row, _person_id: int, _payload: Mapping[str, Any]) -> Mapping[str, Any]:
    tickets.touch(tx, row, paused=True)
    return {}


def _resume(tx: Tx, row: Row, _person_id: int, _payload: Mapping[str, Any]) -> Mapping[str, Any]:
    tickets.touch(tx, row, paused=False)
    return {}


COMMON: Mapping[str, Callable[..., Mapping[str, Any]]] = {
    "start": _start,
    "give_back": _give_back,
    "pause": _pause,
    "resume": _resume,
}


def _digest(op: GivenOp) -> str:
    said = [op.session, op.ticket, op.epoch, op.type, op.payload]
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _store(
    tx: Tx,
    op: GivenOp,
    digest: str,
    person_id: int,
    row: Row | None,
    *,
    code: str | None,
    message: str | None,
    answer: dict[str, Any],
) -> None:
    """Keep the answer. Another op that took this id meanwhile undoes everything (StaleRow)."""
    tx.must_insert(
        TerminalOp,
        StaleRow,
        id=op.id,
        store_id=row.store_id if row is not None else 0,
        person_id=person_id,
        session_id=op.session,
        ticket_id=op.ticket,
        type=op.type,
        payload=dict(op.payload),
        hash=digest,
        epoch=op.epoch,
        seq=op.seq,
        status="applied" if code is None else "rejected",
        code=code,
        message=message,
        answer=answer,
        at=op.at,
        received_at=tx.now,
    )


def _repeat(tx: Tx, sender: Principal, op: GivenOp, digest: str, stored: Row) -> dict[str, Any]:
    if stored.hash != digest:
        refusal = OpIdReused()
        return {
            "id": op.id,
            "status": "rejected",
            "code": refusal.code,
            "message": refusal.detail,
            "ticket": None,
        }
    status = "duplicate" if stored.status == "applied" else "rejected"
    return _result(tx, sender, op, stored.person_id, status, stored.code, stored.message, stored.answer)


def _result(
    tx: Tx,
    sender: Principal,
    op: GivenOp,
    person_id: int,
    status: str,
    code: str | None,
    message: str | None,
    answer: Mapping[str, Any],
) -> dict[str, Any]:
    """The answer with the ticket as it is now, where it is still this person's."""
    row = queries.ticket_held(tx, op.ticket, person_id)
    ticket = tickets.snapshot(tx, row) if row is not None and sender.sees(row.store_id) else None
    return {**answer, "id": op.id, "status": status, "code": code, "message": message, "ticket": ticket}
