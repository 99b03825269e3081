"""What screens read: somebody's work, the supervisor's board, an order's timeline. JSON-ready."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.engine import Row

from fulfil.dispatch import queries, rules
from fulfil.dispatch.errors import UnknownFulfilment
from fulfil.dispatch.queries import board as board_queries
from fulfil.dispatch.queries.forecast import predictions
from fulfil.dispatch.rules import Policy
from fulfil.dispatch.service import riders, tickets
from fulfil.dispatch.states import TicketState
from fulfil.kit.clock import rfc3339
from fulfil.kit.db import Tx
from fulfil.kit.security import Principal
from fulfil.staff import queries as staff
from fulfil.store import queries as stores

BOARD_TICKETS_MAX, AT_ONCE = 600, 100


def work(tx: Tx, who: Principal) -> dict[str, Any]:
    """All of a person's work in one snapshot, with the number of the last push it contains."""
    person = staff.person(tx, who.id)
    store = stores.store(tx, person.store_id)
    pending = [
        (row, queries.ticket_row(tx, row.ticket_id))
        for row in queries.pending_offers(tx, who.id)
        if row.expires_at > tx.now
    ]
    shown = {
        ticket.tour_id or ticket.id: tickets.offer_view(tx, row.id, row.expires_at, ticket)
        for row, ticket in reversed(pending)
    }
    missed, missed_max = queries.missed(tx, who.id), Policy.of(store.policy).missed_max
    return {
        "seq": tx.kit.live.head(tx, who.id),
        "server_time": rfc3339(tx.now),
        "offers": list(reversed(shown.values())),
        "tickets": [tickets.snapshot(tx, row) for row in queries.tickets_held_by(tx, who.id)],
        "shift": {
            **staff.shift_view(staff.shift(tx, who.id)),
            "paused": missed >= missed_max,
            "missed": missed,
            "missed_left": max(0, missed_max - missed),
        },
        "scale_rules": list(store.scale_rules),
    }


def board(tx: Tx, who: Principal, store_id: int) -> dict[str, Any]:
    """The shop at one glance: counts, tickets with the late ones first, people, and what needs a decision.

    Each ticket names the `actions` that `who` may take now, and `rider_at`, when a rider will be asked.
    """
    policy = tickets.policy_of(tx, store_id)
    rows = queries.board_tickets(tx, store_id, BOARD_TICKETS_MAX)
    people = _people(tx, store_id, rows, policy)
    contact = {person["id"]: person["contact"] for person in people}
    holds = defaultdict(list)
    for hold in queries.open_holds(tx, store_id):
        holds[hold.ticket_id].append({"id": str(hold.id), "reason": hold.reason, "by": hold.placed_by})
    shown, predicted = [], predictions(tx, {row.fulfilment_id for row in rows})
    riders_here = any("rider" in one["roles"] and one["shift"] == "available" for one in people)
    called = {row.fulfilment_id for row in rows if row.stage == "delivery"}
    for place, row in enumerate(rows, start=1):
        known = predicted.get(row.fulfilment_id)
        waits = riders_here and known is not None and row.fulfilment_id not in called
        shown.append(
            {
                **_ticket(tx, row, holds[row.id], contact, known, policy),
                "rider_at": rfc3339(riders.called_at(known.ready_at, policy)) if waits else None,
                "actions": rules.ticket_actions(row.state, row.carrier, bool(holds[row.id]), who.roles),
            }
        )
        if place % AT_ONCE == 0:
            time.sleep(0)  # others go on: some hundred tickets take long
    counts: dict[str, dict[str, int]] = {}
    for stage, state, count in queries.ticket_counts(tx, store_id):
        counts.setdefault(stage, {})[state] = count
    return {
        "store_id": str(store_id),
        "at": rfc3339(tx.now),
        "counts": counts,
        "orders": dict(queries.order_counts(tx, store_id)),
        "tickets": sorted(shown, key=lambda t: (not t["late"], t["slack_seconds"], t["id"])),
        "people": people,
        "exceptions": _exceptions(tx, store_id, shown),
        "release": {"limit": policy.release_limit, "in_flight": len(board_queries.in_flight(tx, store_id))},
    }


def timeline(tx: Tx, fulfilment_id: int) -> tuple[int, dict[str, Any]]:
    """The shop, and every step of an order, of trade and of the floor, oldest first.

    What ended long ago is asked of the archive, which hands itself in as "archived_timeline". Raises
    UnknownFulfilment.
    """
    try:
        row = queries.fulfilment_row(tx, fulfilment_id)
    except UnknownFulfilment:
        if (archived := tx.kit.services["archived_timeline"](tx, fulfilment_id)) is None:
            raise
        return archived
    return row.store_id, {
        "fulfilment_id": str(row.id),
        "order_no": str(row.order_no),
        "state": row.state,
        "events": [
            {
                "at": rfc3339(step.at),
                "entity": step.entity,
                "entity_id": str(step.entity_id),
                "event": step.event,
                "from_state": step.from_state,
                "to_state": step.to_state,
                "actor": step.actor,
                "reason": step.reason,
                "detail": step.detail,
            }
            for step in queries.history(tx, row.store_id, row.order_no)
        ],
    }


def _ticket(
    tx: Tx, row: Row, holds: Sequence[dict], contact: Mapping[str, str], known: Row | None, policy: Policy
) -> dict[str, Any]:
    begun_at = row.accepted_at if row.state == TicketState.WORKING else None
    follows = rules.after(row.stage, row.lines, row.ride_seconds, policy)
    predicted = rules.predicted(tx.now, row.estimate_seconds, begun_at, follows)
    if known is not None and row.kind == rules.WORK:
        predicted = max(predicted, known.deliver_at)  # the queue counts, too
    return {
        **tickets.summary(row),
        "holds": list(holds),
        "tried": row.tried,
        "carrier": row.carrier,
        "predicted_at": rfc3339(predicted),
        "slack_seconds": round((row.due_at - predicted).total_seconds()),
        "late": row.due_at < tx.now,
        "at_risk": predicted > row.due_at,
        "late_since": None if known is None or row.kind != rules.WORK else rfc3339(known.late_since),
        "waiting_seconds": round((tx.now - row.queued_at).total_seconds()),
        "unassigned": row.state == TicketState.QUEUED and row.tried >= policy.tries_alarm,
        "holder_contact": None if row.assignee_id is None else contact.get(str(row.assignee_id)),
    }


def _people(tx: Tx, store_id: int, rows: Sequence[Row], policy: Policy) -> list[dict[str, Any]]:
    people = staff.people(tx, store_id)
    seen = tx.kit.services["presence"].merged(people)
    missed = queries.missed_in_row(tx, store_id)
    last_ops = board_queries.last_ops(tx, store_id)
    in_hand: dict[int, list[str]] = defaultdict(list)
    for row in rows:
        if row.assignee_id is not None:
            in_hand[row.assignee_id].append(str(row.id))
    shown = []
    for row in people:
        last, op = seen.get(row.id), last_ops.get(row.id)
        shown.append(
            {
                **staff.named(row),
                "roles": row.roles,
                "shift": row.shift,
                "session_id": None if row.session_id is None else str(row.session_id),
                "last_seen": None if last is None else rfc3339(last.at),
                "battery": None if last is None else last.battery,
                "queued": None if last is None else last.queued,
                "contact": rules.contact(tx.now, None if last is None else last.at, policy),
                "paused": missed.get(row.id, 0) >= policy.missed_max,
                "disabled": row.disabled,
                "tickets": in_hand[row.id],
                "last_op": None if op is None else {"type": op.type, "at": rfc3339(op.received_at)},
            }
        )
    return shown


def _exceptions(tx: Tx, store_id: int, shown: Sequence[dict]) -> list[dict[str, Any]]:
    """What somebody must look at, each with its kind."""
    found: list[dict[str, Any]] = []
    late: set[str] = set()
    for ticket in shown:
        told = {"ticket_id": ticket["id"], "order_no": ticket["order_no"], "stage": ticket["stage"]}
        if ticket["late_since"] and ticket["order_no"] not in late:
            late.add(ticket["order_no"])
            found.append(
                {
                    "kind": "predicted_late",
                    **told,
                    "at": ticket["late_since"],
                    "minutes": max(1, -ticket["slack_seconds"] // 60),
                }
            )
        if ticket["unassigned"]:
            found.append({"kind": "unassigned", **told, "tried": ticket["tried"]})
        if ticket["holds"]:
            found.append({"kind": "held", **told, "holds": ticket["holds"]})
        if ticket["holder_contact"] in ("away", "gone") and ticket["stage"] != "delivery":
            found.append({"kind": "holder_" + ticket["holder_contact"], **told, "person": ticket["assignee"]})
    for report in queries.undecided_reports(tx, store_id):
        found.append(
            {
                "kind": "shortage_undecided",
                "order_no": str(report.order_no),
                "sku": report.sku,
                "quantity": report.quantity,
                "reason": report.reason,
                "at": rfc3339(report.at),
            }
        )
    for login in staff.second_logins(tx, store_id, tx.now):
        found.append(
            {
                "kind": "second_login",
                "person": str(login.entity_id),
                "at": rfc3339(login.at),
                **(login.detail or {}),
            }
        )
    return found
