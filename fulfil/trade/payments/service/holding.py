"""What a channel says and our books do not fit is held for a person, once, and counted (P8).

Whoever has looked into it resolves it with a note. Neither books any money.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict

from fulfil.kit.clock import rfc3339
from fulfil.kit.db import Tx
from fulfil.kit.moves import record
from fulfil.trade.payments import queries
from fulfil.trade.payments.errors import NoticeResolved, UnknownNotice
from fulfil.trade.payments.model import PayNotice
from fulfil.trade.payments.rules import RefundSaid, Said


def hold(tx: Tx, channel: str, kind: str, said: Said | RefundSaid, serial_no: int | None) -> None:
    """Keep what was said, however often it is repeated, as one row; the alarm watches the count."""
    body = asdict(said)
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    if (
        tx.insert_new(
            PayNotice,
            channel=channel,
            kind=kind,
            digest=digest,
            serial_no=serial_no,
            amount=said.amount,
            body=body,
            at=tx.now,
        )
        is not None
    ):
        tx.after_commit(lambda: tx.kit.metrics.count(f"payments_held_{kind}"))


def resolve(tx: Tx, notice_id: int, note: str, actor: str) -> None:
    """Somebody has looked into a notice; `note` says what came of it. The same note again changes nothing.

    Raises UnknownNotice, and NoticeResolved when it was resolved with another note.
    """
    row = queries.notice(tx, notice_id)
    if row is None:
        raise UnknownNotice()
    if tx.update(
        PayNotice, {"id": notice_id, "resolved_at": None}, resolved_at=tx.now, resolved_by=actor, note=note
    ):
        record(
            tx,
            store_id=row.store_id,
            order_no=row.order_no,
            entity=PayNotice.__tablename__,
            entity_id=notice_id,
            event="resolve",
            actor=actor,
            detail={"kind": row.kind, "note": note},
        )
        return
    found = queries.notice(tx, notice_id)
    if found.note != note:
        raise NoticeResolved(
            resolved_by=found.resolved_by, resolved_at=rfc3339(found.resolved_at), note=found.note
        )
