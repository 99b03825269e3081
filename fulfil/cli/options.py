"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from fulfil.kit.config import Config

database_url = click.option(
    "--database-url",
    metavar="URL",
    help="sqlite:///shop.db (default: fulfil.db here) or postgresql+psycopg://user@host/name.",
)
redis_url = click.option(
    "--redis-url",
    metavar="URL",
    help="redis://host:6379/0: carts, and hints between processes; only with PostgreSQL.",
)
config_file = click.option(
    "--config",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file of `name = value`; FULFIL_… variables win over it.",
)
store = click.option("--store", type=int, help="The shop's number; needed only where there are several.")
json_output = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


def shared(function: Callable[..., Any]) -> Callable[..., Any]:
    """Options of every command that opens the database."""
    return config_file(database_url(function))


def load(file: Path | None, **given: Any) -> Config:
    """The configuration of this command."""
    from fulfil.kit.config import Config

    return Config.load(file=file, **given)
