"""What a customer is promised, asked by trade and answered by dispatch (rule 11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class PromiseLine:
    """A line to promise. `quantity` pieces or grams; `prep` says how the shop makes the goods, if it does.

    Goods that stand on a shelf are picked in their `zone`; all of the line weighs so many `grams`.
    """

    sku: str
    quantity: int
    prep: str | None = None
    zone: str = "ambient"
    grams: int = 0

    @classmethod
    def of(cls, sku: str, quantity: int, prep: str | None, zone: str, unit: str, piece: int) -> PromiseLine:
        """A line of goods one of which weighs `piece` grams; what is sold by weight is in grams."""
        return cls(sku, quantity, prep, zone, quantity if unit == "g" else quantity * piece)


@dataclass(frozen=True)
class Quote:
    """`ok` with the earliest times, or not ok with `why_not` (a stable code). `slots` are later choices."""

    ok: bool
    why_not: str | None
    hand_over_at: datetime | None
    deliver_at: datetime | None
    slots: tuple[tuple[datetime, datetime], ...] = ()


class Promise(Protocol):
    """Implemented by dispatch; handed to trade by the composition root."""

    def quote(
        self, tx, store_id: int, lines: Sequence[PromiseLine], metres: int, deliver_by: datetime | None
    ) -> Quote:
        """Earliest honest times for these lines; `deliver_by` asks for a later slot."""

    def reserve(
        self,
        tx,
        store_id: int,
        order_no: int,
        lines: Sequence[PromiseLine],
        metres: int,
        deliver_by: datetime | None,
        until: datetime,
    ) -> Quote:
        """Quote again and hold the capacity until `until`; nothing is held when the quote is not ok."""

    def release(self, tx, order_no: int) -> None:
        """Give the capacity back. Safe to repeat."""
