"""What a folder's `queries.violations(tx)` returns: broken invariants, by the numbers of docs/trust.md."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Violation:
    """Invariant number, the kind of row, its id, and one clear sentence."""

    invariant: int
    entity: str
    id: str
    message: str
