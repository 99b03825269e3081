"""The rows of tasks and the statements that look for them, claim and end them (O3, O5)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fulfil.kit.db import Base, Int, Json, Text, Utc

WAITING, LEASED, DEAD = 0, 1, 2
ATTEMPTS_MAX = 12
PRIORITIES = tuple(range(1, 10))  # 1 is urgent, 5 normal, 9 low


class Task(Base):
    """One piece of work to do. `state` is waiting 0, leased 1 or dead 2; done rows are deleted.

    `priority` is one of PRIORITIES.
    """

    __tablename__ = "tasks"
    __table_args__ = (
        sa.Index(
            "ix_tasks_due",
            "priority",
            "run_at",
            "id",
            sqlite_where=sa.text("state = 0"),
            postgresql_where=sa.text("state = 0"),
        ),
        sa.Index(
            "ix_tasks_key",
            "key",
            "id",
            sqlite_where=sa.text("key IS NOT NULL"),
            postgresql_where=sa.text("key IS NOT NULL"),
        ),
        sa.Index(
            "ix_tasks_lease",
            "lease_until",
            sqlite_where=sa.text("state = 1"),
            postgresql_where=sa.text("state = 1"),
        ),
        sa.Index(
            "ix_tasks_after",
            "after",
            sqlite_where=sa.text("after IS NOT NULL"),
            postgresql_where=sa.text("after IS NOT NULL"),
        ),
        # The engine never looks at dead letters; the board does.
        sa.Index(
            "ix_tasks_dead", "id", sqlite_where=sa.text("state = 2"), postgresql_where=sa.text("state = 2")
        ),
        # Rows come and go by the thousand: PostgreSQL cleans up early, so that a claim stays short.
        {
            "sqlite_autoincrement": True,
            "postgresql_with": {"autovacuum_vacuum_scale_factor": 0.0, "autovacuum_vacuum_threshold": 500},
        },
    )

    id: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=True)
    handler: Mapped[str] = mapped_column(Text)
    payload: Mapped[dict] = mapped_column(Json)
    key: Mapped[str | None] = mapped_column(Text)
    priority: Mapped[int] = mapped_column(Int)
    run_at: Mapped[datetime] = mapped_column(Utc)
    after: Mapped[int | None] = mapped_column(Int)
    state: Mapped[int] = mapped_column(Int, default=WAITING)
    attempts: Mapped[int] = mapped_column(Int, default=0)
    lease_until: Mapped[datetime | None] = mapped_column(Utc)
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Utc)


# The head of each key only, and nothing whose `after` still exists. Written as text and built once for each
# set of handlers: building it from parts costs twenty times as much as running it. Priorities are named,
# so that of each the index is read up to now: else every look read all timers, and each order has some.
_DUE = f"""
    select {{columns}} from tasks t
    where t.state = 0 and t.priority in {PRIORITIES} and t.run_at <= :now and t.handler in ({{names}})
      and not exists (select 1 from tasks p where p.key = t.key and p.id < t.id)
      and not exists (select 1 from tasks b where b.id = t.after)
    order by t.priority, t.run_at, t.id limit {{limit}}"""
_COLUMNS = tuple(Task.__table__.c)
# Whether what waits behind a task comes up when it ends. What its own run serves, too, does not count.
_FOLLOWED = """
    exists (select 1 from tasks f where f.key = t.key and f.id > t.id
            and (f.handler <> t.handler or t.handler not in ({coalescing})))
    or exists (select 1 from tasks f where f.after = t.id) as followed"""
DELETE = sa.delete(Task.__table__).where(Task.id == sa.bindparam("task"))
DELETE_SAME = sa.delete(Task.__table__).where(
    Task.handler == sa.bindparam("handler"),
    Task.key == sa.bindparam("same"),
    Task.state == WAITING,
    Task.run_at <= sa.bindparam("now"),
)
# States in words, as the partial indexes have them.
NEXT_DUE = sa.select(sa.func.min(Task.run_at)).where(Task.state == sa.literal_column(str(WAITING)))
DUE = (
    sa.text(
        f"select (select count(*) from tasks where state = 0 and priority in {PRIORITIES} and run_at <= :now)"
        " + (select count(*) from tasks where state = 1) as due"
    )
    .bindparams(sa.bindparam("now", type_=Task.run_at.type))
    .columns(due=sa.BigInteger)
)
_EXPIRED = (Task.state == sa.literal_column(str(LEASED)), Task.lease_until < sa.bindparam("now"))
FREE = sa.update(Task.__table__).where(*_EXPIRED).values(state=WAITING, lease_until=None)
BURY = (
    sa.update(Task.__table__)
    .where(*_EXPIRED, Task.attempts >= ATTEMPTS_MAX)
    .values(state=DEAD, lease_until=None, error="the worker died during the call")
)
DEAD_LETTERS = sa.select(
    Task.id, Task.handler, Task.payload, Task.key, Task.error, Task.created_at.label("at")
).where(Task.state == sa.literal_column(str(DEAD)))
LEARN = sa.text("ANALYZE tasks")
INSERT = sa.insert(Task.__table__).returning(Task.__table__.c.id)


class Statements:
    """How due tasks of some handlers are found, claimed and leased.

    One run of those that are `coalescing` serves all that wait under a key.
    """

    def __init__(self, names: list[str], coalescing: list[str], postgres: bool) -> None:
        listed, served_at_once = (
            ", ".join(f"'{name}'" for name in some) or "null" for some in (names, coalescing)
        )
        # Under READ COMMITTED a row that somebody else has just taken is skipped, or is gone once locked.
        lock = " for update of t skip locked" if postgres else ""
        now = sa.bindparam("now", type_=Task.run_at.type)
        one = _DUE.format(columns="t.id", names=listed, limit=1)
        columns = [*(f"t.{column.name}" for column in _COLUMNS), _FOLLOWED.format(coalescing=served_at_once)]
        many = _DUE.format(columns=", ".join(columns), names=listed, limit=":count")
        self.due = sa.text(one).bindparams(now).columns(Task.__table__.c.id)
        self.claim = (
            sa.text(many + lock).bindparams(now).columns(*_COLUMNS, sa.column("followed", sa.Boolean))
        )
        self.lease = (
            sa.text(
                "update tasks set state = 1, attempts = attempts + 1, lease_until = :until "
                f"where id = ({one}{lock}) returning {', '.join(column.name for column in _COLUMNS)}"
            )
            .bindparams(now, sa.bindparam("until", type_=Task.lease_until.type))
            .columns(*_COLUMNS)
        )
