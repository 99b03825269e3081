"""A numbered log of pushes per person. The database is the truth; a socket is only a faster way to it.

Numbers come from a head row per person, taken last before the commit and in sorted order, so that nobody
ever sees number 2 before number 1 (a serial column would show that on PostgreSQL).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from fulfil.kit.db import Base, Int, Json, Text, Utc
from fulfil.kit.signals import PEOPLE, TOPICS, Signals
from fulfil.kit.statements import among

if TYPE_CHECKING:
    from fulfil.kit.db import Tx

REPLAY_MAX = 500
PRUNED_MAX = 2000


class LiveHead(Base):
    """The last number given in a person's log."""

    __tablename__ = "live_heads"
    __table_args__ = {"postgresql_with": {"fillfactor": 50}}  # an update stays on its page

    person_id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(Int)


class LiveEvent(Base):
    """One push."""

    __tablename__ = "live_log"
    __table_args__ = (sa.Index("ix_live_log_at", "at"),)

    person_id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    type: Mapped[str] = mapped_column(Text)
    payload: Mapped[dict] = mapped_column(Json)
    at: Mapped[datetime] = mapped_column(Utc)


def _count_up(insert: Callable[[Any], Any]) -> sa.Insert:
    heads = LiveHead.__table__
    given = insert(heads)
    return given.on_conflict_do_update(
        index_elements=["person_id"], set_={"seq": heads.c.seq + given.excluded.seq}
    ).returning(heads.c.seq)


_COUNT_UP = {"sqlite": _count_up(sqlite.insert), "postgresql": _count_up(postgresql.insert)}
_HEAD = sa.select(LiveHead.__table__.c.seq).where(LiveHead.__table__.c.person_id == sa.bindparam("person"))
_HEADS = sa.select(LiveHead.__table__.c.person_id, LiveHead.__table__.c.seq).where(
    among(LiveHead.__table__.c.person_id, "people")
)
_LOG = LiveEvent.__table__.c
_SINCE = (
    sa.select(_LOG.seq, _LOG.type, _LOG.payload)
    .where(
        _LOG.person_id == sa.bindparam("person"),
        _LOG.seq > sa.bindparam("after"),
        _LOG.seq <= sa.bindparam("head"),
    )
    .order_by(_LOG.seq)
)
_OLDEST = (
    sa.select(_LOG.person_id, _LOG.seq)
    .where(_LOG.at < sa.bindparam("until", type_=_LOG.at.type))
    .order_by(_LOG.at, _LOG.person_id, _LOG.seq)
    .limit(PRUNED_MAX)
)
_FORGET = sa.delete(LiveEvent.__table__).where(
    _LOG.person_id == sa.bindparam("person"), _LOG.seq <= sa.bindparam("last")
)
_TELLING = sa.delete(LiveEvent.__table__).where(
    sa.cast(_LOG.payload, sa.Text).contains(sa.bindparam("number", type_=sa.Text))
)


class Live:
    """Appends to the logs, reads them, and wakes whoever holds the sockets."""

    def __init__(self, signals: Signals) -> None:
        self._signals = signals

    def on_wake(self, listener: Callable[[Collection[int]], None]) -> None:
        """Call `listener(person_ids)` after commits, of any process, that appended to their logs."""
        self._signals.hear(PEOPLE, listener)

    def on_changed(self, listener: Callable[[str], None]) -> None:
        """Call `listener(topic)` after commits, of any process, that hinted at `topic`."""

        def each(topics: Collection[str]) -> None:
            for topic in sorted(topics):
                listener(topic)

        self._signals.hear(TOPICS, each)

    def wake(self, people: set[int]) -> None:
        self._signals.tell(PEOPLE, people)

    def changed(self, topic: str) -> None:
        self._signals.tell(TOPICS, {topic})

    def append(self, tx: Tx, pushes: Sequence[tuple[int, str, Mapping[str, Any]]]) -> None:
        """Number and store the pushes of one transaction."""
        by_person: dict[int, list[tuple[str, Mapping[str, Any]]]] = {}
        for person, kind, payload in pushes:
            by_person.setdefault(person, []).append((kind, payload))
        rows = []
        for person in sorted(by_person):
            mine = by_person[person]
            last = tx.scalar(_COUNT_UP[tx.dialect], {"person_id": person, "seq": len(mine)})
            rows += [
                {
                    "person_id": person,
                    "seq": last - len(mine) + i,
                    "type": kind,
                    "payload": dict(payload),
                    "at": tx.now,
                }
                for i, (kind, payload) in enumerate(mine, 1)
            ]
        tx.insert_many(LiveEvent, rows)

    def head(self, tx: Tx, person_id: int) -> int:
        """The number of the person's last push, 0 before the first."""
        return tx.scalar(_HEAD, {"person": person_id}) or 0

    def heads(self, tx: Tx, people: Collection[int]) -> dict[int, int]:
        """The numbers of these people's last pushes; who never had one is missing."""
        return {row.person_id: row.seq for row in tx.all(_HEADS, {"people": sorted(people)})}

    def since(self, tx: Tx, person_id: int, seq: int) -> list[dict[str, Any]] | None:
        """The pushes after `seq`, or None when the log no longer reaches back that far (then: reset)."""
        head = self.head(tx, person_id)
        if seq > head or head - seq > REPLAY_MAX:
            return None
        rows = tx.all(_SINCE, {"person": person_id, "after": seq, "head": head})
        if len(rows) != head - seq:
            return None
        return [{**row.payload, "seq": row.seq, "type": row.type} for row in rows]

    def forget(self, tx: Tx, number: int) -> None:
        """Forget the pushes that tell of a document, by its number; who still lacks them gets a reset.

        No other number is the same: all documents have theirs from one sequence.
        """
        tx.change(_TELLING, {"number": f'"{number}"'})

    def prune(self, tx: Tx) -> None:
        """Forget the oldest pushes that are older than `live_days`; who was away longer gets a reset.

        Only so many at once, in the order in which they were numbered, so that no log gets a gap.
        """
        oldest = tx.all(_OLDEST, {"until": tx.now - timedelta(days=tx.kit.config.live_days)})
        for person_id, seq in sorted({row.person_id: row.seq for row in oldest}.items()):
            tx.change(_FORGET, {"person": person_id, "last": seq})
