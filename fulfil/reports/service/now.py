"""The floor at this moment, beside what the board shows of tickets: where people are, which goods lack."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from fulfil.kit.clock import rfc3339
from fulfil.kit.db import Tx
from fulfil.reports import queries


def now(tx: Tx, store_id: int) -> dict[str, Any]:
    """Where pickers picked last, and open lines whose goods lack for another order, JSON-ready."""
    return {
        "people": [
            {"person_id": str(row.person_id), "location": row.found_at or row.location, "at": rfc3339(row.at)}
            for row in queries.whereabouts(tx, store_id)
        ],
        "warnings": [
            _warning(sku, list(lines))
            for sku, lines in groupby(queries.warned_lines(tx, store_id), key=lambda line: line.sku)
        ],
    }


def _warning(sku: str, lines: list[Any]) -> dict[str, Any]:
    return {
        "sku": sku,
        "names": {"zh": lines[0].name_zh or sku, "en": lines[0].name_en or sku},
        "lines": [
            {
                "ticket_id": str(line.ticket_id),
                "order_no": str(line.order_no),
                "line_no": line.line_no,
                "location": line.location,
            }
            for line in lines
        ],
    }
