"""What the ground floor must know of customers: how their tokens are judged."""

from __future__ import annotations

from fulfil.kit.base import Kit
from fulfil.trade.customers import service


def register(kit: Kit) -> None:
    kit.security.authenticator(service.GUEST_PREFIX, service.guest_of, lasting=True)
    kit.security.authenticator(service.CUSTOMER_PREFIX, service.customer_of)
