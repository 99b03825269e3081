"""The one door for calls to the outside (F8): timeout, circuit breaker, metrics, degradation switch.

A switch is a row, flipped by one API call; a call whose switch is off, or whose breaker is open, is refused
at once instead of waiting for something that is known to be down. What each switch means is told in
docs/degradation.md.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
import urllib3
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Row
from sqlalchemy.orm import Mapped, mapped_column

from fulfil.kit.clock import rfc3339
from fulfil.kit.db import Base, Bool, Text, Utc
from fulfil.kit.errors import CallRefused, NotFound
from fulfil.kit.moves import NO_STORE, History, record

if TYPE_CHECKING:
    from fulfil.kit.base import Kit
    from fulfil.kit.db import Tx

T = TypeVar("T")
FAILURES_TO_OPEN = 5
FAILURES_TO_BE_SILENT = 2  # one answer that got lost is no silence
OPEN = timedelta(seconds=10)
KEY_REFUSED = (401, 403, 407)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
SWITCH_READ_SECONDS = 1.0
CLOSED, OPENED, TRYING = "closed", "open", "trying"
NO_ID = 0  # a switch has a name instead of a number


class Switch(Base):
    """A degradation switch. `on` means the dependency is used; off means the documented way without it."""

    __tablename__ = "switches"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    on: Mapped[bool] = mapped_column(Bool)
    reason: Mapped[str] = mapped_column(Text, default="")
    changed_by: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(Utc)


_SWITCH = sa.select(*Switch.__table__.c).where(Switch.name == sa.bindparam("the_name"))


_FLIPS = (
    sa.select(*History.__table__.c)
    .where(
        History.store_id == NO_STORE,
        History.order_no.is_(None),
        History.entity == Switch.__tablename__,
        History.at >= sa.bindparam("since"),
        History.at <= sa.bindparam("until"),
    )
    .order_by(History.id)
)


class CallFailed(OSError):
    """The other side was not reached, did not answer in time, or answered that it is broken (5xx)."""


class KeyRefused(CallFailed):
    """The other side answered that it does not know or trust us (401, 403, 407): it wants another key."""


@dataclass
class _Breaker:
    """Of this process. `opened_at`: since when nothing has come through, None while all is well.

    `key_refused_at`: since when the other side has refused our key; waiting does not mend that.
    `failing_since`: the first of the failures in a row.
    """

    failures: int = 0
    failing_since: datetime | None = None
    open_until: datetime = LONG_AGO
    opened_at: datetime | None = None
    key_refused_at: datetime | None = None
    refusals: int = 0

    @property
    def silent_since(self) -> datetime | None:
        """Since when calls go out in vain; None after a single failure."""
        return self.failing_since if self.failures >= FAILURES_TO_BE_SILENT else None

    def state(self, now: datetime) -> str:
        if self.opened_at is None:
            return CLOSED
        return OPENED if now < self.open_until else TRYING


class Gateway:
    """Makes named outside calls. Every name is also the name of a switch."""

    def __init__(self) -> None:
        self._breakers: dict[str, _Breaker] = {}
        self._off: frozenset[str] = frozenset()
        self._read_at = float("-inf")
        self._kit: Kit | None = None
        self._connections = urllib3.PoolManager(num_pools=8, maxsize=64, retries=False)

    def bind(self, kit: Kit) -> None:
        self._kit = kit

    def dependency(self, name: str) -> None:
        """Declare a dependency, so that its switch and its breaker are known."""
        if name not in self._breakers:
            self._breakers[name] = _Breaker()
            self._metrics.breaker(name, None)
            self._metrics.key_refused(name, False)

    @property
    def names(self) -> list[str]:
        return sorted(self._breakers)

    def call(self, name: str, work: Callable[[], T]) -> T:
        """Run `work`, which must have its own timeout. Raises CallRefused when switched off or broken."""
        breaker = self._breakers[name]
        off = self.is_off(name)
        if off or self._now() < breaker.open_until:
            breaker.refusals += 1
            self._metrics.refused(name, "switch" if off else "breaker")
            raise CallRefused(dependency=name)
        self._failpoint(f"{name}:before-call")
        started = time.perf_counter()
        try:
            result = work()
        except Exception as error:
            self._failed(name, breaker, error)
            self._metrics.called(name, "failed", time.perf_counter() - started)
            raise
        self._came_through(name, breaker)
        self._metrics.called(name, "ok", time.perf_counter() - started)
        self._failpoint(f"{name}:after-call")
        return result

    def http(
        self,
        name: str,
        method: str,
        url: str,
        *,
        timeout_seconds: float = 5.0,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> urllib3.BaseHTTPResponse:
        """An HTTP call through `call`, not redirected and not repeated.

        Raises CallRefused, CallFailed, and of these KeyRefused where the other side wants another key.
        """

        def send() -> urllib3.BaseHTTPResponse:
            try:
                answer = self._connections.request(
                    method, url, body=body, headers=headers, timeout=timeout_seconds
                )
            except urllib3.exceptions.HTTPError as error:
                raise CallFailed(f"{method} {url}: {error}") from error
            if answer.status >= 500:
                raise CallFailed(f"{method} {url} was answered {answer.status}")
            if answer.status in KEY_REFUSED:
                raise KeyRefused(f"{method} {url} was answered {answer.status}")
            return answer

        return self.call(name, send)

    def is_off(self, name: str) -> bool:
        """Whether the switch is off; read from the database at most once a second."""
        if time.monotonic() - self._read_at > SWITCH_READ_SECONDS:
            assert self._kit is not None
            self._read_at = time.monotonic()  # first: one reads, the others go on with what was read before
            with self._kit.db.look() as tx:  # who calls may be inside a transaction
                self._off = frozenset(tx.scalars(sa.select(Switch.name).where(Switch.on == sa.false())))
        return name in self._off

    def switches(self, tx: Tx) -> list[dict[str, Any]]:
        """Every dependency: where its switch stands, who set it, and how its breaker is in this process."""
        rows = {row.name: row for row in tx.all(sa.select(*Switch.__table__.c))}
        return [self._shown(name, rows.get(name), tx.now) for name in self.names]

    def switch(self, tx: Tx, name: str) -> dict[str, Any]:
        """One of them. Raises NotFound for a name nobody declared."""
        self._known(name)
        return self._shown(name, tx.one(_SWITCH, {"the_name": name}), tx.now)

    def flip(self, tx: Tx, name: str, on: bool, reason: str, actor: str) -> None:
        """Set a switch and write down who did; the same again changes nothing. Raises NotFound."""
        self._known(name)
        before = tx.one(_SWITCH, {"the_name": name})
        if before is not None and (before.on, before.reason) == (on, reason):
            return
        values = {"on": on, "reason": reason, "changed_by": actor, "changed_at": tx.now}
        insert = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
        tx.execute(
            insert(Switch)
            .values(name=name, **values)
            .on_conflict_do_update(index_elements=["name"], set_=values)
        )
        record(
            tx,
            store_id=None,
            entity=Switch.__tablename__,
            entity_id=NO_ID,
            event="switch_on" if on else "switch_off",
            actor=actor,
            reason=reason,
            detail={"name": name},
        )
        tx.after_commit(self._forget)

    def flips(self, tx: Tx, since: datetime, until: datetime) -> list[Row]:
        """Steps of the history: what was switched between these instants, both included, oldest first."""
        return tx.all(_FLIPS, {"since": since, "until": until})

    def _known(self, name: str) -> None:
        if name not in self._breakers:
            raise NotFound("There is no such switch.", known=self.names)

    def _shown(self, name: str, row: Row | None, now: datetime) -> dict[str, Any]:
        breaker = self._breakers[name]
        state = breaker.state(now)
        return {
            "name": name,
            "on": row is None or row.on,
            "reason": "" if row is None else row.reason,
            "changed_by": None if row is None else row.changed_by,
            "changed_at": None if row is None else rfc3339(row.changed_at),
            "broken": state == OPENED,
            "breaker": state,
            "opened_at": rfc3339(breaker.opened_at),
            "silent_since": rfc3339(breaker.silent_since),
            "key_refused_at": rfc3339(breaker.key_refused_at),
            "refusals": breaker.refusals,
        }

    def _failed(self, name: str, breaker: _Breaker, error: Exception) -> None:
        now = self._now()
        if isinstance(error, KeyRefused) and breaker.key_refused_at is None:
            breaker.key_refused_at = now
            self._metrics.key_refused(name, True)
        breaker.failures += 1
        breaker.failing_since = breaker.failing_since or now
        if breaker.failures < FAILURES_TO_OPEN:
            return
        breaker.open_until = now + OPEN
        if breaker.opened_at is None:
            breaker.opened_at = now
            self._metrics.breaker(name, now)

    def _came_through(self, name: str, breaker: _Breaker) -> None:
        breaker.failures, breaker.failing_since, breaker.open_until = 0, None, LONG_AGO
        if breaker.opened_at is not None:
            breaker.opened_at = None
            self._metrics.breaker(name, None)
        if breaker.key_refused_at is not None:
            breaker.key_refused_at = None
            self._metrics.key_refused(name, False)

    def _forget(self) -> None:
        self._read_at = float("-inf")

    def _failpoint(self, name: str) -> None:
        assert self._kit is not None
        self._kit.db.failpoints.hit(name)

    def _now(self) -> datetime:
        assert self._kit is not None
        return self._kit.clock.now()

    @property
    def _metrics(self) -> Any:
        assert self._kit is not None
        return self._kit.metrics
