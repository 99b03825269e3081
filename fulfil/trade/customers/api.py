"""HTTP of customers: guests and members."""

from __future__ import annotations

from typing import Any

from fulfil.kit.web import Public, Requires, access, blueprint, kit, principal, write
from fulfil.trade.customers import rules, service
from fulfil.trade.customers.errors import WrongCode
from fulfil.trade.customers.schema import CodeIn, CustomerSessionOut, GuestOut, LoginCodeOut, SignInIn

bp = blueprint("customers", "Guests and members.")


@bp.route("/guests", methods=["POST"])
@access(Public())
@bp.response(201, GuestOut)
def guests() -> dict[str, str]:
    """A new guest and its token. Sent twice it makes two guests: no answer with a token is ever stored."""
    return write(service.create_guest)


@bp.route("/sessions/code", methods=["POST"])
@access(Public())
@bp.arguments(CodeIn)
@bp.response(202, LoginCodeOut)
def code(body: dict[str, Any]) -> dict[str, int]:
    """Send a one-time code by SMS."""
    service.send_code(kit(), body["phone"])
    return {"seconds": int(rules.CODE_LIFE.total_seconds())}


@bp.route("/sessions", methods=["POST"])
@access(Public())
@bp.arguments(SignInIn)
@bp.response(201, CustomerSessionOut)
def sign_in(body: dict[str, Any]) -> dict[str, str]:
    """A member's bearer token for a phone and its code."""
    answer = write(lambda tx: service.sign_in(tx, body["phone"], body["code"]))
    if answer is None:
        raise WrongCode()
    return answer


@bp.route("/customers/me", methods=["DELETE"])
@access(Requires("customer"))
@bp.response(204)
def forget_me() -> None:
    """End the caller's account and erase who they are, also in past orders.

    409 orders_under_way while an order or a refund is not over for good.
    """
    member = principal().id
    write(lambda tx: kit().services["forget_member"](tx, member))


@bp.route("/sessions/current", methods=["DELETE"])
@access(Requires("customer"))
@bp.response(204)
def sign_out() -> None:
    """End this session."""
    session_id = principal().session_id
    write(lambda tx: service.sign_out(tx, session_id))
