"""The one door for calls to the outside (F8): timeout, circuit breaker, metrics, degradation switch.

A switch is a row, flipped by one API call; a call whose switch is off, or whose breaker is open, is refused
at once instead of waiting for something that is known to be down.
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
from sqlalchemy.orm import Mapped, mapped_column

from fulfil.kit.db import Base, Bool, Text, Utc
from fulfil.kit.errors import CallRefused, NotFound

if TYPE_CHECKING:
    from fulfil.kit.base import Kit
    from fulfil.kit.db import Tx

T = TypeVar("T")
FAILURES_TO_OPEN = 5
OPEN = timedelta(seconds=10)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
SWITCH_READ_SECONDS = 1.0


class Switch(Base):
    """A degradation switch. `on` means the dependency is used; off means the documented way without it."""

    __tablename__ = "switches"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    on: Mapped[bool] = mapped_column(Bool)
    reason: Mapped[str] = mapped_column(Text, default="")
    changed_by: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(Utc)


class CallFailed(OSError):
    """The other side was not reached, did not answer in time, or answered that it is broken (5xx)."""


@dataclass
class _Breaker:
    failures: int = 0
    open_until: datetime = LONG_AGO


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
        self._breakers.setdefault(name, _Breaker())

    @property
    def names(self) -> list[str]:
        return sorted(self._breakers)

    def call(self, name: str, work: Callable[[], T]) -> T:
        """Run `work`, which must have its own timeout. Raises CallRefused when switched off or broken."""
        breaker = self._breakers[name]
        if self.is_off(name) or self._now() < breaker.open_until:
            self._metrics.called(name, "refused", 0)
            raise CallRefused(dependency=name)
        self._failpoint(f"{name}:before-call")
        started = time.perf_counter()
        try:
            result = work()
        except Exception:
            breaker.failures += 1
            if breaker.failures >= FAILURES_TO_OPEN:
                breaker.open_until = self._now() + OPEN
            self._metrics.called(name, "failed", time.perf_counter() - started)
            raise
        breaker.failures, breaker.open_until = 0, LONG_AGO
        self._metrics.called(name, "ok", time.perf_counter() - started)
        self._failpoint(f"{name}:after-call")
        return result

    def http(self, name: str, method: str, url: str, *, timeout_seconds: float = 5.0,
             body: bytes | None = None,
             headers: Mapping[str, str] | None = None) -> urllib3.BaseHTTPResponse:
        """An HTTP call through `call`, not redirected and not repeated. Raises CallRefused, CallFailed."""

        def send() -> urllib3.BaseHTTPResponse:
            try:
                answer = self._connections.request(method, url, body=body, headers=headers,
                                                   timeout=timeout_seconds)
            except urllib3.exceptions.HTTPError as error:
                raise CallFailed(f"{method} {url}: {error}") from error
            if answer.status >= 500:
                raise CallFailed(f"{method} {url} was answered {answer.status}")
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
        rows = {row.name: row for row in tx.all(sa.select(*Switch.__table__.c))}
        return [{"name": name, "on": rows[name].on if name in rows else True,
                 "reason": rows[name].reason if name in rows else "",
                 "broken": tx.now < self._breakers[name].open_until} for name in self.names]

    def switch(self, tx: Tx, name: str) -> dict[str, Any]:
        """One switch. Raises NotFound for a name nobody declared."""
        for row in self.switches(tx):
            if row["name"] == name:
                return row
        raise NotFound("There is no such switch.", known=self.names)

    def flip(self, tx: Tx, name: str, on: bool, reason: str, actor: str) -> None:
        """Set a switch. Raises NotFound for a name nobody declared."""
        if name not in self._breakers:
            raise NotFound("There is no such switch.", known=self.names)
        values = {"on": on, "reason": reason, "changed_by": actor, "changed_at": tx.now}
        insert = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
        tx.execute(insert(Switch).values(name=name, **values).on_conflict_do_update(
            index_elements=["name"], set_=values))
        tx.after_commit(self._forget)

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
