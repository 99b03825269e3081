"""Hands the message gateways to the folders that send, and sends what is queued."""

from __future__ import annotations

from fulfil.kit.base import Kit
from fulfil.messages.service import gateways, sending


def register(kit: Kit) -> None:
    """A gateway that is there already stays: tests and simulations bring their own."""
    kit.services.setdefault("sms", gateways.sms(kit))
    kit.services.setdefault("email", gateways.email(kit))
    kit.tasks.handler(sending.DELIVER, sending.deliver, kind="call")
