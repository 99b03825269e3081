"""Who was heard of when. Heartbeats stay in memory and are flushed to the table in one statement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Insert, func
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Row

from fulfil.kit.clock import Clock
from fulfil.kit.db import Tx
from fulfil.staff import queries
from fulfil.staff.model import PresenceRow


@dataclass(frozen=True)
class Seen:
    """When somebody was last heard of, their battery in per cent, and ops waiting on their device."""

    at: datetime
    battery: int | None = None
    queued: int | None = None


class Presence:
    """The heartbeats that this node heard. `since` is when it began to listen.

    Nobody is called gone before they had time to be heard: after an outage every lease begins anew.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.since = clock.now()
        self._seen: dict[int, Seen] = {}
        self._unflushed: set[int] = set()

    def beat(self, person_id: int, battery: int | None = None, queued: int | None = None) -> None:
        """The person's device was just heard; what it does not say stays as it was."""
        before = self._seen.get(person_id)
        if before is not None:
            battery = before.battery if battery is None else battery
            queued = before.queued if queued is None else queued
        self._seen[person_id] = Seen(self._clock.now(), battery, queued)
        self._unflushed.add(person_id)

    def flush(self, tx: Tx) -> None:
        """Write what was heard since the last flush; other nodes and the board read it there."""
        ids, self._unflushed = sorted(self._unflushed), set()
        self.write(tx, ids)

    def write(self, tx: Tx, ids: Sequence[int]) -> None:
        """Write what was heard of these people at once: who has just come shall be seen by every node."""
        heard = {person_id: self._seen[person_id] for person_id in ids}
        stores = queries.stores_of(tx, ids) if ids else {}
        rows = [
            {
                "person_id": person_id,
                "store_id": stores[person_id],
                "last_seen": seen.at,
                "battery": seen.battery,
                "queued": seen.queued,
            }
            for person_id, seen in heard.items()
            if person_id in stores
        ]
        if rows:
            tx.change_many(_heard(tx.dialect), rows)

    def of(self, tx: Tx, person_ids: Iterable[int]) -> Mapping[int, Seen]:
        """The latest of what this node heard and what any node has written, by person."""
        ids = set(person_ids)
        stored = self.merged(queries.last_seen(tx, ids))
        return stored | {i: self._seen[i] for i in ids if i in self._seen and i not in stored}

    def merged(self, rows: Iterable[Row]) -> dict[int, Seen]:
        """The same for rows read with `person_id, last_seen, battery, queued`; None where nobody was seen."""
        found = {}
        for row in rows:
            mine = self._seen.get(row.person_id)
            if mine is not None and (row.last_seen is None or row.last_seen <= mine.at):
                found[row.person_id] = mine
            elif row.last_seen is not None:
                found[row.person_id] = Seen(row.last_seen, row.battery, row.queued)
        return found


@cache
def _heard(dialect: str) -> Insert:
    """Built once: with the rows inside, it would be built and compiled anew at every flush."""
    table = PresenceRow.__table__
    postgres = dialect == "postgresql"
    statement = (postgresql.insert if postgres else sqlite.insert)(table)
    given, later = statement.excluded, func.greatest if postgres else func.max
    return statement.on_conflict_do_update(
        index_elements=["person_id"],
        set_={
            "last_seen": later(table.c.last_seen, given.last_seen),
            "battery": func.coalesce(given.battery, table.c.battery),
            "queued": func.coalesce(given.queued, table.c.queued),
        },
    )
