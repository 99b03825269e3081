"""Calls of the handover counter: a rider is here; a supervisor gives up a missing bag."""

from __future__ import annotations

from typing import Any

from fulfil.handoff import schema, service
from fulfil.kit.errors import NotFound
from fulfil.kit.web import Requires, access, blueprint, keyed, principal, write, write_once

bp = blueprint("handoff", "The handover counter")


@bp.route("/handoff/arrivals", methods=["POST"])
@keyed
@access(Requires("staff", roles=("counter", "packer", "supervisor")))
@bp.arguments(schema.ArrivalIn)
@bp.response(200, schema.ArrivalOut)
def arrive(body: dict[str, Any]) -> dict[str, Any]:
    """A rider's badge or pickup code → their orders, shelves and bags."""
    store_id = _own_store()
    return write_once(lambda tx: service.arrive(tx, store_id, principal().id, body["code"]))


@bp.route("/handoff/tickets/<id:ticket_id>/allow-missing", methods=["POST"])
@access(Requires("staff", roles=("supervisor",)))
@bp.response(200, schema.AllowedOut)
def allow_missing(ticket_id: int) -> dict[str, Any]:
    """Let this order leave without its missing bags; what was in them is refunded at the release."""
    who = principal()
    return write(lambda tx: service.allow_missing(tx, ticket_id, who.store_ids, who.id))


def _own_store() -> int:
    """The shop of a person's session. Raises NotFound for a token of several shops."""
    stores = principal().store_ids
    if stores is None or len(stores) != 1:
        raise NotFound("Sign in at the shop's counter.")
    return next(iter(stores))
