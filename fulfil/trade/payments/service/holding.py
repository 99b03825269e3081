"""What a channel says and our books do not fit is held for a person, once, and counted (P8)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from fulfil.kit.db import Tx
from fulfil.trade.payments.model import PayNotice
from fulfil.trade.payments.rules import RefundSaid, Said


def hold(tx: Tx, channel: str, kind: str, said: Said | RefundSaid, serial_no: int | None) -> None:
    """Keep what was said, however often it is repeated, as one row; the alarm watches the count."""
    body = asdict(said)
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    if insert_once(
        tx,
        PayNotice,
        channel=channel,
        kind=kind,
        digest=digest,
        serial_no=serial_no,
        amount=said.amount,
        body=body,
        at=tx.now,
    ):
        tx.after_commit(lambda: tx.kit.metrics.count(f"payments_held_{kind}"))


def insert_once(tx: Tx, model: Any, **values: Any) -> bool:
    """Insert a row unless it is there; on PostgreSQL this waits for whoever inserts the same one."""
    insert = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
    row = insert(model).values(**values).on_conflict_do_nothing().returning(model.channel)
    return tx.scalar(row) is not None
