"""Every table of the house in one metadata, for migrations and checks."""

from __future__ import annotations

from importlib import import_module

import sqlalchemy as sa

import fulfil.kit.base  # noqa: F401  (the tables of the ground floor)
import fulfil.kit.idempotency  # noqa: F401
import fulfil.kit.moves  # noqa: F401
from fulfil.kit.db import Base
from fulfil.kit.tasks import Task

FOLDERS = ("store", "staff", "dispatch", "picking", "packing", "handoff", "delivery", "trade.customers",
           "trade.catalog", "trade.stock", "trade.orders", "trade.payments", "trade.aftersales")

for folder in FOLDERS:
    import_module(f"fulfil.{folder}.model")

metadata = Base.metadata
# Dead letters are few and the board asks for them: not for the engine, which never looks at them.
sa.Index("ix_tasks_dead", Task.id, sqlite_where=sa.text("state = 2"), postgresql_where=sa.text("state = 2"))
