"""Every select on the customers' tables that answers a question."""

from __future__ import annotations

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Row

from fulfil.kit.checks import Check, Violation, broken
from fulfil.kit.db import Tx
from fulfil.kit.security import hash_token
from fulfil.trade.customers import rules
from fulfil.trade.customers.model import Customer, CustomerSession, Guest

# Built once, since every request of a customer begins with one of them.
_GUEST = select(Guest.__table__.c.id).where(Guest.__table__.c.token_hash == bindparam("token_hash"))
_S = CustomerSession.__table__.c
_SESSION = select(_S.id, _S.customer_id).where(
    _S.token_hash == bindparam("token_hash"), _S.ended_at.is_(None), _S.expires_at > bindparam("now")
)


def guest_id(tx: Tx, token: str) -> int | None:
    """Whose guest token this is."""
    return tx.scalar(_GUEST, {"token_hash": hash_token(token)})


def session(tx: Tx, token: str) -> Row | None:
    """The live session of a member's token."""
    return tx.one(_SESSION, {"token_hash": hash_token(token), "now": tx.now})


def member_of(tx: Tx, phone: str) -> int | None:
    """The member of a phone number, however it is written."""
    return tx.scalar(select(Customer.id).where(Customer.phone == rules.phone(phone)))


def violations(tx: Tx) -> list[Violation]:
    """Invariant 18: a session belongs to a member."""
    return broken(tx, [_ORPHANS])


_ORPHANS = Check(
    18,
    "customer_sessions",
    "no such member",
    select(CustomerSession.id).where(CustomerSession.customer_id.not_in(select(Customer.id))),
)
