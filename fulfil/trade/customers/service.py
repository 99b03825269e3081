"""Use cases of customers: becoming a guest, asking for a code, signing in and out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from fulfil.kit.base import Kit
from fulfil.kit.db import Tx
from fulfil.kit.security import Principal, hash_token, new_token
from fulfil.messages import service as messages
from fulfil.messages.errors import Undeliverable
from fulfil.trade.customers import queries, rules
from fulfil.trade.customers.errors import CodesTooMany, SmsUnavailable, WrongPhone
from fulfil.trade.customers.model import Customer, CustomerSession, Guest, LoginCode

GUEST_PREFIX, CUSTOMER_PREFIX = "fg_", "fc_"
CODE_KEY = "code:"  # how the keys of sign-in codes begin


def create_guest(tx: Tx) -> dict[str, str]:
    """A new guest: `{guest_id, token}`; the token is shown this once."""
    guest_id, token = tx.number(), new_token(tx.kit.random, GUEST_PREFIX)
    tx.insert(Guest, id=guest_id, token_hash=hash_token(token), created_at=tx.now)
    tx.after_commit(partial(tx.kit.security.remember, token, Principal("guest", guest_id), tx.now))
    return {"guest_id": str(guest_id), "token": token}


def send_code(kit: Kit, phone: str) -> None:
    """Send a one-time code, the same way to every phone, known or not.

    The code is kept as a hash and leaves after the commit. Raises WrongPhone, CodesTooMany, SmsUnavailable.
    """
    number = rules.phone(phone)
    if number is None:
        raise WrongPhone()
    code = rules.code_of(kit.random.getrandbits(64))
    kit.db.write(lambda tx: _keep_code(tx, number, code), "customers-code")
    said = {"code": code, "minutes": rules.CODE_LIFE // timedelta(minutes=1)}
    try:
        messages.send_now(
            kit,
            kind="sign_in_code",
            phone=number,
            language="",
            values=said,
            key=f"{CODE_KEY}{kit.random.getrandbits(128):032x}",
        )
    except (OSError, Undeliverable) as error:
        raise SmsUnavailable() from error


def _keep_code(tx: Tx, phone: str, code: str) -> None:
    insert = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
    tx.execute(
        insert(LoginCode)
        .values(phone=phone, code_hash="", expires_at=tx.now, tries=0, sent=0, window_at=tx.now)
        .on_conflict_do_nothing()
    )
    row = tx.lock(select(LoginCode.sent, LoginCode.window_at).where(LoginCode.phone == phone))
    if not rules.may_send(row.sent, row.window_at, tx.now):
        left = row.window_at + rules.WINDOW - tx.now
        raise CodesTooMany(retry_after_seconds=int(left.total_seconds()) + 1)
    fresh = tx.now - row.window_at >= rules.WINDOW
    tx.update(
        LoginCode,
        LoginCode.phone == phone,
        code_hash=_code_hash(phone, code),
        tries=0,
        expires_at=tx.now + rules.CODE_LIFE,
        sent=1 if fresh else row.sent + 1,
        window_at=tx.now if fresh else row.window_at,
    )


def _code_hash(phone: str, code: str) -> str:
    return hash_token(f"{phone}:{code}")


def sign_in(tx: Tx, phone: str, code: str) -> dict[str, str] | None:
    """`{customer_id, token}` for the right code, None for a wrong one.

    A wrong try returns instead of raising, so that its count is committed.
    """
    number = rules.phone(phone)
    kept = number and tx.scalar(
        LoginCode.__table__.update()
        .where(LoginCode.phone == number, LoginCode.tries < rules.TRIES_MAX, LoginCode.expires_at > tx.now)
        .values(tries=LoginCode.tries + 1)
        .returning(LoginCode.code_hash)
    )
    if not kept or kept != _code_hash(number, code):
        return None
    tx.update(LoginCode, LoginCode.phone == number, code_hash="", tries=rules.TRIES_MAX)
    customer_id = _member(tx, number)
    tx.update(Customer, {"id": customer_id}, seen_at=tx.now)
    token = new_token(tx.kit.random, CUSTOMER_PREFIX)
    tx.insert(
        CustomerSession,
        id=tx.number(),
        customer_id=customer_id,
        token_hash=hash_token(token),
        created_at=tx.now,
        expires_at=tx.now + rules.SESSION_LIFE,
        ended_at=None,
    )
    return {"customer_id": str(customer_id), "token": token}


def _member(tx: Tx, phone: str) -> int:
    """The member of that phone; the first sign-in makes one. The phone's code row is locked by the caller."""
    known = tx.scalar(select(Customer.id).where(Customer.phone == phone))
    if known is None:
        known = tx.number()
        tx.insert(Customer, id=known, phone=phone, created_at=tx.now, seen_at=tx.now)
    return known


def sign_out(tx: Tx, session_id: int) -> None:
    """End a session. Safe to repeat."""
    tx.update(
        CustomerSession, CustomerSession.id == session_id, CustomerSession.ended_at.is_(None), ended_at=tx.now
    )


def forget(tx: Tx, customer_id: int) -> None:
    """End an account: sessions, code and phone go. The number stays with what was ordered. Safe to repeat."""
    phone = tx.scalar(select(Customer.phone).where(Customer.id == customer_id))
    tx.delete(LoginCode, {"phone": phone})  # first: a sign-in holds it, whose session must go, too
    tx.delete(CustomerSession, {"customer_id": customer_id})
    tx.delete(Customer, {"id": customer_id})


def guest_of(tx: Tx, token: str, _headers: Mapping[str, Any]) -> Principal | None:
    """Authenticator of guest tokens."""
    guest_id = queries.guest_id(tx, token)
    return None if guest_id is None else Principal("guest", guest_id)


def customer_of(tx: Tx, token: str, _headers: Mapping[str, Any]) -> Principal | None:
    """Authenticator of members' tokens."""
    row = queries.session(tx, token)
    return None if row is None else Principal("customer", row.customer_id, session_id=row.id)
