"""Calls of the handover counter: a rider is here; a supervisor gives up a missing bag."""

from __future__ import annotations

from typing import Any

from fulfil.handoff import schema, service
from fulfil.kit.scope import store_meant
from fulfil.kit.web import Requires, access, blueprint, keyed, principal, write, write_once

bp = blueprint("handoff", "The handover counter")


@bp.route("/handoff/arrivals", methods=["POST"])
@keyed
@access(Requires("staff", roles=("counter", "packer", "supervisor")))
@bp.arguments(schema.ArrivalIn)
@bp.response(200, schema.ArrivalOut)
def arrive(body: dict[str, Any]) -> dict[str, Any]:
    """A rider's badge or pickup code → their orders, shelves and bags.

    422 store_needed where the caller sees several shops and names none.
    """
    store_id = store_meant(body)
    return write_once(lambda tx: service.arrive(tx, store_id, principal().id, body["code"]))


@bp.route("/handoff/tickets/<id:ticket_id>/allow-missing", methods=["POST"])
@access(Requires("staff", roles=("supervisor",)))
@bp.response(200, schema.AllowedOut)
def allow_missing(ticket_id: int) -> dict[str, Any]:
    """Let this order leave without its missing bags; what was in them is refunded at the release."""
    who = principal()
    return write(lambda tx: service.allow_missing(tx, ticket_id, who.store_ids, who.id))
