"""Commands that keep a database: bring it forward, copy it, put it back, show the settings."""

from __future__ import annotations

import json
from pathlib import Path

import click

from fulfil.cli import options
from fulfil.cli.asking import ask, tell


@click.command()
@options.shared
@click.option(
    "--phase",
    type=click.Choice(["pre", "post"]),
    default="post",
    show_default=True,
    help="pre: only what the new code needs and the old one bears; post: all, once only new code runs.",
)
def migrate(file: Path | None, database_url: str | None, phase: str) -> None:
    """Bring the database to this version. `serve` does it, too, when it starts on SQLite.

    \b
    Example:
      fulfil migrate --database-url postgresql+psycopg://fulfil@localhost/fulfil
    """
    from fulfil import migrations
    from fulfil.app.locking import DatabaseLock
    from fulfil.app.serving import open_database

    url = options.load(file, database_url=database_url).database_url
    lock = DatabaseLock(url).acquire()
    try:
        open_database(url, phase=phase)
    finally:
        lock.release()
    at = migrations.newest() if phase == migrations.POST else migrations.needed()
    click.echo(f"The database is at version {at}.")


@click.command()
@options.shared
def config(file: Path | None, database_url: str | None) -> None:
    """Print every setting as it is in force; secrets are masked.

    \b
    Example:
      FULFIL_LOG_LEVEL=WARNING fulfil config
    """
    click.echo(json.dumps(options.load(file, database_url=database_url).shown(), indent=2))


@click.command()
@options.shared
@click.argument("target", metavar="FOLDER", type=click.Path(file_okay=False, path_type=Path))
def backup(file: Path | None, database_url: str | None, target: Path) -> None:
    """Copy the shop's database and carts into FOLDER, also while it is served.

    The copy is checked before the command says that it is done.

    \b
    Example:
      fulfil backup /backups/today
    """
    from fulfil.app import copies

    paths = copies.backup(options.load(file, database_url=database_url), target)
    click.echo("\n".join(f"{path} ({path.stat().st_size:,} bytes)" for path in paths))


@click.command()
@options.shared
@click.argument("source", metavar="FOLDER", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Replace the database that is there now.")
def restore(file: Path | None, database_url: str | None, source: Path, yes: bool) -> None:
    """Put a backup back in place. The server must be stopped; what was there is kept as *.before-restore.

    \b
    Example:
      fulfil restore /backups/today --yes
    """
    from fulfil.app import copies

    paths = copies.restore(options.load(file, database_url=database_url), source, replace=yes)
    click.echo("\n".join(f"restored {path}" for path in paths))


@click.command("rebuild-views")
@options.shared
@options.json_output
def rebuild_views(file: Path | None, database_url: str | None, as_json: bool) -> None:
    """Have all orders copied anew for lists and searches, also while the shop is served.

    The copying itself is done by tasks; nobody is shown old data meanwhile. For a copy that was damaged, and
    once after an update during which an older version went on serving.

    \b
    Example:
      fulfil rebuild-views
    """
    answer = ask(file, database_url, "rebuild_views")
    tell(
        as_json,
        answer,
        f"{answer['marked']} orders are copied anew; {answer['dropped']} views of no order are gone.",
    )


COMMANDS = (migrate, config, backup, restore, rebuild_views)
