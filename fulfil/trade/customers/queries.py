"""Every select on the customers' tables that answers a question."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.engine import Row

from fulfil.kit.checks import Violation
from fulfil.kit.db import Tx
from fulfil.kit.security import hash_token
from fulfil.trade.customers.model import Customer, CustomerSession, Guest


def guest_id(tx: Tx, token: str) -> int | None:
    """Whose guest token this is."""
    return tx.scalar(select(Guest.id).where(Guest.token_hash == hash_token(token)))


def session(tx: Tx, token: str) -> Row | None:
    """The live session of a member's token."""
    return tx.one(
        select(CustomerSession.id, CustomerSession.customer_id).where(
            CustomerSession.token_hash == hash_token(token),
            CustomerSession.ended_at.is_(None),
            CustomerSession.expires_at > tx.now,
        )
    )


def violations(tx: Tx) -> list[Violation]:
    """Invariant 18: a session belongs to a member."""
    orphans = tx.scalars(
        select(CustomerSession.id).where(CustomerSession.customer_id.not_in(select(Customer.id)))
    )
    return [Violation(18, "customer_sessions", str(row), "no such member") for row in orphans]
