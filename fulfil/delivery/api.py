"""The carrier link: a third party's rider reports milestones and delivers, with nothing but the link."""

from __future__ import annotations

from typing import Any

from fulfil.delivery import queries, schema, service
from fulfil.delivery.errors import PinWrong
from fulfil.kit.web import Public, Requires, access, blueprint, principal, read, write

bp = blueprint("delivery", "Riders of third parties")


@bp.route("/ride/<carrier_token>", methods=["GET"])
@access(Public())
@bp.response(200, schema.RideOut)
def ride(carrier_token: str) -> dict[str, Any]:
    """The delivery of this link: where to, which bags, what may come next."""
    with read() as tx:
        return queries.ride(tx, queries.by_carrier_token(tx, carrier_token))


@bp.route("/ride/<carrier_token>", methods=["POST"])
@access(Public())
@bp.arguments(schema.RideAct)
@bp.response(200, schema.RideOut)
def act(body: dict[str, Any], carrier_token: str) -> dict[str, Any]:
    """A milestone, the delivery with the customer's PIN, or the way back."""
    answer = write(lambda tx: service.act_as_carrier(tx, carrier_token, body))
    if isinstance(answer, PinWrong):
        raise answer
    return answer


@bp.route("/delivery/orders/<id:order_no>/carrier-link", methods=["GET"])
@access(Requires("staff", roles=("counter", "packer", "supervisor")))
@bp.response(200, schema.LinkOut)
def carrier_link(order_no: int) -> dict[str, str]:
    """The link to give to the third party's rider, as a path of this server."""
    with read() as tx:
        return {"url": f"/ride/{queries.carrier_token(tx, order_no, principal().store_ids)}"}
