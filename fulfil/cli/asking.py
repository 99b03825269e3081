"""Commands that a server does for us where one runs: asking, and telling what came of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from fulfil.cli import options


def ask(file: Path | None, database_url: str | None, name: str, **arguments: Any) -> dict[str, Any]:
    """The answer of the owner's command `name`. Raises its Refusal, or ConfigError."""
    from fulfil.app import commands

    return commands.run(options.load(file, database_url=database_url), name, **arguments)


def tell(as_json: bool, answer: dict[str, Any], text: str) -> None:
    """Print the answer: for programs as it is, for people as `text`."""
    click.echo(json.dumps(answer, ensure_ascii=False) if as_json else text)
