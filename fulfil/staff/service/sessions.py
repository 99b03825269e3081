"""Sessions: badge and PIN on an enrolled device; one live per person; revocable (floor rule 2)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Row

from fulfil.contracts.fulfilment import SessionEnded
from fulfil.kit import moves
from fulfil.kit.base import Kit
from fulfil.kit.db import Tx
from fulfil.kit.security import Principal, hash_token, new_token
from fulfil.staff import queries, rules
from fulfil.staff.errors import DeviceLocked, DeviceUnknown, LoginRefused
from fulfil.staff.model import Device, Person, StaffSession
from fulfil.staff.service.shifts import set_shift
from fulfil.staff.states import ShiftState
from fulfil.store import queries as stores

SESSION_PREFIX = "fs_"
DEVICE_HEADER = "X-Device-Key"


def login(kit: Kit, device_key: str, badge: str, pin: str) -> dict[str, Any]:
    """Sign in and return the answer for the terminal, its token shown once.

    The try is counted before the PIN is looked at, so guesses sent at once all count; the PIN is verified
    outside any transaction. Raises DeviceUnknown, DeviceLocked, LoginRefused.
    """
    counted = kit.db.write(lambda tx: _count(tx, device_key, badge), "staff.login_try", numbers=0)
    if counted is None:
        raise DeviceLocked(retry_after_seconds=int(rules.LOCKOUT.total_seconds()))
    device_id, person_id, pin_hash = counted
    if not kit.passwords.verify(pin_hash, pin):
        raise LoginRefused()
    return kit.db.write(lambda tx: _sign_in(tx, device_id, person_id), "staff.login")


def end_session(tx: Tx, session: Row, reason: str, *, actor: str) -> None:
    """End a live session; work in hand stays with its person. A second login keeps the shift going."""
    if tx.one(_LIVE_LOCKED, {"id": session.id}) is None:
        return
    # Whoever held it until now did so before it ended, however long this transaction has waited for them.
    tx.update(StaffSession, {"id": session.id}, ended_at=tx.kit.clock.now(), end_reason=reason)
    moves.record(
        tx,
        store_id=session.store_id,
        entity="staff_sessions",
        entity_id=session.id,
        event="ended",
        reason=reason,
        actor=actor,
        detail={"person_id": session.person_id},
    )
    if reason != "second_login":
        set_shift(tx, session.person_id, ShiftState.OFF, None, actor=actor)
    tx.publish(
        SessionEnded(
            store_id=session.store_id, person_id=session.person_id, session_id=session.id, reason=reason
        )
    )
    tx.hint(f"board:{session.store_id}")


_LIVE_LOCKED = (
    select(StaffSession.id)
    .where(StaffSession.id == bindparam("id"), StaffSession.ended_at.is_(None))
    .with_for_update()
)


def authenticate(tx: Tx, token: str, headers: Mapping[str, str]) -> Principal | None:
    """The person of a session token (`fs_…`), with the roles of this moment. Their device was heard of.

    A device key beside it must be the one the session was made with.
    """
    row = queries.session_of_token(tx, hash_token(token))
    if row is None:
        return None
    key = headers.get(DEVICE_HEADER)
    if key and not hmac.compare_digest(hash_token(key), row.key_hash):
        return None
    tx.kit.services["presence"].beat(row.person_id)
    roles = frozenset(row.roles)
    return Principal(
        "staff",
        row.person_id,
        roles,
        None if "admin" in roles else frozenset({row.store_id}),
        row.id,
        row.locale,
    )


def authenticate_token(tx: Tx, token: str, _headers: Mapping[str, str]) -> Principal | None:
    """The program of an API token (`fa_…`)."""
    row = queries.api_token(tx, hash_token(token))
    if row is None:
        return None
    return Principal(
        "staff", row.id, frozenset(row.roles), None if row.store_ids is None else frozenset(row.store_ids)
    )


def _count(tx: Tx, device_key: str, badge: str) -> tuple[int, int | None, str | None] | None:
    """Count a try on device and person: (device, person, PIN hash to verify), None when the device is locked.

    A person who is unknown, disabled or locked gets no hash: any PIN is then wrong, in the same time.
    """
    known = queries.device_of_key(tx, hash_token(device_key))
    if known is None:
        raise DeviceUnknown()
    device = tx.lock(select(*Device.__table__.columns).where(Device.id == known.id))
    person = tx.lock(
        select(*Person.__table__.columns).where(
            Person.store_id == device.store_id, Person.badge == rules.bare_badge(badge)
        )
    )
    if not _count_on(tx, Device, device, rules.DEVICE_TRIES_MAX):
        return None
    allowed = person is not None and _count_on(tx, Person, person, rules.PERSON_TRIES_MAX)
    if not allowed or person.disabled:
        return device.id, None, None
    return device.id, person.id, person.pin_hash


def _count_on(tx: Tx, model: Any, row: Row, tries_max: int) -> bool:
    tried = rules.attempt(row.pin_failures, row.pin_locked_until, tx.now, tries_max)
    tx.update(model, {"id": row.id}, pin_failures=tried.failures, pin_locked_until=tried.locked_until)
    return tried.allowed


def _sign_in(tx: Tx, device_id: int, person_id: int | None) -> dict[str, Any]:
    assert person_id is not None, "only a known person has a PIN that can be right"
    person = tx.lock(select(*Person.__table__.columns).where(Person.id == person_id))
    device = tx.one(
        select(*Device.__table__.columns).where(Device.id == device_id, Device.revoked_at.is_(None))
    )
    if device is None or person.disabled:
        raise LoginRefused()
    for model, row_id in ((Person, person_id), (Device, device_id)):
        tx.update(model, {"id": row_id}, pin_failures=0, pin_locked_until=None)
    elsewhere = _end_other(tx, person, device_id)
    session_id, token = tx.number(), new_token(tx.kit.random, SESSION_PREFIX)
    tx.insert(
        StaffSession,
        id=session_id,
        person_id=person_id,
        store_id=person.store_id,
        device_id=device_id,
        token_hash=hash_token(token),
        started_at=tx.now,
    )
    moves.record(
        tx,
        store_id=person.store_id,
        entity="staff_sessions",
        entity_id=session_id,
        event="started",
        actor=f"staff:{person_id}",
        detail={"device_id": device_id},
    )
    presence = tx.kit.services["presence"]
    presence.beat(person_id)
    presence.write(tx, [person_id])
    tx.hint(f"board:{person.store_id}")
    return _answer(tx, person, session_id, token, elsewhere)


def _end_other(tx: Tx, person: Row, device_id: int) -> dict[str, Any] | None:
    """End the person's other session. Says how many ops are still on that device, and tells the board."""
    other = queries.live_session(tx, person.id)
    if other is None:
        return None
    end_session(tx, other, "second_login", actor=f"staff:{person.id}")
    if other.device_id == device_id:
        return None
    seen = tx.kit.services["presence"].of(tx, [person.id]).get(person.id)
    name = tx.scalar(select(Device.name).where(Device.id == other.device_id))
    left = {"device": name, "ops": (seen.queued or 0) if seen else 0}
    moves.record(
        tx,
        store_id=person.store_id,
        entity="people",
        entity_id=person.id,
        event="second_login",
        actor=f"staff:{person.id}",
        detail=left,
    )
    return left


def _answer(tx: Tx, person: Row, session_id: int, token: str, elsewhere: dict | None) -> dict[str, Any]:
    store = stores.store(tx, person.store_id)
    return {
        "token": token,
        "session_id": str(session_id),
        "person": queries.named(person),
        "roles": person.roles,
        "locale": person.locale,
        "queued_elsewhere": elsewhere,
        "shift": queries.shift_view(queries.shift(tx, person.id)),
        "store": {
            "id": str(store.id),
            "name": {"zh": store.name_zh, "en": store.name_en},
            "currency": store.currency,
            "tz": store.tz,
        },
    }
