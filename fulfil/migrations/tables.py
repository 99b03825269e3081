"""Every table of the house in one metadata, for migrations and checks."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

import fulfil.kit.base
import fulfil.kit.idempotency
import fulfil.kit.moves  # noqa: F401  (all three for their tables)
from fulfil.contracts.folders import FOLDERS
from fulfil.kit.db import Base

for folder in FOLDERS:
    if find_spec(module := f"fulfil.{folder}.model"):
        import_module(module)

metadata = Base.metadata
