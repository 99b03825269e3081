"""Commands that prove: the invariants, and the yardsticks."""

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
            click.echo(f"{violation['invariant']:>2}  {violation['entity']} {violation['id']}: "
                       f"{violation['message']}")
        click.echo(f"{len(violations)} violations." if violations else "All invariants hold.")
    if violations:
        sys.exit(1)


@click.group()
def bench() -> None:
    """Yardsticks: each starts a quiet shop of its own and prints rates, percentiles, CPU per order.

    \b
    Example:
      fulfil bench flow --json
    """


@bench.command()
@click.option("--buyers", type=click.IntRange(1, 500), default=16, show_default=True)
@click.option("--seconds", type=click.FloatRange(1, 3600), default=20.0, show_default=True)
@click.option("--database-url", metavar="URL", help="An empty PostgreSQL database; default: SQLite.")
@options.json_output
def flow(buyers: int, seconds: float, database_url: str | None, as_json: bool) -> None:
    """Complete shopping flows a second: guest, three items, quote, order, payment, all tasks done.

    \b
    Example:
      fulfil bench flow --buyers 16 --seconds 20 --json
    """
    from fulfil.sim.bench import flow as yardstick
    from fulfil.sim.bench import progress

    with progress.shown() as tell:
        figures = yardstick.run(buyers=buyers, seconds=seconds, tell=tell, database_url=database_url)
    _print(figures, as_json)


@bench.command()
@click.option("--devices", type=click.IntRange(1, 400), default=200, show_default=True,
              help="Pickers on duty.")
@click.option("--rate", type=click.IntRange(1, 1000), default=100, show_default=True, help="Orders a second.")
@click.option("--seconds", type=click.FloatRange(1, 600), default=20.0, show_default=True)
@click.option("--database-url", metavar="URL", help="An empty PostgreSQL database; default: SQLite.")
@options.json_output
def push(devices: int, rate: int, seconds: float, database_url: str | None, as_json: bool) -> None:
    """Time from a paid callback to the ticket on a device, and to its accepted offer.

    \b
    Example:
      fulfil bench push --devices 200 --rate 100 --json
    """
    from gevent import monkey

    monkey.patch_all()
    from fulfil.sim.bench import progress
    from fulfil.sim.bench import push as yardstick

    with progress.shown() as tell:
        figures = yardstick.run(devices=devices, rate=rate, seconds=seconds, tell=tell,
                                database_url=database_url)
    _print(figures, as_json)


@bench.command()
@options.json_output
def startup(as_json: bool) -> None:
    """Time to the demo's first page and to `fulfil --help`; size of the picker's JavaScript.

    \b
    Example:
      fulfil bench startup --json
    """
    from fulfil.sim.bench import progress
    from fulfil.sim.bench import startup as yardstick

    with progress.shown() as tell:
        figures = yardstick.run(tell=tell)
    _print(figures, as_json)


def _print(figures: dict, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(figures))
        return
    for name, value in figures.items():
        click.echo(f"{name:28} {value}")


COMMANDS = (check, bench)
