"""Call handlers and sweeps of the payment centre."""

from __future__ import annotations

from fulfil.kit.base import Kit
from fulfil.trade.payments import queries, service

POLL_SECONDS = 5
NONCES_SECONDS = 600


def register(kit: Kit) -> None:
    """Let the task engine refund, ask silent channels and forget old nonces.

    The channels are those that are configured, unless others were handed in.
    """
    kit.services.setdefault("channels", service.channels(kit))
    kit.services["payment_steps"] = queries.steps
    kit.tasks.handler("payments.refund", service.refund_again, kind="call")
    kit.tasks.handler("payments.query", service.query_payment, kind="call")
    kit.tasks.handler(service.MORE_TASK, service.ask_more)
    kit.tasks.sweep("payments.silent", POLL_SECONDS, service.ask_silent)
    kit.tasks.sweep("payments.nonces", NONCES_SECONDS, service.sweep_nonces)
