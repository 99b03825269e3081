"""One company-wide increasing sequence of numbers (O6), drawn in segments.

A segment is fetched in a transaction of its own before the write that uses it, so a roll-back only leaves a
gap and two nodes never meet. The numbers of one node increase.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from fulfil.kit.db import Base, Int, NumbersExhausted, Text

if TYPE_CHECKING:
    from fulfil.kit.db import Database, Tx

SEGMENT = 4096
FIRST_NUMBER = 100_001


class NumberSegment(Base):
    """The next number that no node has fetched yet."""

    __tablename__ = "number_segments"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    next: Mapped[int] = mapped_column(Int)


class Numbers:
    """Hands out numbers of the segment in memory."""

    def __init__(self) -> None:
        self._next, self._end = 0, 0
        self._taking = threading.Lock()
        self._fetching = threading.Lock()

    def ensure(self, db: Database, count: int) -> None:
        """Make at least `count` numbers ready, fetching a segment when they run low."""
        if self._end - self._next >= count:
            return
        with self._fetching:  # whoever waited here finds the segment that the one before fetched
            if self._end - self._next >= count:
                return
            start, end = db.write(lambda tx: _fetch(tx, max(SEGMENT, count)), "numbers", numbers=0)
            with self._taking:
                self._next, self._end = start, end

    def take(self) -> int:
        """The next number. Raises NumbersExhausted at the end of the segment."""
        with self._taking:
            if self._next >= self._end:
                raise NumbersExhausted("no numbers left in the segment")
            self._next += 1
            return self._next - 1


def _fetch(tx: Tx, count: int) -> tuple[int, int]:
    insert = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
    statement = insert(NumberSegment).values(name="documents", next=FIRST_NUMBER + count)
    end = tx.scalar(
        statement.on_conflict_do_update(
            index_elements=["name"], set_={"next": NumberSegment.next + count}
        ).returning(NumberSegment.next)
    )
    return end - count, end
