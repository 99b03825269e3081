"""Reads a shop's database from a process of its own, beside the server if there is one."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from fulfil import checks, migrations
from fulfil.kit.base import Kit
from fulfil.kit.config import Config
from fulfil.kit.errors import Conflict, NotFound


class OtherVersion(Conflict):
    code, title = "other_version", "The database has another version. Run `fulfil migrate`."


def violations(config: Config) -> list[dict[str, Any]]:
    """Every violated invariant, JSON-ready. Raises NotFound without a database, OtherVersion."""
    kit = Kit(config)
    if kit.db.sqlite and not _exists(kit):
        raise NotFound(f"There is no database {kit.db.url.database}.")
    try:
        with kit.db.read() as tx:
            if migrations.current(tx.connection) != migrations.newest():
                raise OtherVersion()
            return [asdict(violation) for violation in checks.violations(tx)]
    finally:
        kit.close()


def _exists(kit: Kit) -> bool:
    return Path(str(kit.db.url.database)).exists()
