"""Devices: enrolled once with a code, known by their key from then on, revocable."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from fulfil.kit import moves
from fulfil.kit.db import Tx
from fulfil.kit.security import hash_token, new_token
from fulfil.staff import queries, rules
from fulfil.staff.errors import EnrolmentRefused, UnknownDevice
from fulfil.staff.model import Device, EnrolmentCode, StaffSession
from fulfil.staff.service.sessions import end_session

DEVICE_PREFIX = "fd_"


def issue_code(tx: Tx, store_id: int, *, by: str) -> dict[str, Any]:
    """A new enrolment code for one device: `{code, expires_at}`; only its hash is kept."""
    code = "".join(tx.kit.random.choice(rules.CODE_ALPHABET) for _ in range(rules.CODE_CHARS))
    until = tx.now + rules.ENROLMENT_LIFE
    tx.insert(EnrolmentCode, code_hash=hash_token(code), store_id=store_id, issued_by=by, expires_at=until)
    return {"code": code, "expires_at": until}


def enrol(tx: Tx, code: str, name: str, kind: str) -> dict[str, Any]:
    """Use a code up and enrol the device: `{device_key, device_id, store_id}`. Raises EnrolmentRefused.

    Of many at once exactly one gets it: the code is taken by one guarded update.
    """
    code_hash, device_id = hash_token(rules.enrolment_code(code)), tx.number()
    if not tx.update(
        EnrolmentCode,
        EnrolmentCode.code_hash == code_hash,
        EnrolmentCode.used_at.is_(None),
        EnrolmentCode.expires_at > tx.now,
        used_at=tx.now,
        device_id=device_id,
    ):
        raise EnrolmentRefused()
    store_id = tx.scalar(select(EnrolmentCode.store_id).where(EnrolmentCode.code_hash == code_hash))
    key = new_token(tx.kit.random, DEVICE_PREFIX)
    tx.insert(
        Device,
        id=device_id,
        store_id=store_id,
        name=name,
        kind=kind,
        key_hash=hash_token(key),
        enrolled_at=tx.now,
        pin_failures=0,
    )
    moves.record(
        tx,
        store_id=store_id,
        entity="devices",
        entity_id=device_id,
        event="enrolled",
        detail={"name": name, "kind": kind},
    )
    return {"device_key": key, "device_id": device_id, "store_id": store_id}


def revoke_device(tx: Tx, store_id: int, device_id: int, *, by: str) -> None:
    """The device is lost: its key is worth nothing any more and its session ends. Raises UnknownDevice."""
    if not tx.update(
        Device,
        Device.id == device_id,
        Device.store_id == store_id,
        Device.revoked_at.is_(None),
        revoked_at=tx.now,
    ):
        raise UnknownDevice()
    moves.record(tx, store_id=store_id, entity="devices", entity_id=device_id, event="revoked", actor=by)
    for session_id in tx.scalars(
        select(StaffSession.id)
        .where(StaffSession.device_id == device_id, StaffSession.ended_at.is_(None))
        .order_by(StaffSession.id)
    ):
        end_session(tx, queries.session(tx, session_id), "device_revoked", actor=by)


def clear_locks(tx: Tx, store_id: int, device_id: int, *, by: str) -> None:
    """The supervisor unlocks a device after wrong PINs. Raises UnknownDevice."""
    if not tx.update(
        Device, Device.id == device_id, Device.store_id == store_id, pin_failures=0, pin_locked_until=None
    ):
        raise UnknownDevice()
    moves.record(tx, store_id=store_id, entity="devices", entity_id=device_id, event="unlocked", actor=by)
