"""Commands that read a shop's books in a process of their own: every invariant, pick lists on paper."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from fulfil.cli import options


@click.command()
@options.shared
@options.json_output
def check(file: Path | None, database_url: str | None, as_json: bool) -> None:
    """Check every invariant of the shop's money, goods and states; exit 1 when one is violated.

    Reads only, in one snapshot; a served shop goes on working.

    \b
    Example:
      fulfil check --database-url sqlite:///fulfil.db
    """
    from rich.console import Console

    from fulfil.app import inspection

    with Console(stderr=True).status("Checking"):
        violations = inspection.violations(options.load(file, database_url=database_url))
    if as_json:
        click.echo(json.dumps({"ok": not violations, "violations": violations}, ensure_ascii=False))
    else:
        for violation in violations:
            click.echo(
                f"{violation['invariant']:>2}  {violation['entity']} {violation['id']}: "
                f"{violation['message']}"
            )
        click.echo(f"{len(violations)} violations." if violations else "All invariants hold.")
    if violations:
        sys.exit(1)


@click.command("pick-lists")
@options.shared
@options.store
def pick_lists(file: Path | None, database_url: str | None, store: int | None) -> None:
    """Print all that is to be picked as an HTML page for A4, one page a ticket.

    Needs the database alone: for the day on which nothing else works. Reads only.

    \b
    Example:
      fulfil pick-lists --database-url sqlite:///fulfil.db > pick-lists.html
    """
    from fulfil.app import inspection

    click.echo(inspection.pick_lists(options.load(file, database_url=database_url), store), nl=False)


COMMANDS = (check, pick_lists)
