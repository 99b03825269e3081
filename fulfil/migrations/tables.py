"""Every table of the house in one metadata, for migrations and checks."""

from __future__ import annotations

from importlib import import_module

import fulfil.kit.base  # noqa: F401  (the tables of the ground floor)
import fulfil.kit.idempotency  # noqa: F401
import fulfil.kit.moves  # noqa: F401
from fulfil.kit.db import Base

FOLDERS = ("store", "staff", "messages", "dispatch", "picking", "packing", "handoff", "delivery",
           "trade.customers", "trade.catalog", "trade.stock", "trade.orders", "trade.payments",
           "trade.aftersales", "reports")

for folder in FOLDERS:
    import_module(f"fulfil.{folder}.model")

metadata = Base.metadata
