"""What a channel says and our books do not fit is held for a person, once, and counted (P8)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict

from fulfil.kit.db import Tx
from fulfil.trade.payments.model import PayNotice
from fulfil.trade.payments.rules import RefundSaid, Said


def hold(tx: Tx, channel: str, kind: str, said: Said | RefundSaid, serial_no: int | None) -> None:
    """Keep what was said, however often it is repeated, as one row; the alarm watches the count."""
    body = asdict(said)
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    if tx.insert_new(PayNotice, channel=channel, kind=kind, digest=digest, serial_no=serial_no,
                     amount=said.amount, body=body, at=tx.now) is not None:
        tx.after_commit(lambda: tx.kit.metrics.count(f"payments_held_{kind}"))
