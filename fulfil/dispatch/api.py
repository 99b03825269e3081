"""HTTP of dispatch: the terminal's work and ops, the supervisor's board."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fulfil.dispatch import queries, schema
from fulfil.dispatch.errors import UnknownFulfilment, UnknownTicket
from fulfil.dispatch.service import ops, supervise, tickets, views
from fulfil.dispatch.service.ops import GivenOp
from fulfil.kit.web import (
    Requires,
    access,
    blueprint,
    in_store,
    keyed,
    kit,
    principal,
    read,
    write,
    write_once,
)

bp = blueprint("dispatch", "Dispatch: work, ops, board.")
PERSON = Requires("staff", person=True)
SUPERVISOR = Requires("staff", roles=("supervisor",))
OVERSEERS = Requires("staff", roles=("supervisor", "operator"))
RESULT = ("id", "status", "code", "message", "ticket", "detail", "hand_to")


@bp.route("/terminal/work", methods=["GET"])
@access(PERSON)
@bp.response(200, schema.WorkOut)
def work() -> dict[str, Any]:
    """Offers and tickets of whoever is signed in, as one snapshot with its push number."""
    with read() as tx:
        return views.work(tx, principal())


@bp.route("/terminal/ops", methods=["POST"])
@access(PERSON)
@bp.arguments(schema.OpsIn)
@bp.response(200, schema.OpsOut)
def apply(body: dict[str, Any]) -> dict[str, Any]:
    """Apply up to 50 ops in order, each exactly once; results in the same order."""
    batch = [
        GivenOp(
            id=str(op["id"]),
            seq=op["seq"],
            session=op["session"],
            ticket=op["ticket"],
            epoch=op["epoch"],
            type=op["type"],
            payload=op["payload"],
            at=op["at"],
        )
        for op in body["ops"]
    ]
    results = ops.apply_batch(kit(), principal(), batch, schema.load_payload)
    return {"results": [_shaped(result) for result in results]}


@bp.route("/dispatch/board", methods=["GET"])
@access(OVERSEERS)
@bp.arguments(schema.BoardQuery, location="query")
@bp.response(200, schema.BoardOut)
def board(query: dict[str, Any]) -> dict[str, Any]:
    """The shop at one glance, late and risky tickets first."""
    store_id = in_store(query["store_id"])
    with read() as tx:
        return views.board(tx, principal(), store_id)


@bp.route("/dispatch/tickets/<int:ticket_id>/reassign", methods=["POST"])
@keyed
@access(SUPERVISOR)
@bp.arguments(schema.ReassignIn)
@bp.response(200, schema.TicketOut)
def reassign(body: dict[str, Any], ticket_id: int) -> dict[str, Any]:
    """Offer the ticket to somebody else; `confirm` takes it from whoever works on it."""
    return _on_ticket(
        ticket_id,
        lambda tx, actor: supervise.reassign(
            tx, ticket_id, body["person_id"], confirmed=body["confirm"], actor=actor
        ),
    )


@bp.route("/dispatch/tickets/<int:ticket_id>/priority", methods=["POST"])
@keyed
@access(SUPERVISOR)
@bp.arguments(schema.PriorityIn)
@bp.response(200, schema.TicketOut)
def priority(body: dict[str, Any], ticket_id: int) -> dict[str, Any]:
    """Set how urgent a ticket is, 0 (as it comes) to 9."""
    return _on_ticket(
        ticket_id, lambda tx, actor: supervise.prioritise(tx, ticket_id, body["priority"], actor=actor)
    )


@bp.route("/dispatch/tickets/<int:ticket_id>/hold", methods=["POST"])
@keyed
@access(SUPERVISOR)
@bp.arguments(schema.HoldIn)
@bp.response(200, schema.TicketOut)
def hold(body: dict[str, Any], ticket_id: int) -> dict[str, Any]:
    """Hold a ticket for a reason: not offered, not finished, until the last hold is released."""
    return _on_ticket(ticket_id, lambda tx, actor: supervise.hold(tx, ticket_id, body["reason"], actor=actor))


@bp.route("/dispatch/tickets/<int:ticket_id>/unhold", methods=["POST"])
@keyed
@access(SUPERVISOR)
@bp.arguments(schema.UnholdIn)
@bp.response(200, schema.TicketOut)
def unhold(body: dict[str, Any], ticket_id: int) -> dict[str, Any]:
    """Release one hold, or all."""
    return _on_ticket(
        ticket_id, lambda tx, actor: supervise.unhold(tx, ticket_id, body["hold_id"], actor=actor)
    )


@bp.route("/dispatch/tickets/acts", methods=["POST"])
@keyed
@access(SUPERVISOR)
@bp.arguments(schema.ActsIn)
@bp.response(200, schema.ActsOut)
def acts(body: dict[str, Any]) -> dict[str, Any]:
    """The same act on up to 100 tickets, one after the other; what is refused for one is done to the others.

    A repeat with the same key does nothing to what was done, and tries again what was refused.
    """
    who = principal()
    with read() as tx:
        if not all(who.sees(queries.ticket_row(tx, ticket_id).store_id) for ticket_id in body["tickets"]):
            raise UnknownTicket()
    return {
        "results": supervise.act_on_each(
            body["tickets"],
            lambda ticket_id: write_once(
                lambda tx: tickets.summary(_act(tx, ticket_id, body, who.name)), part=str(ticket_id)
            ),
        )
    }


def _act(tx, ticket_id: int, body: dict[str, Any], actor: str) -> Any:
    match body["act"]:
        case "reassign":
            return supervise.reassign(
                tx, ticket_id, body["person_id"], confirmed=body["confirm"], actor=actor
            )
        case "priority":
            return supervise.prioritise(tx, ticket_id, body["priority"], actor=actor)
        case "hold":
            return supervise.hold(tx, ticket_id, body["reason"], actor=actor)
        case _:
            return supervise.unhold(tx, ticket_id, None, actor=actor)


@bp.route("/stores/<id:store_id>/throttle", methods=["POST"])
@access(SUPERVISOR)
@bp.arguments(schema.ThrottleIn)
@bp.response(200, schema.ThrottleOut)
def throttle(body: dict[str, Any], store_id: int) -> dict[str, Any]:
    """How many orders may be in work at once, null for no limit; 0 stops new promises, too."""
    in_store(store_id)
    actor = principal().name
    return write(lambda tx: supervise.throttle(tx, store_id, body["limit"], actor=actor))


@bp.route("/dispatch/fulfilments/<int:fulfilment_id>/timeline", methods=["GET"])
@access(OVERSEERS)
@bp.response(200, schema.TimelineOut)
def timeline(fulfilment_id: int) -> dict[str, Any]:
    """Every step of an order, oldest first; of one that ended long ago from the archive."""
    with read() as tx:
        store_id, told = views.timeline(tx, fulfilment_id)
        if not principal().sees(store_id):
            raise UnknownFulfilment()
        return told


def _on_ticket(ticket_id: int, act: Callable[..., Any]) -> dict[str, Any]:
    who = principal()

    def effect(tx) -> dict[str, Any]:
        if not who.sees(queries.ticket_row(tx, ticket_id).store_id):
            raise UnknownTicket()
        return {"ticket": tickets.summary(act(tx, who.name))}

    return write_once(effect)


def _shaped(result: dict[str, Any]) -> dict[str, Any]:
    """A result with what is particular to its refusal under `extra`."""
    extra = {name: value for name, value in result.items() if name not in RESULT}
    return {**{name: result[name] for name in RESULT if name in result}, "extra": extra}
