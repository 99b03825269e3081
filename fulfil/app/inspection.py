"""Reads a shop's database from a process of its own, beside the server if there is one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fulfil import checks, migrations
from fulfil.app.owner import WhichShop
from fulfil.kit.base import Kit
from fulfil.kit.config import Config
from fulfil.kit.db import Tx
from fulfil.kit.errors import Conflict, NotFound
from fulfil.reports.service import printing
from fulfil.store import queries as stores


class OtherVersion(Conflict):
    code, title = "other_version", "The database has another version. Run `fulfil migrate`."


def violations(config: Config) -> list[dict[str, Any]]:
    """Every violated invariant, JSON-ready. Raises NotFound without a database, OtherVersion."""
    with _reading(config) as tx:
        return [asdict(violation) for violation in checks.violations(tx)]


def pick_lists(config: Config, store: int | None) -> str:
    """The HTML page of all that a shop has to pick. Raises NotFound, OtherVersion, WhichShop."""
    with _reading(config) as tx:
        shops = [row.id for row in stores.stores(tx)]
        if store is None and len(shops) > 1:
            raise WhichShop()
        return printing.pick_lists(tx, store or next(iter(shops), 0))


@contextmanager
def _reading(config: Config) -> Iterator[Tx]:
    kit = Kit(config)
    if kit.db.sqlite and not _exists(kit):
        raise NotFound(f"There is no database {kit.db.url.database}.")
    try:
        with kit.db.read() as tx:
            if migrations.current(tx.connection) != migrations.newest():
                raise OtherVersion()
            yield tx
    finally:
        kit.close()


def _exists(kit: Kit) -> bool:
    return Path(str(kit.db.url.database)).exists()
